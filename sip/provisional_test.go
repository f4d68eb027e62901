package sip

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"github.com/einwahl/einwahl/sip/media"
)

// early is a gateway that speaks before it does what finish does.
func early(finish func(context.Context, *Call)) func(context.Context, *Call) {
	return func(ctx context.Context, c *Call) {
		if err := c.Early(ctx); err != nil {
			c.Reject(Cause{Status: 480, Q850: 31, Text: err.Error()})
			return
		}
		finish(ctx, c)
	}
}

// ringingFor is a gateway that lets it ring, and answers after a while.
func ringingFor(d time.Duration) func(context.Context, *Call) {
	return func(ctx context.Context, c *Call) {
		c.Ring()
		select {
		case <-time.After(d):
			takeAndWait(ctx, c)
		case <-ctx.Done():
		}
	}
}

// learn takes the gateway's tag from an answer.
func (c *caller) learn(r *sipmsg.Response) *sipmsg.Response {
	c.to = r.To().Value()
	return r
}

func (c *caller) prack(r *sipmsg.Response, seq int, more ...string) {
	c.t.Helper()
	c.request("PRACK", append([]string{fmt.Sprintf("RAck: %s %d INVITE", header(r, "RSeq"), seq)}, more...)...)
}

func TestRequiredProvisionalAnswersAreRepeatedUntilProven(t *testing.T) {
	bubble(t, 0, ringingFor(45*time.Second), func(c *caller) {
		c.request("INVITE", "Require: 100rel", "body")
		begun := time.Now()
		ring := c.learn(c.wants(180))
		wantHeader(t, ring, "Require", "100rel")
		for _, after := range []time.Duration{500, 1500, 3500, 7500} {
			if again := c.wants(180); header(again, "RSeq") != header(ring, "RSeq") {
				t.Errorf("RSeq %s, then %s", header(ring, "RSeq"), header(again, "RSeq"))
			}
			if waited := time.Since(begun); waited != after*time.Millisecond {
				t.Errorf("repeated after %v, want %v", waited, after*time.Millisecond)
			}
		}
		c.request("PRACK", "RAck: 1 1 INVITE")
		c.wants(481)
		c.prack(ring, 99)
		c.wants(481)
		c.request("PRACK")
		c.wants(481)
		c.prack(ring, 1)
		c.wants(200)
		c.prack(ring, 1)
		c.wants(481)
		if r := c.wants(200); r.CSeq().MethodName != sipmsg.INVITE || time.Since(begun) != 45*time.Second {
			t.Errorf("after %v: %s", time.Since(begun), r.CSeq().Value())
		}
		c.request("ACK")
	})
}

func TestAProvisionalAnswerThatIsNeverProven(t *testing.T) {
	bubble(t, 0, ringingFor(time.Hour), func(c *caller) {
		c.request("INVITE", "Require: 100rel", "body")
		begun := time.Now()
		for {
			if r := c.next().(*sipmsg.Response); r.StatusCode != 180 {
				if r.StatusCode != sipmsg.StatusGatewayTimeout || time.Since(begun) != 32*time.Second {
					t.Errorf("%d after %v", r.StatusCode, time.Since(begun))
				}
				break
			}
		}
		call := <-c.calls
		<-call.Done() // the refusal goes out a moment earlier
		if !errors.Is(call.Err(), ErrNoAcknowledgement) {
			t.Errorf("ended with %v", call.Err())
		}
	})
}

func TestRingingNeedsNoProofForWhoOnlySupportsIt(t *testing.T) {
	bubble(t, 0, ringingFor(30*time.Second), func(c *caller) {
		c.request("INVITE", "Supported: 100rel", "body")
		wantHeader(t, c.wants(180), "RSeq", "")
		c.wants(200)
	})
}

func TestSoundBeforeTheAnswer(t *testing.T) {
	for _, reliable := range []bool{false, true} {
		t.Run(fmt.Sprintf("reliable is %v", reliable), func(t *testing.T) {
			bubble(t, 0, early(takeAndWait), func(c *caller) {
				extra := []string{"P-Early-Media: supported", "body"}
				if reliable {
					extra = append(extra, "Supported: 100rel")
				}
				c.request("INVITE", extra...)
				progress := c.learn(c.wants(183))
				wantHeader(t, progress, "P-Early-Media", "sendrecv")
				if string(progress.Body()) != plainAnswer {
					t.Errorf("session: %q", progress.Body())
				}
				if reliable {
					if !c.silent(400 * time.Millisecond) {
						t.Error("answered before the PRACK")
					}
					c.prack(progress, 1)
					c.wants(200)
				}
				res := c.wants(200)
				if string(res.Body()) != plainAnswer {
					t.Errorf("session of the 200: %q", res.Body())
				}
				c.request("ACK")
				if offers := (<-c.legs).heard(); len(offers) != 1 {
					t.Errorf("%d offers", len(offers))
				}
			})
		})
	}
}

func TestARefusalAfterSound(t *testing.T) {
	bubble(t, 0, early(func(_ context.Context, c *Call) { c.Reject(Cause{Status: 404, Q850: 1}) }), func(c *caller) {
		c.request("INVITE", "body")
		wantHeader(t, c.wants(183), "P-Early-Media", "")
		wantHeader(t, c.wants(404), "Reason", "Q.850;cause=1")
	})
}

func TestAnOfferInOurProvisionalAnswer(t *testing.T) {
	bubble(t, 0, early(takeAndWait), func(c *caller) {
		c.request("INVITE", "Supported: 100rel")
		progress := c.learn(c.wants(183))
		if string(progress.Body()) != plainAnswer {
			t.Errorf("offer: %q", progress.Body())
		}
		c.request("UPDATE", "body")
		c.wants(491)
		c.prack(progress, 1, "body")
		c.wants(200)
		if res := c.wants(200); len(res.Body()) != 0 {
			t.Errorf("session of the 200: %q", res.Body())
		}
		c.request("ACK")
		if call := <-c.calls; call.Err() != nil {
			t.Errorf("ended with %v", call.Err())
		}
	})
	bubble(t, 0, early(takeAndWait), func(c *caller) {
		c.request("INVITE")
		c.wants(480) // there is nothing to say it in
	})
}

func TestAnOfferInAPrack(t *testing.T) {
	bubble(t, 0, early(takeAndWait), func(c *caller) {
		c.request("INVITE", "Require: 100rel", "body")
		progress := c.learn(c.wants(183))
		c.prack(progress, 1, "body\r\n")
		if r := c.wants(200); r.CSeq().MethodName != sipmsg.PRACK || string(r.Body()) != plainAnswer {
			t.Errorf("%s: %q", r.CSeq().Value(), r.Body())
		}
		if r := c.wants(200); len(r.Body()) != 0 {
			t.Errorf("session of the 200: %q", r.Body())
		}
		if offers := (<-c.legs).heard(); len(offers) != 2 {
			t.Errorf("%d offers", len(offers))
		}
	})
}

func TestUpdateBeforeTheAnswer(t *testing.T) {
	wait := func(ctx context.Context, _ *Call) { <-ctx.Done() }
	bubble(t, 0, early(wait), func(c *caller) {
		c.request("INVITE", "Supported: 100rel", "body")
		progress := c.learn(c.wants(183))
		c.prack(progress, 1)
		c.wants(200)
		c.request("UPDATE", "body\r\n")
		if r := c.wants(200); string(r.Body()) != plainAnswer || header(r, "Contact") == "" {
			t.Errorf("answer: %q", r.Body())
		}
		c.request("UPDATE")
		if r := c.wants(200); len(r.Body()) != 0 {
			t.Errorf("answer: %q", r.Body())
		}
	})
	bubble(t, 0, wait, func(c *caller) {
		c.request("INVITE", "Supported: 100rel", "body")
		call := <-c.calls
		call.Ring()
		c.learn(c.wants(180))
		c.request("UPDATE", "body")
		if r := c.wants(500); header(r, "Retry-After") == "" {
			t.Error("no Retry-After")
		}
	})
}

func TestWhatDoesNotFitEarlyIsRefusedWithItsOwnWords(t *testing.T) {
	bubble(t, 0, func(ctx context.Context, c *Call) {
		if err := c.Early(ctx); !errors.Is(err, ErrOffer) {
			t.Errorf("Early: %v", err)
		}
		c.Reject(Cause{Status: 403, Q850: 21})
	}, func(c *caller) {
		c.fits = media.ErrNothingFits
		c.request("INVITE", "body")
		c.wants(403)
	})
}

// A proxy gives up after three minutes without news (RFC 3261 section 16.6).
func TestACallerWhoWaitsIsToldEachMinute(t *testing.T) {
	bubble(t, 0, func(ctx context.Context, c *Call) {
		time.Sleep(150 * time.Second)
		early(takeAndWait)(ctx, c)
	}, func(c *caller) {
		c.request("INVITE", "body")
		for _, want := range []struct {
			status int
			after  time.Duration
		}{{180, time.Minute}, {180, time.Minute}, {183, 30 * time.Second}, {200, 0}} {
			before := time.Now()
			c.wants(want.status)
			if waited := time.Since(before); waited != want.after {
				t.Errorf("%d after %v, want %v", want.status, waited, want.after)
			}
		}
	})
	bubble(t, 0, early(func(ctx context.Context, c *Call) { ringingFor(90*time.Second)(ctx, c) }), func(c *caller) {
		c.request("INVITE", "Require: 100rel", "body")
		first := c.learn(c.wants(183))
		c.prack(first, 1)
		c.wants(200)
		again := c.wants(183)
		if len(again.Body()) != 0 || header(again, "RSeq") == header(first, "RSeq") {
			t.Errorf("RSeq %s, session %q", header(again, "RSeq"), again.Body())
		}
		c.prack(again, 1)
		c.wants(200)
		c.wants(200)
	})
}
