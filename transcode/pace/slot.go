package pace

import (
	"slices"
	"sync/atomic"
	"time"
)

// slot holds the groups that beat at the same millisecond, one after another.
type slot struct {
	groups atomic.Pointer[[]*Group] // never changed, but put anew
	// taken is the last step of which each group was run, or is being run: the
	// others need not look.
	taken atomic.Int64
}

func (s *slot) list() []*Group {
	if groups := s.groups.Load(); groups != nil {
		return *groups
	}
	return nil
}

// put adds g, whose first step here is to come. Where that has been taken care
// of, early, somebody has to look again; where there was nobody, all before it
// has been.
func (s *slot) put(g *Group, first int64) {
	were := s.list()
	groups := append(slices.Clone(were), g)
	s.groups.Store(&groups)
	taken := first - slots
	if len(were) > 0 {
		taken = min(taken, s.taken.Load())
	}
	s.taken.Store(taken)
}

func (s *slot) remove(g *Group) {
	groups := slices.DeleteFunc(slices.Clone(s.list()), func(other *Group) bool { return other == g })
	s.groups.Store(&groups)
}

// work is what the groups take together in a beat.
func (s *slot) work() (sum time.Duration) {
	for _, g := range s.list() {
		sum += g.takes()
	}
	return sum
}
