package call

import (
	"github.com/einwahl/einwahl/announcements"
	"github.com/einwahl/einwahl/conference"
	"github.com/einwahl/einwahl/gateway/admission"
	"github.com/einwahl/einwahl/gateway/records"
)

// roomKey is a key in the meeting: * and the key after it are a command, any
// other key stops what is being said.
func roomKey(s state, key rune) (state, []action) {
	star := s.star
	s.star = false
	switch {
	case s.confirming != 0:
		return confirmKey(s, key)
	case key == '0' && !star && s.reading && s.speaking:
		return readNotice(s)
	case key == '*' && star && s.identity.Host:
		s, acts := hostKey(s, key)
		return s, acts
	case key == '*':
		s, acts := cut(s)
		s.star = true
		return s, append(acts, arm{patience, s.limits.BetweenDigits})
	case star:
		s, acts := roomCommand(s, key)
		return s, append(acts, disarm{patience})
	}
	return cut(s)
}

// cut stops what a key may stop.
func cut(s state) (state, []action) {
	if !s.speaking || !s.cuttable {
		return s, nil
	}
	s, acts := stop(s)
	s, more := heardOut(s)
	return s, append(acts, more...)
}

func roomCommand(s state, key rune) (state, []action) {
	switch key {
	case '6':
		return toggleMicrophone(s)
	case '9':
		s.hand = !s.hand
		if s.hand {
			return reply(s, word{prompt: announcements.HandUp})
		}
		return reply(s, word{prompt: announcements.HandDown})
	case '#':
		return reply(s, account(s)...)
	case '2':
		return reconsider(s)
	case '0':
		if s.speaking && !s.cuttable {
			return tell(s, notice(s, fullNotice))
		}
		return readNotice(s)
	case '1':
		if s.identity.Host {
			return reply(s, prompts(announcements.Help, announcements.HelpHost, announcements.HelpHostMore)...)
		}
		return reply(s, word{prompt: announcements.Help})
	}
	return hostKey(s, key)
}

// toggleMicrophone is the one place where a microphone is switched on: the
// caller's own key.
func toggleMicrophone(s state) (state, []action) {
	switch {
	case !admission.Decide(facts(s)).Voice:
		return reply(s, word{prompt: announcements.UnmuteHeld})
	case s.mic:
		s.mic = false
		return reply(s, word{prompt: announcements.MuteSelf})
	}
	s.mic = true
	return reply(s, word{prompt: announcements.UnmuteSelf})
}

// account tells how things stand.
func account(s state) words {
	var row []announcements.Prompt
	switch {
	case s.meeting.Recording == conference.NotRecording:
		row = append(row, announcements.StateNotRecording)
	case admission.Consent(facts(s)) == conference.ConsentOff:
	case s.meeting.Recording == conference.RecordingPaused:
		row = append(row, announcements.StatePaused)
	default:
		row = append(row, announcements.StateRecording)
	}
	if unrecorded(s) {
		row = append(row, announcements.StateUnrecorded)
	}
	row = append(row, encryptionWords(s.meeting.Encryption)...)
	if s.secure {
		row = append(row, announcements.StateLegSecure)
	} else {
		row = append(row, announcements.StateLeg)
	}
	if s.mic && admission.Decide(facts(s)).Voice {
		row = append(row, announcements.StateUnmuted)
	} else {
		row = append(row, announcements.StateMuted)
	}
	return words{{prompt: people, count: s.meeting.People}}.then(prompts(row...)...)
}

// lateNo is *2 while a yes is written down, while a notice is heard, or while the
// seat opens: it is taken back before it has let anything through. What is on its
// way to the disk is waited for, so that the no stands behind it there.
func lateNo(s state, key rune) (state, []action) {
	star := s.star
	s.star = false
	switch {
	case key == '*':
		return keepStar(s, true, nil)
	case !star || key != '2':
	case s.phase == noticing:
		return answerConsent(s, conference.Declined, key, saidNo(s))
	case s.phase == testifying:
		s.takesBack = s.about == records.KindRecording && s.pending != conference.Declined
	case facts(s).Answer != conference.Declined && s.meeting.Recording.Active():
		s.confirm = prompts(tookBack(s))
		return reconsider(s)
	}
	return s, nil
}

// keepStar takes a * along where a step of ours comes between it and its key.
func keepStar(s state, star bool, acts []action) (state, []action) {
	if !star {
		return s, acts
	}
	s.star = true
	return s, append(acts, arm{patience, s.limits.BetweenDigits})
}

// reconsider is *2: who is recorded withdraws, at once; who is not is asked
// anew, for a yes is never a matter of one key pressed by mistake.
func reconsider(s state) (state, []action) {
	switch {
	case !s.meeting.Recording.Active():
		return reply(s, word{prompt: announcements.ConsentNothing})
	case facts(s).Answer == conference.Declined:
		s, acts := askConsent(s)
		s.anew = true
		return s, acts
	}
	s.answer, s.run, s.asked = conference.Declined, s.meeting.RecordingRun, s.meeting.RecordingRun
	s.purpose = s.meeting.Purpose
	acts := []action{evidence(s, withdrawn, '2')}
	s, noted := proceed(s)
	if s.phase != talking { // a no is a goodbye here, or the seat opens yet
		return s, append(acts, noted...)
	}
	s, spoken := reply(s, word{prompt: tookBack(s)})
	return s, append(append(acts, noted...), spoken...)
}
