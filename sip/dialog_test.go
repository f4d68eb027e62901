package sip

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/einwahl/einwahl/sip/media"
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

func TestReinviteKeepsTheDialog(t *testing.T) {
	legs := make(chan *fakeLeg, 1)
	b := start(t, func(s *setup) { s.leg = func() *fakeLeg { l := &fakeLeg{}; legs <- l; return l } })
	call := b.phone("udp").Call("en")
	l := <-legs
	tag := siptest.Tag(call.Remote())
	for i, direction := range []string{"sendonly", "sendrecv", "inactive", "sendrecv"} {
		m := call.Reinvite(direction)
		wantStatus(t, m, 200)
		if got := siptest.Tag(m.Get("To")); got != tag {
			t.Fatalf("To-tag became %q, was %q", got, tag)
		}
		if offers := l.heard(); len(offers) != i+2 || !strings.Contains(offers[i+1], "a="+direction) {
			t.Fatalf("leg heard %d offers", len(offers))
		}
	}
	wantStatus(t, call.Hangup(), 200)
	b.until("a call is left", func() bool { return len(b.Calls()) == 0 })
}

func TestReinviteThatFitsNothingLeavesTheCall(t *testing.T) {
	b := start(t, func(s *setup) {
		s.leg = func() *fakeLeg {
			return &fakeLeg{answer: func(offer []byte) ([]byte, error) {
				if strings.Contains(string(offer), "a=inactive") {
					return nil, media.ErrNothingFits
				}
				return []byte(plainAnswer), nil
			}}
		}
	})
	call := b.phone("udp").Call("en")
	wantStatus(t, call.Reinvite("inactive"), 488)
	wantStatus(t, call.Request("OPTIONS"), 200)
	wantStatus(t, call.Hangup(), 200)
}

func TestEmptyReinviteGetsAnOffer(t *testing.T) {
	legs := make(chan *fakeLeg, 1)
	b := start(t, func(s *setup) { s.leg = func() *fakeLeg { l := &fakeLeg{}; legs <- l; return l } })
	call := b.phone("udp").Call("en", siptest.WithoutOffer())
	l := <-legs
	b.until("no answer in the ACK", func() bool { return len(l.heard()) == 1 })
	m := call.Request("INVITE")
	wantStatus(t, m, 200)
	if string(m.Body) != plainAnswer {
		t.Errorf("offer: %q", m.Body)
	}
	b.until("no answer in the second ACK", func() bool { return len(l.heard()) == 2 })
	wantStatus(t, call.Hangup(), 200)
}

func TestAnswerWaitsForTheSessionInTheAck(t *testing.T) {
	answered := make(chan error, 1)
	b := start(t, func(s *setup) {
		s.handle = func(ctx context.Context, c *Call) {
			answered <- c.Answer(ctx)
			<-ctx.Done()
		}
	})
	call := b.phone("udp").Dial("en", siptest.WithoutOffer(), siptest.LoseAck())
	wantStatus(t, call.Final(), 200)
	select {
	case err := <-answered:
		t.Fatalf("Answer returned %v before the ACK", err)
	default:
	}
	call.Ack()
	select {
	case err := <-answered:
		if err != nil {
			t.Errorf("Answer: %v", err)
		}
	case <-time.After(siptest.Patience):
		t.Fatal("Answer does not return")
	}
	wantStatus(t, call.Hangup(), 200)
}

func TestAnswerInTheAckThatDoesNotFit(t *testing.T) {
	b := start(t, func(s *setup) {
		s.leg = func() *fakeLeg { return &fakeLeg{accept: func([]byte) error { return media.ErrNothingFits }} }
	})
	call := b.phone("udp").Dial("en", siptest.WithoutOffer())
	if got := call.WaitEnd(); !strings.HasPrefix(got, "Q.850;cause=88;") {
		t.Errorf("Reason: %s", got)
	}
	b.wantEnd(b.next(), ErrOffer)
}

func TestOffersThatCannotBeTaken(t *testing.T) {
	for _, tt := range []struct {
		name string
		err  error
		opts []siptest.Option
		want int
	}{
		{name: "no common codec", err: media.ErrNothingFits, want: 488},
		{name: "not a session description", err: &media.SDPError{}, want: 400},
		{name: "our own fault", err: errors.New("boom"), want: 500},
		{name: "a body that is no session", opts: []siptest.Option{siptest.WithBody("text/plain", "hello")}, want: 415},
		{name: "a body without a type", opts: []siptest.Option{siptest.WithBody("x", "v=0")}, want: 415},
		{name: "packed", opts: []siptest.Option{siptest.WithHeader("Content-Encoding", "gzip")}, want: 415},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := start(t, func(s *setup) {
				s.leg = func() *fakeLeg { return &fakeLeg{answer: func([]byte) ([]byte, error) { return nil, tt.err }} }
			})
			m := b.phone("udp").Dial("en", tt.opts...).Final()
			wantStatus(t, m, tt.want)
			if tt.want == 415 && (m.Get("Accept") != "application/sdp, multipart/mixed" || m.Get("Accept-Encoding") != "identity") {
				t.Errorf("Accept: %q", m.Get("Accept"))
			}
			b.wantEnd(b.next(), ErrOffer)
			b.wantNothing()
		})
	}
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

func TestUpdate(t *testing.T) {
	b := start(t, nil)
	call := b.phone("udp").Call("en")
	wantStatus(t, call.Request("UPDATE"), 200)
	m := call.RequestWith("UPDATE", "application/sdp", "v=0\r\n")
	wantStatus(t, m, 200)
	if string(m.Body) != plainAnswer {
		t.Errorf("answer: %q", m.Body)
	}
	wantStatus(t, call.RequestWith("UPDATE", "text/plain", "hello"), 415)
	wantStatus(t, call.Hangup(), 200)
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

// Some phones acknowledge a 200 in the INVITE's own transaction, and somebody may
// do so all the time.
func TestAcksLeaveNothingBehind(t *testing.T) {
	bubble(t, 0, takeAndWait, func(c *caller) {
		c.request("INVITE", "body")
		res := c.learn(c.wants(200))
		before := runtime.NumGoroutine()
		for range 100 {
			c.bows(res)
			synctest.Wait()
		}
		if more := runtime.NumGoroutine() - before; more > 10 {
			t.Errorf("%d goroutines more", more)
		}
		if !c.silent(time.Minute) {
			t.Error("the ACK was not heard")
		}
	})
}
