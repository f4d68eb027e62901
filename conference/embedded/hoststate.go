package embedded

import "github.com/einwahl/einwahl/conference"

// setMuted is a person's own hand at the microphone. Opening it is also how a
// person takes off what a host's mute has put on: nobody else can.
func (s *state) setMuted(p *person, muted bool) {
	p.muted = muted
	if !muted {
		p.mutedByHost = false
	}
}

// muteByHost shuts a person's microphone.
func (s *state) muteByHost(p *person) {
	p.muted, p.mutedByHost = true, true
}

// muteAll mutes everybody but hosts.
func (s *state) muteAll() {
	for _, p := range s.people {
		if p.place == inside && !s.isHost(p) {
			s.muteByHost(p)
		}
	}
}

func (s *state) lock(on, byHost bool) {
	s.locked, s.lockedHere = on, byHost && on
}

// admit lets a person through the lobby. A browser comes in at once; a
// telephone when the gateway asks for its seat.
func (s *state) admit(p *person) {
	if !s.waits(p) {
		return
	}
	p.admitted = true
	if p.own != "" {
		delete(s.barred, p.own) // a host has answered for this one
	}
	s.settle()
}

// admitNext admits who has waited longest.
func (s *state) admitNext() {
	for _, p := range s.people {
		if s.waits(p) {
			s.admit(p)
			return
		}
	}
}

// decline turns away who waits.
func (s *state) decline(p *person) {
	if s.waits(p) {
		s.part(p, partDeclined)
	}
}

// key does what a host at a telephone has keyed, to the person of that entry
// where it is about one.
func (s *state) key(p *person, c conference.Command, who uint64) error {
	if !s.isHost(p) || p.place != inside {
		return conference.ErrNotAdmitted
	}
	switch c {
	case conference.ToggleLock:
		s.lock(!s.locked, true)
	case conference.MuteAll:
		s.muteAll()
	case conference.AdmitNext:
		s.admitNext()
	case conference.ToggleRecording:
		if s.recording.Active() {
			return s.recordStop()
		}
		if s.recordStart() != nil {
			return conference.ErrUnavailable
		}
	case conference.RemoveLast:
		q := s.entered(who)
		if q == nil || q == p || s.isHost(q) {
			return conference.ErrGone
		}
		s.remove(q)
	case conference.EndMeeting:
		s.end(partEnded)
	default:
		return conference.ErrUnavailable
	}
	return nil
}
