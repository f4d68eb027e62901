package jitter

import "github.com/einwahl/einwahl/transcode/waveform"

const (
	// shortPause and longPause bound for how many beats the delay is left
	// alone after the buffer has run dry: 2 s, and half a minute where it was
	// too early before.
	shortPause = 100
	longPause  = 1600
	// tooEarly is within how many beats of a reduction running dry means that
	// the reduction was wrong.
	tooEarly = 500
	// rest is how many beats lie between two changes.
	rest = 4
)

// adaptation is what a stream remembers of the changes of its delay.
type adaptation struct {
	hold    int // beats for which the delay is not reduced
	pause   int // how long the next hold will be
	reduced int // beats since the last reduction, counted up to tooEarly
	resting int // beats until the next change
}

// starved notes that a packet came so many samples after its time, so that the
// delay has grown by them.
func (a *adaptation) starved(s *Stream, owed int) {
	if owed == 0 {
		return
	}
	s.delays.shift(owed)
	if a.reduced < tooEarly {
		a.pause = min(2*a.pause, longPause)
	} else {
		a.pause = max(a.pause/2, shortPause)
	}
	a.hold = a.pause
}

// target is how long a packet that meets no delay should wait to be played, in
// samples.
func (s *Stream) target() int {
	floor := s.floor
	if s.waits() {
		floor = max(floor, s.lateness.most(mostly)+s.frame)
	}
	t := min(max(s.lateness.usual(), floor), s.ceiling)
	s.counters.target.Store(s.nanos(t))
	return t
}

// waits reports whether the packet after a lost one should be there when that
// is missed, because it may carry a copy.
func (s *Stream) waits() bool { return s.frail > 0 && s.choosy != nil && s.choosy.Forward() }

// settle moves the delay towards its target by a pitch period, if it is far
// enough off and has been so for a while. The difference of a frame is left
// alone: the packets' place between the beats is not known.
func (s *Stream) settle() {
	a := &s.adapt
	a.hold, a.resting = max(a.hold-1, 0), max(a.resting-1, 0)
	a.reduced = min(a.reduced+1, tooEarly)
	least, most, ok := s.delays.span()
	if !ok || a.resting > 0 {
		return
	}
	target, slack := s.target(), s.frame
	if s.waits() {
		slack = 0
	}
	switch {
	case least >= target+s.frame && a.hold == 0:
		s.shorten()
	case most+slack < target || slack > 0 && most+slack == target:
		s.lengthen()
	}
}

func (s *Stream) shorten() {
	// What is played now has to be left: with two frames, a period of any
	// length can go.
	for len(s.sound) < 2*s.frame {
		p := s.shelf.first()
		if p == nil || p.seq != s.shelf.next || p.ts != s.place || s.mute(p.payload) || s.wait > 0 {
			break
		}
		s.decode(p)
	}
	if len(s.sound) < 2*s.frame {
		return
	}
	before := len(s.sound)
	after := waveform.Shorten(s.sound, s.rate)
	s.changed(after, len(after)-before)
	if n := before - len(after); n > 0 {
		s.adapt.reduced = 0
		s.counters.removed.Add(s.nanos(n))
	}
}

func (s *Stream) lengthen() {
	before := len(s.sound)
	after := waveform.Lengthen(s.sound, s.rate)
	s.changed(after, len(after)-before)
	s.counters.inserted.Add(s.nanos(len(after) - before))
}

func (s *Stream) changed(sound []int16, by int) {
	if by == 0 {
		return
	}
	s.sound = sound
	s.heard = min(s.heard+max(by, 0), len(sound))
	s.delays.shift(by)
	s.adapt.resting = rest
}
