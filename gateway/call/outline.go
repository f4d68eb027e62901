package call

import (
	"github.com/einwahl/einwahl/conference"
	"github.com/einwahl/einwahl/gateway/admission"
)

// ear is what a caller hears. There is only ever one thing.
type ear int

const (
	hearsNothing ear = iota
	hearsWords
	hearsMusic
	hearsMeeting
)

// shape is what a call is like from outside in a state.
type shape struct {
	ear   ear
	tone  bool // with a tone now and then, for who is recorded
	voice bool // what the caller says reaches the meeting
	hand  bool
	// answer is how the caller stands to recording run, for the meeting.
	answer conference.Answer
	run    uint64
}

// outline reads off a state what the telephone and the seat must be like. It
// is the only place that opens a voice.
//
// While a change of the meeting or the answer to a key is said, the voice
// stays open: the caller may be in the middle of a sentence, and what is said
// goes to their ear only. It is shut while the caller enters, hears that they
// are going to be recorded, or is asked for consent: those are other phases,
// or admission does not give them a voice.
func outline(s state) shape {
	sh := shape{ear: hears(s), voice: voiceOpen(s)}
	sh.tone = sh.ear == hearsMeeting && onRecord(s)
	if s.seated {
		sh.hand = s.hand
		if s.meeting.Recording.Active() {
			sh.answer, sh.run = facts(s).Answer, s.meeting.RecordingRun
		}
	}
	return sh
}

// onRecord reports that a recording runs which may hold the caller's voice, and
// of which they were told.
func onRecord(s state) bool {
	a := facts(s).Answer
	return s.meeting.Recording == conference.RecordingOn && (a == conference.Agreed || a == conference.Informed)
}

func hears(s state) ear {
	switch {
	case s.phase == ended:
		return hearsNothing
	case s.speaking:
		return hearsWords
	case s.phase == holding:
		return hearsMusic
	case s.phase == talking && s.seated:
		return hearsMeeting
	}
	return hearsNothing
}

func voiceOpen(s state) bool {
	if s.phase != talking || !s.seated || !s.entered || !s.mic {
		return false
	}
	d := admission.Decide(facts(s))
	return d.Verdict == admission.Admit && d.Voice
}
