package sip

import sipmsg "github.com/emiago/sipgo/sip"

// cancel answers a CANCEL and tells the call that it is for. One that comes
// after the final answer is confirmed and changes nothing (RFC 3261 section
// 9.2).
func (s *Server) cancel(in incoming) {
	key, ok := s.transactions.cancelled(in.Request)
	if !ok {
		s.answer(in, sipmsg.StatusCallTransactionDoesNotExists)
		return
	}
	d := s.dialogs.byInvite(key)
	if d == nil {
		s.answer(in, sipmsg.StatusOK)
		return
	}
	if !d.owns(in) {
		s.answer(in, sipmsg.StatusCallTransactionDoesNotExists)
		return
	}
	if len(d.inbox) == cap(d.inbox) {
		// Any answer would end the repeating of a CANCEL that nobody has heard.
		s.counts.shed.Add(1)
		return
	}
	s.counts.answered(sipmsg.StatusOK)
	if err := in.wire.WriteMsg(s.response(in, sipmsg.StatusOK, d.tag)); err != nil {
		s.log.Debug().Err(err).Msg("answer lost")
	}
	d.offer(told{incoming: in})
}
