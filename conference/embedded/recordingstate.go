package embedded

import (
	"maps"

	"github.com/einwahl/einwahl/conference"
)

// recordStart prepares a recording: from this moment nobody is heard who has
// not answered it. It runs once the recorder says so.
func (s *state) recordStart() error {
	switch {
	case s.sealed():
		return errSealed
	case s.recording == conference.RecordingPaused:
		s.recording = conference.RecordingOn
		return nil
	case s.recording.Active():
		return errRecordingRuns
	}
	s.repurposed = false
	s.prepare()
	return nil
}

// prepare begins the first phase of a recording.
func (s *state) prepare() {
	s.run++
	s.recording = conference.RecordingPrepared
	if s.inside() == 0 {
		s.recording = conference.RecordingOn // there is nobody to be silenced
	}
}

// setPurpose changes what recordings are for. A yes was to the purpose before,
// so a recording that runs becomes another one, in files of its own, and whoever
// is there is asked anew.
func (s *state) setPurpose(t Texts) {
	if maps.Equal(s.purpose, t) {
		return
	}
	s.purpose = t
	if !s.recording.Active() {
		return
	}
	s.repurposed = true
	if s.recording == conference.RecordingPaused {
		s.run++
		return
	}
	s.prepare()
}

func (s *state) recordPause() error {
	if s.recording != conference.RecordingOn {
		return errNoRecording
	}
	s.recording = conference.RecordingPaused
	return nil
}

func (s *state) recordResume() error {
	if s.recording != conference.RecordingPaused {
		return errNoRecording
	}
	s.recording = conference.RecordingOn
	return nil
}

func (s *state) recordStop() error {
	if !s.recording.Active() {
		return errNoRecording
	}
	s.recording = conference.NotRecording
	return nil
}

// recorderReady is the second phase: all are silent who must be, the files are
// open, now it is true that a recording runs.
func (s *state) recorderReady(run uint64) {
	if s.recording == conference.RecordingPrepared && s.run == run {
		s.recording = conference.RecordingOn
	}
}

// recorderFailed ends a recording that cannot be written. The meeting goes on.
func (s *state) recorderFailed(run uint64) bool {
	if !s.recording.Active() || s.run != run {
		return false
	}
	s.recording = conference.NotRecording
	return true
}

// files reports whether recording files should be open: a recording is on or
// about to be, and somebody is there whom it could record.
func (s *state) files() bool {
	return s.recording.Active() && s.inside() > 0
}

// answeredByPage takes the answer of somebody who reads what they are asked. A yes
// to a purpose that cannot be read is none.
func (s *state) answeredByPage(p *person, run uint64, a conference.Answer) {
	if a != conference.Agreed || !s.purpose.Unreadable() {
		s.answered(p, run, a)
	}
}

// answered takes a person's answer to a recording. One that belongs to another
// recording is late and means nothing.
func (s *state) answered(p *person, run uint64, a conference.Answer) {
	if run != s.run || !s.recording.Active() {
		return
	}
	p.answer, p.answerRun = a, run
	if a == conference.Declined && !p.phone && s.policy.afterNo == conference.AfterNoLeave {
		s.part(p, partNoConsent) // the gateway says goodbye to its telephones itself
	}
}
