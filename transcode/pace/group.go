package pace

import (
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/einwahl/einwahl/transcode/pcm"
)

// A Group is a set of members that move in step: the phones of one meeting, or
// one phone alone. It implements [pcm.Clock].
//
// A group finds its place, a loop and one of its slots, when its first member
// comes and keeps it. While it is empty it costs nothing, and it needs no
// closing.
type Group struct {
	clock *Clock
	line  line

	mu     sync.Mutex
	placed bool
	home   *loop
	slot   int
}

// Add begins to move m, from the next beat on.
func (g *Group) Add(m pcm.Member) {
	g.mu.Lock()
	defer g.mu.Unlock()
	n, added := g.line.add(m)
	if !added {
		return
	}
	if g.placed {
		g.home.load(g.slot, 1)
	} else {
		g.home, g.slot = g.clock.place()
		g.placed = true
	}
	if n == 1 {
		g.home.enter(g.slot, g)
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
	n, removed := g.line.remove(m)
	if !removed {
		return
	}
	g.home.load(g.slot, -1)
	if n == 0 {
		g.home.leave(g.slot, g)
	}
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

// line is a row of members that can change while it is being walked: each
// change makes a new row, and a beat keeps the one it began with.
type line struct {
	mu   sync.Mutex
	now  atomic.Pointer[[]*place]
	turn Turn
}

// place is where a member stands in a row.
type place struct {
	member pcm.Member
	fallen bool // it has panicked; belongs to the beat
}

func (l *line) row() []*place {
	if row := l.now.Load(); row != nil {
		return *row
	}
	return nil
}

func (l *line) add(m pcm.Member) (n int, added bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	row := l.row()
	if slices.ContainsFunc(row, func(p *place) bool { return p.member == m }) {
		return len(row), false
	}
	row = append(slices.Clone(row), &place{member: m})
	l.now.Store(&row)
	return len(row), true
}

func (l *line) remove(m pcm.Member) (n int, removed bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	row := l.row()
	i := slices.IndexFunc(row, func(p *place) bool { return p.member == m })
	if i < 0 {
		return len(row), false
	}
	row = slices.Delete(slices.Clone(row), i, i+1)
	l.now.Store(&row)
	return len(row), true
}
