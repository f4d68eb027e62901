package sip

import (
	"context"
	"testing"
	"time"

	"github.com/einwahl/einwahl/sip/media"
)

// wantPanics takes the panics that a test has caused off the count.
func (c *caller) wantPanics(n uint64) {
	c.t.Helper()
	if got := c.server.Stats().Panics; got != n {
		c.t.Errorf("%d panics, want %d", got, n)
	}
}

func TestAPanicOverTheSoundCostsOneCall(t *testing.T) {
	bubble(t, 0, takeAndWait, func(c *caller) {
		c.server.newLeg = func(media.LegConfig) (leg, error) { panic("a mistake of ours") }
		c.request("INVITE", "body")
		c.bows(c.wants(503))
		c.wantPanics(1)
	})
}

// A final answer that was never sent would leave the caller waiting for it.
func TestAPanicOverTheFinalAnswerStillEndsTheCall(t *testing.T) {
	for name, fits := range map[string]error{"over an answer": nil, "over a refusal": media.ErrNothingFits} {
		t.Run(name, func(t *testing.T) {
			bubble(t, 0, func(ctx context.Context, _ *Call) { <-ctx.Done() }, func(c *caller) {
				c.request("INVITE", "body")
				call, sound := <-c.calls, <-c.legs
				sound.answer = func([]byte) ([]byte, error) {
					call.dialog.invite.Request = nil
					return []byte(plainAnswer), fits
				}
				_ = call.Answer(context.Background())
				c.bows(c.wants(500))
				<-call.dialog.gone
				c.wantPanics(1)
				if !c.silent(time.Hour) {
					t.Error("there is more to say")
				}
			})
		})
	}
}

func TestAPanicOverARequestOfOursEndsTheWaitForItsAnswer(t *testing.T) {
	bubble(t, 0, takeAndWait, func(c *caller) {
		c.call()
		call := <-c.calls
		c.broken.Store(true)
		call.Hangup(causeNormal)
		<-call.dialog.gone
		c.wantPanics(1)
		c.broken.Store(false)
	})
}
