package sip

import sipmsg "github.com/emiago/sipgo/sip"

// onDue refreshes the call, unless another request is still being dealt with.
func onDue(s state, ev due) (state, []action) {
	switch {
	case s.phase != talking && s.phase != answered || s.parting:
		return s, nil
	case s.phase == answered || s.unacked != 0 || s.asking != "":
		return s, []action{postpone{}}
	}
	s.asking = ev.method
	return s, []action{refresh(ev)}
}

// onReplied takes the final answer to our own INVITE or UPDATE. Whatever it is,
// the sound stays as it was unless it is a success (RFC 3261 section 14.1).
func onReplied(s state, ev replied) (state, []action) {
	s.asking = ""
	switch {
	case s.phase != talking:
		return s, nil
	case ev.status == 0 || isGone(ev.status):
		s.phase, s.unacked = leaving, 0
		return s, []action{silent{}, part{ErrNoReply}, bye{causeNoReply}}
	case ev.again != "":
		s.asking = ev.again
		return s, []action{refresh{ev.again}}
	case ev.status >= 300:
		return s, []action{postpone{ev.status}}
	case ev.method == sipmsg.INVITE && ev.sdp:
		return s, []action{adopt{}}
	}
	return s, nil
}
