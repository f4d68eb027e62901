package jitter

import "math"

// receive puts what has come since the last beat in order.
func (s *Stream) receive() {
	if thrown, ok := s.ring.flood(); ok {
		// Nobody has read for long: what is here is of no use to anyone.
		s.counters.discarded.Add(uint64(thrown))
		s.forget()
		s.shelf.clear()
		s.sound, s.heard, s.barred = s.sound[:0], 0, 0
	}
	latest, margin, idle := -1, 0, math.MaxInt
	for a := s.ring.peek(); a != nil; a = s.ring.peek() {
		if late, m, ok := s.admit(a); ok {
			idle = min(idle, m-late)
			if late > latest {
				latest, margin = late, m
			}
		}
		s.ring.pop()
	}
	if latest >= 0 {
		s.lateness.learn(latest)
		s.delays.add(margin, idle)
		s.counters.delay.Store(s.nanos(max(margin, 0)))
	}
}

// admit takes in one packet. It tells how late the packet was and which delay
// it shows the stream to have; ok is false if nothing is to be learnt from it.
func (s *Stream) admit(a *arrival) (late, margin int, ok bool) {
	if a.fresh {
		s.shelf.begun = false
	}
	n, v := s.shelf.sort(a.seq)
	switch v {
	case duplicate:
		s.counters.duplicates.Add(1)
		return 0, 0, false
	case astray:
		s.counters.discarded.Add(1)
		return 0, 0, false
	case restart:
		s.counters.restarts.Add(1)
		s.forget()
	}
	if len(a.payload) == 0 && v != restart {
		// The timestamp of what is no sound may be that of its beginning.
		if v == tooLate {
			s.counters.late.Add(1)
		} else {
			s.shelf.put(n, s.shelf.lastTS, a)
		}
		return 0, 0, false
	}
	at := a.at * int64(s.rate) / 1e6
	was := s.shelf.lastTS
	ts := s.shelf.stretch(a.timestamp, v == restart)
	if v == restart {
		was, s.lastAt = ts, at
	}
	if s.jumped(s.samples(ts-was), at-s.lastAt) || s.shelf.backwards(n, ts) {
		s.lateness.forget()
	}
	s.lastAt = at
	begin := int64(s.samples(ts))
	late = s.lateness.arrive(at, begin)
	// Until it is played there is what is decoded, the silence before it and
	// what lies between; what was made up is time that it has missed.
	lead := len(s.sound) + s.wait + s.samples(ts-s.place) - s.owed
	if v == tooLate {
		s.counters.late.Add(1)
		if late <= s.target() {
			s.adapt.missing()
		}
		return late, lead + late, s.live
	}
	p := s.shelf.put(n, ts, a)
	if n == s.shelf.newest {
		s.shelf.newestTS = ts
	}
	p.late, p.margin, p.level = late, lead+late, a.level
	return late, p.margin, s.live
}

// jumped reports whether the sender's clock has made a step that the time
// between two packets does not account for. Up to a second it may be a stall.
func (s *Stream) jumped(sent int, came int64) bool {
	d := int64(sent) - came
	return d > int64(s.rate) || d < -int64(s.rate)
}

// forget gives up the stream so far; the sound that is decoded stays.
func (s *Stream) forget() {
	s.live, s.owed, s.wait, s.barrier = false, 0, 0, 0
	s.recent, s.comfort.level = [primers]int64{}, 0
	s.lateness.forget()
	s.delays.clear()
	if d, ok := s.decoder.(interface{ Reset() }); ok {
		d.Reset()
	}
}

// skip gives up what is too old to be heard: after a stall, the newest words
// matter, not the ones that were held up.
func (s *Stream) skip() {
	first := s.shelf.first()
	if first == nil || first.seq == s.shelf.newest {
		return
	}
	newest := s.shelf.at(s.shelf.newest)
	from := first.ts
	if s.live {
		from = min(from, s.place)
	}
	length := max(s.last, s.frame)
	room := s.target() + length
	behind := func(ts int64) int { return len(s.sound) + s.wait + length + s.samples(newest.ts-ts) }
	if behind(from) <= room+s.long(Stale) {
		return
	}
	for p := first; p != nil && p.seq < newest.seq && behind(p.ts) > room; p = s.shelf.first() {
		s.shelf.take(p)
		s.counters.discarded.Add(1)
	}
	p := s.shelf.first()
	cut := s.samples(p.ts-from) + s.wait
	s.delays.shift(s.owed - cut)
	s.counters.removed.Add(s.nanos(max(cut-s.owed, 0)))
	s.shelf.next, s.place, s.wait, s.owed = p.seq, p.ts, 0, 0
	if s.live {
		s.bridge()
	}
	s.live = true
}
