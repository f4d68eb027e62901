package jitter

import (
	"testing"
	"time"

	"github.com/einwahl/einwahl/transcode/g711"
)

func TestWhatIsNotPlayedIsMissing(t *testing.T) {
	const packets = 400
	held := func(from, long time.Duration) func(int, time.Duration) time.Duration {
		return func(_ int, at time.Duration) time.Duration {
			if at >= from && at < from+long {
				return from + long
			}
			return at
		}
	}
	for _, tt := range []struct {
		name   string
		arrive func(i int, at time.Duration) time.Duration
		lost   int
		gone   uint64 // of those that came; the most, where it is not 0
	}{
		{name: "all is played"},
		{name: "of what is lost nothing is told", lost: 5, arrive: func(i int, at time.Duration) time.Duration {
			if i >= 200 && i < 205 {
				return -1
			}
			return at
		}},
		{name: "what is overtaken and comes in time is played in its place", arrive: func(i int, at time.Duration) time.Duration {
			return at + time.Duration(i%2)*15*ms
		}},
		{name: "what is overtaken by far comes too late", gone: 1, arrive: func(i int, at time.Duration) time.Duration {
			if i == 200 {
				return at + 300*ms
			}
			return at
		}},
		{name: "after a stall most is given up", gone: 20, arrive: held(4*time.Second, 400*ms)},
		{name: "after a long one all is", gone: 90, arrive: held(4*time.Second, 1600*ms)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			told, next := 0, uint16(65500)
			s := New(Config{ClockRate: 8000, Rate: 8000, Played: func(seq uint16) {
				if int16(seq-next) < 0 {
					t.Errorf("%d is told after %d", seq, next-1)
				}
				told, next = told+1, seq+1
			}}, g711.NewDecoder(g711.ALaw))
			listen(s, speech{packets: packets, ptime: 20 * ms, tone: true, arrive: tt.arrive}.send(), 20*ms, 9*time.Second)
			st := s.Stats()
			gone := uint64(packets-tt.lost) - uint64(told)
			if gone != st.Late+st.Discarded || gone > tt.gone || tt.gone > 0 && gone == 0 {
				t.Errorf("%d of %d are told to be played, %+v", told, packets, st)
			}
		})
	}
}
