package pace

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/einwahl/einwahl/transcode/pcm"
)

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
