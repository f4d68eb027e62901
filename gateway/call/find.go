package call

import (
	"errors"

	"github.com/einwahl/einwahl/announcements"
	"github.com/einwahl/einwahl/conference"
)

// welcome begins the dialogue: with the choice of a language where there is
// one, else with the meeting.
func welcome(s state) (state, []action) {
	if len(s.languages) > 1 {
		s, acts := to(s, choosing)
		s, spoken := speak(s, true, languageMenu(s, leadIn)...)
		return s, append(acts, spoken...)
	}
	return greet(s, leadIn, announcements.Welcome)
}

func languageMenu(s state, before ...announcements.Prompt) words {
	menu := prompts(before...)
	for i, lang := range s.languages {
		menu = menu.then(word{prompt: offerLanguage, count: i + 1, lang: lang})
	}
	return menu
}

// greet says the first words in the caller's language.
func greet(s state, row ...announcements.Prompt) (state, []action) {
	if s.leadsTo == "" {
		return ask(s, numbering, row...)
	}
	s, acts := to(s, greeting)
	s, spoken := speak(s, true, prompts(row...)...)
	return s, append(acts, spoken...)
}

func chooseLanguage(s state, key rune) (state, []action) {
	if i := int(key - '1'); i >= 0 && i < len(s.languages) {
		s.lang = s.languages[i]
		return greet(s, announcements.Welcome)
	}
	s, acts := speak(s, true, languageMenu(s)...)
	return s, append(acts, disarm{patience})
}

// ask asks for an entry, after some words.
func ask(s state, p phase, before ...announcements.Prompt) (state, []action) {
	s, acts := to(s, p)
	s.entry = ""
	s, spoken := askAgain(s, before...)
	return s, append(acts, spoken...)
}

// askAgain repeats the question of the phase.
func askAgain(s state, before ...announcements.Prompt) (state, []action) {
	s.entry = ""
	var question words
	switch s.phase {
	case choosing:
		question = languageMenu(s)
	case numbering:
		question = prompts(announcements.AskNumber)
	case pinning:
		question = prompts(announcements.AskPIN)
	}
	s, acts := speak(s, true, append(prompts(before...), question...)...)
	return s, append(acts, disarm{patience})
}

// enterKey takes a key of an entry: # ends it, * begins it anew.
func enterKey(s state, key rune) (state, []action) {
	switch {
	case key == '*', key == '#' && s.entry == "":
		return askAgain(s)
	case key == '#':
		return entered(s)
	case key < '0' || key > '9':
		return s, nil
	}
	s, acts := stop(s)
	if len(s.entry) < s.limits.MaxDigits {
		s.entry += string(key)
	}
	return s, append(acts, arm{patience, s.limits.BetweenDigits})
}

// entryPaused is for a caller who has pressed no key for a while: an entry
// that was begun is taken as complete, since many never find the #.
func entryPaused(s state) (state, []action) {
	if s.entry != "" {
		return entered(s)
	}
	if s.rounds++; s.rounds >= s.limits.Rounds {
		return goodbye(s, Silent)
	}
	return askAgain(s, announcements.TimeWarn)
}

// entered looks up what was keyed in.
func entered(s state) (state, []action) {
	entry := s.entry
	s.entry = ""
	if s.phase == numbering {
		return look(s, entry)
	}
	s, acts := to(s, proving)
	return s, append(acts, prove{pin: entry})
}

func look(s state, number string) (state, []action) {
	s, acts := to(s, finding)
	return s, append(acts, find{number})
}

// nextFound asks for the PIN. It is asked of an unknown number as well, so
// that nobody can find out which numbers there are. What was keyed ahead is
// the PIN; where none is wanted it is forgotten, and can never be a yes.
func nextFound(s state, ev found) (state, []action) {
	var acts []action
	switch {
	case ev.err == nil && !ev.needsPIN:
		s = in(s, ev.id)
		s, acts = to(s, proving)
		acts = append(acts, prove{})
	case ev.err != nil && !errors.Is(ev.err, conference.ErrNoMeeting):
		return goodbye(s, Faulty)
	default:
		s, acts = ask(in(s, ev.id), pinning)
	}
	s, more := takeAhead(s)
	return s, append(acts, more...)
}

// in puts the call under what the operator's file says of a meeting.
func in(s state, meeting string) state {
	now := *s.terms
	now.policy = now.policy.Meeting(meeting)
	s.terms = &now
	return s
}

// nextProved goes on with the right PIN. A wrong pair of number and PIN is one
// try, whichever of them is wrong.
func nextProved(s state, ev proved) (state, []action) {
	switch {
	case ev.err == nil:
		s.proven, s.pin, s.identity = true, ev.pin, ev.identity
		s, acts := to(s, visiting)
		return s, append(acts, arm{bound, s.limits.Backend}, visit{})
	case !errors.Is(ev.err, conference.ErrWrongPIN) && !errors.Is(ev.err, conference.ErrNoMeeting):
		return goodbye(s, Faulty)
	}
	s.informed, s.unasked = false, false
	s, acts := to(s, delaying)
	s, more := wrongEntry(s)
	return s, append(acts, more...)
}

// wrongEntry counts a try and makes it cost twice the time of the one before.
func wrongEntry(s state) (state, []action) {
	wait := s.limits.WrongDelay << s.tries
	s.tries++
	return s, []action{arm{patience, wait}}
}

// delayed goes on once a wrong pair has cost its time. Keys pressed meanwhile
// are lost: who guesses cannot queue up the next guess.
func delayed(s state) (state, []action) {
	switch {
	case s.tries >= s.limits.Tries:
		return goodbye(s, Wrong)
	case s.leadsTo != "":
		return ask(s, pinning, announcements.Wrong)
	}
	return ask(s, numbering, announcements.Wrong)
}
