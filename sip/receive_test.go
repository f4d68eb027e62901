package sip

import (
	"fmt"
	"net"
	"strings"
	"testing"

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
					siptest.Lacks(t, "::1", err)
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
