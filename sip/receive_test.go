package sip

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/einwahl/einwahl/sip/siptest"
)

// raw is a request outside of any dialog, as the phone would send it.
func raw(method, via string, headers ...string) string {
	return fmt.Sprintf("%s sip:en@127.0.0.1 SIP/2.0\r\nVia: %s;branch=z9hG4bK%s\r\nFrom: <sip:a@127.0.0.1>;tag=%s\r\nTo: <sip:en@127.0.0.1>\r\nCall-ID: %s\r\nCSeq: 1 %s\r\n%sContent-Length: 0\r\n\r\n",
		method, via, siptest.Token(), siptest.Token(), siptest.Token(), method, strings.Join(append(headers, ""), "\r\n"))
}

func TestOptionsTellWhatWeCan(t *testing.T) {
	b := start(t, nil)
	phone := b.phone("udp")
	phone.Send(raw("OPTIONS", "SIP/2.0/UDP 127.0.0.1;rport"))
	m := phone.Reply()
	wantStatus(t, m, 200)
	for name, want := range map[string]string{
		"Allow":  "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK",
		"Accept": "application/sdp, multipart/mixed, application/dtmf-relay, application/dtmf",
	} {
		if got := m.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if !m.Has("Supported") || siptest.Tag(m.Get("To")) == "" {
		t.Errorf("no Supported or no tag: %v", m)
	}
	if m.Has("Server") || m.Has("User-Agent") {
		t.Error("we told who we are")
	}
}

func TestAnswerTo200NamesNobody(t *testing.T) {
	b := start(t, nil)
	call := b.phone("udp").Dial("en")
	m := call.Final()
	wantStatus(t, m, 200)
	if m.Has("Server") || m.Has("User-Agent") {
		t.Error("we told who we are")
	}
	for _, name := range []string{"Contact", "Allow", "Supported", "Content-Type"} {
		if !m.Has(name) {
			t.Errorf("no %s", name)
		}
	}
	if !strings.Contains(m.Get("Contact"), b.addr("udp")) {
		t.Errorf("Contact: %s", m.Get("Contact"))
	}
	wantStatus(t, call.Hangup(), 200)
}

func TestContactIsWhereThePeerFindsUs(t *testing.T) {
	for _, tt := range []struct{ name, listen, advertise, want string }{
		{"on all addresses", "udp://0.0.0.0:0", "", "<sip:127.0.0.1:%s>"},
		{"on one address", "udp://127.0.0.1:0", "", "<sip:127.0.0.1:%s>"},
		{"as the operator says", "udp://127.0.0.1:0", "sip.example.com", "<sip:sip.example.com:%s>"},
		{"over IPv6", "udp://[::1]:0", "", "<sip:[::1]:%s>"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			local := "127.0.0.1"
			if strings.Contains(tt.listen, "::1") {
				local = "::1"
				if l, err := net.Listen("tcp", "[::1]:0"); err != nil {
					t.Skipf("no IPv6 on this machine: %v", err)
				} else {
					l.Close()
				}
			}
			b := start(t, func(s *setup) {
				s.config.Listen, s.config.Advertise = []string{tt.listen}, tt.advertise
				s.trunks = []TrunkConfig{trunkOf("loopback", local)}
			})
			_, port, _ := net.SplitHostPort(b.addr("udp"))
			phone := siptest.New(t, siptest.Config{Gateway: net.JoinHostPort(local, port), Local: local})
			call := phone.Dial("en")
			if got, want := call.Final().Get("Contact"), fmt.Sprintf(tt.want, port); got != want {
				t.Errorf("Contact: %s, want %s", got, want)
			}
			b.next().Hangup(causeNormal)
			call.WaitEnd()
		})
	}
}

func TestScreen(t *testing.T) {
	b := start(t, nil)
	for _, tt := range []struct {
		name, method string
		headers      []string
		want         int
	}{
		{"no hops left", "INVITE", []string{"Max-Forwards: 0"}, 483},
		{"the next station is asked whether it lives", "OPTIONS", []string{"Max-Forwards: 0"}, 200},
		{"an extension that we lack", "INVITE", []string{"Require: 100rel, replaces, timer, gruu"}, 420},
		{"a method that is not served", "SUBSCRIBE", nil, 405},
		{"REGISTER", "REGISTER", nil, 405},
		{"REFER outside of a call", "REFER", nil, 405},
		{"a method nobody knows", "DANCE", nil, 501},
		{"BYE for nothing", "BYE", nil, 481},
		{"CANCEL for nothing", "CANCEL", nil, 481},
		{"INFO outside of a call", "INFO", nil, 481},
		{"Replaces", "INVITE", []string{"Replaces: a;to-tag=b;from-tag=c"}, 481},
	} {
		t.Run(tt.name, func(t *testing.T) {
			phone := b.phone("udp")
			phone.Send(raw(tt.method, "SIP/2.0/UDP 127.0.0.1;rport", tt.headers...))
			m := phone.Reply()
			wantStatus(t, m, tt.want)
			if tt.want == 420 && m.Get("Unsupported") != "replaces, gruu" {
				t.Errorf("Unsupported: %q", m.Get("Unsupported"))
			}
			if tt.want == 405 && !m.Has("Allow") {
				t.Error("no Allow")
			}
		})
	}
	phone := b.phone("udp")
	phone.Send(strings.Replace(raw("INVITE", "SIP/2.0/UDP 127.0.0.1;rport"), " SIP/2.0\r\n", " SIP/3.0\r\n", 1))
	wantStatus(t, phone.Reply(), 505)
	phone.Send(strings.Replace(raw("INVITE", "SIP/2.0/UDP 127.0.0.1;rport"), "sip:en@127.0.0.1", "http:en", 1))
	wantStatus(t, phone.Reply(), 416)
	if n := len(b.dialogs.all()); n != 0 {
		t.Errorf("%d dialogs", n)
	}
}

func TestUnknownToTag(t *testing.T) {
	b := start(t, nil)
	phone := b.phone("udp")
	for _, method := range []string{"INVITE", "BYE", "INFO", "OPTIONS", "UPDATE"} {
		phone.Send(strings.Replace(raw(method, "SIP/2.0/UDP 127.0.0.1;rport"), "To: <sip:en@127.0.0.1>", "To: <sip:en@127.0.0.1>;tag=nobody", 1))
		wantStatus(t, phone.Reply(), 481)
	}
	if n := len(b.Calls()); n != 0 {
		t.Errorf("%d calls", n)
	}
}

func TestIncompleteRequests(t *testing.T) {
	b := start(t, nil)
	whole := raw("INVITE", "SIP/2.0/UDP 127.0.0.1;rport")
	for _, line := range []string{"From: ", "To: ", "Call-ID: ", "CSeq: "} {
		t.Run("without "+line, func(t *testing.T) {
			phone := b.phone("udp")
			at := strings.Index(whole, line)
			end := at + strings.Index(whole[at:], "\r\n") + 2
			phone.Send(whole[:at] + whole[end:])
			wantStatus(t, phone.Reply(), 400)
		})
	}
	phone := b.phone("udp")
	phone.Send(strings.Replace(whole, "CSeq: 1 INVITE", "CSeq: 1 BYE", 1))
	wantStatus(t, phone.Reply(), 400)
}

func TestWhatIsNoSIPIsDroppedAndTheSocketLives(t *testing.T) {
	b := start(t, nil)
	phone := b.phone("udp")
	for _, junk := range []string{"", "\r\n\r\n", "\x00\x00", "hello", "INVITE\r\n\r\n", "INVITE sip:a SIP/2.0\r\nnonsense\r\n\r\n", strings.Repeat("x", 60000), "SIP/2.0 200 OK\r\n\r\n", "ACK sip:a SIP/2.0\r\n\r\n"} {
		phone.Send(junk)
	}
	wantStatus(t, phone.Call("en").Hangup(), 200)
	if b.Stats().Malformed == 0 {
		t.Error("nothing was counted")
	}
}

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

func TestRepeatedInviteIsOneCall(t *testing.T) {
	b := start(t, nil)
	phone := b.phone("udp")
	invite := raw("INVITE", "SIP/2.0/UDP 127.0.0.1;rport")
	for range 5 {
		phone.Send(invite)
	}
	_ = b.next()
	b.until("no dialog", func() bool { return len(b.dialogs.all()) == 1 })
	phone.Send(invite)
	wantStatus(t, phone.Reply(), 100)
	if n := len(b.dialogs.all()); n != 1 {
		t.Errorf("%d dialogs", n)
	}
}

// A network may bring a copy of the INVITE when it has long been answered.
func TestRepeatedInviteAfterTheAnswerIsTheSameCall(t *testing.T) {
	b := start(t, nil)
	phone := b.phone("udp")
	invite := raw("INVITE", "SIP/2.0/UDP 127.0.0.1;rport")
	phone.Send(invite)
	for phone.Reply().Status() != 200 {
	}
	_ = b.next()
	for range 5 {
		phone.Send(invite)
	}
	phone.Send(raw("OPTIONS", "SIP/2.0/UDP 127.0.0.1;rport")) // behind them
	for phone.Reply().Method() != "OPTIONS" {
	}
	if n := len(b.dialogs.all()); n != 1 {
		t.Errorf("%d dialogs", n)
	}
	if n := b.Stats().Answers[4]; n != 0 {
		t.Errorf("%d refusals", n)
	}
}

// Connections that fall silent in the middle of a message are cut off, those
// that are only quiet are not.
func TestQuietConnectionsStay(t *testing.T) {
	b := start(t, func(s *setup) { s.timing.message = 50 * time.Millisecond })
	quiet := b.phone("tcp")
	quiet.Send(raw("OPTIONS", "SIP/2.0/TCP 127.0.0.1") + "\r\n\r\n")
	wantStatus(t, quiet.Reply(), 200)
	half := b.phone("tcp")
	half.Send("OPTIONS sip:a SIP/2.0\r\n")
	b.until("nothing was cut off", func() bool { return b.Stats().Stalled == 1 })
	quiet.Send(raw("OPTIONS", "SIP/2.0/TCP 127.0.0.1"))
	wantStatus(t, quiet.Reply(), 200)
	if n := b.Stats().Stalled; n != 1 {
		t.Errorf("%d connections were cut off", n)
	}
}

func TestHeadersMayBeWrittenInManyWays(t *testing.T) {
	b := start(t, nil)
	for _, tt := range []struct{ name, from, to string }{
		{"short names", "From: ", "f: "},
		{"capitals", "From: ", "FROM:"},
		{"a folded line", "From: ", "From:\r\n  "},
		{"space around a semicolon", ">;tag=", "> ; tag="},
		{"a line folded at a semicolon", ">;tag=", ">\r\n\t;tag="},
		{"a parameter in capitals", ">;tag=", ">;Tag="},
		{"space before the branch", ";branch=", "; branch="},
		{"two Vias in one line", "\r\nFrom: ", ", SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKb\r\nFrom: "},
		{"no port and no rport", ":PORT;rport", ":PORT"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			phone := b.phone("udp")
			_, port, _ := net.SplitHostPort(phone.Addr().String())
			message := raw("OPTIONS", "SIP/2.0/UDP 127.0.0.1:PORT;rport")
			_, branch, _ := strings.Cut(message, ";branch=")
			branch, _, _ = strings.Cut(branch, "\r\n")
			_, tag, _ := strings.Cut(message, ";tag=")
			tag, _, _ = strings.Cut(tag, "\r\n")
			message = strings.ReplaceAll(strings.Replace(message, tt.from, tt.to, 1), "PORT", port)
			phone.Send(message)
			m := phone.Reply()
			wantStatus(t, m, 200)
			if got := siptest.Tag(m.Get("From")); got != tag {
				t.Errorf("tag %q, want %q, in %q", got, tag, m.Get("From"))
			}
			if !strings.Contains(m.Get("Via"), ";branch="+branch) {
				t.Errorf("Via: %q", m.Get("Via"))
			}
		})
	}
}

func TestMergedInvite(t *testing.T) {
	b := start(t, nil)
	phone := b.phone("udp")
	invite := raw("INVITE", "SIP/2.0/UDP 127.0.0.1;rport")
	phone.Send(invite)
	_ = b.next()
	phone.Send(strings.Replace(invite, "branch=z9hG4bK", "branch=z9hG4bKother", 1))
	for {
		m := phone.Reply()
		if strings.Contains(m.Get("Via"), "other") {
			wantStatus(t, m, 482)
			return
		}
	}
}

func TestBigAnswersOverUDP(t *testing.T) {
	b := start(t, nil)
	var options []siptest.Option
	for i := range 30 {
		options = append(options,
			siptest.WithHeader("Record-Route", fmt.Sprintf("<sip:proxy%02d.long-name.example.net:5060;lr;r2=on;ftag=0123456789abcdef>", i)),
			siptest.WithHeader("Via", fmt.Sprintf("SIP/2.0/UDP proxy%02d.example.net;branch=z9hG4bK%d", i, i)))
	}
	call := b.phone("udp").Dial("en", options...)
	m := call.Final()
	wantStatus(t, m, 200)
	if n := len(m.String()); n < 3238 {
		t.Errorf("answer of %d bytes proves nothing", n)
	}
	if n := len(m.All("Record-Route")); n != 30 {
		t.Errorf("%d Record-Routes came back", n)
	}
	if n := len(m.All("Via")); n != 31 {
		t.Errorf("%d Vias came back", n)
	}
	b.next().Hangup(Cause{Q850: 16})
	call.WaitEnd()
	var routes []string
	for _, m := range call.Trace() {
		if m.Method() == "BYE" {
			routes = m.All("Route")
		}
	}
	if len(routes) != 30 || !strings.Contains(routes[0], "proxy00") || !strings.Contains(routes[29], "proxy29") {
		t.Errorf("Route of BYE: %v", routes)
	}
	b.wantNothing()
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

func TestAnswersGoBackWhereTheRequestCameFrom(t *testing.T) {
	b := start(t, nil)
	phone := b.phone("udp")
	phone.Send(raw("OPTIONS", "SIP/2.0/UDP 192.0.2.9:5999;rport"))
	m := phone.Reply()
	_, port, _ := net.SplitHostPort(phone.Addr().String())
	if via := m.Get("Via"); !strings.Contains(via, "received=127.0.0.1") || !strings.Contains(via, "rport="+port) {
		t.Errorf("Via: %s", via)
	}
	other := b.phone("udp")
	_, otherPort, _ := net.SplitHostPort(other.Addr().String())
	phone.Send(raw("OPTIONS", "SIP/2.0/UDP pbx.example:"+otherPort))
	if via := other.Reply().Get("Via"); !strings.Contains(via, "received=127.0.0.1") || strings.Contains(via, "rport") {
		t.Errorf("Via: %s", via)
	}
}

// An answer whose connection is gone must not be taken to whom its Via names.
func TestNobodyIsDialledForAnAnswer(t *testing.T) {
	b := start(t, func(s *setup) {
		s.handle = func(ctx context.Context, c *Call) {
			<-ctx.Done()
		}
	})
	trap, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer trap.Close()
	phone := b.phone("tcp")
	phone.Send(raw("INVITE", "SIP/2.0/TCP "+trap.Addr().String()))
	c := b.next()
	phone.Close()
	b.until("the connection is still there", func() bool { b.streams.mu.Lock(); defer b.streams.mu.Unlock(); return len(b.streams.all) == 0 })
	c.Reject(Cause{Status: 486})
	b.wantEnd(c, ErrHungUp)
	b.wantNothing()
	_ = trap.(*net.TCPListener).SetDeadline(time.Now().Add(30 * time.Millisecond))
	if conn, err := trap.Accept(); err == nil {
		conn.Close()
		t.Error("the Via address was dialled")
	}
}

// sipgo keeps a transaction for ever whose first 200 could not be sent.
func TestAnswerWithoutAConnectionLeavesNothingBehind(t *testing.T) {
	gone := make(chan struct{})
	b := start(t, func(s *setup) {
		s.timing.t1, s.timing.t2 = time.Millisecond, 4*time.Millisecond
		s.handle = func(_ context.Context, c *Call) { <-gone; _ = c.Answer(context.Background()); <-c.Done() }
	})
	phone := b.phone("tcp")
	phone.Send(raw("INVITE", "SIP/2.0/TCP 127.0.0.1"))
	c := b.next()
	phone.Close()
	b.until("the connection is still there", func() bool { b.streams.mu.Lock(); defer b.streams.mu.Unlock(); return len(b.streams.all) == 0 })
	close(gone)
	b.wantEnd(c, ErrNoAcknowledgement)
	b.wantNothing()
	b.until("a transaction is left", func() bool {
		b.transactions.mu.Lock()
		defer b.transactions.mu.Unlock()
		return len(b.transactions.server)+len(b.transactions.client)+len(b.transactions.calls) == 0
	})
}

func TestTwoConnectionsToOnePeerAreBothTakenBack(t *testing.T) {
	var g gate
	c := newStreams(&g, 2, 2)
	peer := netip.MustParseAddr("127.0.0.1")
	var near []*guest
	var ends []net.Conn
	for range 2 {
		conn, far := net.Pipe()
		ends = append(ends, far)
		guest, err := c.admit(conn, peer, &trunk{use: &use{}})
		if err != nil {
			t.Fatal(err)
		}
		near = append(near, guest)
	}
	if _, err := c.admit(nil, peer, &trunk{use: &use{}}); err == nil {
		t.Error("room for a third")
	}
	for _, guest := range near {
		_ = guest.Close()
		_ = guest.Close()
	}
	if len(c.guests) != 0 || len(c.of) != 0 {
		t.Errorf("%v connections are counted", c.of)
	}
	for _, end := range ends {
		if _, err := end.Read(make([]byte, 1)); err == nil {
			t.Error("a connection is open")
		}
	}
}

func TestByeOverANewConnection(t *testing.T) {
	b := start(t, nil)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	phone := b.phone("tcp")
	_ = phone.Call("en", siptest.WithHeader("Contact", "<sip:tester@"+l.Addr().String()+";transport=tcp>"))
	c := b.next()
	phone.Close()
	b.until("the connection is still there", func() bool { b.streams.mu.Lock(); defer b.streams.mu.Unlock(); return len(b.streams.all) == 0 })
	go c.Hangup(causeNormal)
	_ = l.(*net.TCPListener).SetDeadline(time.Now().Add(siptest.Patience))
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "BYE sip:tester@"+l.Addr().String()) {
		t.Errorf("got %q, %v", line, err)
	}
}

func TestSlowMessagesAreCutOff(t *testing.T) {
	b := start(t, func(s *setup) { s.timing.message = 50 * time.Millisecond })
	conn, err := net.Dial("tcp", b.addr("tcp"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	message := raw("OPTIONS", "SIP/2.0/TCP 127.0.0.1")
	begun := time.Now()
	for i := 0; ; i++ {
		if _, err := conn.Write([]byte{message[i%(len(message)-4)]}); err != nil {
			break
		}
		if time.Since(begun) > siptest.Patience {
			t.Fatal("still connected")
		}
		time.Sleep(time.Millisecond)
	}
	b.until("not counted", func() bool { return b.Stats().Stalled == 1 })
}

func TestStreams(t *testing.T) {
	b := start(t, nil)
	t.Run("messages in pieces and in one piece", func(t *testing.T) {
		phone := b.phone("tcp")
		both := raw("OPTIONS", "SIP/2.0/TCP 127.0.0.1") + raw("OPTIONS", "SIP/2.0/TCP 127.0.0.1")
		for len(both) > 0 {
			n := min(97, len(both))
			phone.Send(both[:n])
			both = both[n:]
		}
		wantStatus(t, phone.Reply(), 200)
		wantStatus(t, phone.Reply(), 200)
	})
	t.Run("a keep-alive behind a message does not hold the connection up", func(t *testing.T) {
		phone := b.phone("tcp")
		for range 2 {
			phone.Send(raw("OPTIONS", "SIP/2.0/TCP 127.0.0.1") + "\r\n\r\n")
			wantStatus(t, phone.Reply(), 200)
		}
	})
	t.Run("keep-alive is answered", func(t *testing.T) {
		conn, err := net.Dial("tcp", b.addr("tcp"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_, _ = conn.Write([]byte("\r\n\r\n"))
		_ = conn.SetReadDeadline(time.Now().Add(siptest.Patience))
		buf := make([]byte, 2)
		if _, err := conn.Read(buf); err != nil || string(buf) != "\r\n" {
			t.Errorf("got %q, %v", buf, err)
		}
	})
	t.Run("what is no SIP ends the connection", func(t *testing.T) {
		conn, err := net.Dial("tcp", b.addr("tcp"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_, _ = conn.Write([]byte("GET / HTTP/1.1\r\nHost: a\r\n\r\n"))
		_ = conn.SetReadDeadline(time.Now().Add(siptest.Patience))
		if n, err := conn.Read(make([]byte, 1)); err == nil {
			t.Errorf("got %d bytes", n)
		}
	})
	t.Run("one address has so many connections", func(t *testing.T) {
		var all []net.Conn
		defer func() {
			for _, c := range all {
				c.Close()
			}
		}()
		shed := b.Stats().Shed
		for range DefaultConfig().MaxConnectionsPerAddress + 5 {
			if conn, err := net.Dial("tcp", b.addr("tcp")); err == nil { // one too many may be reset at once
				all = append(all, conn)
			}
		}
		b.until("nothing was shed", func() bool { return b.Stats().Shed-shed >= 5 })
	})
}

func TestHeadersCannotBeSmuggled(t *testing.T) {
	b := start(t, nil)
	phone := b.phone("udp")
	message := raw("OPTIONS", "SIP/2.0/UDP 127.0.0.1;rport")
	message = strings.Replace(message, "From: <", "From: \"x\nX-Evil: 1\x00\x1b[2J\" <", 1)
	phone.Send(message)
	m := phone.Reply()
	wantStatus(t, m, 200)
	if m.Has("X-Evil") {
		t.Error("a header was smuggled in")
	}
	if got := m.Get("From"); strings.ContainsAny(got, "\x00\x1b\n\r") {
		t.Errorf("From: %q", got)
	}
}
