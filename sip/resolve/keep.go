package resolve

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

const (
	// keptFor is how long an answer is good. The machine's resolver does not tell
	// how long it might be; whoever moves a server leaves the old one there for
	// longer than this.
	keptFor = 30 * time.Second
	// maxKept bounds the names that are remembered.
	maxKept = 256
)

// errGaveUp is what is left to those who wait for an answer when the one who
// has asked for it no longer wants to know.
var errGaveUp = errors.New("the question was given up")

// answers are those that were given lately, so that many who ask for one name,
// such as the accounts with one registrar, ask the name servers once.
type answers struct {
	mu sync.Mutex
	of map[Server]*answer
}

// answer is one, or the question for it. It does not change once it is given.
type answer struct {
	given   chan struct{} // closed when the rest is there
	targets []Target
	err     error
	until   time.Time
}

// get returns what ask has found out about a server lately, or asks.
func (a *answers) get(ctx context.Context, s Server, ask func() ([]Target, error)) ([]Target, error) {
	for {
		one, mine := a.enter(s)
		if mine {
			a.give(ctx, s, one, ask)
		}
		select {
		case <-one.given:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
		if mine || !errors.Is(one.err, errGaveUp) {
			return slices.Clone(one.targets), one.err
		}
	}
}

// enter finds the answer or the question about a server. mine is whether it is
// a new question, and the caller's to ask.
func (a *answers) enter(s Server) (one *answer, mine bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if one, ok := a.of[s]; ok && !one.old() {
		return one, false
	}
	if a.of == nil || len(a.of) >= maxKept {
		a.of = map[Server]*answer{}
	}
	one = &answer{given: make(chan struct{})}
	a.of[s] = one
	return one, true
}

// old reports whether an answer has served its time. A question never has.
func (a *answer) old() bool {
	select {
	case <-a.given:
		return time.Now().After(a.until)
	default:
		return false
	}
}

// give asks, and keeps what was found; a failure serves only those who wait.
func (a *answers) give(ctx context.Context, s Server, one *answer, ask func() ([]Target, error)) {
	one.targets, one.err = nil, errGaveUp // should ask panic
	defer func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		if one.err != nil && a.of[s] == one {
			delete(a.of, s)
		}
		close(one.given)
	}()
	one.targets, one.err = ask()
	one.until = time.Now().Add(keptFor)
	if one.err != nil && ctx.Err() != nil {
		one.err = errGaveUp
	}
}
