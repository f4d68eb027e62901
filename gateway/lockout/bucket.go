package lockout

import (
	"slices"
	"time"
)

// rule is what holds for one kind of bucket.
type rule struct {
	limit        int // 0: none
	window, lock time.Duration
}

// bucket remembers the wrong tries of one caller, number or meeting.
type bucket struct {
	wrong []time.Time // within the window, oldest first, never more than the limit
	until time.Time   // locked before this moment
	held  int         // tries that are being looked at
	stale bool        // something was forgotten that the file has yet
}

// forget drops what is over. A clock that was set back must not lock for longer
// than the rule says.
func (b *bucket) forget(r rule, now time.Time) {
	old := func(t time.Time) bool { return now.Sub(t) >= r.window || t.After(now) }
	had := len(b.wrong)
	b.wrong = slices.DeleteFunc(b.wrong, old)
	b.stale = b.stale || len(b.wrong) < had
	if latest := now.Add(r.lock); b.until.After(latest) {
		b.until = latest
	}
}

// locked reports whether there were too many wrong tries.
func (b *bucket) locked(r rule, now time.Time) bool {
	if r.limit == 0 {
		return false
	}
	b.forget(r, now)
	return now.Before(b.until) || len(b.wrong) >= r.limit
}

// full reports whether there is no room for another try, because of those that
// are being looked at, too.
func (b *bucket) full(r rule, now time.Time) bool {
	return b.locked(r, now) || r.limit > 0 && len(b.wrong)+b.held >= r.limit
}

// miss counts a wrong try and reports whether it has locked the bucket.
func (b *bucket) miss(r rule, now time.Time) bool {
	if r.limit == 0 {
		return false
	}
	b.forget(r, now)
	b.wrong = append(b.wrong, now)
	if len(b.wrong) < r.limit {
		return false
	}
	b.wrong, b.until = nil, now.Add(r.lock)
	return true
}

// empty reports that nothing would be lost with the bucket.
func (b *bucket) empty(r rule, now time.Time) bool {
	b.forget(r, now)
	return len(b.wrong) == 0 && b.held == 0 && !now.Before(b.until)
}
