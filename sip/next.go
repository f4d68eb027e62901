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
	// first is the CSeq of the first INVITE, seq the highest that the caller
	// has used.
	first, seq uint32
	prelude    prelude
	// unacked is the CSeq of the INVITE whose 200 awaits its ACK, 0 for none.
	unacked uint32
	// offered: an offer of ours is out that awaits its answer, in the ACK of that
	// 200 or in the PRACK of a 183.
	offered bool
	// stands: an offer and an answer have met, so there is sound that what
	// comes later cannot take away.
	stands bool
	// asking is the method of our own INVITE or UPDATE that awaits its final
	// answer, empty for none.
	asking sipmsg.RequestMethod
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
	// proved: a PRACK came; matches tells that it names the provisional answer
	// that waits for it.
	proved struct {
		seq     uint32
		matches bool
		sdp     bool
	}
	// alerted: the gateway lets it ring.
	alerted struct{}
	// lingering: the caller has heard nothing new for a while.
	lingering struct{}
	// forestalled: the gateway wants to be heard before it answers.
	forestalled struct{}
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
	// concluded: the answer to our offer fits, which came in an ACK or a PRACK.
	concluded struct{ method sipmsg.RequestMethod }
	// due: it is time to refresh the call, by this method.
	due struct{ method sipmsg.RequestMethod }
	// replied: our own request has its final answer, 0 if there never will be
	// one. again is the method by which it is worth trying at once, if any.
	replied struct {
		method sipmsg.RequestMethod
		status int
		sdp    bool
		again  sipmsg.RequestMethod
	}
	// ended: our side wants the call to end.
	ended struct {
		cause Cause
		why   error
	}
	// unheard: the 200 has been repeated for 64*T1 and no ACK came.
	unheard struct{}
	// unproved: a reliable provisional answer has been repeated for 64*T1 and no
	// PRACK came.
	unproved struct{}
	// released: our BYE was answered, or never will be.
	released struct{}
	// abandoned: there is no time left for manners.
	abandoned struct{}
)

// action is what a dialog does about it.
type action any

type (
	// reply answers the request at hand; later asks for it again after a while.
	reply struct {
		status int
		later  bool
	}
	// ring sends 180, and reliable repeats it until proven.
	ring struct{ reliable bool }
	// progress sends 183, and unless bare with our description.
	progress struct{ reliable, bare bool }
	// proven ends the repeating of a provisional answer.
	proven struct{}
	// herald tells whoever wants to be heard early that it cannot be.
	herald struct{ why error }
	// negotiate takes the offer of the request at hand, or of the first INVITE, or
	// makes one where it has none, and reports settled or unsettled.
	negotiate struct{ first bool }
	// conclude takes the answer in the ACK or PRACK at hand, and reports
	// concluded or unsettled.
	conclude struct{}
	// accept sends the 200 of the INVITE at hand and repeats it until silent;
	// bare leaves out our description.
	accept struct{ bare bool }
	// agree answers the UPDATE or PRACK at hand with 200, and unless bare with
	// what was settled.
	agree struct{ bare bool }
	// refresh sends an INVITE or UPDATE of ours, and reports replied.
	refresh struct{ method sipmsg.RequestMethod }
	// adopt takes the answer to our INVITE.
	adopt struct{}
	// postpone tries again later, as the answer or none has it.
	postpone struct{ status int }
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

// next is the whole life of a dialog of which we are the called side. An event
// that means nothing in a phase is ignored there: late ones are normal.
func next(s state, ev event) (state, []action) {
	switch ev := ev.(type) {
	case asked:
		return onRequest(s, ev)
	case proved:
		return onPrack(s, ev)
	case acked:
		return onAck(s, ev)
	case alerted, lingering, forestalled, wanted, unproved:
		return onRinging(s, ev)
	case settled:
		return onSettled(s, ev)
	case concluded:
		return onConcluded(s, ev)
	case unsettled:
		return onUnsettled(s, ev)
	case due:
		return onDue(s, ev)
	case replied:
		return onReplied(s, ev)
	}
	return onEnd(s, ev)
}

// onEnd are the ways in which a dialog ends without a request of the caller.
func onEnd(s state, ev event) (state, []action) {
	switch ev := ev.(type) {
	case cancelled:
		if s.phase == ringing {
			s.phase = over
			return s, []action{refuse{causeCancelled}, part{ErrCancelled}, forget{}}
		}
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
	if s.phase == leaving || s.phase == over {
		return s, nil
	}
	s.stands = s.stands || !ev.offered
	switch {
	case ev.method != sipmsg.INVITE && s.phase == ringing:
		s.prelude.bare = true
		return after(s, agree{})
	case ev.method != sipmsg.INVITE:
		return s, []action{agree{}}
	case s.phase == ringing:
		s.prelude.described, s.prelude.offering = true, ev.offered
		return proceed(s)
	}
	s.unacked, s.offered = ev.seq, ev.offered
	return s, []action{accept{}}
}

// onConcluded: the answer to our offer fits. A PRACK that brought it is
// confirmed, and then the call may be answered.
func onConcluded(s state, ev concluded) (state, []action) {
	if s.phase == leaving || s.phase == over {
		return s, nil
	}
	s.stands = true
	if ev.method != sipmsg.PRACK {
		return s, nil
	}
	s.offered, s.prelude.offering, s.prelude.bare = false, false, true
	return after(s, agree{bare: true})
}

// onUnsettled ends a call that has no sound yet, and leaves one that has as it
// was (RFC 3261 section 14.2). An answer in an ACK that does not fit cannot be
// refused: the only way out is BYE.
func onUnsettled(s state, ev unsettled) (state, []action) {
	switch {
	case s.phase == leaving || s.phase == over:
		return s, nil
	case s.phase == ringing && ev.method == sipmsg.INVITE && s.prelude.wish == hearing:
		s.prelude.wish = nothing
		return s, []action{herald{ErrOffer}}
	case s.phase == ringing && ev.method == sipmsg.INVITE:
		s.phase = over
		return s, []action{refuse{ev.cause}, part{ErrOffer}, forget{}}
	case s.phase == ringing && ev.method == sipmsg.PRACK && s.offered:
		s.phase = over
		return s, []action{decline{ev.cause}, refuse{ev.cause}, part{ErrOffer}, forget{}}
	case s.phase == ringing:
		return after(s, decline{ev.cause})
	case ev.method == sipmsg.ACK && s.stands:
		return s, nil
	case ev.method == sipmsg.ACK:
		s.phase, s.unacked = leaving, 0
		return s, []action{silent{}, part{ErrOffer}, bye{ev.cause}}
	}
	return s, []action{decline{ev.cause}}
}

// onEnded is our own hanging up. A request of ours that is still out does not
// keep us: its answer finds the call leaving.
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
	offered := s.offered
	s.phase, s.unacked, s.offered = talking, 0, false
	switch {
	case s.parting:
		s.phase = leaving
		return s, []action{silent{}, bye{s.farewell}}
	case offered && !ev.sdp && s.stands:
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
