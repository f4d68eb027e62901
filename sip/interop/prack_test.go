package interop

import (
	"context"
	"testing"
	"time"

	"github.com/einwahl/einwahl/sip"
)

// ringing lets it ring before it answers.
func ringing(ctx context.Context, c *sip.Call) {
	c.Ring()
	select {
	case <-time.After(300 * time.Millisecond):
		echo(ctx, c)
	case <-ctx.Done():
	}
}

// early is heard before it answers.
func early(ctx context.Context, c *sip.Call) {
	if c.Early(ctx) != nil {
		return
	}
	echo(ctx, c)
}

// Row 8: who requires 100rel gets 180 and 183 reliably, and proves them.
func TestProvisionalAnswersRequired(t *testing.T) {
	s := scenario()
	s.With("Require: 100rel").Begin(s.Offer(1)).Maybe(100).Prove(180, "").Expect(200, "body: a=sendrecv").Ack().Bye()
	play(t, s, func(s *settings) { s.handle = ringing })
}

// Row 8: a PRACK that proves nothing is refused.
func TestPrackThatMatchesNothing(t *testing.T) {
	s := scenario()
	s.Begin(s.Offer(1)).Maybe(100).Expect(200).Ack()
	s.With("RAck: 1 1 INVITE").Ask("PRACK", "").Expect(481).Bye()
	play(t, s, nil)
}

// Row 8: who only supports 100rel hears an ordinary 180.
func TestProvisionalAnswersSupported(t *testing.T) {
	s := scenario()
	s.With("Supported: 100rel").Begin(s.Offer(1)).Maybe(100).Expect(180, "no: RSeq").Expect(200).Ack().Bye()
	play(t, s, func(s *settings) { s.handle = ringing })
}

// Row 12: sound before the answer, with P-Early-Media where it is understood.
func TestEarlyMedia(t *testing.T) {
	t.Run("unreliably", func(t *testing.T) {
		s := scenario()
		s.With("P-Early-Media: supported").Begin(s.Offer(1)).Maybe(100).Expect(183, "P-Early-Media: sendrecv", "body: m=audio [1-9]").Expect(200, "body: m=audio [1-9]").Ack().Bye()
		play(t, s, func(s *settings) { s.handle = early })
	})
	t.Run("reliably", func(t *testing.T) {
		s := scenario()
		s.With("Supported: 100rel").Begin(s.Offer(1)).Maybe(100).Prove(183, "").Expect(200, "body: m=audio [1-9]").Ack().Bye()
		play(t, s, func(s *settings) { s.handle = early })
	})
	t.Run("and a refusal", func(t *testing.T) {
		s := scenario()
		s.Begin(s.Offer(1)).Maybe(100).Expect(183, "body: m=audio [1-9]").Expect(404, "Reason: Q.850;cause=1").AckRefusal(4)
		play(t, s, func(s *settings) {
			s.handle = func(ctx context.Context, c *sip.Call) {
				if c.Early(ctx) == nil {
					c.Reject(sip.Cause{Status: 404, Q850: 1})
				}
			}
		})
	})
}

// Rows 8 and 20: our offer in a reliable 183, the answer in its PRACK.
func TestOfferInAProvisionalAnswer(t *testing.T) {
	s := scenario()
	s.With("Supported: 100rel").Begin("").Maybe(100).Prove(183, s.Offer(1)).Expect(200, "no: v=0").Ack().Bye()
	play(t, s, func(s *settings) { s.handle = early })
}
