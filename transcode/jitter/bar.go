package jitter

// Bar marks what has come so far: what was said before its sender was allowed to be
// heard, and waits here. It is played like all else, and [Stream.Barred] tells of it.
// It belongs to the beat, before the ReadFrame or Skim of that.
func (s *Stream) Bar() {
	s.meet()
	s.barred, s.tainted = len(s.sound), true
	if s.shelf.begun {
		s.barrier = s.shelf.newest
	}
}

// Barred reports whether there is something in the sound that was read last which
// had come before Bar, or was made up from that. It belongs to the beat.
func (s *Stream) Barred() bool { return s.between }

// cross is for a packet that is decoded next, perhaps the first behind the barrier.
// What was made up before it is blended into it: by the stream, and by the decoder.
func (s *Stream) cross(p *packet) {
	if !s.tainted || p.seq <= s.barrier {
		return
	}
	s.seam = s.seam[:0]
	if s.made > 0 {
		s.barrier = p.seq
	} else {
		s.shaken = 0
	}
}

// bar marks the sound that was added last, if it is of what Bar has marked, or made
// up from that.
func (s *Stream) bar() {
	s.tainted = s.shelf.next <= s.barrier+1 || s.tainted && s.made > 0
	if s.tainted {
		s.barred = len(s.sound)
	}
}
