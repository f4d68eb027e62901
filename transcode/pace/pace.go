// Package pace is the gateway's clock: it moves every call and every room, one
// beat each 20 ms.
//
// A [Clock] runs a few loops, each on a goroutine of its own and each with
// twenty slots a millisecond apart, and a [Group] of members sits in one slot
// of one loop. Members of a group move in step and never at the same time, so
// the phones of a meeting share their sound without a lock; groups spread over
// loops and slots, so the machine's work is even over the 20 ms and no call
// waits for all the others. Deadlines are absolute: a late beat does not delay
// the ones after it, and a clock that fell far behind leaves beats out rather
// than running them in a burst.
package pace

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/einwahl/einwahl/transcode/pcm"
)

const (
	// slots is how many groups of one loop can beat at moments of their own.
	slots = 20
	// slotWidth is the time between two slots.
	slotWidth = pcm.FrameDuration / slots
	// patience is how many beats a loop may be behind before it leaves out
	// what it has missed: catching up sends that many packets at once, and a
	// receiver's buffer has to take them.
	patience = 3
)

var (
	_ pcm.Clock = (*Group)(nil)
	_ pcm.Clock = (*Manual)(nil)
)

// Clock moves groups. Make it with [New]; it stands still until [Clock.Run].
type Clock struct {
	loops  []*loop
	fallen atomic.Uint64
	hook   atomic.Pointer[func(pcm.Member, any, []byte)]

	mu sync.Mutex // held while a place is chosen
}

// New makes a clock with that many loops; 0 is twice the CPUs, so that one
// group's long beat does not hold up half of all calls.
func New(loops int) *Clock {
	if loops <= 0 {
		loops = 2 * runtime.GOMAXPROCS(0)
	}
	c := &Clock{loops: make([]*loop, loops)}
	for i := range c.loops {
		// The loops' slots lie between each other, not on top.
		offset := slotWidth * time.Duration(i) / time.Duration(loops)
		c.loops[i] = newLoop(offset)
	}
	return c
}

// Group makes an empty group.
func (c *Clock) Group() *Group { return &Group{clock: c} }

// OnFall sets what is called when a member panics in a beat. The member is not
// moved any more; its owner has to end it. The hook runs on the beat: it must
// not block, nor call Remove.
func (c *Clock) OnFall(hook func(m pcm.Member, value any, stack []byte)) { c.hook.Store(&hook) }

func (c *Clock) fell(m pcm.Member, value any, stack []byte) {
	c.fallen.Add(1)
	if hook := c.hook.Load(); hook != nil {
		(*hook)(m, value, stack)
	}
}

// Run moves all groups until ctx is done. When it returns, no member is running.
func (c *Clock) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	epoch := time.Now()
	for _, l := range c.loops {
		wg.Go(func() { l.run(ctx, epoch) })
	}
	wg.Wait()
	return context.Cause(ctx)
}

// place finds the slot with the least to do on the loop with the least to do,
// and counts a first member there at once: of calls that come together, each
// has to see where the one before it went.
func (c *Clock) place() (*loop, int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	best := c.loops[0]
	for _, l := range c.loops[1:] {
		if l.members.Load() < best.members.Load() {
			best = l
		}
	}
	slot := best.lightest()
	best.load(slot, 1)
	return best, slot
}
