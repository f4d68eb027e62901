package pace

import (
	"sync/atomic"
	"time"
)

// lateSteps are the upper bounds of the lateness histogram: fine where a busy
// machine's clock shall be, coarse from where listeners begin to hear it.
var lateSteps = [...]time.Duration{
	250 * time.Microsecond,
	500 * time.Microsecond,
	time.Millisecond,
	1500 * time.Microsecond,
	2 * time.Millisecond,
	3 * time.Millisecond,
	5 * time.Millisecond,
	8 * time.Millisecond,
	10 * time.Millisecond,
	15 * time.Millisecond,
	20 * time.Millisecond,
	40 * time.Millisecond,
	60 * time.Millisecond,
}

// Lateness tells how punctual the beats were since the clock began. It only
// grows, so a reader may subtract two of them.
type Lateness struct {
	// Beats is the number of group beats that were run.
	Beats uint64
	// Skipped is the number of group beats that were left out because the
	// clock was too far behind.
	Skipped uint64
	// Fallen is the number of members that were dropped after a panic.
	Fallen uint64
	// Sum is the lateness of all beats together.
	Sum time.Duration
	// Steps is a cumulative histogram.
	Steps []Step
}

// Step is one step of the histogram: how many beats were at most so late.
type Step struct {
	Within time.Duration
	Beats  uint64
}

// tally counts for one loop; loops do not share cache lines this way.
type tally struct {
	skipped atomic.Uint64
	sum     atomic.Int64
	steps   [len(lateSteps) + 1]atomic.Uint64 // all beats, each in one
}

func (t *tally) count(late time.Duration) {
	late = max(late, 0)
	t.sum.Add(int64(late))
	i := 0
	for i < len(lateSteps) && late > lateSteps[i] {
		i++
	}
	t.steps[i].Add(1)
}

// Lateness adds up what all loops have counted. Each beat is counted once, so
// that no two of its numbers contradict each other while the loops go on.
func (c *Clock) Lateness() Lateness {
	l := Lateness{Fallen: c.fallen.Load(), Steps: make([]Step, len(lateSteps))}
	for i, step := range lateSteps {
		l.Steps[i].Within = step
	}
	for _, lp := range c.loops {
		l.Skipped += lp.tally.skipped.Load()
		l.Sum += time.Duration(lp.tally.sum.Load())
		var below uint64
		for i := range lateSteps {
			below += lp.tally.steps[i].Load()
			l.Steps[i].Beats += below
		}
		l.Beats += below + lp.tally.steps[len(lateSteps)].Load()
	}
	return l
}
