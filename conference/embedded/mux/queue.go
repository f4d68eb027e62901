package mux

import "sync"

// packet waits for its connection to be read.
type packet struct {
	next *packet
	from way
	size int
	data [longest]byte
}

// queue holds packets in the order in which they came.
type queue struct {
	first, last *packet
	length      int
}

func (q *queue) push(p *packet) {
	if p.next = nil; q.last != nil {
		q.last.next = p
	} else {
		q.first = p
	}
	q.last = p
	q.length++
}

func (q *queue) pop() *packet {
	p := q.first
	if q.first = p.next; q.first == nil {
		q.last = nil
	}
	q.length--
	return p
}

// spare is how many packets are kept for later. Sound is taken before it would
// wait, so few do: checks, reports and handshakes.
const spare = 16

// store keeps packets that are free, so that none is allocated as long as they
// are read in time.
type store struct {
	mu   sync.Mutex
	free queue
}

func (s *store) take() *packet {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.free.length == 0 {
		return &packet{}
	}
	return s.free.pop()
}

func (s *store) give(p *packet) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.free.length < spare {
		s.free.push(p)
	}
}
