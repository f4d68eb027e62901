package pace

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/einwahl/einwahl/transcode/pcm"
)

// Twenty calls wake one loop fifty times a second, not a thousand times.
func TestFewCallsShareAWakeUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(3)
		var mu sync.Mutex
		moments := map[time.Time]bool{}
		for range 20 {
			c.Group().Add(&member{func(p pcm.Phase) {
				mu.Lock()
				defer mu.Unlock()
				moments[time.Now()] = true
			}})
		}
		stop := run(t, c)
		time.Sleep(30 * time.Second) // to learn that they need next to nothing
		mu.Lock()
		clear(moments)
		mu.Unlock()
		time.Sleep(10 * time.Second)
		stop()
		if n := len(moments); n > 501 {
			t.Errorf("%d wake-ups in ten seconds", n)
		}
	})
}

// late is the worst lateness of the beats of a group, in a bubble.
type late struct {
	group *Group
	worst time.Duration
	n     int
}

func (l *late) beat(p pcm.Phase) {
	if p != pcm.TakeIn {
		return
	}
	l.n++
	off := (l.group.clock.elapsed() + pcm.FrameDuration - due(l.group.slot.Load())) % pcm.FrameDuration
	if off > pcm.FrameDuration/2 {
		off = 0 // early, or moved
	}
	l.worst = max(l.worst, off)
}

func TestLongBeatHoldsNobodyUp(t *testing.T) {
	for _, tt := range []struct {
		name  string
		pause func(beat int) time.Duration
		worst time.Duration // of the others
	}{
		{"that nobody expected", func(beat int) time.Duration {
			if beat == 500 {
				return 100 * time.Millisecond
			}
			return 0
		}, grace + slotWidth},
		{"every time", func(beat int) time.Duration { return 8 * time.Millisecond }, grace + slotWidth},
		{"longer than a frame", func(beat int) time.Duration { return 30 * time.Millisecond }, grace + slotWidth},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := New(3)
				stop := run(t, c)
				beat := 0
				c.Group().Add(&member{func(p pcm.Phase) {
					if p == pcm.Mix {
						beat++
						time.Sleep(tt.pause(beat))
					}
				}})
				var others [20]late
				for i := range others {
					others[i].group = c.Group()
					others[i].group.Add(&member{others[i].beat})
				}
				time.Sleep(20 * time.Second)
				stop()
				for i, o := range others {
					if o.worst > tt.worst || o.n < 997 {
						t.Errorf("group %d: %d beats, up to %v late", i, o.n, o.worst)
					}
				}
			})
		})
	}
}

// Once a long beat is known, those behind it are not late at all.
func TestLongBeatIsLearnt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(3)
		stop := run(t, c)
		c.Group().Add(&member{func(p pcm.Phase) {
			if p == pcm.Mix {
				time.Sleep(8 * time.Millisecond)
			}
		}})
		for range 20 {
			c.Group().Add(&member{func(pcm.Phase) {}})
		}
		time.Sleep(20 * time.Second) // to learn
		before := c.Lateness()
		time.Sleep(20 * time.Second)
		stop()
		after := c.Lateness()
		if late := (after.Beats - before.Beats) - (after.Steps[0].Beats - before.Steps[0].Beats); late > 0 {
			t.Errorf("%d of %d beats were late", late, after.Beats-before.Beats)
		}
	})
}

// Many loops under load, and groups that come and go: no group runs twice at a
// time or misses a phase, and the race detector watches.
func TestLoopsShareTheWork(t *testing.T) {
	c := New(4)
	var stop sync.WaitGroup
	ctx, cancel := context.WithCancel(t.Context())
	stop.Go(func() { _ = c.Run(ctx) })
	var enough sync.WaitGroup
	for i := range 200 {
		enough.Add(1)
		running, n, last := false, 0, pcm.GiveOut
		c.Group().Add(&member{func(p pcm.Phase) {
			if running || p != (last+1)%3 {
				t.Errorf("group %d: phase %d after %d", i, p, last)
			}
			running, last = true, p
			runtime.KeepAlive(spin(1000))
			running = false
			if n++; n == 60 {
				enough.Done()
			}
		}})
	}
	var churn atomic.Int64
	stop.Go(func() {
		for ctx.Err() == nil {
			g, beaten := c.Group(), make(chan struct{}, 1)
			m := &member{func(pcm.Phase) {
				select {
				case beaten <- struct{}{}:
				default:
				}
			}}
			g.Add(m)
			select {
			case <-beaten:
				churn.Add(1)
			case <-ctx.Done():
			}
			g.Remove(m)
		}
	})
	enough.Wait()
	cancel()
	stop.Wait()
	if l := c.Lateness(); l.Beats < 200*20 {
		t.Errorf("%d beats", l.Beats)
	}
	if churn.Load() == 0 {
		t.Error("no group came and went")
	}
}

// Whenever it ends, all loops are told.
func TestClockStopsAtOnce(t *testing.T) {
	for i := range 100 {
		c := New(3)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- c.Run(ctx) }()
		if i%2 == 0 {
			beaten := make(chan struct{}, 1000)
			c.Group().Add(&member{func(p pcm.Phase) { beaten <- struct{}{} }})
			<-beaten
		}
		for range i {
			runtime.Gosched()
		}
		cancel()
		<-done
	}
}

// Where there is more to do than there is time for, it is not always the same
// groups that are left out.
func TestTooMuchIsBorneByAll(t *testing.T) {
	for _, tt := range []struct {
		loops int
		takes time.Duration // each beat of 20 groups
	}{{1, 1500 * us}, {1, 2 * time.Millisecond}, {2, 3 * time.Millisecond}, {3, 5 * time.Millisecond}} {
		synctest.Test(t, func(t *testing.T) {
			c := New(tt.loops)
			beats := make([]int, slots)
			for i := range beats {
				c.Group().Add(&member{func(p pcm.Phase) {
					if p == pcm.Mix {
						time.Sleep(tt.takes)
						beats[i]++
					}
				}})
			}
			stop := run(t, c)
			time.Sleep(30 * time.Second)
			stop()
			if slices.Max(beats) > 3*slices.Min(beats) {
				t.Errorf("%d loops, %v each: %v", tt.loops, tt.takes, beats)
			}
		})
	}
}

// A loop may be put aside with the time in its hands. The others have run more
// than was due by then when it goes on, and it must not take that for an empty
// clock: it would sleep until somebody rings, and everybody with it.
func TestNextSlotIsFoundHoweverLate(t *testing.T) {
	const now = 10 * time.Second
	step := stepAt(now)
	for _, tt := range []struct {
		name  string
		taken map[int64]int64 // steps after now, by slot
		want  int64
	}{
		{"the next to be due", map[int64]int64{3: 3 - slots, 7: 7 - slots}, 3},
		{"who has waited longest, of those that are due", map[int64]int64{0: -slots, 18: 18 - 2*slots, 19: 19 - 3*slots}, 19 - slots},
		{"nothing is due that long: a beat on", map[int64]int64{3: 3 + slots}, 3 + 2*slots},
		{"nor in any of two slots", map[int64]int64{3: 3 + 5*slots, 4: 4 + 4*slots}, 4 + 5*slots},
		{"a slot that was empty for long", map[int64]int64{3: 3 - 100*slots}, 3 - slots},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := New(1)
			for slot, taken := range tt.taken {
				c.slots[slot].put(c.Group(), 0)
				c.slots[slot].taken.Store(step + taken)
			}
			if n, ok := c.upcoming(now); !ok || n != step+tt.want {
				t.Errorf("upcoming = %d from now, %t; want %d", n-step, ok, tt.want)
			}
		})
	}
	if _, ok := New(1).upcoming(now); ok {
		t.Error("an empty clock has a next slot")
	}
}
