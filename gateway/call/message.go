package call

import (
	"cmp"

	"github.com/einwahl/einwahl/announcements"
)

// message is what a host or the operator says to those who wait.
func message(s state) string { return cmp.Or(s.meeting.Message, s.message.In(s.lang)) }

// messageWords say it, where it was spoken.
func messageWords(s state) words {
	text := message(s)
	if text == "" || text != s.ready {
		return nil
	}
	return words{{prompt: announcements.WaitMessage}, {prompt: theirWords, text: text}}
}

// tellMessage has the message spoken, which is then said. It costs nothing when
// it was spoken before. One that nobody can speak is left out, until callers are
// told again that they wait.
func tellMessage(s state) (state, []action) {
	if text := message(s); text != "" {
		return await(s, text)
	}
	return s, nil
}

// newMessage tells a message that is another one than before.
func newMessage(s state) (state, []action) {
	if text := message(s); text == s.ready || text == s.awaits {
		return s, nil
	}
	return tellMessage(s)
}

// await has a text spoken, which may take a while.
func await(s state, text string) (state, []action) {
	s.awaits = text
	return s, []action{render{text}}
}

// sayMessage says a message that has come meanwhile, unless something else is
// said or keyed.
func sayMessage(s state) (state, []action) {
	if !s.due || s.speaking || s.entry != "" || s.trying {
		return s, nil
	}
	s.due = false
	if row := messageWords(s); row != nil {
		return speak(s, true, row...)
	}
	return s, nil
}

// nextRendered goes on with a text that was spoken, or cannot be.
func nextRendered(s state, ev rendered) (state, []action) {
	s.awaits = ""
	if ev.err == nil {
		s.ready = ev.text
	}
	switch s.phase {
	case holding:
		s.due = ev.err == nil
		return sayMessage(s)
	case noticing:
		return sayNotice(s)
	case asking:
		if s.untold = ev.err != nil; s.reading && s.speaking {
			return s, nil // the question comes after the notice
		}
		return question(s)
	}
	return s, nil
}
