package jitter

import (
	"testing"
	"time"

	"github.com/einwahl/einwahl/transcode/level"
	"github.com/einwahl/einwahl/transcode/pcm"
	"github.com/einwahl/einwahl/transcode/soundtest"
)

// paused is a second of a tone, what the sender says of its noise, nothing for a
// while, and the tone again.
func paused(noise int8, long time.Duration) []sent {
	queue := speech{packets: 100, ptime: 20 * ms, tone: true}.send()
	for i := 50; i < 100; i++ {
		p := &queue[i]
		p.at += long
		p.Timestamp += uint32(long * pcm.Narrowband / time.Second)
		p.Seq++
	}
	told := queue[49]
	told.at += 20 * ms
	told.Packet = Packet{Seq: told.Seq + 1, Timestamp: told.Timestamp + 160, Noise: noise}
	return inOrder(append(queue, told))
}

func TestPauseSoundsAsItsSenderSays(t *testing.T) {
	heard := listen(newTone(), paused(-52, time.Second), 20*ms, 3*time.Second)
	for i, b := range heard[52:99] {
		if l := level.Of(b.frame); !b.ok || l < -54 || l > -50 {
			t.Errorf("beat %d is at %d dBov, heard %v", 52+i, l, b.ok)
		}
	}
	if at := soundtest.Clicks(nil, sound(heard[:99]), pcm.Narrowband); len(at) > 0 {
		t.Errorf("clicks at %v", at)
	}
}

func TestLongPauseFallsSilent(t *testing.T) {
	s := newTone()
	heard := listen(s, paused(-52, 4*time.Second), 20*ms, 6*time.Second)
	for i, b := range heard[:245] {
		if want := i < 152; b.ok != want && (i < 150 || i > 153) {
			t.Errorf("beat %d: heard %v", i, b.ok)
		}
	}
	if early, late := level.Of(heard[60].frame), level.Of(heard[140].frame); late > early-10 {
		t.Errorf("it does not fade: %d dBov, then %d", early, late)
	}
	if st := s.Stats(); st.Lost > 0 || st.Delay > 20*ms {
		t.Errorf("%+v", st)
	}
}

func TestNoiseIsNotBelievedToBeLoud(t *testing.T) {
	heard := listen(newTone(), paused(-1, time.Second), 20*ms, 2*time.Second)
	if l := level.Of(heard[70].frame); l > loudest+2 {
		t.Errorf("the pause is at %d dBov", l)
	}
}

func TestPauseIsAsLoudAsItsNoise(t *testing.T) {
	s := newTone()
	queue := paused(-52, time.Second)
	follow(s, queue, 100, func(i int) pcm.Frame {
		if l := s.Loudness(); i > 53 && l != -52 {
			t.Errorf("beat %d is said to be at %d dBov", i, l)
		}
		return make(pcm.Frame, 160)
	})
}
