package jitter

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/einwahl/einwahl/transcode/pcm"
)

// Whatever the network does, and the sender's clock: sound in which there is nothing
// of what came before Bar is all that is not barred, and not much of it is.
func TestWhatCameBeforeTheBarIsBarred(t *testing.T) {
	for _, tt := range []struct {
		jitter time.Duration
		loss   int // one packet in so many; 0: none
		pause  int // packets that are not sent, of 50
		back   int // after so many packets the sender's clock is set back, again and again; 0: never
	}{
		{},
		{jitter: 20 * ms},
		{jitter: 60 * ms},
		{jitter: 40 * ms, loss: 20},
		{jitter: 120 * ms, loss: 10},
		{jitter: 40 * ms, pause: 17},
		{jitter: 40 * ms, loss: 20, pause: 17},
		{jitter: 40 * ms, back: 7},
		{jitter: 100 * ms, loss: 20, back: 23},
	} {
		t.Run(fmt.Sprintf("%v, one in %d lost, %d paused, set back after %d", tt.jitter, tt.loss, tt.pause, tt.back), func(t *testing.T) {
			const runs = 60
			before, after := []byte{0x40, 0}, []byte{0xc0, 0} // as samples, loud and of other signs
			barred, waste := 0, 0
			for run := range uint64(runs) {
				rnd := rand.New(rand.NewPCG(run, 7))
				queue := speech{packets: 400, ptime: 20 * ms, arrive: func(i int, at time.Duration) time.Duration {
					if tt.loss > 0 && rnd.IntN(tt.loss) == 0 || i%50 < tt.pause {
						return -1
					}
					return at + time.Duration(rnd.Int64N(int64(tt.jitter)+1))
				}}.send()
				for i := range queue {
					if p := &queue[i].Packet; tt.back > 0 {
						p.Timestamp -= uint32(p.Seq-65500) / uint32(tt.back) * 4000
					}
				}
				moment := 4*time.Second + time.Duration(rnd.Int64N(int64(2*time.Second)))
				s, epoch, past := newMarks(20*ms), time.Unix(1e9, 0), false
				for now := phase; now < 8*time.Second; now += pcm.FrameDuration {
					for len(queue) > 0 && queue[0].at <= now {
						p := queue[0]
						p.Payload = before
						if past {
							p.Payload = after
						}
						s.Push(p.Packet, epoch.Add(p.at))
						queue = queue[1:]
					}
					if !past && now >= moment {
						past = true
						s.Bar()
					}
					f := make(pcm.Frame, s.frame)
					if !s.ReadFrame(f) {
						continue
					}
					switch {
					case !past && s.Barred():
						t.Fatalf("run %d: something is barred at %v, before it was to be", run, now)
					case !s.Barred() && past && slices.Max(f) > 0:
						t.Fatalf("run %d: what came before %v is heard at %v", run, moment, now)
					case s.Barred() && slices.Max(f) <= 0 && slices.Min(f) < 0:
						waste++
					}
					if s.Barred() {
						barred++
					}
				}
			}
			t.Logf("%d frames were barred in %d runs, %d without need", barred, runs, waste)
			// Without need are those that were sent before and have come after, and the
			// first behind what was made up, of which a real decoder blends some in.
			if barred < runs || waste >= runs {
				t.Errorf("%d frames were barred in %d runs, %d without need", barred, runs, waste)
			}
		})
	}
}

// Where a packet was lost shortly before Bar, the sound of the next ones is made to
// follow what was heard: not that behind Bar.
func TestNothingRingsOnBehindTheBar(t *testing.T) {
	const lost = 5
	for bar := lost; bar < lost+shakenFor+2; bar++ {
		s, epoch, clean := New(Config{ClockRate: 8000, Rate: 8000}, &hum{}), time.Unix(1e9, 0), 0
		for i := range bar + 10 {
			if i == bar {
				s.Bar()
			}
			p := Packet{Seq: uint16(i), Timestamp: uint32(160 * i), Payload: []byte{1}}
			if i >= bar {
				p.Payload[0] = 0
			}
			now := epoch.Add(time.Duration(i) * pcm.FrameDuration)
			if i != lost {
				s.Push(p, now)
			}
			f := make(pcm.Frame, s.frame)
			if !s.ReadFrame(f) || i < bar || s.Barred() {
				continue
			}
			clean++
			if slices.Max(f) != 0 || slices.Min(f) != 0 {
				t.Errorf("bar at packet %d: what came before is heard on beat %d", bar, i)
			}
		}
		if clean < 5 {
			t.Errorf("bar at packet %d: %d frames are heard", bar, clean)
		}
	}
}
