package pace

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/einwahl/einwahl/transcode/pcm"
)

// loop is one goroutine that walks round its slots.
type loop struct {
	offset  time.Duration // of slot 0 against the other loops
	wake    chan struct{} // told when a group enters
	tally   tally
	members atomic.Int64

	slots [slots]slot
	mu    sync.Mutex // held while a slot's groups are changed
	last  int        // slot that was given away last; guarded by mu
}

// slot holds the groups that beat at the same millisecond, one after another.
type slot struct {
	groups  atomic.Pointer[[]*Group]
	members atomic.Int64
}

func (s *slot) list() []*Group {
	if groups := s.groups.Load(); groups != nil {
		return *groups
	}
	return nil
}

func newLoop(offset time.Duration) *loop {
	return &loop{offset: offset, wake: make(chan struct{}, 1)}
}

func (l *loop) load(slot, members int) {
	l.members.Add(int64(members))
	l.slots[slot].members.Add(int64(members))
}

// lightest finds the slot with the fewest members. Among equals it prefers the
// one farthest from the last, so that a few groups do not crowd together.
func (l *loop) lightest() int {
	const stride = 7 // prime to slots: visits all of them
	l.mu.Lock()
	defer l.mu.Unlock()
	best := (l.last + stride) % slots
	for i := 2; i <= slots; i++ {
		s := (l.last + i*stride) % slots
		if l.slots[s].members.Load() < l.slots[best].members.Load() {
			best = s
		}
	}
	l.last = best
	return best
}

func (l *loop) enter(slot int, g *Group) {
	l.mu.Lock()
	defer l.mu.Unlock()
	groups := append(slices.Clone(l.slots[slot].list()), g)
	l.slots[slot].groups.Store(&groups)
	select {
	case l.wake <- struct{}{}:
	default: // it will look anyway
	}
}

func (l *loop) leave(slot int, g *Group) {
	l.mu.Lock()
	defer l.mu.Unlock()
	groups := slices.Clone(l.slots[slot].list())
	groups = slices.DeleteFunc(groups, func(other *Group) bool { return other == g })
	l.slots[slot].groups.Store(&groups)
}

// run walks the slots until ctx is done. Step n is due at epoch + n slot
// widths, whenever the steps before it were run.
func (l *loop) run(ctx context.Context, epoch time.Time) {
	epoch = epoch.Add(l.offset)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for n := int64(0); ; {
		ahead, ok := l.ahead(n)
		if !ok {
			select {
			case <-ctx.Done():
				return
			case <-l.wake:
			}
			n = upcoming(epoch)
			continue
		}
		next := n + ahead
		timer.Reset(time.Until(epoch.Add(time.Duration(next) * slotWidth)))
		select {
		case <-ctx.Done():
			return
		case <-l.wake:
			// What has come may be due before what is waited for. The steps in
			// between were empty, so none is left out.
			n = min(max(n, upcoming(epoch)), next)
			continue
		case <-timer.C:
		}
		if missed := behind(time.Since(epoch), next); missed > 0 {
			l.skip(missed)
			next += missed * slots
		}
		l.step(next, epoch)
		n = next + 1
	}
}

// upcoming is the first step whose time has not come yet.
func upcoming(epoch time.Time) int64 { return int64(time.Since(epoch)/slotWidth) + 1 }

// ahead tells how many steps after n the next slot with a group comes.
func (l *loop) ahead(n int64) (steps int64, ok bool) {
	for i := range int64(slots) {
		if len(l.slots[(n+i)%slots].list()) > 0 {
			return i, true
		}
	}
	return 0, false
}

// behind tells how many whole beats are to be left out when step n is run
// after so much time: none while the loop is within its patience.
func behind(elapsed time.Duration, n int64) int64 {
	late := elapsed - time.Duration(n)*slotWidth
	if late <= patience*pcm.FrameDuration {
		return 0
	}
	return int64(late / pcm.FrameDuration)
}

// skip counts the beats that no group of this loop will see.
func (l *loop) skip(beats int64) {
	for i := range l.slots {
		l.tally.skipped.Add(uint64(beats) * uint64(len(l.slots[i].list())))
	}
}

func (l *loop) step(n int64, epoch time.Time) {
	due := time.Duration(n) * slotWidth
	for _, g := range l.slots[n%slots].list() {
		l.tally.count(time.Since(epoch) - due)
		g.beat()
	}
}
