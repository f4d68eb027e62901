package sip

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/einwahl/einwahl/sip/siptest"
)

func TestCallerHangsUp(t *testing.T) {
	for _, network := range []string{"udp", "tcp"} {
		t.Run(network, func(t *testing.T) {
			b := start(t, nil)
			call := b.phone(network).Call("en")
			c := b.next()
			if c.To() != "en" || c.From().User != "tester" || c.Trunk() != "loopback" || c.ID() == "" {
				t.Errorf("call to %q from %+v by %q", c.To(), c.From(), c.Trunk())
			}
			wantStatus(t, call.Hangup(), 200)
			b.wantEnd(c, ErrCallerGone)
			b.wantNothing()
			wantStatus(t, call.Request("BYE"), 481)
		})
	}
}

func TestGatewayHangsUpWithAReason(t *testing.T) {
	for _, network := range []string{"udp", "tcp"} {
		t.Run(network, func(t *testing.T) {
			b := start(t, nil)
			call := b.phone(network).Call("en")
			c := b.next()
			c.Hangup(Cause{Q850: 21, Text: "no \"phones\"\r\nX-Evil: 1"})
			if got, want := call.WaitEnd(), `Q.850;cause=21;text="no \"phones\"X-Evil: 1"`; got != want {
				t.Errorf("Reason: %s, want %s", got, want)
			}
			b.wantEnd(c, ErrHungUp)
			b.wantNothing()
		})
	}
}

func TestRejectCarriesStatusAndReason(t *testing.T) {
	b := start(t, func(s *setup) {
		s.handle = func(_ context.Context, c *Call) { c.Reject(Cause{Status: 404, Q850: 1, Text: "No such number"}) }
	})
	m := b.phone("udp").Dial("nobody").Final()
	wantStatus(t, m, 404)
	if got := m.Get("Reason"); got != `Q.850;cause=1;text="No such number"` {
		t.Errorf("Reason: %s", got)
	}
	b.wantEnd(b.next(), ErrHungUp)
	b.wantNothing()
}

func TestHandlerThatReturnsEndsTheCall(t *testing.T) {
	b := start(t, func(s *setup) {
		s.handle = func(ctx context.Context, c *Call) {
			if c.To() == "answered" {
				_ = c.Answer(ctx)
			}
		}
	})
	phone := b.phone("udp")
	if got := phone.Call("answered").WaitEnd(); !strings.HasPrefix(got, "Q.850;cause=16;") {
		t.Errorf("Reason: %s", got)
	}
	wantStatus(t, phone.Dial("left").Final(), 480)
}

func TestHandlerPanicEndsOnlyItsCall(t *testing.T) {
	b := start(t, func(s *setup) {
		s.handle = func(ctx context.Context, c *Call) {
			if c.To() == "bad" {
				panic("a mistake of ours")
			}
			takeAndWait(ctx, c)
		}
	})
	phone := b.phone("udp")
	good := phone.Call("good")
	wantStatus(t, phone.Dial("bad").Final(), 500)
	wantStatus(t, good.Request("OPTIONS"), 200)
	wantStatus(t, good.Hangup(), 200)
	b.counts.panics.Store(0)
}

func TestLegPanicEndsOnlyItsCall(t *testing.T) {
	b := start(t, func(s *setup) {
		s.leg = func() *fakeLeg {
			return &fakeLeg{answer: func(offer []byte) ([]byte, error) {
				if strings.Contains(string(offer), "a=inactive") {
					panic("a mistake of ours")
				}
				return []byte(plainAnswer), nil
			}}
		}
	})
	phone := b.phone("udp")
	good, bad := phone.Call("good"), phone.Call("bad")
	wantStatus(t, good.Request("OPTIONS"), 200)
	wantStatus(t, bad.Reinvite("inactive"), 500)
	bad.WaitEnd()
	wantStatus(t, good.Hangup(), 200)
	b.counts.panics.Store(0)
}

func TestLostAck(t *testing.T) {
	b := start(t, func(s *setup) { s.timing.t1, s.timing.t2 = 10*time.Millisecond, 40*time.Millisecond })
	call := b.phone("udp").Dial("en", siptest.LoseAck())
	wantStatus(t, call.Final(), 200)
	c := b.next()
	call.WaitEnd()
	b.wantEnd(c, ErrNoAcknowledgement)
	b.wantNothing()
	times := call.Count(func(m *siptest.Message) bool { return m.Method() == "INVITE" && m.Status() == 200 })
	// 10, 20, 40, 40 ... until 640 ms is 17 repetitions; a busy machine loses some.
	if times < 2 || times > 19 {
		t.Errorf("200 came %d times", times)
	}
}

func TestRepetitionDoublesUpToT2(t *testing.T) {
	want := []time.Duration{500, 1000, 2000, 4000, 4000, 4000}
	for n, ms := range want {
		if got := standardTiming().after(n); got != ms*time.Millisecond {
			t.Errorf("wait before repetition %d: %v, want %v", n, got, ms*time.Millisecond)
		}
	}
}

func TestHangupBeforeTheAckWaitsForIt(t *testing.T) {
	b := start(t, nil)
	call := b.phone("udp").Dial("en", siptest.LoseAck())
	wantStatus(t, call.Final(), 200)
	c := b.next()
	c.Hangup(Cause{Q850: 16})
	b.wantEnd(c, ErrHungUp)
	select {
	case <-call.Ended():
		t.Fatal("BYE before the ACK")
	default:
	}
	call.Ack()
	call.WaitEnd()
	b.wantNothing()
}

func TestLostBye(t *testing.T) {
	legs := make(chan *fakeLeg, 1)
	b := start(t, func(s *setup) {
		s.timing.t1, s.timing.t2 = 20*time.Millisecond, 80*time.Millisecond
		s.leg = func() *fakeLeg { l := &fakeLeg{}; legs <- l; return l }
	})
	call := b.phone("udp").Call("en", siptest.Deaf())
	c := b.next()
	call.Vanish()
	close((<-legs).lost) // no RTP any more
	b.wantEnd(c, ErrNoMedia)
	b.wantNothing() // though our BYE is never answered
}

func TestHeldCallerIsAskedWhetherTheyAreThere(t *testing.T) {
	legs := make(chan *fakeLeg, 1)
	b := start(t, func(s *setup) {
		s.timing.probe = 5 * time.Millisecond
		s.leg = func() *fakeLeg { l := &fakeLeg{}; legs <- l; return l }
	})
	phone := b.phone("udp")
	call := phone.Call("en")
	c, l := b.next(), <-legs
	l.hold(true)
	wantStatus(t, call.Hold(), 200)
	isOptions := func(m *siptest.Message) bool { return m.Status() == 0 && m.Method() == "OPTIONS" }
	b.until("nobody asks", func() bool { return call.Count(isOptions) >= 2 })
	l.hold(false)
	wantStatus(t, call.Resume(), 200)
	wantStatus(t, call.Hangup(), 200)
	b.wantEnd(c, ErrCallerGone)
}

func TestHeldCallerWhoIsGone(t *testing.T) {
	b := start(t, func(s *setup) {
		s.timing.t1, s.timing.t2, s.timing.probe = 20*time.Millisecond, 80*time.Millisecond, 5*time.Millisecond
		s.leg = func() *fakeLeg { return &fakeLeg{held: true} }
	})
	b.phone("udp").Call("en", siptest.Deaf())
	b.wantEnd(b.next(), ErrNoReply)
	b.wantNothing()
}

// Who comes back from hold while we still ask is not given up for not answering.
func TestHeldCallerWhoComesBackInTime(t *testing.T) {
	legs := make(chan *fakeLeg, 1)
	b := start(t, func(s *setup) {
		s.timing.t1, s.timing.t2, s.timing.probe = 2*time.Millisecond, 8*time.Millisecond, 5*time.Millisecond
		s.leg = func() *fakeLeg { l := &fakeLeg{held: true}; legs <- l; return l }
	})
	call := b.phone("udp").Call("en", siptest.Deaf())
	c, l := b.next(), <-legs
	asking := func() bool {
		b.transactions.mu.Lock()
		defer b.transactions.mu.Unlock()
		return len(b.transactions.client) > 0
	}
	b.until("nobody asks", asking)
	l.hold(false)
	b.until("it is asked for ever", func() bool { return !asking() })
	wantStatus(t, call.Request("OPTIONS"), 200)
	if err := c.Err(); err != nil {
		t.Errorf("the call has ended: %v", err)
	}
	wantStatus(t, call.Hangup(), 200)
	b.wantEnd(c, ErrCallerGone)
}

func TestCancel(t *testing.T) {
	b := start(t, func(s *setup) { s.handle = func(ctx context.Context, _ *Call) { <-ctx.Done() } })
	phone := b.phone("udp")
	call := phone.Dial("en")
	c := b.next()
	wantStatus(t, call.Cancel(), 200)
	wantStatus(t, call.Final(), 487)
	b.wantEnd(c, ErrCancelled)
	if !errors.Is(c.Err(), ErrCallerGone) {
		t.Error("a caller who cancels is not gone")
	}
	if err := c.Answer(context.Background()); !errors.Is(err, ErrCancelled) {
		t.Errorf("Answer after the end: %v", err)
	}
	b.wantNothing()
	wantStatus(t, call.Cancel(), 200) // late, and of no effect
}

func TestRing(t *testing.T) {
	b := start(t, func(s *setup) { s.handle = func(ctx context.Context, _ *Call) { <-ctx.Done() } })
	call := b.phone("udp").Dial("en")
	c := b.next()
	c.Ring()
	wantStatus(t, call.Cancel(), 200)
	wantStatus(t, call.Final(), 487)
	b.wantEnd(c, ErrCancelled)
	c.Ring() // nobody is there any more
	if n := call.Count(func(m *siptest.Message) bool { return m.Status() == 180 }); n != 1 {
		t.Errorf("180 came %d times, want once", n)
	}
}

func TestLateCancelChangesNothing(t *testing.T) {
	b := start(t, nil)
	call := b.phone("udp").Call("en")
	c := b.next()
	wantStatus(t, call.Cancel(), 200)
	wantStatus(t, call.Request("OPTIONS"), 200)
	if c.Err() != nil {
		t.Errorf("call ended: %v", c.Err())
	}
	wantStatus(t, call.Hangup(), 200)
}

func TestByeWhileItRings(t *testing.T) {
	b := start(t, func(s *setup) { s.handle = func(ctx context.Context, _ *Call) { <-ctx.Done() } })
	call := b.phone("udp").Dial("en")
	c := b.next()
	b.until("no dialog", func() bool { return len(b.dialogs.all()) == 1 })
	tag := b.dialogs.all()[0].tag
	wantStatus(t, call.Request("BYE", siptest.Header{Name: "To", Value: "<sip:en@127.0.0.1>;tag=" + tag}), 200)
	b.wantEnd(c, ErrCallerGone)
	b.until("no 487", func() bool {
		return call.Count(func(m *siptest.Message) bool { return m.Status() == 487 }) > 0
	})
}

func TestNoPortsFor503(t *testing.T) {
	b := start(t, func(s *setup) { s.leg = func() *fakeLeg { return nil } })
	m := b.phone("udp").Dial("en").Final()
	wantStatus(t, m, 503)
	if !m.Has("Retry-After") {
		t.Error("no Retry-After")
	}
	b.wantNothing()
}

func key(t *testing.T, c *Call) rune {
	t.Helper()
	select {
	case r := <-c.Digits():
		return r
	case <-time.After(siptest.Patience):
		t.Fatal("no key came")
		return 0
	}
}

func TestDigitsByInfoStayInOrder(t *testing.T) {
	b := start(t, nil)
	call := b.phone("tcp").Call("en")
	c := b.next()
	for _, key := range "100000001#" {
		wantStatus(t, call.Info(key), 200)
	}
	for _, want := range "100000001#" {
		if got := key(t, c); got != want {
			t.Errorf("got %c, want %c", got, want)
		}
	}
	wantStatus(t, call.Request("INFO"), 200)
	wantStatus(t, call.RequestWith("INFO", "text/plain", "1"), 415)
	wantStatus(t, call.RequestWith("INFO", "application/dtmf-relay", "Signal=x\r\n"), 400)
	wantStatus(t, call.Hangup(), 200)
}

// sipgo's own layer starts a goroutine for each message, and then later keys
// overtake earlier ones.
func TestRequestsSentAtOnceStayInOrder(t *testing.T) {
	b := start(t, nil)
	phone := b.phone("tcp")
	call := phone.Call("en")
	c := b.next()
	var burst strings.Builder
	for i := range 20 {
		body := fmt.Sprintf("Signal=%d\r\n", i%10)
		fmt.Fprintf(&burst, "INFO sip:en@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1;branch=z9hG4bK%s\r\nFrom: <sip:tester@127.0.0.1>;tag=%s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d INFO\r\nContent-Type: application/dtmf-relay\r\nContent-Length: %d\r\n\r\n%s",
			siptest.Token(), call.Tag(), call.Remote(), call.ID(), 10+i, len(body), body)
	}
	phone.Send(burst.String())
	for i := range 20 {
		if got, want := key(t, c), rune('0'+i%10); got != want {
			t.Fatalf("key %d: %c, want %c", i, got, want)
		}
	}
}

func TestLowerCSeqIsRefused(t *testing.T) {
	b := start(t, nil)
	call := b.phone("udp").Call("en", siptest.WithSeq(100))
	_ = b.next()
	wantStatus(t, call.Request("INFO", siptest.Header{Name: "CSeq", Value: "99 INFO"}), 500)
	wantStatus(t, call.Request("INFO", siptest.Header{Name: "CSeq", Value: "101 INFO"}), 200)
	wantStatus(t, call.Request("BYE", siptest.Header{Name: "CSeq", Value: "7 BYE"}), 500)
	wantStatus(t, call.Request("BYE", siptest.Header{Name: "CSeq", Value: "102 BYE"}), 200)
}

func TestReferIsDeclinedAndTheCallGoesOn(t *testing.T) {
	b := start(t, nil)
	call := b.phone("udp").Call("en")
	wantStatus(t, call.Request("REFER", siptest.Header{Name: "Refer-To", Value: "<sip:0900@example.com>"}), 603)
	m := call.Request("NOTIFY")
	wantStatus(t, m, 405)
	if !strings.Contains(m.Get("Allow"), "INVITE") {
		t.Errorf("Allow: %q", m.Get("Allow"))
	}
	wantStatus(t, call.Hangup(), 200)
}
