//go:build linux

package app_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/einwahl/einwahl/transcode/opus"
)

const (
	// window is how long a number of calls is watched. The kernel counts CPU
	// time in steps of 10 ms: that is a hundredth of what ten calls use in it.
	window = 15 * time.Second
	// setups is how many calls are set up, one after the other, to time them.
	setups = 120
	// clickers is how many calls click, and clicking how long they do.
	clickers = 8
	clicking = 20 * time.Second
)

// BenchmarkGateway measures the gateway as an operator runs it: its own
// program, in a process of its own, with telephones on one side and web peers
// on the other. What loads it runs in this process and is not counted.
//
// Each part takes as long as it takes, whatever -benchtime says, and reports
// its figures in units of its own. A table of all ends it.
func BenchmarkGateway(b *testing.B) {
	if testing.Short() {
		b.Skip("takes two minutes")
	}
	program := buildGateway(b)
	var r results
	for _, calls := range []int{10, 25} {
		r.run(b, fmt.Sprintf("calls=%d", calls), func(b *testing.B) {
			for range b.N {
				r.loads = append(r.loads, measureLoad(b, program, calls))
			}
			r.loads[len(r.loads)-1].report(b)
		})
	}
	r.run(b, "setup", func(b *testing.B) {
		for range b.N {
			r.setup = measureSetup(b, program)
		}
		r.setup.report(b)
	})
	r.run(b, "click", func(b *testing.B) {
		for range b.N {
			r.click = measureClick(b, program)
		}
		r.click.report(b)
	})
	r.print()
}

// results are what the table shows.
type results struct {
	loads []load
	setup setup
	click click
	busy  []string // parts that could not be measured
}

// run runs a part, and notes if the machine was too busy for it.
func (r *results) run(b *testing.B, name string, part func(b *testing.B)) {
	b.Run(name, func(b *testing.B) {
		defer func() {
			if b.Skipped() {
				r.busy = append(r.busy, name)
			}
		}()
		part(b)
	})
}

func (r *results) print() {
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprintf(&text, "\n  One meeting for each call, with one web peer in it; everybody talks. %s.\n", opus.Version())
	if len(r.loads) > 0 {
		fmt.Fprint(w, "\n  \tCPU of a core per call\tof it in the kernel\tcodecs alone\ttimes\tmemory per call\tgaps over 40 ms\tlongest gap\t\n")
	}
	for _, l := range r.loads {
		fmt.Fprintf(w, "  %d calls\t%.2f %%\t%.2f %%\t%.2f %%\t%.2f\t%.2f MB\t%d of %d\t%.0f ms\t\n",
			l.calls, l.cpu, l.kernel, l.floor, l.cpu/l.floor, l.memory/1e6, l.gaps, l.packets, ms(l.longest))
	}
	if len(r.setup.answered) > 0 {
		fmt.Fprint(w, "\n  \tp50\tp95\tof\t\n")
		row(w, "INVITE to 200", r.setup.answered)
		row(w, "INVITE to first RTP", r.setup.heard)
	}
	if len(r.click.in) > 0 {
		row(w, "click, telephone to web", r.click.in)
		row(w, "click, web to telephone", r.click.out)
	}
	_ = w.Flush()
	for _, name := range r.busy {
		fmt.Fprintf(&text, "\n  %s: not measured, this machine is too busy with something else.\n", name)
	}
	fmt.Fprintln(os.Stdout, text.String())
}

func row(w *tabwriter.Writer, name string, times []time.Duration) {
	fmt.Fprintf(w, "  %s\t%.1f ms\t%.1f ms\t%d\t\n", name, ms(quantile(times, .5)), ms(quantile(times, .95)), len(times))
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// quantile is the smallest of times that a share of them does not exceed.
func quantile(times []time.Duration, share float64) time.Duration {
	if len(times) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(times))
	return sorted[min(int(share*float64(len(sorted))), len(sorted)-1)]
}
