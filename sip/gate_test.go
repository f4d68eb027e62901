package sip

import (
	"context"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/einwahl/einwahl/sip/siptest"
)

func TestStrangersMeetSilence(t *testing.T) {
	b := start(t, func(s *setup) { s.trunks = []TrunkConfig{trunkOf("other", "127.0.0.2")} })
	phone := b.phone("udp")
	phone.Send(raw("OPTIONS", "SIP/2.0/UDP 127.0.0.1;rport"))
	phone.Send(raw("INVITE", "SIP/2.0/UDP 127.0.0.1;rport"))
	b.until("not counted", func() bool { return b.Stats().Strangers == 2 })
	if !phone.Silence(20 * time.Millisecond) {
		t.Error("a stranger was answered")
	}
	if conn, err := net.Dial("tcp", b.addr("tcp")); err == nil { // it may be reset at once
		defer conn.Close()
		_ = conn.SetReadDeadline(time.Now().Add(siptest.Patience))
		if n, err := conn.Read(make([]byte, 1)); err == nil || n != 0 {
			t.Error("a stranger was heard")
		}
	}
	b.until("not counted", func() bool { return b.Stats().Strangers == 3 })
	friend := b.phoneAt("127.0.0.2")
	wantStatus(t, friend.Call("en").Hangup(), 200)
}

func TestOneTrunkCannotReachIntoTheCallsOfAnother(t *testing.T) {
	b := start(t, func(s *setup) {
		s.trunks = []TrunkConfig{trunkOf("a", "127.0.0.1"), trunkOf("b", "127.0.0.2")}
		s.handle = func(ctx context.Context, c *Call) {
			if c.To() == "answered" {
				takeAndWait(ctx, c)
			}
			<-ctx.Done()
		}
	})
	mine, yours := b.phone("udp"), b.phoneAt("127.0.0.2")
	call := mine.Call("answered")
	_ = b.next()
	head := func(method, branch string, call *siptest.Call, to string, seq int) string {
		return fmt.Sprintf("%s sip:en@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=%s;rport\r\nFrom: <sip:tester@127.0.0.1>;tag=%s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d %s\r\nContent-Length: 0\r\n\r\n",
			method, mine.Addr(), branch, call.Tag(), to, call.ID(), seq, method)
	}
	yours.Send(head("BYE", "z9hG4bKevil", call, call.Remote(), 2))
	wantStatus(t, yours.Reply(), 481)
	ringing := mine.Dial("ringing")
	c := b.next()
	yours.Send(head("CANCEL", ringing.Branch(), ringing, ringing.Remote(), 1))
	wantStatus(t, yours.Reply(), 481)
	if c.Err() != nil {
		t.Errorf("call ended: %v", c.Err())
	}
	wantStatus(t, ringing.Cancel(), 200)
	wantStatus(t, call.Hangup(), 200)
}

func TestTrunkLimits(t *testing.T) {
	b := start(t, func(s *setup) { s.trunks[0].MaxCalls = 2 })
	phone := b.phone("udp")
	one, two := phone.Call("en"), phone.Call("en")
	m := phone.Dial("en").Final()
	wantStatus(t, m, 503)
	if !m.Has("Retry-After") || !strings.Contains(m.Get("Reason"), "max_calls of the trunk") {
		t.Errorf("Retry-After %q, Reason %q", m.Get("Retry-After"), m.Get("Reason"))
	}
	if u := b.Use()["loopback"]; u != (TrunkUse{Calls: 2, Refused: 1}) {
		t.Errorf("use of the trunk = %+v, want two calls and one refused", u)
	}
	wantStatus(t, one.Hangup(), 200)
	b.until("no place is free", func() bool { return len(b.Calls()) == 1 })
	three := phone.Call("en")
	wantStatus(t, two.Hangup(), 200)
	wantStatus(t, three.Hangup(), 200)
	b.wantNothing()
	u := b.gate.trunks["loopback"].use
	b.until("places are taken", func() bool { return u.calls.Load() == 0 && u.dialogs.Load() == 0 })
}

func TestTrunkLimitsPerSecond(t *testing.T) {
	b := start(t, func(s *setup) { s.trunks[0].MaxCallsPerSecond = 1 })
	phone := b.phone("udp")
	wantStatus(t, phone.Call("en").Hangup(), 200)
	refused := 0
	for range 5 {
		if phone.Dial("en").Final().Status() == 503 {
			refused++
		}
	}
	if refused == 0 {
		t.Error("none of 5 calls at once was refused")
	}
}

func TestDrain(t *testing.T) {
	b := start(t, nil)
	phone := b.phone("udp")
	call := phone.Call("en")
	b.Drain()
	for _, method := range []string{"INVITE", "OPTIONS"} {
		phone.Send(raw(method, "SIP/2.0/UDP 127.0.0.1;rport"))
		m := phone.Reply()
		wantStatus(t, m, 503)
		if !m.Has("Retry-After") {
			t.Errorf("%s: no Retry-After", method)
		}
	}
	wantStatus(t, call.Request("OPTIONS"), 200)
	wantStatus(t, call.Resume(), 200)
	wantStatus(t, call.Hangup(), 200)
}

func TestRunHangsUpWhatIsLeft(t *testing.T) {
	b := start(t, nil)
	talking, unacked := b.phone("tcp").Call("en"), b.phone("udp").Dial("en", siptest.LoseAck())
	wantStatus(t, unacked.Final(), 200)
	b.stop()
	if got := talking.WaitEnd(); !strings.Contains(got, "cause=41") {
		t.Errorf("Reason: %s", got)
	}
}

func TestTrunkThatLeavesTheFile(t *testing.T) {
	b := start(t, func(s *setup) {
		s.trunks = []TrunkConfig{trunkOf("a", "127.0.0.1"), trunkOf("b", "127.0.0.2")}
	})
	phone := b.phone("udp")
	one, two := phone.Call("en"), phone.Call("en")
	first := b.next()
	if err := b.SetTrunks([]TrunkConfig{{Name: "broken"}}); err == nil {
		t.Fatal("a broken trunk was taken")
	}
	if err := b.SetTrunks([]TrunkConfig{trunkOf("b", "127.0.0.2")}); err != nil {
		t.Fatal(err)
	}
	wantStatus(t, phone.Dial("en").Final(), 503)
	wantStatus(t, one.Hangup(), 200)
	b.wantEnd(first, ErrCallerGone)
	b.next().Hangup(causeNormal)
	two.WaitEnd()
	b.wantNothing()
	phone.Send(raw("OPTIONS", "SIP/2.0/UDP 127.0.0.1;rport"))
	if !phone.Silence(20 * time.Millisecond) {
		t.Error("a trunk that is gone was answered")
	}
}

func TestTrunkThatGetsAnotherNameKeepsItsCalls(t *testing.T) {
	b := start(t, nil)
	phone := b.phone("udp")
	call := phone.Call("en")
	c := b.next()
	if err := b.SetTrunks([]TrunkConfig{trunkOf("renamed", "127.0.0.1")}); err != nil {
		t.Fatal(err)
	}
	wantStatus(t, call.Resume(), 200)
	wantStatus(t, call.Hangup(), 200)
	b.wantEnd(c, ErrCallerGone)
	wantStatus(t, phone.Call("en").Hangup(), 200)
	if next := b.next(); next.Trunk() != "renamed" {
		t.Errorf("a new call came by %q", next.Trunk())
	}
}

// A trunk is a farm of machines: any of them may go on with a call.
func TestAnotherMachineOfTheTrunkGoesOnWithTheCall(t *testing.T) {
	b := start(t, func(s *setup) {
		s.trunks = []TrunkConfig{trunkOf("farm", "127.0.0.0/28"), trunkOf("other", "127.0.0.32")}
	})
	call := b.phoneAt("127.0.0.2").Call("en")
	c := b.next()
	bye := func(seq int) string {
		return fmt.Sprintf("BYE sip:en@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK%s;rport\r\nFrom: <sip:tester@127.0.0.2>;tag=%s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d BYE\r\nContent-Length: 0\r\n\r\n",
			siptest.Token(), call.Tag(), call.Remote(), call.ID(), seq)
	}
	for address, want := range map[string]int{"127.0.0.32": 481, "127.0.0.64": 0} {
		stranger := b.phoneAt(address)
		stranger.Send(bye(50))
		if want != 0 {
			wantStatus(t, stranger.Reply(), want)
		}
	}
	b.until("a stranger was not met", func() bool { return b.Stats().Strangers == 1 })
	if c.Err() != nil {
		t.Fatalf("call ended: %v", c.Err())
	}
	another := b.phoneAt("127.0.0.3")
	another.Send(bye(51))
	wantStatus(t, another.Reply(), 200)
	b.wantEnd(c, ErrCallerGone)
}
