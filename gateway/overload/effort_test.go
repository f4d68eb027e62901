package overload

import (
	"testing"
	"time"
)

func TestEncodersDoLessBeforeCallsAreRefused(t *testing.T) {
	c := DefaultConfig()
	for _, tt := range []struct {
		name string
		from effort
		load load
		c    Config
		want effort
	}{
		{"nothing to do", effort{}, load{}, c, effort{}},
		{"near the limit they do less", effort{}, load{cpu: .75}, c, effort{step: 1, wait: settles}},
		{"and then it is seen what that brings", effort{step: 1, wait: 3}, load{cpu: .75}, c, effort{step: 1, wait: 2}},
		{"still less where it was not enough", effort{step: 1, wait: 1}, load{cpu: .75}, c, effort{step: 2, wait: settles}},
		{"but not less than nothing", effort{step: 3}, load{cpu: 1}, c, effort{step: 3}},
		{"late sound counts as well", effort{}, load{cpu: .3, late: .06}, c, effort{step: 1, wait: settles}},
		{"but not where others are at fault", effort{}, load{cpu: .1, late: .5}, c, effort{}},
		{"in between all stays", effort{step: 1, calm: 49}, load{cpu: .6}, c, effort{step: 1}},
		{"a calm moment is not enough", effort{step: 1, calm: 10}, load{cpu: .4}, c, effort{step: 1, calm: 11}},
		{"ten calm seconds are", effort{step: 2, calm: calmAfter - 1}, load{cpu: .4}, c, effort{step: 1}},
		{"a burst begins them anew", effort{step: 2, calm: 49, wait: 2}, load{cpu: .8}, c, effort{step: 2, wait: 1}},
		{"the limit counts, not the machine", effort{}, load{cpu: .4}, Config{CPU: 40}, effort{step: 1, wait: settles}},
		{"without one it is the machine", effort{}, load{cpu: .8, late: 1}, Config{}, effort{}},
		{"all of it", effort{}, load{cpu: .9}, Config{}, effort{step: 1, wait: settles}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.from.next(tt.load, tt.c); got != tt.want {
				t.Errorf("next = %+v, want %+v", got, tt.want)
			}
		})
	}
}

// Encoding is half of what a gateway does that is offered more and more calls
// and then fewer. The steps follow without swinging to and fro.
func TestEffortDoesNotSwing(t *testing.T) {
	cost := [...]float64{1, .78, .42, .37} // of encoding, per step
	var e effort
	var l load
	at := Sample{At: time.Now(), Cores: 1}
	changes, least := 0, 0
	for i := range 3000 { // ten minutes
		offered := .9 * min(1, 2-2*float64(max(i, 1500))/3000, 2*float64(i)/3000)
		then, was := at, e.step
		at.At = at.At.Add(every)
		at.CPU += time.Duration(offered * (.5 + .5*cost[e.step]) * float64(every))
		l = l.after(then, at)
		e = e.next(l, DefaultConfig())
		if e.step != was {
			changes++
		}
		least = max(least, e.step)
	}
	if least == 0 || e.step != 0 || changes != 2*least {
		t.Errorf("%d changes down to step %d, and step %d at the end", changes, least, e.step)
	}
}
