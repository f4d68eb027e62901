package pace

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/einwahl/einwahl/transcode/pcm"
)

// haltingAlarm puts a loop aside where it looks after an alarm, as the kernel
// does anywhere.
type haltingAlarm struct {
	alarm
	halt func()
}

func (a haltingAlarm) set(after time.Duration) { a.halt(); a.alarm.set(after); a.halt() }
func (a haltingAlarm) wait()                   { a.alarm.wait(); a.halt() }

// start does what Run does, with alarms for its loops that a test has made.
func start(t *testing.T, c *Clock, with func(alarm) alarm) (stop func()) {
	t.Helper()
	c.begin()
	ctx, cancel := context.WithCancel(t.Context())
	context.AfterFunc(ctx, c.wakeAll)
	var wg sync.WaitGroup
	for _, l := range c.loops {
		l.alarm = with(l.alarm)
		wg.Go(func() { l.run(ctx) })
	}
	return func() { cancel(); wg.Wait(); c.end() }
}

// halts are of any length, at any time, until over.
type halts struct {
	mu   sync.Mutex
	rand *rand.Rand
	over atomic.Bool
}

func (h *halts) halt() {
	if h.over.Load() {
		return
	}
	h.mu.Lock()
	n := h.rand.IntN(40)
	h.mu.Unlock()
	switch {
	case n == 0:
		time.Sleep(300 * time.Millisecond)
	case n < 4:
		time.Sleep(30 * time.Millisecond)
	case n < 8:
		time.Sleep(2 * time.Millisecond)
	}
}

// oneLoopIsEnough sees to it that all loops but one are busy with beats that take
// very long, and that the last does what else there is to do.
func oneLoopIsEnough(t *testing.T, c *Clock) {
	t.Helper()
	var last time.Time
	var longest time.Duration
	g, m := c.Group(), &member{func(p pcm.Phase) {
		if p != pcm.TakeIn {
			return
		}
		if !last.IsZero() {
			longest = max(longest, time.Since(last))
		}
		last = time.Now()
	}}
	g.Add(m)
	time.Sleep(100 * time.Millisecond)
	for range len(c.loops) - 1 {
		c.Group().Add(&member{func(p pcm.Phase) {
			if p == pcm.Mix {
				time.Sleep(300 * time.Millisecond)
			}
		}})
	}
	time.Sleep(2 * time.Second)
	g.Remove(m)
	longest = max(longest, time.Since(last))
	if most := pcm.FrameDuration + time.Duration(len(c.loops))*(grace+slotWidth); longest > most {
		t.Errorf("no beat for %v, want one within %v", longest, most)
	}
}

func TestOneLoopIsEnough(t *testing.T) {
	for loops := 2; loops < 6; loops++ {
		t.Run(fmt.Sprint(loops), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := New(loops)
				stop := run(t, c)
				defer stop()
				time.Sleep(time.Second)
				oneLoopIsEnough(t, c)
			})
		})
	}
}

// While groups come and go, and the clock is empty again and again, loops are put
// aside. When that is over each of them is there.
func TestNoLoopIsLost(t *testing.T) {
	for seed := range uint64(100) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, h := New(2+int(seed%3)), &halts{rand: rand.New(rand.NewPCG(seed, 0))}
				halting := func(a alarm) alarm { return haltingAlarm{a, h.halt} }
				c.kernel = func() alarm { return halting(newPlainAlarm()) }
				c.thread = newPlainAlarm
				stop := start(t, c, halting)
				defer stop()
				for i := range 40 {
					g, m := c.Group(), &member{func(pcm.Phase) {}}
					g.Add(m)
					time.Sleep(time.Duration(10+7*i) * time.Millisecond)
					g.Remove(m)
					time.Sleep(time.Duration(i%5) * 10 * time.Millisecond)
				}
				h.over.Store(true)
				time.Sleep(time.Second)
				oneLoopIsEnough(t, c)
			})
		})
	}
}

// Who led sleeps until somebody comes, for there were no groups when it was last
// awake; the one who leads now is who is told.
func TestWhoTakesTheLeadWakesWhoHadIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(2)
		c.kernel, c.thread = newPlainAlarm, newPlainAlarm
		c.begin()
		defer c.end()
		first, woken := c.loops[0], false
		go func() { first.wait(t.Context()); woken = true }()
		synctest.Wait()
		c.slots[0].put(c.Group(), 0)
		c.loops[1].wait(t.Context())
		if synctest.Wait(); !woken {
			t.Error("it sleeps")
			first.alarm.set(0)
		}
	})
}

// deafAlarm does not wake its loop in time.
type deafAlarm struct {
	alarm
	deaf *atomic.Bool
}

func (a deafAlarm) set(after time.Duration) {
	if !a.deaf.Load() {
		a.alarm.set(after)
	}
}

// Also where the clock was empty somebody looks whether the loop that leads does
// its work.
func TestFirstGroupDoesNotWaitForALoopThatIsHeldUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(2)
		var deaf atomic.Bool
		c.kernel, c.thread = newPlainAlarm, newPlainAlarm
		stop := start(t, c, func(a alarm) alarm { return deafAlarm{a, &deaf} })
		defer stop()
		time.Sleep(time.Minute)
		deaf.Store(true)
		defer deaf.Store(false)
		began, first := time.Now(), make(chan struct{}, 1)
		c.Group().Add(&member{func(p pcm.Phase) {
			if p == pcm.TakeIn {
				first <- struct{}{}
			}
		}})
		<-first
		if took := time.Since(began); took > pcm.FrameDuration+grace {
			t.Errorf("the first beat is after %v", took)
		}
	})
}
