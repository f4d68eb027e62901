package lockout

import "time"

// Line is one call to the guard: who calls, and which number.
type Line struct {
	guard   *Guard
	trunk   string
	caller  string // a pseudonym; empty: without a number
	number  string
	visible string // the number, for the log
}

// Line begins a call. The number is the entry of the operator's file that was
// called; caller is empty where the number is suppressed or missing.
func (g *Guard) Line(trunk, number, caller string) *Line {
	l := &Line{guard: g, trunk: trunk, number: trunk + " " + number, visible: number}
	if caller != "" {
		g.mu.Lock()
		defer g.mu.Unlock()
		l.caller = g.known(caller)
	}
	return l
}

// Verdict is what a try has come to.
type Verdict int

const (
	// Void tries say nothing: the conference service did not answer.
	Void Verdict = iota
	// Right opens the caller's own bucket again, and no other.
	Right
	// Wrong counts.
	Wrong
)

// Hidden reports whether this caller may not find the meeting now. Where that
// is so it must look to them as if there were no such meeting.
func (l *Line) Hidden(meeting string) bool {
	g := l.guard
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	return l.out((*bucket).locked, now) || l.is((*bucket).locked, Meeting, meeting, now)
}

// Try takes a place for a try at a meeting, or at none where there is no such
// meeting (""). Without one the try must not be looked at, and is wrong. With
// one, settle must be called with what it came to: places are few, so that many
// calls at one moment have no more tries than one after the other. The place
// should be held for no longer than the look takes.
func (l *Line) Try(meeting string) (settle func(Verdict), ok bool) {
	g := l.guard
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	if l.out((*bucket).full, now) {
		return nil, false
	}
	if meeting != "" && l.is((*bucket).full, Meeting, meeting, now) {
		l.miss("", now) // as if the meeting were not there
		return nil, false
	}
	held := l.buckets(meeting)
	for _, b := range held {
		b.held++
	}
	return func(v Verdict) { l.settle(meeting, held, v) }, true
}

func (l *Line) settle(meeting string, held []*bucket, v Verdict) {
	g := l.guard
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, b := range held {
		b.held--
	}
	switch v {
	case Wrong:
		l.miss(meeting, g.now())
	case Right:
		// Not the bucket that others share: who has a right PIN of their own
		// could open it for everybody's guesses.
		if name, shared := l.callerBucket(); !shared && g.buckets[Caller][name] != nil {
			g.drop(Caller, name)
		}
	}
	l.drop(meeting, g.now())
}

// drop forgets what a try has left empty: callers who do nothing wrong take no
// place from others.
func (l *Line) drop(meeting string, now time.Time) {
	for s, name := range l.names(meeting) {
		if b := l.guard.buckets[s][name]; b != nil && b.empty(l.guard.rule(s), now) {
			l.guard.drop(s, name)
		}
	}
}

// out reports whether the caller or the number is shut.
func (l *Line) out(shut func(*bucket, rule, time.Time) bool, now time.Time) bool {
	name, _ := l.callerBucket()
	return l.is(shut, Caller, name, now) || l.is(shut, Number, l.number, now)
}

func (l *Line) is(shut func(*bucket, rule, time.Time) bool, s Scope, name string, now time.Time) bool {
	b := l.guard.buckets[s][name]
	return b != nil && shut(b, l.guard.rule(s), now)
}

// callerBucket is the bucket that counts for the caller. The name of a shared
// one can be nobody's pseudonym.
func (l *Line) callerBucket() (name string, shared bool) {
	callers := l.guard.buckets[Caller]
	if l.caller != "" && (callers[l.caller] != nil || len(callers) < mostCallers) {
		return l.caller, false
	}
	return "anonymous on " + l.trunk, true
}

// names are the buckets that count for a try.
func (l *Line) names(meeting string) map[Scope]string {
	caller, _ := l.callerBucket()
	names := map[Scope]string{Caller: caller, Number: l.number}
	if meeting != "" {
		names[Meeting] = meeting
	}
	return names
}

func (l *Line) buckets(meeting string) []*bucket {
	var all []*bucket
	for s, name := range l.names(meeting) {
		all = append(all, l.guard.at(s, name))
	}
	return all
}

// miss counts a wrong try wherever it counts.
func (l *Line) miss(meeting string, now time.Time) {
	g := l.guard
	g.stats.Wrong++
	g.changed = true
	if len(g.buckets[Caller]) >= mostCallers {
		g.sweep(now)
	}
	names := l.names(meeting)
	for _, s := range Scopes() {
		name, counts := names[s]
		if !counts || !g.at(s, name).miss(g.rule(s), now) {
			continue
		}
		g.stats.Locks[s]++
		line := g.log.Warn().Str("scope", string(s)).Str("trunk", l.trunk).Str("number", l.visible).Dur("for", g.config.Lock)
		if s == Meeting {
			line = line.Str("meeting", meeting)
		}
		line.Msg("somebody guesses: telephones are locked out for a while (limits.guessing)")
	}
}
