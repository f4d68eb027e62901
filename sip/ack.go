package sip

// ack brings an ACK to whom it concerns. One for a refusal ends its
// transaction; one for a 200 is a message of its own, and its dialog stops
// repeating. Nobody answers an ACK.
func (s *Server) ack(in incoming) {
	if tag := in.toTag(); tag != "" {
		if d := s.dialogs.byTag(tag); d != nil && d.owns(in) {
			d.offer(told{incoming: in})
			return
		}
	}
	s.transactions.repeated(in.Request)
}
