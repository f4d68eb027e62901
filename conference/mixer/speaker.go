package mixer

import (
	"slices"

	"github.com/einwahl/einwahl/transcode/level"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// Speaker is somebody in the meeting who has no phone: their sound comes from a
// source that the room pulls.
type Speaker struct {
	meter
	record
	room *Room
	src  pcm.Source

	// What follows belongs to the beat.
	strip
	rank
	frame [pcm.WidebandSamples]int16
}

// AddSpeaker brings a remote speaker into the room, not on record. On each beat on which
// anybody listens, src is read once, however many they are. If it tells how
// loud it will be before it is read, as [ranked] sources do, only the loudest
// are read; the others skip the beat.
func (r *Room) AddSpeaker(src pcm.Source) *Speaker {
	s := &Speaker{room: r, src: src, rank: newRank(src)}
	r.change(func(now *people) { now.speakers = append(now.speakers, s) })
	return s
}

// Close takes the speaker out. When it returns, src is not called any more. It
// must not be called from within a beat. It is safe to call twice.
func (s *Speaker) Close() {
	s.room.leave(func(now *people) {
		now.speakers = slices.DeleteFunc(now.speakers, func(other *Speaker) bool { return other == s })
	})
	s.set(level.Silent)
}

// hearSpeakers lets the remote speakers say what anybody listens to, at 16 kHz
// if somebody does so at that rate.
func (r *Room) hearSpeakers(now *people, wanted, wide bool) {
	if !wanted {
		for _, s := range now.speakers {
			s.skip()
			s.listen(nil)
			s.set(level.Silent)
		}
		return
	}
	length := pcm.NarrowbandSamples
	if wide {
		length = pcm.WidebandSamples
	}
	choose(now.speakers, r.beats)
	for _, s := range now.speakers {
		s.turn(length, s.at(r.beats), now.taps)
	}
}

// turn is the speaker's beat, at the rate of frames of a length.
func (s *Speaker) turn(length int, d degree, taps []*Tap) {
	f := s.frame[:length]
	switch {
	case d == unheard:
		s.skip()
		s.listen(nil)
		s.set(s.loud)
		return
	case !s.src.ReadFrame(f):
		s.listen(nil)
		s.set(level.Silent)
		return
	}
	s.listen(f)
	s.level(f)
	s.set(s.gate.Level())
	if d == leaving {
		fade(f)
	}
	s.room.say(f, s.recorded(), taps)
}

// fade lets a frame die away.
func fade(f pcm.Frame) {
	for i, s := range f {
		f[i] = int16(int(s) * (len(f) - i) / len(f))
	}
}
