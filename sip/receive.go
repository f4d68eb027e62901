package sip

import (
	"net/netip"

	sipmsg "github.com/emiago/sipgo/sip"
)

// arrival is how a message came.
type arrival struct {
	wire   wire
	source netip.AddrPort
	trunk  *trunk
	asked  bool // whether there is room for its call
}

// incoming is a request and how it came.
type incoming struct {
	*sipmsg.Request
	arrival
	account string // ours that it was sent to, where the trunk knows us by one
}

// toTag is the tag with which the caller names the dialog, empty for a request
// outside of one.
func (in incoming) toTag() string { return in.To().Params.GetOr("tag", "") }

func (in incoming) fromTag() string { return in.From().Params.GetOr("tag", "") }

// receive takes a message off its socket, in the socket's own goroutine, so
// that the requests of a dialog stay in order. It never waits for a call. A
// panic costs the message and nothing else.
func (s *Server) receive(msg sipmsg.Message, a arrival) {
	defer func() {
		if r := recover(); r != nil {
			log := s.log.With().Str("trunk", a.trunk.Name).Logger()
			s.panicked(&log, r, "message")
		}
	}()
	switch msg := msg.(type) {
	case *sipmsg.Response:
		if !s.transactions.response(msg) {
			s.stray(msg, a)
		}
	case *sipmsg.Request:
		s.request(incoming{Request: msg, arrival: a})
	}
}

// stray deals with an answer that nobody waits for. One to an INVITE comes again
// when its ACK was lost.
func (s *Server) stray(res *sipmsg.Response, a arrival) {
	from, seq := res.From(), res.CSeq()
	if from == nil || seq == nil || seq.MethodName != sipmsg.INVITE || res.IsProvisional() {
		return
	}
	d := s.dialogs.byTag(from.Params.GetOr("tag", ""))
	if d != nil && d.trunk.use == a.trunk.use {
		d.offer(repeated{res})
	}
}

// request finds out whom a request concerns: a transaction that has seen it
// before, a dialog, or nobody yet.
func (s *Server) request(in incoming) {
	if !whole(in.Request) {
		s.counts.malformed.Add(1)
		if in.Via() != nil && !in.IsAck() {
			s.answer(in, sipmsg.StatusBadRequest)
		}
		return
	}
	switch {
	case in.IsAck():
		s.ack(in)
		return
	case s.transactions.repeated(in.Request):
		return
	case in.IsCancel():
		s.cancel(in)
		return
	}
	if no, ok := s.screen(in); ok {
		s.answer(in, no.status, no.headers...)
		return
	}
	if tag := in.toTag(); tag != "" {
		s.inside(in, tag)
		return
	}
	in.trunk, in.account = s.claim(in)
	if no, ok := s.challenge(in); ok {
		if no.status != silence {
			s.answer(in, no.status, no.headers...)
		}
		return
	}
	s.outside(in)
}

// outside deals with a request that belongs to no dialog.
func (s *Server) outside(in incoming) {
	switch in.Method {
	case sipmsg.INVITE:
		s.invite(in)
	case sipmsg.OPTIONS:
		s.options(in)
	case sipmsg.BYE, sipmsg.INFO, sipmsg.UPDATE, sipmsg.PRACK:
		s.answer(in, sipmsg.StatusCallTransactionDoesNotExists)
	default:
		status := unknownMethod(in.Method)
		s.answer(in, status, allowFor(status)...)
	}
}

// inside hands a request to its dialog. One trunk cannot reach into the calls
// of another, whatever tags it has guessed.
func (s *Server) inside(in incoming, tag string) {
	d := s.dialogs.byTag(tag)
	if d == nil || !d.owns(in) {
		s.answer(in, sipmsg.StatusCallTransactionDoesNotExists)
		return
	}
	tx, err := s.transactions.open(in)
	if err != nil {
		return
	}
	if !d.offer(told{in, tx}) {
		s.counts.shed.Add(1)
		_ = tx.Respond(s.response(in, sipmsg.StatusServiceUnavailable, tag, retryAfter(s.retryIn())))
	}
}
