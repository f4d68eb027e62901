package jitter

const (
	// shelfSize is how many packets can be out of order: 100 of the shortest
	// are one second.
	shelfSize = 128
	// kin is how many packets back may still be of use: to prime a decoder.
	kin = 8
	// spareSize is for how many packets to come there is memory: for those that
	// wait on an uneven network, not for those of a stall.
	spareSize = 16
	// wild is how far a sequence number may jump before the packet is thought
	// to be of another stream (RFC 3550 appendix A.1).
	wild = 100
)

// packet is a packet in its place.
type packet struct {
	seq     int64 // without wrapping round
	ts      int64 // likewise, in units of the RTP clock
	margin  int   // the delay it showed when it came, in samples
	late    int   // how much later it came than the fastest, in samples
	payload []byte
	kept    bool // it is still to be played
	level   int8 // that the sender tells
	noise   int8 // likewise
}

// shelf puts packets in order.
type shelf struct {
	came     [shelfSize]int64   // sequence number of what has come for each place
	packets  [shelfSize]*packet // nil: not here, or of no use any more
	spares   []*packet          // memory for packets to come
	freed    int64              // all before it are of no use any more
	begun    bool
	next     int64  // sequence number to be played next
	newest   int64  // highest that has come
	newestTS int64  // timestamp of that
	lastTS   int64  // timestamp of the packet that came last
	probing  bool   // a stray has come
	probe    uint16 // and what would follow it
}

// verdict says what became of a packet.
type verdict int

const (
	kept verdict = iota
	duplicate
	tooLate
	astray // of no stream yet
	restart
)

// sort tells where a packet with this sequence number belongs.
func (s *shelf) sort(seq uint16) (int64, verdict) {
	if !s.begun {
		s.restart(seq)
		return s.next, restart
	}
	step := int64(int16(seq - uint16(s.newest)))
	if step > wild || step < -wild {
		// Two in a row make a new stream; one alone is a stray.
		if !s.probing || seq != s.probe {
			s.probing, s.probe = true, seq+1
			return 0, astray
		}
		s.restart(seq)
		return s.next, restart
	}
	s.probing = false
	n := s.newest + step
	switch {
	case n >= s.next+shelfSize:
		s.restart(seq) // all that waits is too old to be heard
		return s.next, restart
	case s.came[n%shelfSize] == n:
		return n, duplicate
	case n < s.next:
		return n, tooLate
	}
	s.newest = max(s.newest, n)
	return n, kept
}

// clear forgets all packets; the next begins anew.
func (s *shelf) clear() {
	for i := range s.packets {
		s.came[i] = -1
		s.release(int64(i))
	}
	s.begun = false
}

// restart begins anew at seq.
func (s *shelf) restart(seq uint16) {
	s.clear()
	// High enough never to fall below zero by reordering.
	s.next = 1<<32 + int64(seq)
	s.newest, s.freed = s.next, s.next
	s.begun, s.probing = true, false
}

// stretch makes a timestamp one that does not wrap round.
func (s *shelf) stretch(timestamp uint32, first bool) int64 {
	if first {
		s.lastTS = 1<<40 | int64(timestamp)
	} else {
		s.lastTS += int64(int32(timestamp - uint32(s.lastTS)))
	}
	return s.lastTS
}

// backwards reports whether the newest packet's timestamp lies before that of
// the newest before it: the sender's clock has been set back.
func (s *shelf) backwards(n, ts int64) bool { return n == s.newest && ts < s.newestTS }

// put keeps the payload of a at n, and gives a the memory of another.
func (s *shelf) put(n, ts int64, a *arrival) *packet {
	s.release(n)
	for s.freed = max(s.freed, s.next-shelfSize); s.freed < s.next-kin; s.freed++ {
		if s.at(s.freed) != nil {
			s.release(s.freed)
		}
	}
	at := s.room()
	s.came[n%shelfSize], s.packets[n%shelfSize] = n, at
	at.seq, at.ts, at.kept, at.noise = n, ts, true, a.noise
	at.payload, a.payload = a.payload, at.payload
	return at
}

// release takes the memory back that is at n, if it is for the next few packets.
func (s *shelf) release(n int64) {
	at := &s.packets[n%shelfSize]
	if *at != nil && len(s.spares) < spareSize {
		s.spares = append(s.spares, *at)
	}
	*at = nil
}

// room is memory for a packet.
func (s *shelf) room() *packet {
	last := len(s.spares) - 1
	if last < 0 {
		return &packet{}
	}
	p := s.spares[last]
	s.spares = s.spares[:last]
	return p
}

// at is packet n; nil if it is not here any more, or yet.
func (s *shelf) at(n int64) *packet {
	if p := s.packets[n%shelfSize]; p != nil && p.seq == n {
		return p
	}
	return nil
}

// first returns the packet to be played next, or if that is missing the one
// after it that comes first; nil if there is none.
func (s *shelf) first() *packet {
	for n := s.next; n <= s.newest; n++ {
		if at := s.at(n); at != nil && at.kept {
			return at
		}
	}
	return nil
}

// take takes p off the shelf, and gives up what was to come before it.
func (s *shelf) take(p *packet) {
	for n := s.next; n <= p.seq; n++ {
		if at := s.at(n); at != nil {
			at.kept = false
		}
	}
	s.next = p.seq + 1
}
