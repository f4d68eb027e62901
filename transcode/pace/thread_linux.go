package pace

import (
	"runtime"
	"runtime/metrics"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// hold is how long a thread keeps its processor of Go's at most. The runtime's
	// monitor looks every 10 ms, takes away what nobody has let go of since, and
	// looks far more often for a while because it had to.
	hold = 9800 * time.Microsecond
	// nap is how long it sleeps at once, so that it has a hold's time for it when
	// it comes back from letting go.
	nap = hold - 100*time.Microsecond
	// brief is the longest that a thread sleeps: two beats. Who waits longer waits
	// for somebody to come.
	brief = 2 * slots * slotWidth
	// bearable is how long others may wait for a processor. Beats make them wait two
	// or three milliseconds; beyond that a processor is missing.
	bearable = 4 * time.Millisecond
	// peace is for how long nobody must have waited longer than that before a
	// processor is kept: what made them wait may come again.
	peace = 10 * time.Second
	// looking is how often it is looked whether anybody has waited so long.
	looking = 100 * time.Millisecond
)

// threadAlarm is what a loop sleeps by, its thread in the kernel: the timer that
// is due wakes the thread that runs the beat. Go's own timers are late by up to a
// millisecond, for the poller sleeps by whole ones, and wake two threads: one that
// looks at the timers, and another that looks whether there is more to do.
//
// The processor of Go's that the thread keeps meanwhile is nobody else's for up to
// two looks of the monitor, so it is kept only while nobody waits for one: not
// where this process has much to do, nor where others have the machine. Nor where
// several clocks run in a process: while all processors are kept nobody looks who
// could run, so nobody is seen to wait. It has another use then: while one is kept
// the monitor looks every 10 ms. Otherwise it sleeps until a system call wakes it,
// and looks every 20 us whether that one hangs.
type threadAlarm struct {
	*kernelAlarm
	born  time.Time
	at    atomic.Int64  // when to ring, since it was born
	gave  time.Duration // when the processor was last let go of, since then
	crowd crowd
	keep  bool // the processor, for the crowd is calm

	poll  [1]unix.PollFd
	raw   syscall.RawConn
	heard func(uintptr) bool // hear, made once
}

// newThreadAlarm makes an alarm, a plain one where the kernel has none to spare.
func newThreadAlarm() alarm {
	k, ok := newKernelAlarm().(*kernelAlarm)
	if !ok {
		return newPlainAlarm()
	}
	raw, err := k.file.SyscallConn()
	if err != nil {
		k.close()
		return newPlainAlarm()
	}
	a := &threadAlarm{
		kernelAlarm: k,
		born:        time.Now(),
		crowd:       newCrowd(),
		poll:        [1]unix.PollFd{{Fd: int32(k.fd), Events: unix.POLLIN}},
		raw:         raw,
	}
	a.heard = func(uintptr) bool { return a.hear() }
	return a
}

// set leaves the kernel's timer alone where several clocks run in a process: in
// Go's poller, which wakes once for all that is due in a millisecond, each wakes
// for itself with it.
func (a *threadAlarm) set(after time.Duration) {
	a.at.Store(int64(time.Since(a.born) + after))
	if after <= 0 || alone() {
		a.kernelAlarm.set(after)
	}
}

func (a *threadAlarm) wait() {
	for !a.over() {
	}
}

// over does a piece of the wait, and reports whether that was the last.
func (a *threadAlarm) over() bool {
	now := time.Since(a.born)
	left := time.Duration(a.at.Load()) - now
	switch {
	case left <= 0:
		return true
	case now+min(left, nap) > a.gave+hold:
		a.crowd.look(now)
		a.keep = alone() && a.crowd.calm(now, runtime.GOMAXPROCS(0))
		if a.keep { // or it would only stand behind the others
			goyield()
		}
		a.gave = time.Since(a.born)
		return false
	case left > brief || !a.keep:
		a.pollFor(left)
		return true
	}
	return a.rung(min(left, nap))
}

// rung sleeps until the alarm rings or so much time has passed, and reports
// whether it rang.
func (a *threadAlarm) rung(within time.Duration) bool {
	left := unix.NsecToTimespec(int64(within))
	_, _ = unix.Ppoll(a.poll[:], &left, nil) // a signal ends it as well
	return a.hear()
}

// hear reports whether it has rung since it was set.
func (a *threadAlarm) hear() bool {
	n, _ := unix.Read(a.fd, a.buf[:])
	return n > 0
}

// pollFor waits in Go's poller until the alarm rings or so much time has passed.
// It is the kernel's timer that rings on time, but where all processors are busy Go
// hardly ever looks at what it polls, and at its own timers as it goes. No error is
// asked for, which a read of the file would make anew each time.
func (a *threadAlarm) pollFor(within time.Duration) {
	_ = a.file.SetReadDeadline(time.Now().Add(within)) // it is polled, and open
	_ = a.raw.Read(a.heard)
}

// crowd tells how long goroutines of this process wait for a processor of Go's
// once they could run. The runtime watches one wait in eight.
type crowd struct {
	waits [1]metrics.Sample
	long  uint64        // waits that were too long, so far
	seen  time.Duration // when the last of them was noticed
	next  time.Duration // when to look again
}

func newCrowd() crowd {
	return crowd{waits: [1]metrics.Sample{{Name: "/sched/latencies:seconds"}}}
}

// look notices, now and then, whether anybody has waited too long since the last look.
func (c *crowd) look(now time.Duration) {
	if now < c.next {
		return
	}
	c.next = now + looking
	metrics.Read(c.waits[:])
	if n := longer(c.waits[0].Value.Float64Histogram(), bearable); n != c.long {
		c.long, c.seen = n, now
	}
}

// calm reports whether nobody has for a while, with so many processors: were
// there one only, everybody would wait for it.
func (c *crowd) calm(now time.Duration, processors int) bool {
	return processors > 1 && now-c.seen >= peace
}

// longer counts what a histogram of seconds has at and beyond a limit.
func longer(h *metrics.Float64Histogram, limit time.Duration) (n uint64) {
	for i, count := range h.Counts {
		if h.Buckets[i] >= limit.Seconds() {
			n += count
		}
	}
	return n
}
