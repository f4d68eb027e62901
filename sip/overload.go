package sip

// SetOverload makes the server ask before each new call whether there is too
// much to do. A reason other than the empty one turns the call away with 503 and
// Retry-After. The function must be quick and must not block.
func (s *Server) SetOverload(why func() string) { s.tooMuch.Store(&why) }

// overloaded is why no call can be taken now, empty where one can.
func (s *Server) overloaded() string {
	if why := s.tooMuch.Load(); why != nil {
		return (*why)()
	}
	return ""
}

// Waiting is how many calls have come that no processor was free for yet. Where
// there is time it is hardly ever more than a few.
func (s *Server) Waiting() int { return int(s.waiting.Load()) }
