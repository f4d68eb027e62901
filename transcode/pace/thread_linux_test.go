package pace

import (
	"math"
	"runtime"
	"runtime/metrics"
	"sync/atomic"
	"testing"
	"time"
)

func init() { alarms["keeping"] = func() alarm { return keeping() } }

// keeping is an alarm to which nobody has waited long.
func keeping() *threadAlarm {
	a := newThreadAlarm().(*threadAlarm)
	a.crowd.look(0)
	a.crowd.seen, a.keep = -peace, true
	return a
}

func TestProcessorIsKeptWhileNobodyWaitsForOne(t *testing.T) {
	for _, tt := range []struct {
		rule       string
		since      time.Duration // somebody has waited long
		processors int
		kept       bool
	}{
		{"just now somebody has waited", 0, 2, false},
		{"somebody has a while ago", peace - 1, 2, false},
		{"nobody has for long", peace, 2, true},
		{"there is no other processor", peace, 1, false},
	} {
		t.Run(tt.rule, func(t *testing.T) {
			c := crowd{seen: time.Minute}
			if got := c.calm(time.Minute+tt.since, tt.processors); got != tt.kept {
				t.Errorf("kept: %v", got)
			}
		})
	}
}

func TestWaitsAreCountedFromTheLimit(t *testing.T) {
	h := metrics.Float64Histogram{
		Buckets: []float64{math.Inf(-1), 0, .001, .004, .008, math.Inf(1)},
		Counts:  []uint64{1, 2, 4, 8, 16},
	}
	if n := longer(&h, 4*time.Millisecond); n != 8+16 {
		t.Errorf("%d waits are too long, want %d", n, 8+16)
	}
}

func TestAlarmNoticesWhoWaitsForAProcessor(t *testing.T) {
	a := keeping()
	defer a.close()
	var over atomic.Bool
	defer over.Store(true)
	for range 2 * runtime.GOMAXPROCS(0) {
		go func() {
			for !over.Load() {
				runtime.KeepAlive(spin(1000))
			}
		}()
	}
	for began := time.Now(); a.keep || a.crowd.seen < 0; {
		if time.Since(began) > distant {
			t.Fatalf("after %v it has noticed nobody, or still keeps its processor: %v", distant, a.keep)
		}
		a.set(beat)
		a.wait()
	}
}

func TestAlarmKeepsNothingBesideAnotherClock(t *testing.T) {
	for _, tt := range []struct {
		rule  string
		clock int32 // besides that of the alarm
		kept  bool
	}{
		{"a clock by itself", 0, true},
		{"another runs", 1, false},
	} {
		t.Run(tt.rule, func(t *testing.T) {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2)) // of one, none can be kept
			clocks.Add(1 + tt.clock)
			defer clocks.Add(-1 - tt.clock)
			a := keeping()
			defer a.close()
			for began := time.Now(); a.gave == 0 || a.keep != tt.kept; {
				if time.Since(began) > distant {
					t.Fatalf("kept: %v", a.keep)
				}
				a.crowd.seen = -peace
				a.set(beat)
				a.wait()
			}
		})
	}
}

func TestAlarmAllocatesNothing(t *testing.T) {
	a := keeping()
	defer a.close()
	for _, tt := range []struct {
		rule  string
		keep  bool
		after time.Duration
	}{
		{"a sleep in the kernel", true, time.Millisecond},
		{"a look at who waits", true, 2 * hold},
		{"a rest in the poller", false, time.Millisecond},
		{"a ring", true, 0},
	} {
		n := testing.AllocsPerRun(5, func() {
			a.keep, a.crowd.next = tt.keep, 0
			a.set(tt.after)
			a.wait()
		})
		if n != 0 {
			t.Errorf("%s: %v allocations", tt.rule, n)
		}
	}
}
