//go:build unix

package pace

import (
	"context"
	"syscall"
	"testing"
	"time"

	"github.com/einwahl/einwahl/transcode/pcm"
)

// BenchmarkLive runs 500 groups, each with 15 us of work, in real time and
// reports how late they are. Each iteration is a second.
func BenchmarkLive(b *testing.B) {
	c := New(0)
	for range 500 {
		c.Group().Add(&member{func(p pcm.Phase) {
			if p == pcm.GiveOut {
				for until := time.Now().Add(15 * time.Microsecond); time.Now().Before(until); {
				}
			}
		}})
	}
	before := used(b)
	ctx, cancel := context.WithTimeout(b.Context(), time.Duration(b.N)*time.Second)
	defer cancel()
	_ = c.Run(ctx)
	l := c.Lateness()
	b.ReportMetric(float64((used(b)-before).Milliseconds())/float64(10*b.N), "cpu-%")
	b.ReportMetric(float64(l.Sum.Microseconds())/float64(l.Beats), "us-late/beat")
	for _, s := range l.Steps[2:5] {
		b.ReportMetric(100*float64(s.Beats)/float64(l.Beats), "%<="+s.Within.String())
	}
	b.ReportMetric(float64(l.Skipped), "skipped")
}

// used is the CPU time of this process.
func used(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
