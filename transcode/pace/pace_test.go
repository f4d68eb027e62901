package pace

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/einwahl/einwahl/transcode/pcm"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// member calls a function on each beat.
type member struct{ beat func(pcm.Phase) }

func (m *member) Beat(p pcm.Phase) { m.beat(p) }

// run runs c until the test ends, inside a synctest bubble.
func run(t *testing.T, c *Clock) (stop func()) {
	c.kernel, c.thread = newPlainAlarm, newPlainAlarm // of the bubble
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- c.Run(ctx) }()
	return func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("Run = %v", err)
		}
	}
}

func TestBeatsAreExactlyAFrameApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(2)
		var at []time.Time
		c.Group().Add(&member{func(p pcm.Phase) {
			if p == pcm.TakeIn {
				at = append(at, time.Now())
			}
		}})
		stop := run(t, c)
		time.Sleep(10 * time.Second)
		stop()
		if len(at) < 499 || len(at) > 501 {
			t.Fatalf("%d beats in ten seconds", len(at))
		}
		for i := range at {
			if want := at[0].Add(time.Duration(i) * pcm.FrameDuration); !at[i].Equal(want) {
				t.Fatalf("beat %d is off by %v", i, at[i].Sub(want))
			}
		}
		if l := c.Lateness(); l.Beats != uint64(len(at)) || l.Skipped > 0 || l.Steps[0].Beats != l.Beats {
			t.Errorf("Lateness = %+v", l)
		}
	})
}

// Go wakes by the millisecond: a loop that asks for the moment at which a slot is
// due comes up to one late, and then calls others to catch up.
func TestLoopsWakeAheadOfTheirSlot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(2)
		g := c.Group()
		var lead []time.Duration
		g.Add(&member{func(p pcm.Phase) {
			if p == pcm.TakeIn {
				lead = append(lead, due(g.last.Load()/2)-c.elapsed())
			}
		}})
		stop := run(t, c)
		time.Sleep(time.Second)
		stop()
		if len(lead) < 49 {
			t.Fatalf("%d beats in a second", len(lead))
		}
		for i, d := range lead {
			if d != ahead {
				t.Fatalf("beat %d is %v before its slot, want %v", i, d, ahead)
			}
		}
	})
}

func TestAllMembersFinishAPhaseBeforeTheNext(t *testing.T) {
	var c Manual
	var order []int
	for i := range 3 {
		c.Add(&member{func(p pcm.Phase) { order = append(order, int(p)*10+i) }})
	}
	c.Step()
	want := []int{0, 1, 2, 10, 11, 12, 20, 21, 22}
	for i := range want {
		if order[i] != want[i] {
			t.Fatalf("order %v, want %v", order, want)
		}
	}
}

func TestLateBeatsKeepTheirPlaces(t *testing.T) {
	for _, tt := range []struct {
		name    string
		pause   time.Duration
		skipped uint64
	}{
		{"two beats late are made up for", 45 * time.Millisecond, 0},
		{"a long halt is not", 505 * time.Millisecond, 25},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := New(1)
				var first time.Time
				n, burst, most := 0, 0, 0
				var last time.Time
				c.Group().Add(&member{func(p pcm.Phase) {
					if p != pcm.TakeIn {
						return
					}
					now := time.Now()
					if n == 0 {
						first = now
					}
					burst++
					if now.Sub(last) > 15*time.Millisecond {
						burst = 0
					}
					most = max(most, burst)
					last = now
					n++
					if n == 50 {
						time.Sleep(tt.pause) // the machine was busy
					}
				}})
				stop := run(t, c)
				time.Sleep(3 * time.Second)
				stop()
				if off := last.Sub(first) % pcm.FrameDuration; off != 0 {
					t.Errorf("after the halt beats are off by %v", off)
				}
				l := c.Lateness()
				if l.Skipped > tt.skipped || l.Skipped+1 < tt.skipped {
					t.Errorf("%d beats left out, want %d", l.Skipped, tt.skipped)
				}
				if most > patience {
					t.Errorf("a burst of %d beats", most+1)
				}
			})
		})
	}
}

func TestRemovedMemberIsNotRunning(t *testing.T) {
	c := New(2)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var wg sync.WaitGroup
	wg.Go(func() { _ = c.Run(ctx) })
	defer wg.Wait()
	defer cancel()

	// The member's state has no lock: the race detector watches that nobody
	// touches it while it is on the clock, and that it is on one at a time.
	one, other := c.Group(), c.Group()
	other.Add(&member{func(pcm.Phase) {}})
	state, running := 0, false
	beaten := make(chan struct{}, 1)
	m := &member{func(p pcm.Phase) {
		running = true
		state++
		running = false
		select {
		case beaten <- struct{}{}:
		default:
		}
	}}
	for i := range 40 {
		g := one
		if i%2 == 1 {
			g = other
		}
		g.Add(m)
		<-beaten
		g.Remove(m)
		if running {
			t.Fatal("removed while running")
		}
		state = 0
		select {
		case <-beaten:
		default:
		}
	}
}

func TestRemoveWaitsForTheBeat(t *testing.T) {
	c := New(1)
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { _ = c.Run(ctx) })
	defer wg.Wait()
	defer cancel()

	g := c.Group()
	inside, leave := make(chan struct{}), make(chan struct{})
	var over atomic.Bool
	m := &member{func(p pcm.Phase) {
		if p == pcm.Mix {
			close(inside)
			<-leave
		}
		if p == pcm.GiveOut {
			over.Store(true)
		}
	}}
	g.Add(m)
	<-inside
	removed := make(chan bool)
	go func() {
		g.Remove(m)
		removed <- over.Load()
	}()
	select {
	case <-removed:
		t.Fatal("Remove returned in the middle of the beat")
	case <-time.After(10 * time.Millisecond):
	}
	close(leave)
	if !<-removed {
		t.Error("Remove returned before the beat was over")
	}
}

func TestOnePanicDropsOneMember(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(1)
		g := c.Group()
		var fallen pcm.Member
		c.OnFall(func(m pcm.Member, value any, stack []byte) {
			fallen = m
			if value != "broken" || len(stack) == 0 {
				t.Errorf("hook got %v and %d bytes of stack", value, len(stack))
			}
		})
		var good, bad [3]int
		broken := &member{func(p pcm.Phase) {
			bad[p]++
			if p == pcm.Mix {
				panic("broken")
			}
		}}
		counting := func(p pcm.Phase) { good[p]++ }
		g.Add(&member{counting})
		g.Add(broken)
		g.Add(&member{counting})
		stop := run(t, c)
		time.Sleep(time.Second)
		stop()
		if bad != [3]int{1, 1, 0} {
			t.Errorf("the broken member ran %v", bad)
		}
		if good[0] < 98 || good[0] != good[1] || good[1] != good[2] {
			t.Errorf("the others ran %v", good)
		}
		if fallen != broken {
			t.Errorf("hook got %v", fallen)
		}
		if n := c.Lateness().Fallen; n != 1 {
			t.Errorf("Fallen = %d", n)
		}
	})
}

func TestAddTwiceMovesOnce(t *testing.T) {
	var c Manual
	n := 0
	m := &member{func(p pcm.Phase) { n++ }}
	c.Add(m)
	c.Add(m)
	c.Step()
	c.Remove(m)
	c.Remove(m)
	c.Steps(3)
	if n != 3 {
		t.Errorf("%d phases were run, want 3", n)
	}
}

func TestMemberAddedWithinABeatBeginsWithTheNext(t *testing.T) {
	var c Manual
	var seen []pcm.Phase
	newcomer := &member{func(p pcm.Phase) { seen = append(seen, p) }}
	c.Add(&member{func(p pcm.Phase) {
		if p == pcm.TakeIn {
			c.Add(newcomer)
		}
	}})
	c.Step()
	if len(seen) > 0 {
		t.Errorf("saw %v of the beat in which it was added", seen)
	}
	c.Step()
	if len(seen) != 3 {
		t.Errorf("saw %v of the next", seen)
	}
}

func TestEmptyClockWakesForItsFirstMember(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(1)
		stop := run(t, c)
		defer stop()
		for range 3 { // and again after the last has left
			time.Sleep(time.Hour)
			n := 0
			g, m := c.Group(), &member{}
			m.beat = func(p pcm.Phase) { n++ }
			g.Add(m)
			time.Sleep(time.Second)
			g.Remove(m)
			if n < 3*49 || n > 3*51 {
				t.Errorf("%d phases in a second", n)
			}
		}
		if l := c.Lateness(); l.Skipped > 0 {
			t.Errorf("waking counts as lateness: %+v", l)
		}
	})
}

// A caller who joins a loop that waits for others is not made to wait for them.
func TestFirstBeatComesWithinAFrame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(1)
		stop := run(t, c)
		defer stop()
		c.Group().Add(&member{func(pcm.Phase) {}})
		for i := range 3 * slots {
			time.Sleep(21*time.Millisecond + 300*time.Microsecond) // at any moment of the others' beat
			first := make(chan time.Time, 1)
			g, added := c.Group(), time.Now()
			m := &member{func(p pcm.Phase) {
				select {
				case first <- time.Now():
				default:
				}
			}}
			g.Add(m)
			if waited := (<-first).Sub(added); waited > pcm.FrameDuration {
				t.Errorf("group %d waited %v for its first beat", i, waited)
			}
			if i%2 == 0 {
				g.Remove(m) // others stay
			}
		}
	})
}

func TestBeatAllocatesNothing(t *testing.T) {
	walk := stepping(t, 10)
	if allocs := testing.AllocsPerRun(100, walk); allocs != 0 {
		t.Errorf("%v allocations a beat", allocs)
	}
}

func BenchmarkBeatOfTenMembers(b *testing.B) {
	walk := stepping(b, 10)
	b.ReportAllocs()
	for b.Loop() {
		walk()
	}
}

// stepping makes a group of so many members and gives what runs its next beat.
func stepping(b testing.TB, members int) (walk func()) {
	c := New(1)
	g := c.Group()
	for range members {
		g.Add(&member{func(pcm.Phase) {}})
	}
	c.begin()
	b.Cleanup(c.end)
	return func() {
		n := g.next()
		c.loops[0].walk(n, due(n))
	}
}

// Who reads while beats are counted may not find more of them in time than
// there are.
func TestLatenessAddsUpWhileItGrows(t *testing.T) {
	c := New(1)
	var counting sync.WaitGroup
	counting.Go(func() {
		for range 200_000 {
			c.loops[0].tally.count(0)
		}
	})
	for l := c.Lateness(); l.Beats < 200_000; l = c.Lateness() {
		if l.Steps[0].Beats != l.Beats {
			t.Fatalf("%d of %d beats in time", l.Steps[0].Beats, l.Beats)
		}
	}
	counting.Wait()
}
