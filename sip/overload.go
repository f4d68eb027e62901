package sip

// Overload says whether there is too much to do: a reason other than the empty
// one turns a call away with 503 and Retry-After. The functions must be quick and
// must not block.
type Overload struct {
	// Full is asked before anything else is done with a new call.
	Full func() string
	// Turn is asked where all else has been found in order. Who is given one
	// leaves fewer to others.
	Turn func() string
}

// SetOverload makes the server ask about each new call.
func (s *Server) SetOverload(o Overload) { s.tooMuch.Store(&o) }

// overloaded is why no call can be taken now, empty where one can.
func (s *Server) overloaded() string {
	if o := s.tooMuch.Load(); o != nil {
		return o.Full()
	}
	return ""
}

// outOfTurn is why this call cannot be taken, empty where it can.
func (s *Server) outOfTurn() string {
	if o := s.tooMuch.Load(); o != nil {
		return o.Turn()
	}
	return ""
}

// Waiting is how many calls have come that no processor was free for yet. Where
// there is time it is hardly ever more than a few.
func (s *Server) Waiting() int { return int(s.waiting.Load()) }
