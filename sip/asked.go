package sip

import sipmsg "github.com/emiago/sipgo/sip"

// inTurn counts a request of the caller, or says what to answer one that comes
// too late (RFC 3261 section 12.2.2).
func inTurn(s state, seq uint32) (state, []action) {
	switch {
	case s.phase == over:
		return s, []action{reply{status: sipmsg.StatusCallTransactionDoesNotExists}}
	case seq <= s.seq:
		return s, []action{reply{status: sipmsg.StatusInternalServerError}}
	}
	s.seq = seq
	return s, nil
}

// onRequest puts a request in its place: RFC 3261 sections 12.2.2, 14.2, 15.1.2.
func onRequest(s state, ev asked) (state, []action) {
	s, no := inTurn(s, ev.seq)
	switch {
	case no != nil:
		return s, no
	case ev.method == sipmsg.BYE:
		return onBye(s)
	case s.phase == leaving || s.parting:
		return s, []action{reply{status: sipmsg.StatusCallTransactionDoesNotExists}}
	}
	switch ev.method {
	case sipmsg.INVITE:
		return onReinvite(s)
	case sipmsg.UPDATE:
		return onUpdate(s, ev)
	case sipmsg.INFO:
		return s, []action{press{}}
	case sipmsg.OPTIONS:
		return s, []action{reply{status: sipmsg.StatusOK}}
	case sipmsg.REFER:
		// A gateway that followed a REFER would dial whom the caller names.
		return s, []action{reply{status: sipmsg.StatusGlobalDecline}}
	}
	return s, []action{reply{status: unknownMethod(ev.method)}}
}

// onBye: whoever hears BYE has lost the call, whatever was being said.
func onBye(s state) (state, []action) {
	was := s.phase
	s.phase, s.unacked = over, 0
	actions := []action{reply{status: sipmsg.StatusOK}, silent{}}
	if was == ringing {
		actions = append(actions, refuse{causeCancelled})
	}
	return s, append(actions, part{ErrCallerGone}, forget{})
}

// onReinvite: whoever sends a second INVITE has seen our 200 to the first, so
// its ACK is only late or lost, unless it is to bring the answer to an offer.
func onReinvite(s state) (state, []action) {
	switch {
	case s.phase == ringing:
		return s, []action{reply{sipmsg.StatusInternalServerError, true}}
	case s.unacked != 0 && s.offered, s.asking == sipmsg.INVITE:
		return s, []action{reply{status: sipmsg.StatusRequestPending}}
	}
	s.phase, s.unacked = talking, 0
	return s, []action{silent{}, negotiate{}}
}

// onUpdate: without an offer it only says that the caller is alive. With one it
// needs that no other offer is open: RFC 3311 section 5.2. Before the answer
// to the call that is so once a reliable 183 has answered the first.
func onUpdate(s state, ev asked) (state, []action) {
	switch {
	case !ev.sdp:
		return s, []action{agree{bare: true}}
	case s.offered || s.asking == sipmsg.INVITE:
		return s, []action{reply{status: sipmsg.StatusRequestPending}}
	case s.phase == ringing && (!s.prelude.said || s.prelude.reliable == never):
		return s, []action{reply{sipmsg.StatusInternalServerError, true}}
	}
	return s, []action{negotiate{}}
}
