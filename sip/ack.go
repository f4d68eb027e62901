package sip

// ack brings an ACK to whom it concerns. One for a refusal shares the branch
// of its INVITE and ends that transaction; one for a 200 is a message of its
// own, and the dialog stops repeating. Nobody answers an ACK.
func (s *Server) ack(in incoming) {
	s.transactions.acknowledged(in.Request)
	if tag := in.toTag(); tag != "" {
		if d := s.dialogs.byTag(tag); d != nil && d.owns(in) {
			d.offer(told{incoming: in})
		}
	}
}
