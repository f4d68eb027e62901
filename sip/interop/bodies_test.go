package interop

import (
	"strings"
	"testing"

	"github.com/einwahl/einwahl/gateway/peertest"
)

// parts makes a multipart body.
func parts(kind, boundary string, all ...string) string {
	var b strings.Builder
	b.WriteString("multipart/" + kind + ";boundary=" + boundary + "\n")
	for _, p := range all {
		b.WriteString("--" + boundary + "\n" + p + "\n")
	}
	b.WriteString("--" + boundary + "--\n")
	return b.String()
}

const pidf = "Content-Type: application/pidf+xml\nContent-ID: <a@b>\n\n<presence xmlns=\"urn:ietf:params:xml:ns:pidf\"/>"

// Row 25: the session stands beside a location or ISUP, or deeper.
func TestMultipartBodies(t *testing.T) {
	sdp := func(s *peertest.Scenario) string { return "Content-Type: application/" + s.Offer(1) }
	nested := func(s *peertest.Scenario) string {
		inner := parts("alternative", "in", "Content-Type: text/plain\n\nhello", strings.Replace(sdp(s), "sdp\n", "sdp\n\n", 1))
		first, rest, _ := strings.Cut(inner, "\n")
		return "Content-Type: " + first + "\n\n" + rest
	}
	for _, tt := range []struct {
		name string
		body func(*peertest.Scenario) string
	}{
		{"beside a location", func(s *peertest.Scenario) string {
			return parts("mixed", "b1", pidf, strings.Replace(sdp(s), "sdp\n", "sdp\n\n", 1))
		}},
		{"beside ISUP that may be left", func(s *peertest.Scenario) string {
			return parts("mixed", "b1", strings.Replace(sdp(s), "sdp\n", "sdp\n\n", 1), "Content-Type: application/isup;version=itu-t92+\nContent-Disposition: signal;handling=optional\n\n01004960")
		}},
		{"nested", func(s *peertest.Scenario) string { return parts("mixed", "out", pidf, nested(s)) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := scenario()
			play(t, s.Begin(tt.body(s)).Maybe(100).Expect(200, "body: m=audio [1-9]").Ack().Bye(), nil)
		})
	}
}

// Row 25: what we cannot read is refused, and we say what we can read.
func TestBodiesThatAreRefused(t *testing.T) {
	for name, s := range map[string]*peertest.Scenario{
		"packed":       scenario().With("Content-Encoding: gzip").Begin(scenario().Offer(1)),
		"another type": scenario().Begin("text/plain\nhello\n"),
		"no session":   scenario().Begin(parts("mixed", "b1", pidf)),
	} {
		t.Run(name, func(t *testing.T) {
			s.Maybe(100).Expect(415, "Accept: application/sdp, multipart/mixed", "Accept-Encoding: identity", "Reason: Q.850;cause=").AckRefusal(3)
			play(t, s, nil)
		})
	}
}

// Row 25: a body that may be left is left, and the offer is ours.
func TestBodyThatMayBeLeft(t *testing.T) {
	s := scenario()
	s.With("Content-Disposition: signal;handling=optional").Begin("application/isup\n01004960\n").Maybe(100).Expect(200, "body: m=audio [1-9]").AckWith(s.Offer(1)).Bye()
	play(t, s, nil)
}

// Row 26: short and upper-case header names. SIPp cannot fold a line: see
// TestHeadersMayBeWrittenInManyWays in package sip.
func TestHeadersInEveryForm(t *testing.T) {
	s := scenario()
	text := s.With("k: timer, 100rel", "x: 1800;refresher=uac", "SUBJECT: upper case").Begin(s.Offer(1)).Maybe(100).
		Expect(200, "Session-Expires: 1800;refresher=uac").Ack().Bye().String()
	text = strings.NewReplacer("Via: SIP", "v: SIP", "From: <", "f: <", "To: <", "TO:  <", "Call-ID: [call_id]", "i: [call_id]",
		"Contact: ", "m: ", "Content-Type: ", "c: ", "Content-Length: ", "l: ", "CSeq: ", "CSEQ: ", "Max-Forwards: ", "MAX-FORWARDS:  ").Replace(text)
	t.Parallel()
	g := start(t, nil)
	peertest.SIPp(t, text, g.address("udp"), 1, nil)
}

// Row 23: an answer far above the 1300 bytes of RFC 3261 section 18.1.1.
func TestAnswersOverTheSizeOfADatagram(t *testing.T) {
	var routes []string
	for i := range 30 {
		routes = append(routes, "Record-Route: <sip:[remote_ip]:[remote_port];lr;ftag=0123456789abcdef0123456789abcdef;did="+strings.Repeat("x", i)+">")
	}
	s := scenario()
	s.With(routes...).Begin(s.Offer(1)).Maybe(100).Expect(200, "body: did=xxxxxxxxxxxxxxxxxxxxxxxxxxxxx>").Ack().Bye()
	play(t, s, nil)
}
