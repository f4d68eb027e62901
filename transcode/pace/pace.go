// Package pace is the gateway's clock: it moves every call and every room, one
// beat each 20 ms.
//
// The 20 ms are cut into slots a millisecond apart, and a [Group] of members
// sits in one of them. Members of a group move in step and never at the same
// time, so the phones of a meeting share their sound without a lock.
//
// Waking up costs more than most beats, so a [Clock] gathers: a slot is filled
// before the next is opened, and slots that follow one another are run without
// sleeping in between. With few calls one loop wakes fifty times a second and
// does everything. As the work grows, slots are opened until it is even over
// the 20 ms; a loop that falls behind calls another, and a beat that takes long
// holds nobody else up, since the groups behind it are taken over (see loop).
//
// Deadlines are absolute: a late beat does not delay the ones after it, and a
// group that is far behind leaves beats out rather than running them in a
// burst.
package pace

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/einwahl/einwahl/transcode/pcm"
)

var (
	_ pcm.Clock = (*Group)(nil)
	_ pcm.Clock = (*Manual)(nil)
)

// clocks is how many run in this process.
var clocks atomic.Int32

// alone reports whether no more than one does, as in a gateway.
func alone() bool { return clocks.Load() <= 1 }

// Clock moves groups. Make it with [New]; it stands still until [Clock.Run].
type Clock struct {
	slots [slots]slot
	loops []*loop
	epoch atomic.Pointer[time.Time] // of step 0; nil until Run

	kernel func() alarm  // makes the watch
	thread func() alarm  // makes what a loop sleeps by
	watch  alarm         // rings when a slot is overdue
	help   chan struct{} // wakes a loop that rests
	lead   atomic.Int32  // which loop wakes for the next slot
	second atomic.Int32  // which waits for the watch

	fallen atomic.Uint64
	hook   atomic.Pointer[func(pcm.Member, any, []byte)]

	mu      sync.Mutex   // held while groups come, go and change their slots
	running bool         // there are alarms
	settled atomic.Int64 // the second in which they last were
}

// New makes a clock with that many loops; 0 is one more than the CPUs, which
// looks after the others.
func New(loops int) *Clock {
	if loops <= 0 {
		loops = runtime.GOMAXPROCS(0) + 1
	}
	c := &Clock{
		kernel: newKernelAlarm,
		thread: newThreadAlarm,
		help:   make(chan struct{}),
		loops:  make([]*loop, loops),
	}
	for i := range c.loops {
		c.loops[i] = &loop{clock: c, id: int32(i + 1)}
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
	c.begin()
	defer c.end()
	var wg sync.WaitGroup
	defer context.AfterFunc(ctx, c.wakeAll)()
	for _, l := range c.loops {
		wg.Go(func() { l.run(ctx) })
	}
	wg.Wait()
	return context.Cause(ctx)
}

// begin lets time run. The first beats are those of the frame that begins now.
func (c *Clock) begin() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clocks.Add(1)
	c.watch = c.kernel()
	for _, l := range c.loops {
		l.alarm = c.thread()
	}
	c.running = true
	epoch := time.Now().Add(ahead - due(slots)) // as if woken for it
	c.epoch.CompareAndSwap(nil, &epoch)
}

// end closes what begin has made.
func (c *Clock) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clocks.Add(-1)
	c.running = false
	c.lead.Store(0)
	c.watch.close()
	for _, l := range c.loops {
		l.alarm.close()
	}
}

// wakeAll lets those who sleep see that it is over.
func (c *Clock) wakeAll() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.running {
		return
	}
	c.watch.set(0)
	for _, l := range c.loops {
		l.alarm.set(0)
	}
}

// tell wakes the loop that leads, for there is news, and the one that looks
// whether it does. mu is held.
func (c *Clock) tell() {
	if c.running {
		c.ring(c.lead.Load())
		c.watch.set(0)
	}
}

// ring wakes a loop that leads, or has led; 0 is none.
func (c *Clock) ring(lead int32) {
	if lead > 0 {
		c.loops[lead-1].alarm.set(0)
	}
}

// elapsed is the time since step 0.
func (c *Clock) elapsed() time.Duration {
	if epoch := c.epoch.Load(); epoch != nil {
		return time.Since(*epoch)
	}
	return due(slots) - 1
}

// upcoming is the step to take care of next: of those that are due, or nearly,
// that of the slot which has waited longest, so that where there is too much to
// do all are late and none is left out; otherwise the next to be due. It finds one
// wherever there are groups, also for a loop that was put aside so long with the
// time in its hands that others have done all that was due by then: who was told
// that there is nothing would sleep until somebody rings.
func (c *Clock) upcoming(now time.Duration) (step int64, ok bool) {
	oldest := max(0, stepAt(now)-slots+1)
	first := int64(0)
	for i := range c.slots {
		s := &c.slots[i]
		if len(s.list()) == 0 {
			continue
		}
		taken := s.taken.Load()
		n := from(max(taken+1, oldest), int64(i))
		rank := n
		if due(n) <= now+early {
			rank = taken // before any that is not due
		}
		if !ok || rank < first || rank == first && n < step {
			step, ok, first = n, true, rank
		}
	}
	return step, ok
}

// call wakes a loop that rests, if there is one.
func (c *Clock) call() {
	select {
	case c.help <- struct{}{}:
	default:
	}
}
