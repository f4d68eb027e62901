package sip

import (
	"math/rand/v2"

	sipmsg "github.com/emiago/sipgo/sip"
)

// options tells a trunk what we can, and whether it should bring calls.
func (s *Server) options(in incoming) {
	if s.draining.Load() {
		s.answer(in, sipmsg.StatusServiceUnavailable, append(abilities(), retryAfter(s.retryIn()))...)
		return
	}
	s.answer(in, sipmsg.StatusOK, abilities()...)
}

// Drain asks the trunks to bring no more calls: new ones, and OPTIONS, get 503
// with Retry-After. Calls that are there go on.
func (s *Server) Drain() { s.draining.Store(true) }

// Resume takes new calls again.
func (s *Server) Resume() { s.draining.Store(false) }

// Draining reports that new calls are turned away by Drain.
func (s *Server) Draining() bool { return s.draining.Load() }

// retryIn is for how many seconds a trunk should leave us alone; spread, so
// that all those we turned away do not come back together.
func (s *Server) retryIn() int {
	if s.draining.Load() {
		return 30 + rand.IntN(31)
	}
	return 2 + rand.IntN(9)
}
