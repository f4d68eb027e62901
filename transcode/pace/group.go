package pace

import (
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/einwahl/einwahl/transcode/pcm"
)

// A Group is a set of members that move in step: the phones of one meeting, or
// one phone alone. It implements [pcm.Clock].
//
// A group finds a slot when its first member comes. While it is empty it costs
// nothing, and it needs no closing.
type Group struct {
	clock *Clock
	line  line
	mu    sync.Mutex // held while members come and go

	slot atomic.Int64
	last atomic.Int64 // the step that was run last; what it holds see claim
	work atomic.Int64 // nanoseconds that a beat takes, over the last seconds
	seen atomic.Int64 // beats that work was learnt from
}

// Add begins to move m, from the next beat on.
func (g *Group) Add(m pcm.Member) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if n, added := g.line.add(m); added && n == 1 {
		g.clock.enter(g)
	}
}

// Remove stops moving m. When it returns, m is not running and will not be run
// again by this group. It must not be called from within a beat.
func (g *Group) Remove(m pcm.Member) {
	g.drop(m)
	g.line.turn.Wait()
}

// drop takes m off the line without waiting, so that it can be called from
// within a beat.
func (g *Group) drop(m pcm.Member) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if n, removed := g.line.remove(m); removed && n == 0 {
		g.clock.leave(g)
	}
}

// begin gives g a slot, with its first beat after a step. A beat that may still
// be running, of members who have left, counts as the one before.
func (g *Group) begin(slot, step int64) {
	g.slot.Store(slot)
	g.work.Store(int64(guess))
	g.seen.Store(guessed)
	first := following(step-slots/2, slot)
	if last := g.last.Load(); last%2 == 0 {
		g.last.CompareAndSwap(last, 2*(first-slots))
	}
}

// next is the step of the next beat.
func (g *Group) next() int64 { return following(g.last.Load()/2, g.slot.Load()) }

// claim gives the caller the beat of g that is due and was not run, and tells
// how many before it are left out. Nobody else gets one until release: last is
// twice the step, and one more while that runs.
func (g *Group) claim(now time.Duration) (step, left int64, ok bool) {
	last := g.last.Load()
	if last%2 != 0 {
		return 0, 0, false
	}
	step = following(last/2, g.slot.Load())
	if due(step) > now+early {
		return 0, 0, false
	}
	left = behind(now - due(step))
	step += left * slots
	return step, left, g.last.CompareAndSwap(last, 2*step+1)
}

func (g *Group) release(step int64) { g.last.Store(2 * step) }

// takes is how long a beat takes of late.
func (g *Group) takes() time.Duration { return time.Duration(g.work.Load()) }

// took learns how long a beat took: soon what the guess was worth, and then
// slowly, so that groups do not go to and fro as somebody talks. What was is
// forgotten in two or three seconds.
func (g *Group) took(d time.Duration) {
	n := min(g.seen.Add(1), learnt)
	was := g.work.Load()
	g.work.Store(was + (int64(d)-was)/n)
}

// beat moves all members through the phases of one beat. A member that panics
// is dropped and the others go on.
func (g *Group) beat() {
	g.line.turn.Begin()
	defer g.line.turn.End()
	row := g.line.row()
	for p := pcm.TakeIn; p <= pcm.GiveOut; p++ {
		for from := 0; from < len(row); {
			from = g.move(row, from, p)
		}
	}
}

// move runs phase p from place from on, and returns the place after the last
// that it reached: less than all if a member panicked.
func (g *Group) move(row []*place, from int, p pcm.Phase) (next int) {
	next = from
	defer func() {
		if v := recover(); v != nil {
			out := row[next-1]
			out.fallen = true
			g.drop(out.member)
			g.clock.fell(out.member, v, debug.Stack())
		}
	}()
	for next < len(row) {
		at := row[next]
		next++
		if !at.fallen {
			at.member.Beat(p)
		}
	}
	return next
}
