package pace

import "time"

const (
	// fullSlot is how much work makes a slot full as long as there are empty
	// ones; the rest is for what takes longer than it used to.
	fullSlot = slotWidth * 8 / 10
	// guess is what a group is taken to need until that is known: a call with
	// somebody talking at both ends.
	guess = 150 * time.Microsecond
	// guessed is how many beats the guess stands for, and learnt for how many
	// what was learnt does in the end.
	guessed, learnt = 8, 128
)

// fill is how much work each slot has in a beat.
type fill [slots]time.Duration

// full is how much work a slot shall have. Where there is more than fits into
// all of them, it shall be even.
func (f *fill) full() time.Duration {
	var sum time.Duration
	for _, work := range f {
		sum += work
	}
	return max(fullSlot, sum/slots*9/8)
}

// place chooses a slot for a group that takes so much.
func (f *fill) place(work time.Duration) int {
	full, best := f.full(), 0
	for i := range f {
		if f[i]+work <= full {
			return i
		}
		if f[i] < f[best] {
			best = i
		}
	}
	return best
}

// slide tells in which slot a group of slot i that takes so much should be:
// there, or next door. It never goes farther at once, since its calls notice: a
// millisecond is less than any network's jitter.
func (f *fill) slide(i int, work time.Duration) int {
	full := f.full()
	switch {
	case f[i] > full*5/4 && 2*work <= f[i]: // too full, and not by this one
		return (i + 1) % slots
	case i > 0 && f[i-1]+work <= full:
		return i - 1
	}
	return i
}

// enter finds a slot for g and begins to move it.
func (c *Clock) enter(g *Group) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f := c.fill()
	slot := f.place(guess)
	g.begin(int64(slot), stepAt(c.elapsed()))
	c.slots[slot].put(g, g.next())
	c.tell()
}

// leave stops moving g.
func (c *Clock) leave(g *Group) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.slots[g.slot.Load()].remove(g)
}

func (c *Clock) fill() (f fill) {
	for i := range c.slots {
		f[i] = c.slots[i].work()
	}
	return f
}

// settle lets groups slide to where they should be now, once a second and next
// door, as sand does. It does not wait.
func (c *Clock) settle(now time.Duration) {
	this := int64(now / time.Second)
	if this == c.settled.Load() || !c.mu.TryLock() {
		return
	}
	defer c.mu.Unlock()
	c.settled.Store(this)
	f := c.fill()
	type move struct {
		g        *Group
		from, to int
	}
	var moves []move // made when all is decided: nobody slides twice
	for i := range c.slots {
		for _, g := range c.slots[i].list() {
			work := g.takes()
			if to := f.slide(i, work); to != i {
				f[i], f[to] = f[i]-work, f[to]+work
				moves = append(moves, move{g, i, to})
			}
		}
	}
	for _, m := range moves {
		m.g.slot.Store(int64(m.to))
		c.slots[m.to].put(m.g, m.g.next()) // first: a loop that looks now must find it
		c.slots[m.from].remove(m.g)
	}
}
