// Package lockout makes guessing of meeting numbers and PINs hopeless.
//
// Wrong tries are counted in windows: for each caller, for each called number,
// and for each meeting. Where there were too many, telephones are locked out
// for a while: whatever they key in is wrong, in the same words and after the
// same time, and it is not even looked at. Browsers are no matter of this
// package, so nobody can lock people out of a meeting altogether.
//
// A caller is known by a keyed digest of their number; the key is another one each
// day, and the number itself is kept nowhere. What is counted survives a restart,
// in a file, and is gone from there as soon as it is forgotten. Callers without a
// number share one bucket for each trunk.
package lockout

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"
)

// mostCallers bounds how many callers are told apart. Nobody who is counted is
// ever forgotten for another's sake: a caller for whom there is no place shares
// the bucket of those without a number.
const mostCallers = 10_000

// Scope is what was locked.
type Scope string

// The scopes, by the names that metrics and logs use.
const (
	Caller  Scope = "caller"
	Number  Scope = "number"
	Meeting Scope = "meeting"
)

// Scopes are all of them.
func Scopes() []Scope { return []Scope{Caller, Number, Meeting} }

// Guard counts wrong tries. Its methods may be called from several goroutines.
type Guard struct {
	path string
	log  zerolog.Logger
	now  func() time.Time

	mu      sync.Mutex
	config  Config
	key     []byte
	since   time.Time // when the key was made
	before  []byte    // the key before, while something may be counted under it
	buckets map[Scope]map[string]*bucket
	stats   Stats
	changed bool
}

// Stats are figures since the start.
type Stats struct {
	Wrong uint64           // tries that were wrong
	Locks map[Scope]uint64 // times that something was locked
}

// Lock is what is locked at a moment.
type Lock struct {
	Scope Scope
	Name  string // the meeting, trunk and number, or a caller's pseudonym
	Until time.Time
}

// Set puts other limits in force.
func (g *Guard) Set(c Config) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.config = c
}

func (g *Guard) rule(s Scope) rule {
	limit := map[Scope]int{Caller: g.config.PerCaller, Number: g.config.PerNumber, Meeting: g.config.PerMeeting}[s]
	return rule{limit: limit, window: g.config.Window, lock: g.config.Lock}
}

// at is a bucket, made where there is none.
func (g *Guard) at(s Scope, name string) *bucket {
	b := g.buckets[s][name]
	if b == nil {
		b = &bucket{}
		g.buckets[s][name] = b
	}
	return b
}

// sweep drops the buckets in which nothing is left.
func (g *Guard) sweep(now time.Time) {
	for s, all := range g.buckets {
		r := g.rule(s)
		for name, b := range all {
			if b.empty(r, now) {
				g.drop(s, name)
			} else if b.stale {
				b.stale, g.changed = false, true
			}
		}
	}
}

// drop forgets a bucket, in the file too if that may have something of it.
func (g *Guard) drop(s Scope, name string) {
	b := g.buckets[s][name]
	g.changed = g.changed || b.stale || len(b.wrong) > 0 || !b.until.IsZero()
	delete(g.buckets[s], name)
}

// Stats are the figures since the start.
func (g *Guard) Stats() Stats {
	g.mu.Lock()
	defer g.mu.Unlock()
	st := Stats{Wrong: g.stats.Wrong, Locks: map[Scope]uint64{}}
	for _, s := range Scopes() {
		st.Locks[s] = g.stats.Locks[s]
	}
	return st
}

// Locked is what is locked now.
func (g *Guard) Locked() []Lock {
	g.mu.Lock()
	defer g.mu.Unlock()
	var all []Lock
	now := g.now()
	for _, s := range Scopes() {
		r := g.rule(s)
		for name, b := range g.buckets[s] {
			if b.locked(r, now) && now.Before(b.until) {
				all = append(all, Lock{s, name, b.until})
			}
		}
	}
	slices.SortFunc(all, func(a, b Lock) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// Clear forgets every wrong try and opens what is locked.
func (g *Guard) Clear() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, all := range g.buckets {
		clear(all)
	}
	g.changed = true
}
