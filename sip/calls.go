package sip

import (
	"slices"
	"sync"
)

// calls are those that the gateway has in hand.
type calls struct {
	mu  sync.Mutex
	all map[*Call]struct{}
}

func newCalls() *calls { return &calls{all: map[*Call]struct{}{}} }

func (c *calls) add(call *Call) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all[call] = struct{}{}
}

func (c *calls) remove(call *Call) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.all, call)
}

func (c *calls) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.all)
}

func (c *calls) list() []*Call {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := make([]*Call, 0, len(c.all))
	for call := range c.all {
		list = append(list, call)
	}
	slices.SortFunc(list, func(a, b *Call) int { return a.began.Compare(b.began) })
	return list
}
