package sip

import (
	"bytes"
	"net/netip"
	"strings"
	"testing"

	sipmsg "github.com/emiago/sipgo/sip"

	"github.com/einwahl/einwahl/sip/siptest"
)

func TestWhatCannotBeReadIsRefusedWhereItCanBeTold(t *testing.T) {
	b := start(t, nil)
	good := raw("OPTIONS", "SIP/2.0/UDP 127.0.0.1;rport")
	for _, tt := range []struct {
		name, message string
		status        int
	}{
		{"a header without a colon", strings.Replace(good, "Call-ID", "nothing\r\nCall-ID", 1), 0},
		{"a quote without an end", strings.Replace(good, "To: ", `To: "`, 1), 400},
		{"an address of another world", strings.Replace(good, "OPTIONS sip:", "OPTIONS a.b+c:", 1), 416},
		{"an ACK", strings.ReplaceAll(strings.Replace(good, "To: ", `To: "`, 1), "OPTIONS", "ACK"), 0},
		{"an answer", strings.Replace(strings.Replace(good, "To: ", `To: "`, 1), "OPTIONS ", "SIP/2.0 200 ", 1), 0},
		{"no way back", strings.Replace(strings.Replace(good, "To: ", `To: "`, 1), "Via: ", "Via: /", 1), 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			phone := b.phone("udp")
			phone.Send(tt.message)
			phone.Send(raw("NONSENSE", "SIP/2.0/UDP 127.0.0.1;rport")) // 501, so that silence ends
			m := phone.Reply()
			if tt.status == 0 && m.Status() != 501 || tt.status != 0 && m.Status() != tt.status {
				t.Errorf("answered with %s", m.Start)
			}
			if tt.status != 0 && (siptest.Tag(m.Get("To")) == "" || !strings.Contains(m.Get("Via"), "rport=")) {
				t.Errorf("an answer without its place: %s", m)
			}
		})
	}
}

func TestContactNamesTheWay(t *testing.T) {
	for _, tt := range []struct {
		kind string
		sips bool
		want string
	}{
		{"UDP", false, "<sip:[2001:db8::1]:5060>"},
		{"TCP", false, "<sip:[2001:db8::1]:5060;transport=tcp>"},
		{"TLS", false, "<sip:[2001:db8::1]:5060;transport=tls>"},
		{"TLS", true, "<sips:[2001:db8::1]:5060>"},
		{"WS", false, "<sip:[2001:db8::1]:5060;transport=ws>"},
		{"WSS", true, "<sips:[2001:db8::1]:5060;transport=ws>"},
	} {
		r := route{came: &stream{kind: tt.kind}, host: "2001:db8::1", port: 5060, sips: tt.sips}
		if got := r.contact().Value(); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.kind, got, tt.want)
		}
	}
}

func FuzzSkeleton(f *testing.F) {
	f.Add([]byte(raw("INVITE", "SIP/2.0/UDP [::1] : 5060;rport")))
	f.Add([]byte("A b.c:d SIP/2.0\r\nv: a/b/c d,\r\n e\r\nt: \"\r\n\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		_ = foreignScheme(data)
		via, headers := skeleton(data)
		if via == nil {
			return
		}
		res := sipmsg.NewResponse(400, "Bad Request")
		for _, h := range headers {
			res.AppendHeader(h)
		}
		markSource(res, netip.MustParseAddrPort("127.0.0.1:5060"))
		out, err := marshal(res)
		if err != nil {
			t.Fatal(err)
		}
		if lines := bytes.Count(out, []byte("\n")); lines != len(res.Headers())+2 {
			t.Errorf("%d lines for %d headers: %q", lines, len(res.Headers()), out)
		}
	})
}
