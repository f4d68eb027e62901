package embedded

import (
	"net/netip"
	"sync"
)

// How many connections are taken, so that nobody who opens them without end
// takes the meetings from the others. An office behind one address is below
// all of these.
const (
	maxStrangersHere = 32   // that have not been let in yet, from one address
	maxStrangers     = 512  // and from all of them
	maxPagesHere     = 256  // let in or not, from one address
	maxPages         = 2048 // and from all of them
)

// crowd counts the connections of pages, let in or not.
type crowd struct {
	mu    sync.Mutex
	all   presence
	where map[netip.Addr]presence
}

// presence is how many there are of one address, or of all.
type presence struct{ pages, strangers int }

func newCrowd() *crowd { return &crowd{where: map[netip.Addr]presence{}} }

// come counts a connection, and reports false where there are too many.
func (c *crowd) come(a netip.Addr) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	here := c.where[a]
	if here.strangers >= maxStrangersHere || here.pages >= maxPagesHere ||
		c.all.strangers >= maxStrangers || c.all.pages >= maxPages {
		return false
	}
	c.count(a, 1, 1)
	return true
}

// known counts a connection that was let in.
func (c *crowd) known(a netip.Addr) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.count(a, 0, -1)
}

// leave forgets a connection.
func (c *crowd) leave(a netip.Addr, stranger bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if stranger {
		c.count(a, -1, -1)
		return
	}
	c.count(a, -1, 0)
}

// count is called with c.mu held.
func (c *crowd) count(a netip.Addr, pages, strangers int) {
	here := c.where[a]
	here.pages += pages
	here.strangers += strangers
	c.all.pages += pages
	c.all.strangers += strangers
	if here.pages == 0 {
		delete(c.where, a)
		return
	}
	c.where[a] = here
}
