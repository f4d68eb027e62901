package jitter

import (
	"math/rand/v2"
	"testing"
	"time"
)

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
