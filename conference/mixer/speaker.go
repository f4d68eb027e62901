package mixer

import (
	"slices"
	"sync/atomic"

	"github.com/einwahl/einwahl/transcode/level"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// Speaker is somebody in the meeting who has no phone: their sound comes from a
// source that the room pulls.
type Speaker struct {
	loudness
	room  *Room
	src   pcm.Source
	frame [pcm.NarrowbandSamples]int16
}

// AddSpeaker brings a remote speaker into the room. src is read once a beat,
// however many listen, and not at all while nobody does.
func (r *Room) AddSpeaker(src pcm.Source) *Speaker {
	s := &Speaker{room: r, src: src}
	r.change(func(now *people) { now.speakers = append(now.speakers, s) })
	return s
}

// Close takes the speaker out. When it returns, src is not read any more. It
// must not be called from within a beat. It is safe to call twice.
func (s *Speaker) Close() {
	s.room.leave(func(now *people) {
		now.speakers = slices.DeleteFunc(now.speakers, func(other *Speaker) bool { return other == s })
	})
	s.set(level.Silent)
}

// say adds the speaker's next frame to the sum, if anybody wants to hear it.
func (s *Speaker) say(wanted bool) {
	if !wanted || !s.src.ReadFrame(s.frame[:]) {
		s.set(level.Silent)
		return
	}
	s.set(level.Of(s.frame[:]))
	s.room.add(s.frame[:])
}

// Tap hears everybody: a recorder.
type Tap struct {
	room *Room
	out  pcm.Sink
}

// Tap lets out hear the sum of all, once a beat; nil while nobody speaks.
func (r *Room) Tap(out pcm.Sink) *Tap {
	t := &Tap{room: r, out: out}
	r.change(func(now *people) { now.taps = append(now.taps, t) })
	return t
}

// Close ends the tap. When it returns, out is not called any more. It must not
// be called from within a beat. It is safe to call twice.
func (t *Tap) Close() {
	t.room.leave(func(now *people) {
		now.taps = slices.DeleteFunc(now.taps, func(other *Tap) bool { return other == t })
	})
}

// loudness is the level of somebody's last frame, for other goroutines to see.
type loudness struct {
	above atomic.Int32 // level.Silent, so that zero is silence
}

func (l *loudness) set(dBov int) { l.above.Store(int32(dBov - level.Silent)) }

// Level is how loud the last frame was, in dBov, and [level.Silent] while
// nothing is heard of them.
func (l *loudness) Level() int { return int(l.above.Load()) + level.Silent }
