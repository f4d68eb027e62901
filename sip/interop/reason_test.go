package interop

import (
	"context"
	"testing"

	"github.com/einwahl/einwahl/sip"
)

// Row 27: BYE of ours says why, in Q.850.
func TestReasonOfBye(t *testing.T) {
	s := scenario()
	s.Begin(s.Offer(1)).Maybe(100).Expect(200).Ack().ExpectBye("Q.850;cause=16;text=")
	play(t, s, func(s *settings) {
		s.handle = func(ctx context.Context, c *sip.Call) {
			if c.Answer(ctx) == nil {
				c.Hangup(sip.Cause{Q850: 16, Text: "Normal call clearing"})
			}
		}
	})
}

// Row 27: every final refusal of a call says why.
func TestReasonOfRefusals(t *testing.T) {
	for _, tt := range []struct {
		name   string
		with   string
		cause  sip.Cause
		status int
		want   string
	}{
		{"the gateway's own", "", sip.Cause{Status: 486, Q850: 17, Text: "Busy"}, 486, `Reason: Q.850;cause=17;text="Busy"`},
		{"one without a cause", "", sip.Cause{Status: 404}, 404, "Reason: Q.850;cause=1"},
		{"an extension that we lack", "Require: replaces", sip.Cause{}, 420, "Reason: Q.850;cause=127"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := scenario()
			if tt.with != "" {
				s.With(tt.with)
			}
			s.Begin(s.Offer(1)).Maybe(100).Expect(tt.status, tt.want).AckRefusal(3)
			play(t, s, func(s *settings) { s.handle = func(_ context.Context, c *sip.Call) { c.Reject(tt.cause) } })
		})
	}
}

// Row 27: who gives up gets 487 with a cause.
func TestReasonOfACancelledCall(t *testing.T) {
	s := scenario()
	s.Begin(s.Offer(1)).Maybe(100).Expect(180)
	s.Cancelling(3).Expect(200).Expect(487, "Reason: Q.850;cause=16").AckRefusal(6)
	play(t, s, func(s *settings) {
		s.handle = func(ctx context.Context, c *sip.Call) { c.Ring(); <-ctx.Done() }
	})
}

// Row 28: what would make us call somebody, or join calls, is refused, and the
// call goes on.
func TestTransfersAreRefusedPolitely(t *testing.T) {
	s := scenario()
	s.Begin(s.Offer(1)).Maybe(100).Expect(200, "no: Supported:.*replaces").Ack()
	s.With("Refer-To: <sip:0900@[remote_ip]>").Ask("REFER", "").Expect(603)
	s.With("Event: presence", "Expires: 60").Ask("SUBSCRIBE", "").Expect(405, "Allow: INVITE")
	s.With("Event: refer", "Subscription-State: active").Ask("NOTIFY", "").Expect(405, "Allow: INVITE")
	s.Ask("MESSAGE", "text/plain\nhello\n").Expect(405, "Allow: INVITE")
	s.Ask("DANCE", "").Expect(501)
	play(t, s.Bye(), nil)
}

// Row 28: an INVITE that would replace another call.
func TestReplacesIsRefused(t *testing.T) {
	s := scenario()
	s.With("Replaces: 1@somewhere;to-tag=a;from-tag=b").Begin(s.Offer(1)).Maybe(100).Expect(481, "Reason: Q.850;cause=").AckRefusal(3)
	play(t, s, nil)
}
