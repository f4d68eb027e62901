package pace

import (
	"runtime"
	"sync/atomic"
	"testing"
	"time"
)

func TestProcessorIsKeptWhileThereIsLittleElseToDo(t *testing.T) {
	const second = time.Second
	for _, tt := range []struct {
		rule       string
		work       time.Duration
		processors int
		busy       bool
	}{
		{"nothing else to do", 0, 2, false},
		{"the clock's thread was put aside in its own work", -second / 10, 2, false},
		{"a quarter of what the other processor can do", second / 4, 2, false},
		{"half of what the other processor can do", second / 2, 2, true},
		{"as much work, and three others", second / 2, 4, false},
		{"half of what three others can do", 3 * second / 2, 4, true},
		{"there is no other processor", 0, 1, true},
		{"there is no other, and its thread was put aside", -second / 10, 1, true},
	} {
		t.Run(tt.rule, func(t *testing.T) {
			if got := busy(tt.work, second, tt.processors); got != tt.busy {
				t.Errorf("busy is %v", got)
			}
		})
	}
}

func TestAlarmKeepsNoProcessorWhileOthersNeedIt(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2)) // of one, none can be kept
	a := newThreadAlarm().(*threadAlarm)
	defer a.close()
	until := func(busy bool) {
		t.Helper()
		for began := time.Now(); a.rest.busy != busy; {
			if time.Since(began) > distant {
				t.Fatalf("after %v it does not know that busy is %v", distant, busy)
			}
			a.set(beat)
			a.wait()
		}
	}
	until(false)
	var over atomic.Bool
	defer over.Store(true)
	for range runtime.GOMAXPROCS(0) {
		go func() {
			for !over.Load() {
				runtime.KeepAlive(spin(1000))
			}
		}()
	}
	until(true)
	over.Store(true)
	until(false)
}

func TestAlarmAllocatesNothing(t *testing.T) {
	a := newThreadAlarm()
	defer a.close()
	for rule, after := range map[string]time.Duration{
		"a sleep in the kernel": time.Millisecond, "a rest in the poller": brief + time.Millisecond, "a ring": 0,
	} {
		if n := testing.AllocsPerRun(5, func() { a.set(after); a.wait() }); n != 0 {
			t.Errorf("%s: %v allocations", rule, n)
		}
	}
}
