package sip

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"github.com/einwahl/einwahl/sip/media"
	"github.com/einwahl/einwahl/sip/siptest"
)

// A caller who sends more than a dialog can take is asked to come back, and
// hears something to each request.
func TestInboxThatIsFull(t *testing.T) {
	begin, stuck := make(chan struct{}), make(chan struct{})
	b := start(t, func(s *setup) {
		s.leg = func() *fakeLeg {
			return &fakeLeg{answer: func(offer []byte) ([]byte, error) {
				if strings.Contains(string(offer), "a=inactive") {
					close(begin)
					<-stuck
				}
				return []byte(plainAnswer), nil
			}}
		}
	})
	phone := b.phone("udp")
	call := phone.Call("en")
	request := func(method, body string, seq int) string {
		return fmt.Sprintf("%s sip:en@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK%s;rport\r\nFrom: <sip:tester@127.0.0.1>;tag=%s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d %s\r\nContent-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%s",
			method, siptest.Token(), call.Tag(), call.Remote(), call.ID(), seq, method, len(body), body)
	}
	phone.Send(request("UPDATE", "v=0\r\na=inactive\r\n", 50))
	<-begin
	shed := b.Stats().Shed
	for i := range inboxSize + 10 {
		phone.Send(request("OPTIONS", "", 51+i))
	}
	refused := func(m *siptest.Message) bool { return m.Status() == 503 && m.Has("Retry-After") }
	b.until("nobody is refused", func() bool { return call.Count(refused) == 10 })
	if got := b.Stats().Shed - shed; got != 10 {
		t.Errorf("%d are counted, want 10", got)
	}
	close(stuck)
	answered := func(m *siptest.Message) bool { return m.Method() == "OPTIONS" && m.Status() == 200 }
	b.until("some are never answered", func() bool { return call.Count(answered) == inboxSize })
	wantStatus(t, call.Request("BYE", siptest.Header{Name: "CSeq", Value: "900 BYE"}), 200)
	b.wantNothing()
}

// With requests: strict, only the address that brought the call may go on.
func TestRequestsFromAnotherAddressOfTheTrunk(t *testing.T) {
	for _, tt := range []struct {
		requests string
		want     int
	}{{"trunk", 200}, {"strict", 481}} {
		t.Run(tt.requests, func(t *testing.T) {
			b := start(t, func(s *setup) {
				s.trunks = []TrunkConfig{trunkOf("farm", "127.0.0.0/28")}
				s.trunks[0].Requests = tt.requests
			})
			call := b.phoneAt("127.0.0.2").Call("en")
			another := b.phoneAt("127.0.0.3")
			another.Send(fmt.Sprintf("OPTIONS sip:en@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK%s;rport\r\nFrom: <sip:tester@127.0.0.2>;tag=%s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: 50 OPTIONS\r\nContent-Length: 0\r\n\r\n",
				siptest.Token(), call.Tag(), call.Remote(), call.ID()))
			wantStatus(t, another.Reply(), tt.want)
			wantStatus(t, call.Request("BYE", siptest.Header{Name: "CSeq", Value: "60 BYE"}), 200)
		})
	}
}

// A later answer that does not fit leaves the sound that stands.
func TestALaterAnswerThatDoesNotFit(t *testing.T) {
	b := start(t, func(s *setup) {
		s.leg = func() *fakeLeg { return &fakeLeg{accept: func([]byte) error { return media.ErrNothingFits }} }
	})
	call := b.phone("udp").Call("en")
	wantStatus(t, call.Request("INVITE"), 200)
	wantStatus(t, call.Request("OPTIONS"), 200)
	if c := b.next(); c.Err() != nil {
		t.Errorf("the call has ended: %v", c.Err())
	}
	wantStatus(t, call.Hangup(), 200)
}

// A thousand calls that end in every way leave nothing behind.
func TestAThousandCallsLeaveNothing(t *testing.T) {
	b := start(t, func(s *setup) {
		s.trunks[0].MaxCalls, s.trunks[0].MaxCallsPerSecond = 1000, 100_000
		s.timing.t1, s.timing.t2 = 20*time.Millisecond, 80*time.Millisecond
		s.handle = func(ctx context.Context, c *Call) {
			switch c.To() {
			case "early":
				_ = c.Early(ctx)
				c.Reject(Cause{Status: 404, Q850: 1})
			case "busy":
				c.Reject(Cause{Status: 486, Q850: 17})
			case "ours":
				if c.Answer(ctx) == nil {
					c.Hangup(causeNormal)
				}
			default:
				takeAndWait(ctx, c)
			}
		}
	})
	go func() {
		for range b.calls {
		}
	}()
	t.Cleanup(func() { close(b.calls) })
	phone := b.phone("tcp")
	wantStatus(t, phone.Call("theirs").Hangup(), 200)
	b.wantNothing()
	before := runtime.NumGoroutine()
	for range 250 {
		early, busy := phone.Dial("early"), phone.Dial("busy")
		ours, theirs := phone.Dial("ours"), phone.Call("theirs", siptest.WithHeader("Supported", "timer"))
		wantStatus(t, theirs.Refresh(), 200)
		wantStatus(t, theirs.Hangup(), 200)
		wantStatus(t, early.Final(), 404)
		wantStatus(t, busy.Final(), 486)
		ours.WaitEnd()
		early.Vanish()
		busy.Vanish()
	}
	b.wantNothing()
	use := b.gate.trunks["loopback"].use
	b.until("places are taken", func() bool { return use.calls.Load() == 0 && use.dialogs.Load() == 0 })
	b.until("goroutines are left", func() bool { return runtime.NumGoroutine() <= before+5 })
	b.transactions.mu.Lock()
	client := len(b.transactions.client)
	b.transactions.mu.Unlock()
	if client != 0 {
		t.Errorf("%d transactions of ours are open", client)
	}
}

func FuzzProves(f *testing.F) {
	f.Add("7 1 INVITE")
	f.Add("4294967296 1 INVITE")
	f.Add("7\t1  invite ")
	f.Fuzz(func(t *testing.T, rack string) {
		d := &dialog{number: 7, state: state{first: 1}}
		req := sipmsg.NewRequest(sipmsg.PRACK, sipmsg.Uri{})
		req.AppendHeader(sipmsg.NewHeader("RAck", rack))
		if d.proves(req) && !strings.Contains(strings.ToUpper(rack), "INVITE") {
			t.Errorf("%q proves it", rack)
		}
	})
}
