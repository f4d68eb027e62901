package jitter

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/einwahl/einwahl/transcode/pcm"
	"github.com/einwahl/einwahl/transcode/soundtest"
)

// Where some packets are overtaken by others there is always one to be played, so
// that the delay does not grow by itself: it is drawn out, and nobody hears it.
func TestOvertakenPacketsAreWaitedFor(t *testing.T) {
	speech := soundtest.Speech(t, pcm.Narrowband)
	end := time.Duration(len(speech)/160) * 20 * ms
	for _, tt := range []struct {
		each int // one packet of so many
		late time.Duration
	}{
		{2, 60 * ms},
		{4, 30 * ms},
		{8, 40 * ms},
		// Between two beats just there, where the delay alone would not do.
		{2, 70 * ms},
		{3, 90 * ms},
		{4, 50 * ms},
		{8, 70 * ms},
		{16, 90 * ms},
	} {
		queue := said(speech)
		for i := range queue {
			if i > 100 { // the network has turned uneven
				queue[i].at += time.Duration(every(i, tt.each)) * tt.late
			}
		}
		s := newTone()
		heard := soundtest.Align(speech, sound(listen(s, inOrder(queue), 20*ms, end)), 1600)
		clicks := soundtest.Clicks(speech, heard, pcm.Narrowband)
		st := s.Stats()
		if st.Late > 25 || st.Inserted < 20*ms || st.Delay > tt.late+25*ms {
			t.Errorf("one packet in %d late by %v: %+v", tt.each, tt.late, st)
		}
		if len(clicks) > 0 {
			t.Errorf("one packet in %d late by %v: clicks at %v", tt.each, tt.late, clicks)
		}
	}
}

// What a rough minute has added to the delay goes away to the last millisecond.
func TestDelayComesBackWhole(t *testing.T) {
	for seed := range uint64(10) {
		s, chance := newTone(), rand.New(rand.NewPCG(seed, 0))
		listen(s, speech{packets: 6000, ptime: 20 * ms, tone: true, arrive: func(i int, at time.Duration) time.Duration {
			if at < time.Minute {
				return at + time.Duration(chance.IntN(80))*ms
			}
			return at
		}}.send(), 20*ms, 2*time.Minute)
		if st := s.Stats(); st.Delay >= 3*ms {
			t.Errorf("a minute later: %+v", st)
		}
	}
}

// On a quiet machine a packet comes a little late now and then. The delay does
// not go up and down with each.
func TestDelayDoesNotWander(t *testing.T) {
	s, chance := newTone(), rand.New(rand.NewPCG(7, 8))
	listen(s, speech{packets: 180000, ptime: 20 * ms, tone: true, arrive: func(i int, at time.Duration) time.Duration {
		if chance.IntN(600) == 0 { // in twelve seconds, 300 in all
			return at + 10*ms
		}
		return at
	}}.send(), 20*ms, time.Hour)
	if st := s.Stats(); st.Concealed > 700*ms || st.Delay > 20*ms {
		t.Errorf("%+v", st)
	}
}
