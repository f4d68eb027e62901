package digest

import (
	"sync"
	"time"
)

// replays remembers how often each nonce was used, so that a request that
// somebody has overheard is of no use to them (RFC 7616 section 3.4). Only a
// right proof gets in here.
type replays struct {
	max int

	mu    sync.Mutex
	count map[string]int
	made  map[string]time.Time
	floor time.Time // a nonce as old as this may have been forgotten
}

func newReplays(n int) *replays {
	return &replays{max: n, count: map[string]int{}, made: map[string]time.Time{}}
}

// first reports whether a nonce is used for the nc-th time only now. Those made
// before expired are of no use any more.
func (r *replays) first(nonce string, made time.Time, nc int, expired time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	last, known := r.count[nonce]
	if !known && !made.After(r.floor) || nc <= last {
		return false
	}
	if !known && len(r.count) >= r.max {
		r.makeRoom(expired)
	}
	r.count[nonce], r.made[nonce] = nc, made
	return true
}

// makeRoom forgets what is too old, or else the oldest half. What may have been
// among that is refused from now on.
func (r *replays) makeRoom(expired time.Time) {
	for len(r.count) >= r.max {
		oldest, newest := r.span()
		edge := expired
		if !oldest.Before(edge) {
			edge = oldest.Add(newest.Sub(oldest) / 2)
		}
		for nonce, at := range r.made {
			if !at.After(edge) {
				delete(r.made, nonce)
				delete(r.count, nonce)
			}
		}
		if edge.After(r.floor) {
			r.floor = edge
		}
	}
}

func (r *replays) span() (oldest, newest time.Time) {
	for _, at := range r.made {
		if oldest.IsZero() || at.Before(oldest) {
			oldest = at
		}
		if at.After(newest) {
			newest = at
		}
	}
	return oldest, newest
}
