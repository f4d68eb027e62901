//go:build unix

package pace

import (
	"context"
	"fmt"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/einwahl/einwahl/transcode/pcm"
)

// BenchmarkLive runs groups with so much work for each beat in real time. Each
// iteration is a second. It reports the processor time in percent of a core,
// how much of it is not the work, how often a thread went to sleep, and how
// late the beats were: for a clock that has just begun, and for one that keeps a
// processor, which takes a while of peace.
func BenchmarkLive(b *testing.B) {
	for _, tt := range []struct {
		groups int
		work   time.Duration
	}{
		{25, 15 * time.Microsecond},
		{25, 100 * time.Microsecond},
		{100, 15 * time.Microsecond},
		{100, 100 * time.Microsecond},
		{400, 15 * time.Microsecond},
		{400, 60 * time.Microsecond},
	} {
		for _, name := range []string{"thread", "keeping"} {
			fresh, ok := alarms[name]
			if !ok {
				continue // not on this system
			}
			b.Run(fmt.Sprintf("groups=%d/work=%v/alarm=%s", tt.groups, tt.work, name), func(b *testing.B) {
				c := New(0)
				c.thread = fresh
				rounds := roundsFor(tt.work)
				for range tt.groups {
					c.Group().Add(&member{func(p pcm.Phase) {
						if p == pcm.GiveOut {
							runtime.KeepAlive(spin(rounds))
						}
					}})
				}
				live(b, c, tt.work)
			})
		}
	}
}

// live runs c for as many seconds as b wants.
func live(b *testing.B, c *Clock, work time.Duration) {
	b.Helper()
	before, slept := used(b)
	ctx, cancel := context.WithTimeout(b.Context(), time.Duration(b.N)*time.Second)
	defer cancel()
	_ = c.Run(ctx)
	after, sleeps := used(b)
	l, seconds := c.Lateness(), float64(b.N)
	b.ReportMetric(0, "ns/op") // it is what was asked for
	b.ReportMetric(100*(after-before).Seconds()/seconds, "cpu-%")
	b.ReportMetric(100*((after-before)-work*time.Duration(l.Beats)).Seconds()/seconds, "clock-%")
	b.ReportMetric(float64(sleeps-slept)/seconds, "sleeps/s")
	b.ReportMetric(1000*l.quantile(.5).Seconds(), "p50-ms")
	b.ReportMetric(1000*l.quantile(.99).Seconds(), "p99-ms")
	b.ReportMetric(1000*l.quantile(.999).Seconds(), "p999-ms")
	b.ReportMetric(float64(l.Skipped), "skipped")
}

// quantile is the lateness that a share of the beats kept to, between the steps
// of the histogram by interpolation.
func (l Lateness) quantile(share float64) time.Duration {
	want := share * float64(l.Beats)
	var from Step
	for _, s := range l.Steps {
		if float64(s.Beats) >= want {
			part := (want - float64(from.Beats)) / float64(s.Beats-from.Beats)
			return from.Within + time.Duration(part*float64(s.Within-from.Within))
		}
		from = s
	}
	return from.Within
}

// used is the CPU time of this process, and how often its threads went to
// sleep.
func used(b *testing.B) (cpu time.Duration, sleeps int64) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), int64(u.Nvcsw) //nolint:unconvert // 32 bits elsewhere
}

// spin computes, however often it is interrupted.
func spin(rounds int) (sum uint64) {
	for i := range rounds {
		sum = sum*6364136223846793005 + uint64(i)
	}
	return sum
}

// roundsFor is how many rounds of spin take d.
func roundsFor(d time.Duration) int {
	const rounds = 1 << 18
	best := time.Hour
	for range 20 {
		began := time.Now()
		runtime.KeepAlive(spin(rounds))
		best = min(best, time.Since(began))
	}
	return int(int64(d) * rounds / int64(best))
}
