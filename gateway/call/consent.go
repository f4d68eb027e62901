package call

import (
	"github.com/einwahl/einwahl/announcements"
	"github.com/einwahl/einwahl/conference"
	"github.com/einwahl/einwahl/gateway/admission"
	"github.com/einwahl/einwahl/gateway/records"
)

// questions is how often the question is asked into silence.
const questions = 2

// concern turns to the recording that runs now. One that begins while the
// caller is in is announced as such, and so is another purpose.
func concern(s state) state {
	m := s.meeting
	before := s.asked
	switch s.asked = m.RecordingRun; {
	case m.Repurposed && before != 0 && before != s.asked:
		s.opening = announcements.ConsentChanged
	case m.Recording == conference.RecordingPaused:
		s.opening = announcements.StatePaused
	case m.Recording == conference.RecordingPrepared || s.seated && before != s.asked:
		s.opening = announcements.RecordingStart
	default:
		s.opening = announcements.RecordingOn
	}
	s.purpose, s.untold = m.Purpose, false
	return s
}

// purpose is what the recording is for, as far as it can be told.
func purpose(s state) string {
	if s.purpose != s.ready {
		return ""
	}
	return s.purpose
}

func purposeWords(s state) words {
	if purpose(s) == "" {
		return nil
	}
	return words{{prompt: announcements.ConsentPurpose}, {prompt: theirWords, text: s.purpose}}
}

// giveNotice tells that the meeting is recorded. The voice stays shut until
// all of it was heard, so no key stops it.
func giveNotice(s state) (state, []action) {
	if s.phase == noticing && s.asked == s.meeting.RecordingRun {
		return s, nil
	}
	s, acts := to(concern(s), noticing)
	var more []action
	if s.purpose != "" {
		s, more = await(s, s.purpose)
	} else {
		s, more = sayNotice(s)
	}
	return s, append(append(acts, more...), arm{bound, longestNotice})
}

func sayNotice(s state) (state, []action) {
	s, row := thanked(s, words{{prompt: s.opening}}.then(purposeWords(s)...))
	return speak(s, false, row...)
}

// askConsent asks whether the caller may be recorded.
func askConsent(s state) (state, []action) {
	if s.phase == asking && s.asked == s.meeting.RecordingRun {
		return s, nil
	}
	s, acts := to(concern(s), asking)
	s, spoken := raise(s)
	acts = append(append(acts, flush{}), spoken...)
	return s, append(acts, arm{bound, longestNotice})
}

// raise puts the question of the phase, from its beginning. A purpose is spoken
// first, each time: it costs nothing when it was, and nobody is asked about one
// that cannot be told any more.
func raise(s state) (state, []action) {
	switch {
	case s.phase == consenting:
		return processingQuestion(s)
	case s.purpose == "":
		return question(s)
	}
	s, acts := stop(s)
	s, more := await(s, s.purpose)
	return s, append(append(acts, disarm{patience}), more...)
}

// question says the question about a recording, all of it. Who cannot be told
// what it is for is not asked to agree to it.
func question(s state) (state, []action) {
	row := words{{prompt: s.opening}}.then(purposeWords(s)...).then(word{prompt: intro(s)})
	if s.untold {
		row = row.then(word{prompt: announcements.ConsentUntold})
	} else {
		row = row.then(word{prompt: announcements.ConsentAgree})
	}
	switch afterNo(s) {
	case conference.AfterNoLeave:
		row = row.then(word{prompt: announcements.ConsentRefuse})
	case conference.AfterNoTalk:
		row = row.then(prompts(announcements.ConsentTalk, announcements.ConsentLeave)...)
	default:
		row = row.then(prompts(announcements.ConsentListen, announcements.ConsentLeave)...)
	}
	return put(s, announcements.ConsentAgree, row.then(word{prompt: announcements.ConsentRepeat})...)
}

// put says a question in which yes names the key for a yes.
func put(s state, yes announcements.Prompt, row ...word) (state, []action) {
	s, row = thanked(s, row)
	s.agreeAt = words(row).index(yes)
	s, acts := speak(s, false, row...)
	return s, append(acts, disarm{patience})
}

// afterNo is what a no to the recording means here.
func afterNo(s state) conference.AfterNo { return admission.AfterNo(facts(s)) }

// intro tells how long nobody hears the caller: where a no means talking, until
// they have answered, whatever it is.
func intro(s state) announcements.Prompt {
	if afterNo(s) == conference.AfterNoTalk {
		return announcements.ConsentAnswer
	}
	return announcements.ConsentIntro
}

// saidNo is what a no is confirmed with.
func saidNo(s state) announcements.Prompt {
	if afterNo(s) == conference.AfterNoTalk {
		return announcements.ConsentTalks
	}
	return announcements.ConsentNo
}

// tookBack is what the end of a yes is confirmed with.
func tookBack(s state) announcements.Prompt {
	if afterNo(s) == conference.AfterNoTalk {
		return announcements.ConsentWithdrawnTalks
	}
	return announcements.ConsentWithdrawn
}

// unrecorded reports that the caller has said no to the recording that runs, and
// may be heard all the same, outside of it.
func unrecorded(s state) bool { return declined(s) && afterNo(s) == conference.AfterNoTalk }

// listens reports that the caller has said no to the recording that runs, and is
// not heard for that.
func listens(s state) bool { return declined(s) && afterNo(s) != conference.AfterNoTalk }

func declined(s state) bool {
	return s.meeting.Recording.Active() && facts(s).Answer == conference.Declined
}

// consentKey is an answer about a recording. The safe answers count at once.
func consentKey(s state, ev digit) (state, []action) {
	switch {
	case ev.key == '2': // also behind *
		return answerConsent(s, conference.Declined, ev.key, saidNo(s))
	case ev.key == '1' && !s.star && mayAgree(s, ev):
		return answerConsent(s, conference.Agreed, ev.key, announcements.ConsentYes)
	case ev.key == '3' && !s.star:
		acts := []action{evidence(s, walkedOut, ev.key)}
		s, more := goodbye(s, NoConsent)
		return s, append(acts, more...)
	}
	return questionKey(s, ev.key)
}

// mayAgree reports whether a yes counts: once the caller can have heard what it
// is a yes to, so that a key pressed ahead never is one.
func mayAgree(s state, ev digit) bool {
	switch {
	case s.awaits != "" || s.untold:
		return false
	case s.speaking:
		return !s.reading && ev.begun >= s.agreeAt
	}
	return true
}

// questionKey is a key that answers no question: 0 repeats it, *0 reads the full
// privacy notice, and # passes over that. Behind * no other key means anything.
func questionKey(s state, key rune) (state, []action) {
	star, reading := s.star, s.reading && s.speaking
	switch s.star = key == '*'; {
	case key == '0' && (star || reading):
		s, acts := readNotice(s)
		return s, append(acts, disarm{patience})
	case key == '#' && reading:
		return raise(s)
	case key == '0':
		s.rounds = 0
		return raise(s)
	}
	return s, nil
}

// silent asks once more, then takes silence as a no.
func silent(s state) (state, []action) {
	switch s.rounds++; {
	case s.rounds < questions:
		return raise(s)
	case s.phase == consenting:
		return refuseProcessing(s, 0)
	}
	return noAnswer(s)
}

// noAnswer takes silence for a no. Who is heard for it hears that they are.
func noAnswer(s state) (state, []action) {
	if afterNo(s) == conference.AfterNoTalk {
		return answerConsent(s, conference.Declined, 0, announcements.ConsentNone, announcements.ConsentTalks)
	}
	return answerConsent(s, conference.Declined, 0, announcements.ConsentNone)
}

func answerConsent(s state, a conference.Answer, key rune, confirm ...announcements.Prompt) (state, []action) {
	s.confirm = prompts(confirm...)
	return testifyFor(s, a, key)
}

// testifyFor has an answer about a recording written down. It counts once it is.
func testifyFor(s state, a conference.Answer, key rune) (state, []action) {
	return attest(s, evidence(s, a.String(), key), a)
}

// attest waits until an answer is written down.
func attest(s state, write testify, a conference.Answer) (state, []action) {
	s.pending, s.about = a, write.about
	star := s.star && write.about == records.KindNotice
	s, acts := to(s, testifying)
	if s.ahead = ""; star {
		s.ahead = "*"
	}
	// It is written before the words stop: it holds how much was heard.
	return s, append(append([]action{write}, acts...), arm{bound, s.limits.Backend})
}

// Answers that are written down and are not what a meeting is told.
const (
	withdrawn = "withdrawn"
	walkedOut = "left"
)

func evidence(s state, answer string, key rune) testify {
	return testify{
		about: records.KindRecording, answer: answer, key: key,
		run: s.asked, purpose: purpose(s), policy: admission.Consent(facts(s)),
	}
}

// nextTestified lets an answer count. A yes that cannot be shown later is
// none, and a caller who believes to have said it is not left in that belief;
// a no needs no proof to be obeyed.
func nextTestified(s state, ev testified) (state, []action) {
	if ev.about != s.about || ev.answer != s.pending.String() {
		return s, nil // an earlier one, late from a slow disk
	}
	if ev.err != nil && s.pending != conference.Declined {
		return goodbye(s, Faulty)
	}
	var acts []action
	switch s.about {
	case records.KindNotice:
		s.shown = true
	case records.KindProcessing:
		return consented(s)
	default:
		s, acts = settle(s)
	}
	s.phase = visiting
	if s.seated {
		s.phase = talking
	}
	ahead := s.ahead
	s.ahead = ""
	s, more := proceed(s)
	acts = append(append(acts, disarm{bound}), more...)
	s, more = keyedAhead(s, ahead)
	return s, append(acts, more...)
}

// settle has an answer about a recording count, or the no that came behind it.
func settle(s state) (state, []action) {
	s.answer, s.run = s.pending, s.asked
	if !s.takesBack {
		return s, nil
	}
	s.answer, s.takesBack, s.confirm = conference.Declined, false, prompts(tookBack(s))
	return s, []action{evidence(s, withdrawn, '2')}
}
