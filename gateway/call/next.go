package call

import (
	"errors"
	"time"

	"github.com/einwahl/einwahl/conference"
	"github.com/einwahl/einwahl/gateway/admission"
	"github.com/einwahl/einwahl/gateway/records"
)

// lastWords bounds a farewell that nobody hears to its end, as on a line that
// is on hold.
const lastWords = 45 * time.Second

// next is the whole life of a call: what has happened in a state gives the new
// state, and what is to be done. An event that means nothing in a phase is
// ignored there: late events are normal, not errors.
func next(s state, ev event) (state, []action) {
	if s.phase == ended {
		return s, nil
	}
	switch ev := ev.(type) {
	case gone:
		return end(s, lost(ev.err))
	case draining:
		return goodbye(s, Drained)
	}
	if s.phase == leaving {
		return nextLeaving(s, ev)
	}
	switch ev := ev.(type) {
	case answered:
		return nextAnswered(s, ev)
	case foreseen:
		if s.phase == foreseeing {
			return nextForeseen(s, ev)
		}
	case fronted:
		if s.phase == excusing {
			return nextFronted(s, ev)
		}
	case digit:
		s, longer := extend(s)
		s, acts := nextDigit(s, ev)
		return s, append(longer, acts...)
	case spoken:
		return nextSpoken(s)
	case expired:
		return nextExpired(s, ev.timer)
	case found, proved, claimed, visited, testified, rendered, opened, obeyed, pronounced:
		return nextResult(s, ev)
	case changed:
		return nextChanged(s, ev.meeting)
	case over:
		// A meeting that says nothing more is over, whatever it last said.
		m := s.meeting
		m.Ended = true
		return nextChanged(s, m)
	}
	return s, nil
}

func nextLeaving(s state, ev event) (state, []action) {
	switch ev := ev.(type) {
	case spoken:
		return end(s, s.why)
	case expired:
		if ev.timer == bound {
			return end(s, s.why)
		}
	}
	return s, nil
}

func nextAnswered(s state, ev answered) (state, []action) {
	switch {
	case s.phase != answering:
		return s, nil
	case ev.err != nil:
		return end(s, Faulty)
	}
	s.lang = s.languages[0]
	s, acts := welcome(s)
	acts = append(append(acts, arm{bound, s.limits.Choose}), span(s)...)
	s, more := takeAhead(s)
	return s, append(acts, more...)
}

// takeAhead takes the keys that were kept.
func takeAhead(s state) (state, []action) {
	keys := s.ahead
	s.ahead = ""
	return keyedAhead(s, keys)
}

// keyedAhead takes keys that were pressed before their time as if they were pressed
// now. None of them answers a question that comes only then.
func keyedAhead(s state, keys string) (state, []action) {
	var acts []action
	for _, key := range keys {
		if s.phase == consenting || s.phase == asking {
			break
		}
		var more []action
		s, more = nextDigit(s, digit{key: key})
		acts = append(acts, more...)
	}
	return s, acts
}

// nextResult takes what has come back from outside, if it is still awaited.
func nextResult(s state, ev event) (state, []action) {
	switch ev := ev.(type) {
	case found:
		if s.phase == finding {
			return nextFound(s, ev)
		}
	case proved:
		if s.phase == proving {
			return nextProved(s, ev)
		}
	case claimed:
		if s.trying {
			return nextClaimed(s, ev)
		}
	case visited:
		if s.phase == visiting && ev.err != nil {
			return unavailable(s, ev.err)
		}
	case testified:
		if s.phase == testifying {
			return nextTestified(s, ev)
		}
	case rendered:
		if ev.text == s.awaits {
			return nextRendered(s, ev)
		}
	case opened:
		if s.phase == opening {
			return nextOpened(s, ev)
		}
	case pronounced:
		if s.seated && ev.err == nil {
			return tell(s, word{prompt: theirWords, text: ev.name}, word{prompt: ev.has})
		}
	case obeyed:
		if s.seated {
			return nextObeyed(s, ev)
		}
	}
	return s, nil
}

func nextDigit(s state, ev digit) (state, []action) {
	switch s.phase {
	case choosing:
		return chooseLanguage(s, ev.key)
	case greeting:
		s, acts := look(s, s.leadsTo)
		if ev.key >= '0' && ev.key <= '9' { // the PIN begins
			s = keepKey(s, ev.key)
		}
		return s, acts
	case numbering, pinning:
		return enterKey(s, ev.key)
	case answering, finding: // who dials with pauses does not wait for our answer to be known
		return keepKey(s, ev.key), nil
	case proving, visiting:
		return keyAtTheDoor(s, ev.key), nil
	case informing, holding:
		return waitingKey(s, ev.key)
	case consenting:
		return processingKey(s, ev)
	case asking:
		return consentKey(s, ev)
	case testifying:
		if s.about == records.KindNotice {
			return keepKey(s, ev.key), nil
		}
		return lateNo(s, ev.key)
	case noticing, opening:
		return lateNo(s, ev.key)
	case talking:
		return roomKey(s, ev.key)
	}
	return s, nil
}

// keyAtTheDoor is a key before the privacy notice. Who presses # ahead knows that;
// but not the # that ends a PIN which nobody has asked for.
func keyAtTheDoor(s state, key rune) state {
	switch {
	case key != '#':
		s.unasked = key != '*'
	case s.unasked:
		s.unasked = false
	default:
		s.informed = true
	}
	return s
}

// keepKey keeps a key that was pressed before its time: of all that may be asked,
// a language, a number and a PIN with their #, and one # over the privacy notice.
func keepKey(s state, key rune) state {
	if len(s.ahead) < 2*s.limits.MaxDigits+4 {
		s.ahead += string(key)
	}
	return s
}

// nextSpoken follows when a speech was heard to its end.
func nextSpoken(s state) (state, []action) {
	s.speaking = false
	switch s.phase {
	case choosing, numbering, pinning:
		return s, []action{arm{patience, s.limits.FirstDigit}}
	case greeting:
		return look(s, s.leadsTo)
	case informing:
		return passNotice(s, 0)
	case holding:
		return sayMessage(s)
	case noticing:
		star := s.star
		s, acts := testifyFor(s, conference.Informed, 0)
		return keepStar(s, star, acts)
	case consenting, asking:
		if s.reading {
			return raise(s)
		}
		return s, []action{arm{patience, s.limits.Consent}}
	case talking:
		return heardOut(s)
	}
	return s, nil
}

func nextExpired(s state, t timer) (state, []action) {
	switch {
	case t == bound:
		return outOfTime(s)
	case t == length:
		return lengthPassed(s)
	case t == reminder && s.phase == holding:
		return remindWaiting(s)
	case t != patience:
		return s, nil
	}
	switch s.phase {
	case choosing, numbering, pinning:
		return entryPaused(s)
	case delaying:
		return delayed(s)
	case holding:
		switch {
		case s.trying:
			return claimedWrongly(s)
		case s.entry != "":
			return claim(s)
		}
	case consenting, asking:
		return silent(s)
	case noticing, testifying, opening, talking:
		return keyForgotten(s)
	}
	return s, nil
}

// outOfTime ends what has lasted too long.
func outOfTime(s state) (state, []action) {
	switch s.phase {
	case foreseeing:
		return end(s, Faulty)
	case excusing:
		return end(s, s.why)
	case choosing, greeting, numbering, finding, pinning, proving, delaying:
		return goodbye(s, Silent)
	case visiting:
		if s.met {
			return goodbye(s, SeatRefused)
		}
		return goodbye(s, Faulty)
	case holding:
		return waitPassed(s)
	case consenting:
		return refuseProcessing(s, 0)
	case asking:
		return noAnswer(s)
	case testifying:
		return nextTestified(s, testified{s.about, s.pending.String(), errTooLong})
	case opening:
		return goodbye(s, Faulty)
	case informing, noticing:
		if s.seated { // the voice is shut, and the caller may come back to the line
			return s, []action{arm{bound, longestNotice}}
		}
		return goodbye(s, Silent)
	}
	return s, nil
}

var errTooLong = errors.New("took too long")

// speak says w instead of what is being said.
func speak(s state, cuttable bool, w ...word) (state, []action) {
	s.speaking, s.cuttable, s.reading = true, cuttable, false
	return s, []action{say{words(w)}}
}

// stop ends what is being said.
func stop(s state) (state, []action) {
	if !s.speaking {
		return s, nil
	}
	s.speaking = false
	return s, []action{hush{}}
}

// to moves on to another phase: what was being said stops and no timer of the
// old phase is left.
func to(s state, p phase) (state, []action) {
	s, acts := stop(s)
	s.phase, s.star, s.anew, s.rounds, s.trying, s.confirming = p, false, false, 0, false, 0
	s.awaits, s.due, s.untold, s.takesBack = "", false, false, false
	return s, append(acts, disarm{patience}, disarm{reminder})
}

// goodbye takes the caller out of the meeting, then tells them why. The
// meeting comes first: nothing may pass while the words are being said.
func goodbye(s state, why Outcome) (state, []action) {
	if s.phase == leaving {
		return s, nil
	}
	if unanswered(s) {
		return end(s, why)
	}
	return sayGoodbye(s, why)
}

func sayGoodbye(s state, why Outcome) (state, []action) {
	f, longest := farewells()[why], lastWords
	row := f.door
	switch {
	case s.seated:
		row = f.room
	case s.phase == excusing: // nobody could choose a language
		row, longest = row.in(s.languages), lastWords*time.Duration(len(s.languages))
	}
	s, acts := to(s, leaving)
	s.why, s.seated, s.queue = why, false, nil
	s, spoken := speak(s, false, row.then(word{prompt: leadOut})...)
	acts = append([]action{leave{}}, acts...)
	return s, append(append(acts, spoken...), arm{bound, longest})
}

// end is the end.
func end(s state, why Outcome) (state, []action) {
	if s.phase != leaving {
		s.why = why
	}
	s.phase, s.seated, s.speaking = ended, false, false
	return s, []action{leave{}, hush{}, hangup{s.why}}
}

// unavailable is for what the meeting's side has failed to do.
func unavailable(s state, err error) (state, []action) {
	if errors.Is(err, conference.ErrGone) || errors.Is(err, conference.ErrNoMeeting) {
		s.meeting.Ended = true
		return goodbye(s, refusal(admission.Ended))
	}
	return goodbye(s, Faulty)
}
