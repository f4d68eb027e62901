package sip

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/einwahl/einwahl/sip/media"
	"github.com/einwahl/einwahl/sip/siptest"
)

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
