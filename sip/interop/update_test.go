package interop

import (
	"context"
	"testing"

	"github.com/einwahl/einwahl/sip"
)

// Row 22: UPDATE in the call, with and without a session.
func TestUpdate(t *testing.T) {
	s := scenario()
	s.Begin(s.Offer(1)).Maybe(100).Expect(200, "Allow: UPDATE").Ack()
	s.Ask("UPDATE", "").Expect(200, "no: v=0")
	s.Ask("UPDATE", s.Offer(2, "sendonly")).Expect(200, "body: a=recvonly")
	s.Ask("UPDATE", s.Offer(3)).Expect(200, "body: a=sendrecv")
	play(t, s.Bye(), nil)
}

// Row 22: UPDATE before the answer, once a reliable 183 has settled the sound.
func TestUpdateInAnEarlyDialog(t *testing.T) {
	s := scenario()
	s.With("Supported: 100rel").Begin(s.Offer(1)).Maybe(100).Prove(183, "")
	s.Ask("UPDATE", s.Offer(2, "inactive")).Expect(200, "body: a=inactive")
	s.Ask("UPDATE", "").Expect(200)
	s.Ask("BYE", "").Maybe(200).Maybe(487)
	play(t, s, func(s *settings) {
		s.handle = func(ctx context.Context, c *sip.Call) {
			_ = c.Early(ctx)
			<-ctx.Done()
		}
	})
}

// Row 22: before that, an offer in UPDATE meets the one that is open.
func TestUpdateWhileAnOfferIsOpen(t *testing.T) {
	s := scenario()
	s.Begin(s.Offer(1)).Maybe(100).Expect(180).Ask("UPDATE", s.Offer(2)).Expect(500, "Retry-After: [0-9]").Expect(200).Ack().Bye()
	play(t, s, func(s *settings) { s.handle = ringing })
}
