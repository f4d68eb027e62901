package call

import (
	"github.com/einwahl/einwahl/announcements"
	"github.com/einwahl/einwahl/conference"
	"github.com/einwahl/einwahl/gateway/records"
)

// askProcessing asks for consent to being connected at all, where the operator
// wants it. It comes after the notice, which tells what it is about, and before
// anything of the caller reaches the meeting's people.
func askProcessing(s state) (state, []action) {
	if s.phase == consenting {
		return s, nil
	}
	s, acts := to(s, consenting)
	s, spoken := processingQuestion(s)
	acts = append(append(acts, flush{}), spoken...)
	return s, append(acts, arm{bound, longestNotice})
}

// unasked reports that the operator wants the caller's consent and does not have it.
func unasked(s state) bool { return s.processing && !s.consents }

func processingQuestion(s state) (state, []action) {
	return put(s, announcements.ProcessAgree, prompts(announcements.ProcessIntro, announcements.ProcessAgree,
		announcements.ProcessLeave, announcements.ConsentRepeat)...)
}

// processingKey is an answer. As with a recording only 1 is a yes, and only once
// it was named.
func processingKey(s state, ev digit) (state, []action) {
	switch {
	case ev.key == '1' && !s.star && mayAgree(s, ev):
		return attest(s, processed(conference.Agreed, ev.key), conference.Agreed)
	case (ev.key == '2' || ev.key == '3') && !s.star:
		return refuseProcessing(s, ev.key)
	}
	return questionKey(s, ev.key)
}

// refuseProcessing lets a caller go who does not consent.
func refuseProcessing(s state, key rune) (state, []action) {
	acts := []action{processed(conference.Declined, key)}
	s, more := goodbye(s, NoProcessing)
	return s, append(acts, more...)
}

// consented has the caller, who has only looked until now, visit the meeting.
func consented(s state) (state, []action) {
	s.consents, s.thanks = true, prompts(announcements.ProcessYes)
	return visitAnew(s)
}

func processed(a conference.Answer, key rune) testify {
	return testify{about: records.KindProcessing, answer: a.String(), key: key, policy: conference.ConsentRequired}
}

// thanked puts the thanks for that consent before what is said next.
func thanked(s state, row words) (state, words) {
	row = s.thanks.then(row...)
	s.thanks = nil
	return s, row
}
