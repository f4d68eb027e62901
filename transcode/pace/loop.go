package pace

import (
	"context"
	"time"
)

// grace is how late a slot may be before the second loop believes that the one
// that leads is held up.
const grace = 4 * time.Millisecond

// loop is one goroutine that runs beats. All loops work on the same slots, and
// a group is run by the one that comes to it first.
//
// One of them leads: it sleeps until the next slot is due. A second one sleeps
// by the watch, which the first winds up again and again; if it rings because a
// slot is overdue, the second leads from then on: the kernel, or a beat that
// takes long, holds up one loop but not the clock. The others rest until
// somebody who falls behind calls.
type loop struct {
	clock *Clock
	id    int32
	alarm alarm
	tally tally
}

func (l *loop) run(ctx context.Context) {
	for ctx.Err() == nil {
		l.work(ctx)
		l.wait(ctx)
	}
}

// work runs what is due, or nearly.
func (l *loop) work(ctx context.Context) {
	now := l.clock.elapsed()
	for ctx.Err() == nil {
		n, ok := l.clock.upcoming(now)
		if !ok || due(n) > now+early {
			return
		}
		now = l.walk(n, now)
	}
}

// walk sees to it that all groups of a step are run, and returns what time it
// is then.
func (l *loop) walk(n int64, now time.Duration) time.Duration {
	s := &l.clock.slots[n%slots]
	groups := s.groups.Load()
	for _, g := range *groups {
		now = l.move(g, now)
	}
	s.taken.Store(n)
	if s.groups.Load() != groups { // somebody has come who was not seen
		s.taken.Store(n - slots)
	}
	return now
}

// move runs the beats of g that are due, unless another loop does: after a beat
// that took long it is the one to see that the next is late. A group that never
// keeps up must not keep it from the others. It returns what time it is then.
func (l *loop) move(g *Group, now time.Duration) time.Duration {
	for range patience {
		n, left, ok := g.claim(now)
		if !ok {
			break
		}
		late := now - due(n)
		l.tally.count(late)
		l.tally.skipped.Add(uint64(left))
		if takes := g.takes(); late > slotWidth || takes > slotWidth {
			l.share(takes > slotWidth)
		}
		g.beat()
		g.release(n)
		after := l.clock.elapsed()
		g.took(after - now)
		now = after
	}
	return now
}

// share lets another loop do what there is to do besides; who knows that it
// will be away for long gives up the lead as well.
func (l *loop) share(away bool) {
	if away {
		l.clock.lead.CompareAndSwap(l.id, 0)
	}
	l.clock.call()
}

// wait returns when there may be something to do.
func (l *loop) wait(ctx context.Context) {
	c := l.clock
	if c.lead.Load() == l.id || c.lead.CompareAndSwap(0, l.id) {
		l.waitFirst(ctx)
		return
	}
	if !c.second.CompareAndSwap(0, l.id) {
		l.rest(ctx)
		return
	}
	l.waitSecond(ctx)
	c.ring(c.lead.Swap(l.id)) // who led may sleep for as long as there were no groups
	c.second.Store(0)
	c.call() // to be the second
}

// waitFirst sleeps until the next slot is nearly due, and sets the watch lest it
// oversleep, or be held up by what it does then.
func (l *loop) waitFirst(ctx context.Context) {
	c := l.clock
	c.settle(c.elapsed())
	for wound := false; !wound; {
		wound = l.windUp()
	}
	if c.second.Load() == 0 {
		c.call()
	}
	switch { // and the alarms had rung for that
	case ctx.Err() != nil:
		c.watch.set(0)
	case c.lead.Load() == l.id:
		l.alarm.wait()
	}
}

// windUp sets both alarms for the next slot. It reports whether that is still
// right when it is done: somebody may have come who rang before, and a loop that
// was put aside meanwhile has set them too late.
func (l *loop) windUp() bool {
	c := l.clock
	now := c.elapsed()
	n, ok := c.upcoming(now)
	in := never
	if ok {
		in = due(n) - now
	}
	c.watch.set(in + grace)
	l.alarm.set(in - ahead)
	then := c.elapsed()
	again, _ := c.upcoming(then)
	return again == n && then-now < slotWidth
}

// waitSecond sleeps until a slot is overdue, or all is over.
func (l *loop) waitSecond(ctx context.Context) {
	for l.clock.guard() && ctx.Err() == nil { // and the watch had rung for that
		l.clock.watch.wait()
	}
}

// guard sets the watch for when the next slot is overdue, for who leads may be
// held up before it has. It reports false when one is. Where there are no groups,
// the first that comes rings.
func (c *Clock) guard() bool {
	n, ok := c.upcoming(c.elapsed())
	if !ok {
		return true
	}
	in := due(n) + grace - c.elapsed() // n is far ahead for who was put aside meanwhile
	if in > 0 {
		c.watch.set(in)
	}
	return in > 0
}

// rest sleeps until somebody calls.
func (l *loop) rest(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-l.clock.help:
	}
}
