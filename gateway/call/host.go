package call

import (
	"github.com/einwahl/einwahl/announcements"
	"github.com/einwahl/einwahl/conference"
)

// hostKeys are what a host does with * and a key.
func hostKeys() map[rune]conference.Command {
	return map[rune]conference.Command{
		'3': conference.RemoveLast,
		'4': conference.MuteAll,
		'5': conference.ToggleLock,
		'7': conference.ToggleRecording,
		'8': conference.AdmitNext,
		'*': conference.EndMeeting,
	}
}

// confirmations are what is asked before something is done that cannot be
// undone: a finger slips on a key, and nobody hears what the key before it was.
func confirmations() map[conference.Command]announcements.Prompt {
	return map[conference.Command]announcements.Prompt{
		conference.RemoveLast: announcements.RemoveAsk,
		conference.EndMeeting: announcements.EndAsk,
	}
}

// hostKey is * and a key that only hosts have.
func hostKey(s state, key rune) (state, []action) {
	c, known := hostKeys()[key]
	switch {
	case !known:
		return reply(s, word{prompt: announcements.KeyUnknown})
	case !s.identity.Host:
		return reply(s, word{prompt: announcements.NotHost})
	case c == conference.AdmitNext && s.meeting.You.Waiting == 0:
		return reply(s, word{prompt: announcements.AdmitNone})
	case c == conference.RemoveLast && s.meeting.You.Last == 0:
		return reply(s, word{prompt: announcements.RemoveNone})
	}
	if ask, asks := confirmations()[c]; asks {
		s, acts := reply(s, word{prompt: ask})
		s.confirming, s.removing = c, 0
		if c == conference.RemoveLast {
			s.removing = s.meeting.You.Last
		}
		return s, append(acts, arm{patience, s.limits.FirstDigit})
	}
	s.stillWait = s.meeting.You.Waiting - 1
	return s, []action{command{command: c}}
}

// confirmKey is the key after the question. Only 1 is a yes; the question need
// not be heard to its end, for who has asked for it knows it.
func confirmKey(s state, key rune) (state, []action) {
	c := s.confirming
	switch key {
	case '1':
	case '*': // something else begins, such as *2
		s, acts := keyForgotten(s)
		s.star = true
		return s, append(acts, arm{patience, s.limits.BetweenDigits})
	default:
		s, acts := keyForgotten(s)
		return s, append(acts, disarm{patience})
	}
	s.confirming = 0
	s, acts := cut(s)
	return s, append(acts, disarm{patience}, command{c, s.removing})
}

// keyForgotten is when no key follows the * or the question.
func keyForgotten(s state) (state, []action) {
	s.star = false
	if s.confirming == 0 {
		return s, nil
	}
	s.confirming = 0
	return reply(s, word{prompt: announcements.Unchanged})
}

// doneWords answer a host whose key was obeyed. What the whole meeting sees comes
// back as a change of it, and is not said twice.
func doneWords(s state, c conference.Command) words {
	switch c {
	case conference.MuteAll:
		return prompts(announcements.MuteAll)
	case conference.RemoveLast:
		return prompts(announcements.RemovedLast)
	case conference.AdmitNext:
		row := prompts(announcements.AdmittedOne)
		if s.stillWait > 0 {
			row = row.then(word{prompt: waiting, count: s.stillWait})
		}
		return row
	}
	return nil
}
