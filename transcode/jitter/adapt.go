package jitter

import "github.com/einwahl/einwahl/transcode/waveform"

const (
	// calmed is for how many beats the delay is left alone after the buffer has
	// run dry: 2 s.
	calmed = 100
	// shortPause and longPause bound the same for the last frame more than is
	// needed: 10 s, and two minutes where it was too early before.
	shortPause = 500
	longPause  = 6000
	// tooEarly is within how many beats of a reduction running dry means that
	// the reduction was wrong.
	tooEarly = 3000
	// rest is how many beats lie between two changes, or attempts at one.
	rest = 4
)

// adaptation is what a stream remembers of the changes of its delay.
type adaptation struct {
	dry     int // beats since the delay was not enough, counted up to longPause
	pause   int // for how many of them the last frame of delay is kept
	reduced int // beats since the last reduction, counted up to tooEarly
	resting int // beats until the next change
	missed  int // beats for which packets are expected to come too late
}

// starved notes that a packet came so many samples after its time, so that the
// delay has grown by them.
func (a *adaptation) starved(s *Stream, owed int) {
	if owed == 0 {
		return
	}
	s.delays.shift(owed)
	a.blame()
}

// missing notes that a packet came too late for which the delay is meant to be
// enough: it was wanted on the beat on which its first samples are played.
func (a *adaptation) missing() {
	a.missed = wary
	a.blame()
}

// blame says that there is not enough delay, perhaps since it was reduced.
func (a *adaptation) blame() {
	if a.reduced < tooEarly {
		a.pause = min(2*a.pause, longPause)
		a.reduced = tooEarly // and is not to blame for what comes after
	}
	a.dry = 0
}

// pass counts a beat. A reduction that has proved right makes the next easier.
func (a *adaptation) pass() {
	a.dry, a.resting, a.missed = min(a.dry+1, longPause), max(a.resting-1, 0), max(a.missed-1, 0)
	if a.reduced < tooEarly {
		if a.reduced++; a.reduced == tooEarly {
			a.pause = max(a.pause/2, shortPause)
		}
	}
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
// enough off and has been so for a while. The packets' place between the beats
// is not known, so a difference of a frame may be none; what no packet has
// needed is one. While packets come too late all the same, they are taken to be
// where they need most, a frame more than their target.
func (s *Stream) settle() {
	a := &s.adapt
	a.pass()
	least, most, idle, ok := s.delays.span()
	if !ok || a.resting > 0 {
		return
	}
	target, slack := s.target(), s.frame
	switch {
	case a.missed > 0:
		slack = -s.frame
	case s.waits():
		slack = 0
	}
	spare, pause := least-target, a.pause
	if spare >= 2*s.frame {
		pause = calmed
	}
	if spare < s.frame {
		spare = min(spare, idle)
	}
	switch {
	case spare > 0 && a.dry >= pause:
		a.resting = rest
		s.shorten(spare)
	case most+slack < target || slack > 0 && most+slack == target:
		a.resting = rest
		s.lengthen()
	}
}

// shorten takes out a period of at most so many samples.
func (s *Stream) shorten(most int) {
	// With two frames, of which one is played now, a period of any length can
	// go.
	for len(s.sound) < 2*s.frame {
		p := s.shelf.first()
		if p == nil || p.seq != s.shelf.next || p.ts != s.place || s.mute(p.payload) || s.wait > 0 {
			break
		}
		s.decode(p)
	}
	before := len(s.sound)
	after := waveform.Shorten(s.sound, s.rate, min(most, before-s.frame))
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
	if s.barred > 0 { // what follows was blended with it
		s.barred = min(s.barred+2*max(by, -by), len(sound))
	}
	s.delays.shift(by)
}
