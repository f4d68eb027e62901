package sip

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// message sends one whose branch is known, so that it can come again.
func (c *caller) message(method, branch string) {
	c.t.Helper()
	c.send(fmt.Sprintf("%s sip:en@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.9;branch=z9hG4bK%s\r\nFrom: <sip:ua@10.0.0.9>;tag=ua\r\nTo: %s\r\nCall-ID: one\r\nCSeq: %d %s\r\nContact: <sip:ua@10.0.0.9>\r\nContent-Type: application/sdp\r\nContent-Length: 3\r\n\r\nv=0",
		method, branch, c.to, c.seq, method))
}

// kept is how many transactions are led by a state machine, and how many are only
// remembered.
func (c *caller) kept() (led, remembered, invites int) {
	synctest.Wait()
	t := c.server.transactions
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.settled.queue) != len(t.settled.of) {
		c.t.Errorf("%d in the queue, %d remembered", len(t.settled.queue), len(t.settled.of))
	}
	return len(t.server), len(t.settled.of), len(t.calls)
}

func (c *caller) wantKept(when string, led, remembered, invites int) {
	c.t.Helper()
	if l, r, i := c.kept(); l != led || r != remembered || i != invites {
		c.t.Errorf("%s: %d transactions are led, %d remembered, %d INVITEs; want %d, %d, %d", when, l, r, i, led, remembered, invites)
	}
}

func TestWhatHasItsAnswerIsOnlyRemembered(t *testing.T) {
	bubble(t, 0, takeAndWait, func(c *caller) {
		c.seq = 1
		c.message("INVITE", "call")
		res := c.wants(200)
		c.wantKept("answered", 0, 1, 1)
		c.message("INVITE", "call")
		if c.wantKept("asked again", 0, 1, 1); c.server.calls.count() != 1 {
			t.Errorf("a repeated INVITE makes %d calls", c.server.calls.count())
		}
		c.message("CANCEL", "call")
		c.wants(200) // too late, and confirmed all the same
		c.to = res.To().Value()
		c.request("ACK")
		c.seq = 2
		c.message("BYE", "bye")
		first := c.wants(200)
		c.wantKept("hung up", 0, 2, 1)
		time.Sleep(sipmsg.Timer_J - time.Second)
		c.message("BYE", "bye")
		if again := c.wants(200); again.String() != first.String() {
			t.Errorf("a repeated BYE is answered with %q, not %q", again, first)
		}
		time.Sleep(time.Second + 2*lookAfter)
		c.wantKept("long after", 0, 0, 0)
		c.message("BYE", "bye")
		c.wants(481)
	})
}

func TestARefusalIsRepeatedUntilItsACK(t *testing.T) {
	refuse := func(_ context.Context, call *Call) { call.Reject(causeUnanswered) }
	bubble(t, 0, refuse, func(c *caller) {
		c.request("INVITE", "body")
		res := c.wants(causeUnanswered.Status)
		c.wantKept("refused", 1, 0, 1)
		c.wants(causeUnanswered.Status)
		c.bows(res)
		time.Sleep(sipmsg.Timer_I)
		c.wantKept("acknowledged", 0, 0, 0)
	})
}

func TestNothingIsAnsweredTwice(t *testing.T) {
	bubble(t, 0, takeAndWait, func(c *caller) {
		c.call()
		req := sipmsg.NewRequest(sipmsg.INFO, sipmsg.Uri{User: "en", Host: "10.0.0.1"})
		req.SetTransport("UDP")
		tx := &served{ServerTx: sipmsg.NewServerTx("key", req, c, c.server.transactions.log), all: c.server.transactions, wire: c}
		if err := c.server.transactions.enter(tx); err != nil {
			t.Fatal(err)
		}
		ok := sipmsg.NewResponseFromRequest(tx.Origin(), 200, "OK", nil)
		if err := tx.Respond(ok); err != nil {
			t.Fatal(err)
		}
		if err := tx.Respond(ok); !errors.Is(err, errSettled) {
			t.Errorf("the second answer: %v", err)
		}
		if err := tx.Respond(sipmsg.NewResponseFromRequest(tx.Origin(), 100, "Trying", nil)); !errors.Is(err, errSettled) {
			t.Errorf("one that comes late: %v", err)
		}
		if err := c.server.transactions.enter(tx); !errors.Is(err, errRepeated) {
			t.Errorf("what is settled begins anew: %v", err)
		}
	})
}
