package sip

import (
	"context"
	"math/rand/v2"
	"net/netip"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
	"github.com/rs/zerolog"
)

// inboxSize is how many messages may wait for a dialog. More than a few means
// that the caller floods it.
const inboxSize = 32

// dialog is a conversation with one caller. Everything below inbox belongs to
// the goroutine of run; others send it messages.
type dialog struct {
	server *Server
	call   *Call
	trunk  *trunk
	log    zerolog.Logger
	first  *served
	secure bool       // the INVITE came encrypted
	origin netip.Addr // and from where

	// The three names of the dialog: RFC 3261 section 12.
	tag, callID, callerTag string

	inbox chan any
	gone  chan struct{} // closed when run has returned

	state    state
	hand     told         // the request at hand
	invite   told         // the INVITE that is being answered
	takers   []chan error // who waits in Call.Answer
	speakers []chan error // who waits in Call.Early
	where    route        // where our own requests go
	seq      uint32       // the CSeq of our last request
	number   uint32       // the RSeq of our last reliable provisional answer
	unproven *provisional // the one being repeated
	final    *response200 // the 200 being repeated
	session  []byte       // what we said last about the sound
	keeping  keeping      // how the call is refreshed
	result   outcome      // of our last refresh
	proof    proof        // for a trunk that wants our password
	refused  bool         // our last request, for want of the right one
	parted   bool         // the gateway has been told of the end
	cancel   context.CancelCauseFunc
	clocks
}

// clocks are the timers of a dialog, by what happens when they go off.
type clocks struct {
	linger *time.Timer // a caller who waits is told more
	prove  *time.Timer // the provisional answer is repeated
	repeat *time.Timer // the 200 is repeated
	probe  *time.Timer // we ask whether the caller is still there
	due    *time.Timer // we refresh the call
	expiry *time.Timer // it was not refreshed
}

func stoppedClocks() clocks {
	stopped := func() *time.Timer {
		t := time.NewTimer(time.Hour)
		t.Stop()
		return t
	}
	return clocks{stopped(), stopped(), stopped(), stopped(), stopped(), stopped()}
}

func (c clocks) stopClocks() {
	for _, t := range []*time.Timer{c.linger, c.prove, c.repeat, c.probe, c.due, c.expiry} {
		t.Stop()
	}
}

// told is a request inside the dialog and the transaction to answer it in; an
// ACK has none, and a CANCEL answers itself.
type told struct {
	incoming
	tx *served
}

// takeCall is Call.Answer, and speakEarly is Call.Early.
type (
	takeCall   struct{ result chan error }
	speakEarly struct{ result chan error }
)

// offer gives the dialog a message from the net, unless too many wait already.
func (d *dialog) offer(m any) bool {
	select {
	case d.inbox <- m:
		d.sweep()
		return true
	default:
		return false
	}
}

// post gives the dialog a message from the gateway, and waits for room. It
// reports false when the dialog is over.
func (d *dialog) post(m any) bool {
	select {
	case <-d.gone:
		return false
	case d.inbox <- m:
		return true
	}
}

// sweep answers what has come too late, so that no transaction is left open.
// Before the end it does nothing.
func (d *dialog) sweep() {
	select {
	case <-d.gone:
	default:
		return
	}
	for {
		select {
		case m := <-d.inbox:
			if m, ok := m.(told); ok && m.tx != nil {
				d.respond(m, sipmsg.StatusCallTransactionDoesNotExists)
			}
		default:
			return
		}
	}
}

// owns reports whether a request belongs to this dialog: same names, same
// trunk, from whichever of its addresses unless the operator is strict. When the operator has given the
// trunk another name, its addresses still lead their old calls; and trunks that
// share a registrar are told apart by the account called, which only the first
// request names.
func (d *dialog) owns(in incoming) bool {
	shared := d.trunk.use.retired.Load() || len(d.trunk.Register) > 0
	theirs := in.trunk.use == d.trunk.use || shared && d.trunk.has(in.source.Addr())
	if d.trunk.Requests == "strict" && in.source.Addr() != d.origin {
		return false
	}
	return theirs && string(*in.CallID()) == d.callID && in.fromTag() == d.callerTag
}

// secureSignalling reports that the INVITE came encrypted.
func (d *dialog) secureSignalling() bool { return d.secure }

// run leads the dialog to its end.
func (d *dialog) run() {
	defer d.sweep()
	defer close(d.gone)
	lost := d.call.leg.Lost()
	d.linger.Reset(d.server.timing.ring)
	for d.state.phase != over {
		select {
		case m := <-d.inbox:
			d.guarded(func() { d.hear(m) })
		case <-d.repeat.C:
			d.guarded(d.repeat200)
		case <-d.probe.C:
			d.guarded(d.ask)
		case <-d.prove.C:
			d.guarded(d.tellAgain)
		case <-d.linger.C:
			d.guarded(d.tellMore)
		case <-d.due.C:
			d.guarded(func() { d.happen(due{d.refreshBy()}) })
		case <-d.expiry.C:
			d.guarded(func() { d.happen(ended{causeExpired, ErrExpired}) })
		case <-lost:
			lost = nil
			d.guarded(func() { d.happen(ended{causeNoMedia, ErrNoMedia}) })
		}
	}
	d.stopClocks()
	d.part(ErrHungUp)
	d.server.dialogs.remove(d)
	d.trunk.leave()
}

// guarded keeps a panic to this call: it ends, the others go on.
func (d *dialog) guarded(step func()) {
	defer func() {
		if r := recover(); r != nil {
			d.server.panicked(&d.log, r, "call")
			d.giveUp()
		}
	}()
	step()
}

// giveUp ends a call that we have lost track of, with what can still be said.
func (d *dialog) giveUp() {
	defer func() {
		if recover() != nil {
			d.state.phase = over
			d.first.Terminate()
		}
	}()
	hand := d.hand
	d.hand = told{}
	if hand.tx != nil {
		d.respond(hand, causeFault.Status)
	}
	if d.state.phase == talking || d.state.phase == leaving || d.final != nil {
		d.happen(ended{causeFault, ErrHungUp})
		return
	}
	// The final answer itself may be what was lost. Where it was not, sipgo lets
	// no second one out.
	d.state.phase = over
	d.respond(told{incoming{Request: d.first.Origin(), arrival: d.invite.arrival}, d.first}, causeFault.Status)
}

// hear takes one message out of the inbox.
func (d *dialog) hear(m any) {
	switch m := m.(type) {
	case told:
		d.hand = m
		d.read(m)
	case alive:
		d.watch()
	case mute:
		d.miss()
	case takeCall:
		d.takers = append(d.takers, m.result)
		d.happen(wanted{})
	case speakEarly:
		d.speakers = append(d.speakers, m.result)
		d.happen(forestalled{})
	case outcome:
		d.replied(m)
	case farewell:
		d.parting(m)
	case repeated:
		d.again(m.res)
	default:
		d.happen(m)
	}
	d.hand = told{}
	d.answerTakers()
}

// read makes an event of a request.
func (d *dialog) read(m told) {
	body, problem := session(m.Request)
	sdp := len(body) > 0 || problem != nil
	last := d.state.seq
	switch m.Method {
	case sipmsg.CANCEL:
		d.happen(cancelled{})
	case sipmsg.ACK:
		d.happen(acked{m.CSeq().SeqNo, sdp})
	case sipmsg.PRACK:
		d.happen(proved{m.CSeq().SeqNo, d.proves(m.Request), sdp})
	default:
		d.happen(asked{m.Method, m.CSeq().SeqNo, sdp})
	}
	if d.state.seq > last {
		d.where.follow(m.incoming)
	}
}

// happen lets the state decide, and does what it says.
func (d *dialog) happen(ev event) {
	var actions []action
	d.state, actions = next(d.state, ev)
	for _, a := range actions {
		d.do(a)
	}
}

// do carries out one action. Those that have a result report it as an event,
// so they stand last in their list.
func (d *dialog) do(a action) {
	switch a := a.(type) {
	case reply:
		d.reply(a)
	case ring:
		d.ring(a.reliable)
	case progress:
		d.progress(a)
	case proven:
		d.stopTelling()
	case herald:
		d.speak(a.why)
	case negotiate:
		d.negotiate(a.first)
	case conclude:
		d.conclude()
	case accept:
		d.accept(a.bare)
	case agree:
		d.agree(a.bare)
	case refresh:
		d.refresh(a.method)
	case adopt:
		d.adopt()
	case postpone:
		d.postpone(a.status)
	case silent:
		d.stopRepeating()
	case refuse:
		d.refuse(a.cause)
	case decline:
		d.decline(a.cause)
	case press:
		d.press()
	case bye:
		d.bye(a.cause)
	case part:
		d.part(a.why)
	case forget:
		d.server.dialogs.remove(d)
	}
}

// answerTakers releases Call.Answer when sound can flow, and Call.Early when it
// can before.
func (d *dialog) answerTakers() {
	up := d.state.phase == talking || d.state.phase == answered && !d.state.offered
	if up && !d.state.parting || d.state.phase == ringing && d.state.prelude.said && !d.state.offered {
		d.speak(nil)
	}
	if !up || d.state.parting {
		return
	}
	for _, t := range d.takers {
		t <- nil
	}
	d.takers = nil
}

// speak releases Call.Early.
func (d *dialog) speak(err error) {
	for _, s := range d.speakers {
		s <- err
	}
	d.speakers = nil
}

// part ends the call for the gateway: the sound, the context, the waiting.
func (d *dialog) part(why error) {
	if d.parted {
		return
	}
	d.parted = true
	d.call.leg.Close()
	d.call.err = why
	close(d.call.done)
	d.cancel(why)
	d.trunk.end()
	d.server.calls.remove(d.call)
}

// reply answers the request at hand.
func (d *dialog) reply(a reply) {
	headers := allowFor(a.status)
	if a.later {
		headers = append(headers, retryAfter(rand.IntN(11))) // RFC 3261 section 14.2
	}
	if d.hand.Method == sipmsg.OPTIONS {
		headers = append(headers, abilities()...)
	}
	d.respond(d.hand, a.status, headers...)
}

// respond answers a request in its transaction.
func (d *dialog) respond(m told, status int, headers ...sipmsg.Header) {
	d.server.counts.answered(status)
	d.send(m.tx, d.server.response(m.incoming, status, d.tag, headers...))
}

func (d *dialog) send(tx *served, res *sipmsg.Response) {
	if err := tx.Respond(res); err != nil {
		d.log.Debug().Err(err).Int("status", res.StatusCode).Msg("answer lost")
	}
}
