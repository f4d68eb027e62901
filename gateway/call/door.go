package call

import (
	"errors"
	"time"

	"github.com/einwahl/einwahl/announcements"
	"github.com/einwahl/einwahl/conference"
	"github.com/einwahl/einwahl/gateway/admission"
	"github.com/einwahl/einwahl/gateway/records"
)

const (
	// longestNotice bounds a notice that nobody hears to its end.
	longestNotice = 5 * time.Minute
	// explanation is how long a meeting that has not seated a caller has to
	// say why.
	explanation = 2 * time.Second
)

// facts is what of a state bears on admission.
func facts(s state) admission.Facts {
	f := admission.Facts{
		Now:         s.now,
		Meeting:     s.meeting,
		WaitingRoom: s.waitingRoom,
		Proven:      s.proven,
		PIN:         s.pin,
		Identity:    s.identity,
		Seated:      s.seated,
		SecureLeg:   s.secure,
		Caller:      s.caller,
		Policy:      s.policy,
	}
	if s.run == s.meeting.RecordingRun {
		f.Answer = s.answer
	}
	return f
}

// nextChanged takes a new state of the meeting.
func nextChanged(s state, m conference.State) (state, []action) {
	if s.phase < visiting {
		return s, nil
	}
	before := s.meeting
	s.meeting, s.met = m, true
	if !s.seated {
		return proceed(s)
	}
	return nextInRoom(s, before)
}

// proceed takes the caller to where admission wants them. It is asked after
// each change and after each step of the caller's, and does nothing where they
// already are there.
func proceed(s state) (state, []action) {
	d := admission.Decide(facts(s))
	var acts []action
	if d != s.noted {
		s.noted = d
		acts = append(acts, note{d})
	}
	s, more := follow(s, d)
	return s, append(acts, more...)
}

func follow(s state, d admission.Decision) (state, []action) {
	switch {
	case d.Verdict == admission.Refuse:
		return goodbye(s, refusal(d.Reason))
	case s.phase == testifying || s.phase == opening:
		return s, nil // their result comes back here
	case !s.informed:
		return inform(s)
	case !s.shown: // # was pressed before it began
		return showNotice(s, '#')
	case unasked(s):
		return askProcessing(s)
	case s.phase == asking && s.anew && s.asked == s.meeting.RecordingRun && s.meeting.Recording.Active():
		return s, nil // the caller's own wish
	}
	switch d.Verdict {
	case admission.Wait:
		return hold(s, d.Reason)
	case admission.AskConsent:
		return askConsent(s)
	case admission.Admit:
		if d.Notice {
			return giveNotice(s)
		}
		return admit(s)
	}
	return s, nil
}

// inform gives the privacy notice, once it is clear that the caller is not
// simply sent away.
func inform(s state) (state, []action) {
	if s.phase == informing {
		return s, nil
	}
	s, acts := to(s, informing)
	s, spoken := speak(s, true, notice(s, privacyNotice))
	return s, append(append(acts, spoken...), arm{bound, longestNotice})
}

// readNotice reads all of the privacy notice. 0 has it read again.
func readNotice(s state) (state, []action) {
	s, acts := speak(s, true, notice(s, fullNotice))
	s.reading = true
	return s, acts
}

// notice is the short or the full privacy notice, as it is true in this meeting.
func notice(s state, which announcements.Prompt) word {
	return word{prompt: which, asks: admission.Consent(facts(s))}
}

// passNotice goes on when the notice was heard, or passed over by a key.
func passNotice(s state, key rune) (state, []action) {
	s.informed = true
	return showNotice(s, key)
}

// showNotice writes down how much of the notice was heard. The call goes on once
// that is on paper: nobody comes in of whom it cannot be shown that they were told.
func showNotice(s state, key rune) (state, []action) {
	return attest(s, testify{
		about: records.KindNotice, answer: conference.Informed.String(), key: key, policy: admission.Consent(facts(s)),
	}, conference.Informed)
}

// hold lets the caller wait, with words and then music.
func hold(s state, why admission.Reason) (state, []action) {
	if s.phase == holding && s.waitsFor == why {
		return newMessage(s)
	}
	s, acts := to(s, holding)
	s.waitsFor, s.entry, s.warned, s.waits = why, "", false, 0
	row := prompts(announcements.WaitHost)
	switch {
	case why == admission.InLobby:
		row = prompts(announcements.WaitRoom)
	case s.meeting.HostPIN:
		row = row.then(word{prompt: announcements.WaitHostPIN})
	}
	s, row = thanked(s, row)
	s, spoken := speak(s, true, row...)
	acts = append(acts, spoken...)
	s, more := tellMessage(s)
	return s, append(append(acts, waitTime(s), arm{reminder, s.limits.Remind}), more...)
}

// remindWaiting tells who waits that they still do, unless they are hearing
// something.
func remindWaiting(s state) (state, []action) {
	again := arm{reminder, s.limits.Remind}
	if s.speaking {
		return s, []action{again}
	}
	s, acts := speak(s, true, word{prompt: announcements.WaitStill})
	s, more := tellMessage(s)
	return s, append(append(acts, again), more...)
}

func waitedTooLong(s state) (state, []action) {
	if s.waitsFor == admission.NoHost {
		return goodbye(s, NoHostCame)
	}
	return goodbye(s, NotLetIn)
}

// waitingKey is a key during the privacy notice or while waiting: *0 gives the
// long notice, # passes over what is being said, and a host who is waited for
// keys in their PIN.
func waitingKey(s state, key rune) (state, []action) {
	star := s.star
	s.star = key == '*'
	switch {
	case s.warned && waitable(s) && s.phase == holding && s.entry == "":
		return waitOn(s)
	case key == '0' && (star || s.reading && s.speaking && !claiming(s)):
		return readNotice(s)
	case key == '#' && s.phase == informing:
		return passNotice(s, key)
	case key == '#' && s.entry != "":
		return claim(s)
	case key == '#':
		s, acts := stop(s)
		s, more := sayMessage(s)
		return s, append(acts, more...)
	case key == '*':
		s.entry = ""
	case claiming(s) && key >= '0' && key <= '9':
		return claimKey(s, key)
	}
	return s, nil
}

// admit takes a caller with nothing left to ask into the meeting.
func admit(s state) (state, []action) {
	if s.seated {
		return talk(s)
	}
	star := s.star
	s, acts := to(s, opening)
	return keepStar(s, star, append(acts, arm{bound, s.limits.Backend}, open{}))
}

// nextOpened enters the meeting. A meeting that would not seat the caller has
// mostly changed in that moment, and its next state says how.
func nextOpened(s state, ev opened) (state, []action) {
	switch {
	case errors.Is(ev.err, conference.ErrNotAdmitted):
		s, acts := to(s, visiting)
		return s, append(acts, arm{bound, explanation})
	case ev.err != nil:
		return unavailable(s, ev.err)
	}
	s.seated = true
	s.phase = talking // and from here wherever admission wants the caller
	crowded := s.limits.MutedFrom > 0 && there(s) >= s.limits.MutedFrom && !s.identity.Host
	s.mic = !crowded && !s.meeting.You.Muted && (s.meeting.Recording.Active() || !shutByNo(s))
	s, acts := proceed(s)
	return s, append([]action{disarm{bound}}, acts...)
}
