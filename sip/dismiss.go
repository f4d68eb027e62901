package sip

import (
	"net/netip"
	"strconv"
)

// dismiss deals with what needs no reading: a new call when there is room for
// none, and the ACK of one that was turned away. It reports whether nothing is
// left to be done.
//
// Most of what comes to a gateway that is called too often is of these two
// kinds, and each processor's moment that goes into them is taken from calls
// that could have been answered. So the answer is written from what is seen at
// a glance, without a transaction (RFC 3261 section 8.2.7), and its ACK is known
// by the tag that only we could have made. Nothing is kept of either but that the
// call was turned away.
func (s *Server) dismiss(g *glimpse, a *arrival) (done bool) {
	defer func() {
		if r := recover(); r != nil { // costs this message only
			s.panicked(&s.log, r, "message")
			done = true
		}
	}()
	if g.method == "ACK" {
		return len(g.toTag) == statelessTagSize && g.toTag == s.statelessTag(g.callID, g.branch)
	}
	// Who has to prove an account is asked for it first, whatever there is to do;
	// what has come before is known to its transaction.
	if !g.newcomer() || len(a.trunk.Auth.Users) > 0 || s.transactions.knows(g.key()) {
		return false
	}
	key := s.dismissals.keyOf(g.callID, g.branch)
	cause, full := s.full(key)
	if a.asked = true; !full {
		return false
	}
	s.dismissals.put(key, cause)
	s.shed(a.trunk, cause)
	s.counts.answered(cause.Status)
	if err := a.wire.transmit(s.dismissal(g, a.source, cause), a.returnTo(g.via).String()); err != nil {
		s.log.Debug().Err(err).Int("status", cause.Status).Msg("answer lost")
	}
	return true
}

// full is why a new call cannot be taken, whosever it is: there is no room now, or
// it has been turned away before.
func (s *Server) full(key uint64) (Cause, bool) {
	if cause, again := s.dismissals.find(key); again {
		return cause, true
	}
	if s.draining.Load() {
		return causeDraining, true
	}
	if why := s.overloaded(); why != "" {
		return Cause{causeOverload.Status, causeOverload.Q850, why}, true
	}
	return Cause{}, false
}

// dismissal writes what answer would to the same request.
func (s *Server) dismissal(g *glimpse, source netip.AddrPort, cause Cause) []byte {
	markVia(g.via, source)
	b := make([]byte, 0, 1024)
	b = append(b, "SIP/2.0 "...)
	b = strconv.AppendInt(b, int64(cause.Status), 10)
	b = append(append(b, ' '), phrase(cause.Status)...)
	b = appendHeader(b, "Via", valueOf(g.via))
	for _, via := range g.beyond {
		b = appendHeader(b, "Via", via)
	}
	b = appendHeader(b, "From", g.from)
	b = appendHeader(b, "To", g.to)
	b = append(append(b, ";tag="...), s.statelessTag(g.callID, g.branch)...)
	b = appendHeader(b, "Call-ID", g.callID)
	b = appendHeader(b, "CSeq", g.cseq)
	b = appendHeader(b, "Content-Length", "0")
	b = appendHeader(b, "Reason", text(cause.reason()))
	b = appendHeader(b, "Retry-After", strconv.Itoa(s.retryIn()))
	return append(b, "\r\n\r\n"...)
}

// appendHeader ends a line and writes the next.
func appendHeader[T string | []byte](b []byte, name string, value T) []byte {
	b = append(append(b, "\r\n"...), name...)
	return append(append(b, ": "...), value...)
}
