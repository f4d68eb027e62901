package call

import (
	"github.com/einwahl/einwahl/announcements"
	"github.com/einwahl/einwahl/conference"
	"github.com/einwahl/einwahl/gateway/admission"
)

// questions is how often the question is asked into silence.
const questions = 2

// concern turns to the recording that runs now. One that begins while the
// caller is in is announced as such.
func concern(s state) state {
	run := s.meeting.RecordingRun
	s.opening = announcements.RecordingOn
	if s.meeting.Recording == conference.RecordingPrepared || s.seated && s.asked != run {
		s.opening = announcements.RecordingStart
	}
	s.asked = run
	return s
}

// giveNotice tells that the meeting is recorded. The voice stays shut until
// all of it was heard, so no key stops it.
func giveNotice(s state) (state, []action) {
	if s.phase == noticing && s.asked == s.meeting.RecordingRun {
		return s, nil
	}
	s, acts := to(concern(s), noticing)
	s, spoken := speak(s, false, word{prompt: s.opening})
	return s, append(append(acts, spoken...), arm{bound, longestNotice})
}

// askConsent asks whether the caller may be recorded.
func askConsent(s state) (state, []action) {
	if s.phase == asking && s.asked == s.meeting.RecordingRun {
		return s, nil
	}
	s, acts := to(concern(s), asking)
	s, spoken := question(s)
	acts = append(acts, flush{})
	return s, append(append(acts, spoken...), arm{bound, longestNotice})
}

// question says the question, all of it.
func question(s state) (state, []action) {
	row := prompts(s.opening, announcements.ConsentIntro, announcements.ConsentAgree,
		announcements.ConsentListen, announcements.ConsentLeave, announcements.ConsentRepeat)
	s.agreeAt = row.index(announcements.ConsentAgree)
	s, acts := speak(s, false, row...)
	return s, append(acts, disarm{patience})
}

// consentKey is an answer. The safe answers count at once; a yes counts only
// once the caller can have heard what it is a yes to, so that a key pressed
// ahead never is one.
func consentKey(s state, ev digit) (state, []action) {
	switch ev.key {
	case '1':
		if s.speaking && ev.begun < s.agreeAt {
			return s, nil
		}
		return answerConsent(s, conference.Agreed, ev.key, announcements.ConsentYes)
	case '2':
		return answerConsent(s, conference.Declined, ev.key, announcements.ConsentNo)
	case '3':
		acts := []action{evidence(s, walkedOut, ev.key)}
		s, more := goodbye(s, NoConsent)
		return s, append(acts, more...)
	case '0':
		s.rounds = 0
		return question(s)
	}
	return s, nil
}

// consentUnanswered asks once more, then takes silence as a no.
func consentUnanswered(s state) (state, []action) {
	if s.rounds++; s.rounds < questions {
		return question(s)
	}
	return answerConsent(s, conference.Declined, 0, announcements.ConsentNone)
}

func answerConsent(s state, a conference.Answer, key rune, confirm announcements.Prompt) (state, []action) {
	s.confirm = prompts(confirm)
	return testifyFor(s, a, key)
}

// testifyFor has an answer written down. It counts once it is.
func testifyFor(s state, a conference.Answer, key rune) (state, []action) {
	s.pending = a
	write := evidence(s, a.String(), key) // before the words stop: it holds how much was heard
	s, acts := to(s, testifying)
	return s, append(append([]action{write}, acts...), arm{bound, s.limits.Backend})
}

// Answers that are written down and are not what a meeting is told.
const (
	withdrawn = "withdrawn"
	walkedOut = "left"
)

func evidence(s state, answer string, key rune) action {
	return testify{answer: answer, key: key, run: s.asked, policy: admission.Consent(facts(s))}
}

// nextTestified lets an answer count. A yes that cannot be shown later is
// none, and a caller who believes to have said it is not left in that belief;
// a no needs no proof to be obeyed.
func nextTestified(s state, ev testified) (state, []action) {
	if ev.answer != s.pending.String() {
		return s, nil // an earlier one, late from a slow disk
	}
	if ev.err != nil && s.pending != conference.Declined {
		return goodbye(s, Faulty)
	}
	s.answer, s.run = s.pending, s.asked
	if s.seated {
		s.phase = talking
	} else {
		s.phase = visiting
	}
	s, acts := proceed(s)
	return s, append([]action{disarm{bound}}, acts...)
}
