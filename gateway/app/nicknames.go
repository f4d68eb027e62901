package app

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"sync"
	"time"
)

const (
	// emptyFor is how long no telephone has been in a meeting when its nicknames
	// begin with 1 again: longer than a pause within a day, shorter than from one
	// day's meeting to the next's.
	emptyFor = 12 * time.Hour
	// mostKnown bounds how many callers of a meeting are known again. Whoever calls
	// after them has a new nickname each time.
	mostKnown = 1000
)

// nicknames are the numbers that tell the callers of a meeting apart: the n of
// "Phone n". Who calls again on the same day is the same, and nobody is called what
// somebody else was called in this meeting. A caller is remembered as a hash of
// their number, under a key that is never written down and goes with the day (UTC),
// as those of the records do. The zero value is ready.
type nicknames struct {
	mu       sync.Mutex
	day      time.Time
	key      [sha256.Size]byte
	meetings map[string]*roster
}

// roster are the nicknames of one meeting.
type roster struct {
	last   int // that was given out
	known  map[[sha256.Size]byte]*nickname
	here   int       // calls that have one
	vacant time.Time // since when there is none
}

// nickname is what a caller is called.
type nickname struct {
	n      int
	here   bool
	shared bool // its number has called twice at once: it does not tell who it is
}

// take gives a caller a nickname in a meeting, until free is called with the time
// then. number is empty where it is withheld, and such a caller is never known again.
func (n *nicknames) take(meeting, number string, now time.Time) (nth int, free func(time.Time)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.renew(now)
	r := n.meetings[meeting]
	if r == nil || r.over(now) {
		r = &roster{known: map[[sha256.Size]byte]*nickname{}}
		n.meetings[meeting] = r
	}
	r.here++
	mine := r.find(number, n.pseudonym(meeting, number))
	mine.here = true
	return mine.n, func(now time.Time) {
		n.mu.Lock()
		defer n.mu.Unlock()
		mine.here = false
		r.here--
		r.vacant = now
	}
}

// renew forgets, with the day, who has called, and which meetings are over.
func (n *nicknames) renew(now time.Time) {
	today := now.UTC().Truncate(24 * time.Hour)
	if n.meetings != nil && n.day.Equal(today) {
		return
	}
	n.day = today
	_, _ = rand.Read(n.key[:]) // never fails
	if n.meetings == nil {
		n.meetings = map[string]*roster{}
	}
	for id, r := range n.meetings {
		if clear(r.known); r.over(now) {
			delete(n.meetings, id)
		}
	}
}

// pseudonym is how a number is known in one meeting today.
func (n *nicknames) pseudonym(meeting, number string) [sha256.Size]byte {
	mac := hmac.New(sha256.New, n.key[:])
	mac.Write([]byte(meeting + "\x00" + number))
	return [sha256.Size]byte(mac.Sum(nil))
}

// over reports that nobody is there any more who could mix up two callers.
func (r *roster) over(now time.Time) bool { return r.here == 0 && now.Sub(r.vacant) >= emptyFor }

// find is the nickname that a caller has had, else a new one. Two who call from one
// number, as from a company, may be two people: once both are there, neither is
// known again.
func (r *roster) find(number string, pseudonym [sha256.Size]byte) *nickname {
	had := r.known[pseudonym]
	if had != nil && !had.here && !had.shared {
		return had
	}
	r.last++
	mine := &nickname{n: r.last}
	switch {
	case had != nil:
		had.shared = true
	case number != "" && len(r.known) < mostKnown:
		r.known[pseudonym] = mine
	}
	return mine
}

// guest is a call as the meeting that it comes to knows it. It belongs to the
// call's goroutine.
type guest struct {
	nicknames *nicknames
	number    string // empty where it is withheld

	meeting string // that it came to last
	nth     int    // what it is called there; 0: it has come to none
	free    func(time.Time)
}

// in is the number by which the caller is told from others in a meeting, the same
// for the whole call.
func (g *guest) in(meeting string) int {
	if g.nth == 0 || g.meeting != meeting {
		g.leave()
		g.meeting = meeting
		g.nth, g.free = g.nicknames.take(meeting, g.number, time.Now())
	}
	return g.nth
}

// leave is the end of the call.
func (g *guest) leave() {
	if g.free != nil {
		g.free(time.Now())
	}
	g.nth, g.free = 0, nil
}
