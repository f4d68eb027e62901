package sip

import sipmsg "github.com/emiago/sipgo/sip"

// phase is how far a dialog has come.
type phase int

const (
	// ringing: the INVITE is in, no final answer is out.
	ringing phase = iota
	// answered: our 200 is out, its ACK is not in.
	answered
	// talking: the ACK has come.
	talking
	// leaving: our BYE is out, its answer is not in.
	leaving
	// over: nothing will be said any more.
	over
)

// state is all that decides what a dialog does next.
type state struct {
	phase phase
	// seq is the highest CSeq that the caller has used.
	seq uint32
	// unacked is the CSeq of the INVITE whose 200 awaits its ACK, 0 for none;
	// offered tells that this 200 carried an offer of ours.
	unacked uint32
	offered bool
	// farewell is the BYE that waits for the ACK: RFC 3261 section 15 forbids
	// the called side to send it earlier.
	farewell Cause
	parting  bool
}

// event is what happens to a dialog.
type event any

type (
	// asked: a request came inside the dialog.
	asked struct {
		method sipmsg.RequestMethod
		seq    uint32
		sdp    bool
	}
	// cancelled: the CANCEL of the first INVITE came.
	cancelled struct{}
	// acked: an ACK came.
	acked struct {
		seq uint32
		sdp bool
	}
	// alerted: the gateway lets it ring.
	alerted struct{}
	// wanted: the gateway takes the call.
	wanted struct{}
	// settled: offer and answer fit; offered tells that we made the offer.
	settled struct {
		method  sipmsg.RequestMethod
		seq     uint32
		offered bool
	}
	// unsettled: offer and answer do not fit.
	unsettled struct {
		method sipmsg.RequestMethod
		cause  Cause
	}
	// ended: our side wants the call to end.
	ended struct {
		cause Cause
		why   error
	}
	// unheard: the 200 has been repeated for 64*T1 and no ACK came.
	unheard struct{}
	// released: our BYE was answered, or never will be.
	released struct{}
	// abandoned: there is no time left for manners.
	abandoned struct{}
)

// action is what a dialog does about it.
type action any

type (
	// reply answers the request at hand; retry is in seconds.
	reply struct {
		status int
		retry  int
	}
	// ring sends 180.
	ring struct{}
	// negotiate takes the offer of the INVITE or UPDATE at hand, or makes one
	// where it has none, and reports settled or unsettled.
	negotiate struct{}
	// conclude takes the answer in the ACK at hand.
	conclude struct{}
	// accept sends the 200 of the INVITE at hand and repeats it until silent.
	accept struct{}
	// agree answers the UPDATE at hand with what was settled.
	agree struct{}
	// silent ends the repeating of the 200.
	silent struct{}
	// refuse sends the final answer of the first INVITE.
	refuse struct{ cause Cause }
	// decline sends the final answer of the INVITE or UPDATE at hand; the
	// call goes on as it was.
	decline struct{ cause Cause }
	// press takes the digit in the INFO at hand.
	press struct{}
	// bye sends BYE and reports released.
	bye struct{ cause Cause }
	// part takes the call from the gateway: its sound ends here and now.
	part struct{ why error }
	// forget takes the dialog out of the tables.
	forget struct{}
)

// retryLater is how many seconds a caller is asked to wait before it repeats a
// request that came while another was being dealt with (RFC 3261 section 14.2).
const retryLater = 2

// next is the whole life of a dialog of which we are the called side. An event
// that means nothing in a phase is ignored there: late ones are normal.
func next(s state, ev event) (state, []action) {
	switch ev := ev.(type) {
	case asked:
		return onRequest(s, ev)
	case acked:
		return onAck(s, ev)
	case cancelled:
		if s.phase == ringing {
			s.phase = over
			return s, []action{refuse{causeCancelled}, part{ErrCancelled}, forget{}}
		}
	case alerted:
		if s.phase == ringing {
			return s, []action{ring{}}
		}
	case wanted:
		if s.phase == ringing {
			return s, []action{negotiate{}}
		}
	case settled:
		return onSettled(s, ev)
	case unsettled:
		return onUnsettled(s, ev)
	case ended:
		return onEnded(s, ev)
	case unheard:
		if s.unacked != 0 && (s.phase == answered || s.phase == talking) {
			cause := causeNoAck
			if s.parting {
				cause = s.farewell
			}
			s.phase, s.unacked = leaving, 0
			return s, []action{silent{}, part{ErrNoAcknowledgement}, bye{cause}}
		}
	case abandoned:
		s.phase = over
		return s, []action{silent{}, part{ErrHungUp}, forget{}}
	case released:
		if s.phase == leaving {
			s.phase = over
			return s, []action{forget{}}
		}
	}
	return s, nil
}

// onSettled sends what was agreed.
func onSettled(s state, ev settled) (state, []action) {
	switch {
	case s.phase == leaving || s.phase == over:
		return s, nil
	case ev.method == sipmsg.UPDATE:
		return s, []action{agree{}}
	case s.phase == ringing:
		s.phase = answered
	}
	s.unacked, s.offered = ev.seq, ev.offered
	return s, []action{accept{}}
}

// onUnsettled ends a call that has no sound yet, and leaves one that has as it
// was (RFC 3261 section 14.2). An answer in an ACK that does not fit cannot be
// refused: the only way out is BYE.
func onUnsettled(s state, ev unsettled) (state, []action) {
	switch {
	case s.phase == leaving || s.phase == over:
		return s, nil
	case s.phase == ringing:
		s.phase = over
		return s, []action{refuse{ev.cause}, part{ErrOffer}, forget{}}
	case ev.method == sipmsg.ACK:
		s.phase, s.unacked = leaving, 0
		return s, []action{silent{}, part{ErrOffer}, bye{ev.cause}}
	}
	return s, []action{decline{ev.cause}}
}

// onEnded is our own hanging up.
func onEnded(s state, ev ended) (state, []action) {
	switch s.phase {
	case ringing:
		s.phase = over
		return s, []action{refuse{ev.cause}, part{ev.why}, forget{}}
	case answered:
		if s.parting {
			return s, nil
		}
		s.parting, s.farewell = true, ev.cause
		return s, []action{part{ev.why}}
	case talking:
		s.phase, s.unacked = leaving, 0
		return s, []action{silent{}, part{ev.why}, bye{ev.cause}}
	}
	return s, nil
}

// onAck ends the repeating of the 200 it belongs to.
func onAck(s state, ev acked) (state, []action) {
	if s.unacked == 0 || ev.seq != s.unacked || s.phase != answered && s.phase != talking {
		return s, nil
	}
	offered, first := s.offered, s.phase == answered
	s.phase, s.unacked, s.offered = talking, 0, false
	switch {
	case s.parting:
		s.phase = leaving
		return s, []action{silent{}, bye{s.farewell}}
	case offered && !ev.sdp && !first:
		// Some that only meant to refresh the call leave our offer unanswered: the
		// sound stays as it was.
	case offered && !ev.sdp:
		s.phase = leaving
		return s, []action{silent{}, part{ErrOffer}, bye{causeBadAnswer}}
	case offered:
		return s, []action{silent{}, conclude{}}
	}
	return s, []action{silent{}}
}

// onRequest puts a request in its place: RFC 3261 sections 12.2.2, 14.2, 15.1.2.
func onRequest(s state, ev asked) (state, []action) {
	if s.phase == over {
		return s, []action{reply{status: sipmsg.StatusCallTransactionDoesNotExists}}
	}
	if ev.seq <= s.seq {
		return s, []action{reply{status: sipmsg.StatusInternalServerError}}
	}
	s.seq = ev.seq
	if ev.method == sipmsg.BYE {
		return onBye(s)
	}
	if s.phase == leaving || s.parting {
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
		return s, []action{reply{sipmsg.StatusInternalServerError, retryLater}}
	case s.unacked != 0 && s.offered:
		return s, []action{reply{status: sipmsg.StatusRequestPending}}
	}
	s.phase, s.unacked = talking, 0
	return s, []action{silent{}, negotiate{}}
}

// onUpdate: without an offer it only says that the caller is alive (RFC 3311).
func onUpdate(s state, ev asked) (state, []action) {
	switch {
	case !ev.sdp:
		return s, []action{reply{status: sipmsg.StatusOK}}
	case s.phase == ringing:
		return s, []action{reply{sipmsg.StatusInternalServerError, retryLater}}
	case s.unacked != 0 && s.offered:
		return s, []action{reply{status: sipmsg.StatusRequestPending}}
	}
	return s, []action{negotiate{}}
}
