package sip

import (
	"errors"

	sipmsg "github.com/emiago/sipgo/sip"
)

// errNoEarlySound reports a caller to whom nothing can be said before the
// answer: their INVITE has no offer, and they know no PRACK to answer ours in.
var errNoEarlySound = errors.New("caller offers no sound before the answer")

// prelude is what happens before the final answer to the first INVITE: how its
// provisional answers are made sure of (RFC 3262) and whether sound has gone
// before (RFC 3960).
type prelude struct {
	wish     wish
	reliable reliability
	// proving: a reliable provisional answer awaits its PRACK; promised: it
	// carries our description. There is one at a time.
	proving, promised bool
	// described: there is a description of ours; offering: it is an offer.
	described, offering bool
	// said: a 183 has carried it; bare: more has been agreed since, so that the
	// 200 must not repeat it.
	said, bare bool
}

// wish is what the gateway wants of a call that rings and cannot have yet.
type wish int

const (
	nothing   wish = iota
	hearing        // to be heard before the answer
	answering      // to answer
)

// reliability is what the caller thinks of 100rel.
type reliability int

const (
	never reliability = iota
	supported
	required
)

// onRinging is what the gateway does with a call that has no final answer.
func onRinging(s state, ev event) (state, []action) {
	p := &s.prelude
	switch ev.(type) {
	case forestalled:
		if s.phase != ringing || p.said {
			return s, nil
		}
		p.wish = max(p.wish, hearing)
		return proceed(s)
	case wanted:
		if s.phase == ringing {
			p.wish = answering
			return proceed(s)
		}
	case alerted:
		// Who hears us needs no bell, and one that would have to wait for the
		// PRACK of another is no news.
		if s.phase == ringing && !p.said && !p.proving {
			p.proving = p.reliable == required
			return s, []action{ring{p.proving}}
		}
	case lingering:
		return onLingering(s)
	case unproved:
		if s.phase == ringing && p.proving {
			s.phase = over
			return s, []action{refuse{causeNoPrack}, part{ErrNoAcknowledgement}, forget{}}
		}
	}
	return s, nil
}

// onLingering says once more how far it is, lest a proxy give up (RFC 3261
// section 13.3.1.1). Where that was made sure of, the description is there.
func onLingering(s state) (state, []action) {
	p := &s.prelude
	if s.phase != ringing || p.proving {
		return s, nil
	}
	p.proving = p.reliable == required
	if p.said {
		return s, []action{progress{reliable: p.proving, bare: p.reliable != never}}
	}
	return s, []action{ring{p.proving}}
}

// proceed does what the gateway wishes as soon as it may be done. A 183 waits
// until the one before it is proven, and a 200 until the description is (RFC
// 3262 section 3).
func proceed(s state) (state, []action) {
	p := &s.prelude
	switch {
	case s.phase != ringing || p.wish == nothing || s.offered:
		return s, nil
	case p.wish == hearing && p.proving, p.proving && p.promised:
		return s, nil
	case !p.described:
		return s, []action{negotiate{first: true}}
	case p.wish == hearing && p.offering && p.reliable == never:
		p.wish = nothing
		return s, []action{herald{errNoEarlySound}}
	case p.wish == hearing:
		p.wish, p.said = nothing, true
		p.proving = p.reliable != never
		p.promised = p.proving
		s.offered = p.offering
		return s, []action{progress{reliable: p.proving}}
	}
	s.phase, s.unacked, s.offered = answered, s.first, p.offering
	bare := p.bare
	s.prelude = prelude{proving: p.proving} // that PRACK may still come
	return s, []action{accept{bare}}
}

// after does one thing and then what was waiting for it.
func after(s state, first action) (state, []action) {
	s, more := proceed(s)
	return s, append([]action{first}, more...)
}

// onPrack takes the PRACK of a provisional answer, and the answer or the offer
// in it (RFC 3262 section 5).
func onPrack(s state, ev proved) (state, []action) {
	s, no := inTurn(s, ev.seq)
	if no != nil {
		return s, no
	}
	p := &s.prelude
	if !p.proving || !ev.matches {
		return s, []action{reply{status: sipmsg.StatusCallTransactionDoesNotExists}}
	}
	p.proving, p.promised = false, false
	switch {
	case s.phase != ringing && ev.sdp:
		return s, []action{reply{status: sipmsg.StatusRequestPending}}
	case s.offered && ev.sdp:
		return s, []action{proven{}, conclude{}}
	case s.offered:
		s.phase = over
		return s, []action{proven{}, decline{causeBadAnswer}, refuse{causeBadAnswer}, part{ErrOffer}, forget{}}
	case ev.sdp && p.said:
		return s, []action{proven{}, negotiate{}}
	case ev.sdp:
		// The offer of the INVITE is still open.
		s, more := after(s, decline{causeEarlyOffer})
		return s, append([]action{proven{}}, more...)
	}
	s, more := after(s, agree{bare: true})
	return s, append([]action{proven{}}, more...)
}
