package sip

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"github.com/einwahl/einwahl/sip/media"
)

// invite begins a call, or refuses it where that needs no dialog: a refusal
// that leaves nothing behind is what keeps us standing when too many call.
func (s *Server) invite(in incoming) {
	switch {
	case s.transactions.merged(in.Request):
		s.answer(in, sipmsg.StatusLoopDetected)
		return
	case in.GetHeader("replaces") != nil:
		// RFC 3891 section 3: no dialog of ours may be replaced.
		s.answer(in, sipmsg.StatusCallTransactionDoesNotExists)
		return
	}
	if !in.asked {
		if cause, full := s.full(s.dismissals.keyOf(in.mark())); full {
			s.turnAway(in, cause)
			return
		}
	}
	if full := in.trunk.begin(); full != nil {
		s.turnAway(in, *full)
		return
	}
	// After the trunk's own limits: who meets those takes no turn of the others'.
	if why := s.outOfTurn(); why != "" {
		in.trunk.end()
		in.trunk.leave()
		s.turnAway(in, Cause{causeOverload.Status, causeOverload.Q850, why})
		return
	}
	tx, err := s.transactions.open(in)
	if err != nil {
		in.trunk.end()
		in.trunk.leave()
		return
	}
	_ = tx.Respond(s.response(in, sipmsg.StatusTrying, ""))
	d := s.newDialog(told{in, tx})
	s.dialogs.add(d)
	if !s.lead(d) {
		d.respond(told{in, tx}, sipmsg.StatusServiceUnavailable, retryAfter(s.retryIn()))
		s.bury(d)
	}
}

// turnAway refuses a call that the operator's limits leave no room for, and
// says to both sides which of them.
func (s *Server) turnAway(in incoming, cause Cause) {
	s.dismissals.put(s.dismissals.keyOf(in.mark()), cause)
	s.shed(in.trunk, cause)
	s.answer(in, cause.Status, append(reasons(cause), retryAfter(s.retryIn()))...)
}

// shed counts a call that is turned away, and keeps the rule for the next line
// of the log where that has none yet.
func (s *Server) shed(t *trunk, cause Cause) {
	s.counts.shed.Add(1)
	if s.counts.aShed.Load() == nil {
		why := fmt.Sprintf("trunk %s: %s", t.Name, cause.Text)
		s.counts.aShed.CompareAndSwap(nil, &why)
	}
}

// bury takes away a dialog that has never come to life.
func (s *Server) bury(d *dialog) {
	s.dialogs.remove(d)
	d.trunk.end()
	d.trunk.leave()
	close(d.gone)
	d.sweep()
}

// newDialog makes a dialog that nothing has happened to.
func (s *Server) newDialog(first told) *dialog {
	in := first.incoming
	d := &dialog{
		server:    s,
		trunk:     in.trunk,
		first:     first.tx,
		secure:    in.wire.secure(),
		origin:    in.source.Addr(),
		tag:       rand.Text(),
		callID:    string(*in.CallID()),
		callerTag: in.fromTag(),
		inbox:     make(chan any, inboxSize),
		gone:      make(chan struct{}),
		state:     newState(in.Request),
		invite:    first,
		where:     s.routeTo(in),
		number:    firstNumber(),
		clocks:    stoppedClocks(),
	}
	d.call = &Call{
		id:      rand.Text(),
		trunk:   in.trunk.Name,
		to:      calledNumber(in),
		from:    callerOf(in),
		account: in.account,
		began:   time.Now(),
		dialog:  d,
		done:    make(chan struct{}),
	}
	d.log = s.log.With().Str("trunk", d.call.trunk).Str("call", d.call.id).Logger()
	return d
}

// newState is a dialog to which nothing has happened but its INVITE.
func newState(req *sipmsg.Request) state {
	seq := req.CSeq().SeqNo
	return state{first: seq, seq: seq, prelude: prelude{reliable: reliabilityOf(req)}}
}

// lead starts the goroutine that owns d. It reports false when the server is
// closing.
func (s *Server) lead(d *dialog) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		return false
	}
	s.waiting.Add(1)
	s.running.Go(func() { s.conduct(d) })
	return true
}

// conduct begins a call, and leads its dialog to the end.
func (s *Server) conduct(d *dialog) {
	if s.begin(d) {
		d.run()
	}
}

// begin finds ports for the call and hands it to the gateway. It reports false
// when there are none. What it takes is not on the stack while the dialog lasts.
func (s *Server) begin(d *dialog) bool {
	l, err := s.legOf(d)
	if err != nil {
		s.waiting.Add(-1)
		// Told with what else is shed: it may be every call.
		s.shed(d.trunk, Cause{Text: fmt.Sprintf("no media: %v", err)})
		d.respond(d.invite, causeNoPorts.Status, append(reasons(causeNoPorts), retryAfter(s.retryIn()))...)
		s.bury(d)
		return false
	}
	d.call.leg = l
	ctx, cancel := context.WithCancelCause(context.Background())
	d.cancel = cancel
	s.calls.add(d.call)
	s.running.Go(func() { s.serve(ctx, d) })
	return true
}

// legOf finds ports for a call.
func (s *Server) legOf(d *dialog) (l leg, err error) {
	defer s.survive(&err, "sound of a call")
	in := d.invite.incoming
	body, _ := session(in.Request)
	return s.newLeg(media.LegConfig{
		Bind:       in.wire.local().Addr(),
		Signalling: in.source.Addr(),
		Trusted:    d.trunk.media,
		Codecs:     d.trunk.Codecs,
		SRTP:       d.trunk.SRTP,
		Denoise:    d.trunk.Denoise,
		Advertise:  d.trunk.advertise(),
		Offer:      body,
		Log:        d.log,
	})
}

// serve lets the gateway have the call, and ends what the gateway leaves.
func (s *Server) serve(ctx context.Context, d *dialog) {
	s.waiting.Add(-1)
	cause := causeUnanswered
	defer func() {
		if r := recover(); r != nil {
			s.panicked(&d.log, r, "call")
			cause = causeFault
		}
		d.post(ended{cause, ErrHungUp})
	}()
	d.call.from = s.vouched(ctx, d.invite.incoming, d.call.from)
	s.handle(ctx, d.call)
	cause.Q850, cause.Text = causeNormal.Q850, causeNormal.Text
}

// refuse sends the final answer of the first INVITE.
func (d *dialog) refuse(cause Cause) {
	d.stopTelling()
	status := cause.status()
	headers := append(reasons(cause), readable(status)...)
	if status == sipmsg.StatusServiceUnavailable {
		headers = append(headers, retryAfter(d.server.retryIn()))
	}
	first := told{d.invite.incoming, d.first}
	d.respond(first, status, headers...)
}
