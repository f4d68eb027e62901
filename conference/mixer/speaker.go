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
	live  place
	tape  place
	taped bool // on record on this beat
	frame [pcm.WidebandSamples]int16
}

// AddSpeaker brings a remote speaker into the room, not on record. On each beat on which
// anybody listens, src is read once, however many they are. If it tells how
// loud it will be before it is read, as [ranked] sources do, only the loudest
// of all are read where phones listen, and the loudest on record where taps do; the
// others skip the beat.
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

// onAir and onTape are a speaker's places, nil where they have none.
func onAir(s *Speaker) *place { return &s.live }

func onTape(s *Speaker) *place {
	if !s.taped {
		return nil
	}
	return &s.tape
}

// hearSpeakers lets the remote speakers say what anybody listens to, at 16 kHz
// if some phone does so at that rate.
func (r *Room) hearSpeakers(now *people, phones, wide bool) {
	if !phones && len(now.taps) == 0 {
		for _, s := range now.speakers {
			s.pass(level.Silent)
		}
		return
	}
	length := pcm.NarrowbandSamples
	if wide {
		length = pcm.WidebandSamples
	}
	for _, s := range now.speakers {
		s.follow()
		if s.taped = s.recorded() && len(now.taps) > 0; !s.taped {
			s.tape = place{} // what follows is no end of what was on record
		}
	}
	if phones {
		choose(now.speakers, onAir, r.beats)
	}
	choose(now.speakers, onTape, r.beats)
	for _, s := range now.speakers {
		s.turn(length, now.taps)
	}
}

// turn is the speaker's beat, at the rate of frames of a length.
func (s *Speaker) turn(length int, taps []*Tap) {
	live, taped := s.at(onAir(s), s.room.beats), s.at(onTape(s), s.room.beats)
	if live == unheard && taped == unheard {
		s.pass(s.loud)
		return
	}
	f := s.frame[:length]
	if !s.src.ReadFrame(f) {
		s.listen(nil)
		s.set(level.Silent)
		return
	}
	s.listen(f)
	s.level(f)
	s.set(s.gate.Level())
	s.room.say(f, live == heard, taped == heard, taps)
	if live == leaving || taped == leaving {
		fade(f)
		s.room.say(f, live == leaving, taped == leaving, taps)
	}
}

// pass leaves the speaker out of a beat, who is as loud as that.
func (s *Speaker) pass(loud int) {
	s.skip()
	s.listen(nil)
	s.set(loud)
}

// fade lets a frame die away.
func fade(f pcm.Frame) {
	for i, s := range f {
		f[i] = int16(int(s) * (len(f) - i) / len(f))
	}
}
