package jitter

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/einwahl/einwahl/transcode/pcm"
)

// Whatever the network does, what has come before a moment is heard no longer
// after it than Waiting says and a beat, and what comes later is not held up much.
func TestWaitingTellsWhenAllThatHasComeIsHeard(t *testing.T) {
	for _, tt := range []struct {
		jitter time.Duration
		loss   int // one packet in so many; 0: none
		pause  int // packets that are not sent, of 50
	}{{0, 0, 0}, {20 * ms, 0, 0}, {60 * ms, 0, 0}, {40 * ms, 20, 0}, {120 * ms, 10, 0}, {40 * ms, 0, 17}, {40 * ms, 20, 17}} {
		t.Run(fmt.Sprintf("%v, one in %d lost, %d paused", tt.jitter, tt.loss, tt.pause), func(t *testing.T) {
			var longest, sum time.Duration
			const runs = 200
			before, after := []byte{0x40, 0}, []byte{0xc0, 0} // as samples, loud and of other signs
			for run := range uint64(runs) {
				rnd := rand.New(rand.NewPCG(run, 7))
				queue := speech{packets: 400, ptime: 20 * ms, arrive: func(i int, at time.Duration) time.Duration {
					if tt.loss > 0 && rnd.IntN(tt.loss) == 0 || i%50 < tt.pause {
						return -1
					}
					return at + time.Duration(rnd.Int64N(int64(tt.jitter)+1))
				}}.send()
				moment := 4*time.Second + time.Duration(rnd.Int64N(int64(2*time.Second)))
				s, epoch := newMarks(20*ms), time.Unix(1e9, 0)
				var until time.Duration
				for now := phase; now < 8*time.Second; now += pcm.FrameDuration {
					for len(queue) > 0 && queue[0].at <= now {
						p := queue[0]
						p.Payload = before
						if until > 0 {
							p.Payload = after
						}
						s.Push(p.Packet, epoch.Add(p.at))
						queue = queue[1:]
					}
					if until == 0 && now >= moment {
						waiting := s.Waiting()
						until = now + (waiting+pcm.FrameDuration-1)/pcm.FrameDuration*pcm.FrameDuration + pcm.FrameDuration
						longest, sum = max(longest, waiting), sum+waiting
					}
					f := make(pcm.Frame, s.frame)
					if !s.ReadFrame(f) || until == 0 || now < until {
						continue
					}
					for _, v := range f {
						if v > 0 {
							t.Fatalf("run %d: what came before %v is heard at %v, and was to be over at %v", run, moment, now, until)
						}
					}
				}
			}
			t.Logf("it waits %v, at most %v", sum/runs, longest)
			if tt.pause == 0 && longest > 2*tt.jitter+60*ms {
				t.Errorf("%v of what is said are held back", longest)
			}
		})
	}
}
