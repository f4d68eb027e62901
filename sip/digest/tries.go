package digest

import (
	"net/netip"
	"sync"
	"time"
)

// tries counts wrong proofs by where they come from. An IPv6 network of 64 bits
// is one place: whoever has one of its addresses has them all.
type tries struct {
	limits Limits

	mu sync.Mutex
	of map[netip.Prefix]try
}

// try is what one place has done since a moment.
type try struct {
	since time.Time
	wrong int
}

func newTries(l Limits) *tries { return &tries{limits: l, of: map[netip.Prefix]try{}} }

func place(a netip.Addr) netip.Prefix {
	a = a.Unmap().WithZone("")
	bits := a.BitLen()
	if a.Is6() {
		bits = 64
	}
	p, _ := a.Prefix(bits)
	return p
}

// silenced reports whether a place was wrong too often.
func (t *tries) silenced(source netip.Addr, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	one, ok := t.of[place(source)]
	return ok && one.wrong >= t.limits.Tries && now.Sub(one.since) < t.limits.Silence
}

// add counts a wrong proof. last is whether it was one too many: the silence
// begins.
func (t *tries) add(source netip.Addr, now time.Time) (last bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	at := place(source)
	one, ok := t.of[at]
	if !ok && len(t.of) >= t.limits.Remembered {
		t.makeRoom(now)
	}
	if now.Sub(one.since) >= t.limits.Silence {
		one = try{since: now}
	}
	if one.wrong++; one.wrong == t.limits.Tries {
		one.since, last = now, true
	}
	t.of[at] = one
	return last
}

// makeRoom forgets those whose time is over, and one more where there are none:
// a wrong proof takes an answered challenge, so nobody has that many addresses.
func (t *tries) makeRoom(now time.Time) {
	for at, one := range t.of {
		if now.Sub(one.since) >= t.limits.Silence {
			delete(t.of, at)
		}
	}
	for at := range t.of {
		if len(t.of) < t.limits.Remembered {
			return
		}
		delete(t.of, at)
	}
}
