package sip

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"unicode/utf8"

	sipmsg "github.com/emiago/sipgo/sip"
	"github.com/rs/zerolog"
)

func TestText(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"plain", "sip:en@127.0.0.1;tag=a", "sip:en@127.0.0.1;tag=a"},
		{"other alphabets", "Jürgen 李", "Jürgen 李"},
		{"a header smuggled in", "a\r\nX: b", "aX: b"},
		{"a lone LF", "a\nb", "ab"},
		{"NUL, ESC, DEL", "a\x00\x1b[31m\x7f", "a[31m"},
		{"C1 and line separators", "a\u0085\u2028b", "ab"},
		{"broken UTF-8", "a\xff\xfeb", "ab"},
		{"tab", "a\tb", "ab"},
		{"endless", strings.Repeat("x", 2*maxText), strings.Repeat("x", maxText)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := text(tt.in); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func FuzzText(f *testing.F) {
	f.Add("a\r\nb")
	f.Add("\u00e4\xff")
	f.Fuzz(func(t *testing.T, in string) {
		got := text(in)
		if !utf8.ValidString(got) || strings.ContainsFunc(got, isControl) || len(got) > maxText {
			t.Errorf("text(%q) = %q", in, got)
		}
		if text(got) != got {
			t.Errorf("twice is not once: %q", got)
		}
	})
}

func request(t testing.TB, message string) *sipmsg.Request {
	t.Helper()
	msg, err := parse(newParser(), []byte(message))
	if err != nil {
		t.Fatal(err)
	}
	return msg.(*sipmsg.Request)
}

const multipartBody = "--b1\r\nContent-Type: application/pidf+xml\r\n\r\n<presence/>\r\n--b1\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n--b1--\r\n"

// encoded is a multipart body with a session in a transfer encoding.
func encoded(encoding, session string) string {
	return "--b1\r\nContent-Type: application/sdp\r\nContent-Transfer-Encoding: " + encoding + "\r\n\r\n" + session + "\r\n--b1--\r\n"
}

func TestSession(t *testing.T) {
	for _, tt := range []struct {
		name, kind, body string
		want             string
		refused          bool
	}{
		{name: "no body"},
		{name: "plain", kind: "application/sdp", body: "v=0", want: "v=0"},
		{name: "with parameters and capitals", kind: "Application/SDP; charset=utf-8", body: "v=0", want: "v=0"},
		{name: "beside a location", kind: `multipart/mixed; boundary="b1"`, body: multipartBody, want: "v=0"},
		{name: "a location alone", kind: "multipart/mixed;boundary=b1", body: "--b1\r\nContent-Type: text/plain\r\n\r\nx\r\n--b1--\r\n", refused: true},
		{name: "another type", kind: "application/isup", body: "x", refused: true},
		{name: "another type that may be left", kind: "application/isup\r\nContent-Disposition: signal;handling=optional", body: "x"},
		{name: "nested", kind: "multipart/mixed;boundary=b0", body: "--b0\r\nContent-Type: multipart/alternative;boundary=b1\r\n\r\n" + multipartBody + "\r\n--b0--\r\n", want: "v=0"},
		{name: "only what may be left", kind: "multipart/mixed;boundary=b1", body: "--b1\r\nContent-Type: text/plain\r\nContent-Disposition: render;handling=optional\r\n\r\nx\r\n--b1--\r\n"},
		{name: "a packed part", kind: "multipart/mixed;boundary=b1", body: "--b1\r\nContent-Type: application/sdp\r\nContent-Encoding: gzip\r\n\r\nv=0\r\n--b1--\r\n", refused: true},
		{name: "a part in base64", kind: "multipart/mixed;boundary=b1", body: encoded("base64", "dj\r\n0w\r\n"), want: "v=0"},
		{name: "a part in base64 that is none", kind: "multipart/mixed;boundary=b1", body: encoded("base64", "v=0"), refused: true},
		{name: "a quoted-printable part", kind: "multipart/mixed;boundary=b1", body: encoded("Quoted-Printable", "v=3D=\r\n0"), want: "v=0"},
		{name: "a quoted-printable part that is none", kind: "multipart/mixed;boundary=b1", body: encoded("quoted-printable", "v=0\x00"), refused: true},
		{name: "a part in an encoding of its own", kind: "multipart/mixed;boundary=b1", body: encoded("x-uuencode", "v=0"), refused: true},
		{name: "no boundary", kind: "multipart/mixed", body: multipartBody, refused: true},
		{name: "no type", body: "v=0", refused: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			kind := ""
			if tt.kind != "" {
				kind = "c: " + tt.kind + "\r\n"
			}
			req := request(t, fmt.Sprintf("INVITE sip:a SIP/2.0\r\n%sl: %d\r\n\r\n%s", kind, len(tt.body), tt.body))
			got, problem := session(req)
			if string(got) != tt.want || (problem != nil) != tt.refused {
				t.Errorf("got %q, %v", got, problem)
			}
		})
	}
}

func FuzzSession(f *testing.F) {
	f.Add("application/sdp", []byte("v=0"))
	f.Add(`multipart/mixed; boundary="b1"`, []byte(multipartBody))
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		if got, err := sessionIn(kind, body, maxDepth); err == nil && len(got) > len(body) {
			t.Errorf("%d bytes out of %d", len(got), len(body))
		}
	})
}

// Whatever a trunk sends, we survive it, and what we would answer can be read
// again and holds no more lines than it has headers.
func FuzzRequest(f *testing.F) {
	f.Add([]byte(raw("INVITE", "SIP/2.0/UDP 127.0.0.1;rport", "Record-Route: <sip:a;lr>, <sip:b>", "Require: 100rel", "Privacy: id")))
	f.Add([]byte("INVITE tel:+49 SIP/2.0\r\nv: SIP/2.0/UDP [::1]:5060;branch=x\r\nf: \"a\nb\" <sip:c>;tag=1\r\nt: <sip:d>\r\ni: e\r\nCSeq: 1 INVITE\r\nm: <sip:f;transport=tcp>\r\n\r\n"))
	s := &Server{gate: gate{}}
	parser := newParser()
	f.Fuzz(func(t *testing.T, data []byte) {
		msg, err := parse(parser, data)
		if err != nil {
			return
		}
		req, ok := msg.(*sipmsg.Request)
		if !ok || !whole(req) {
			return
		}
		source := netip.MustParseAddrPort("127.0.0.1:5060")
		req.SetTransport("UDP")
		req.SetSource(source.String())
		in := incoming{Request: req, arrival: arrival{wire: fakeWire{}, source: source, trunk: &trunk{use: &use{}}}}
		_, _ = s.screen(in)
		_, _ = calledNumber(in), callerOf(in)
		_, _ = session(req)
		r := s.routeTo(in)
		_, _ = r.path()
		_, _ = r.hop()
		res := s.response(in, 200, "tag", abilities()...)
		out, err := marshal(res)
		if err != nil {
			t.Fatal(err)
		}
		head, _, _ := bytes.Cut(out, []byte("\r\n\r\n"))
		if lines := bytes.Count(head, []byte("\n")); lines != len(res.Headers()) {
			t.Errorf("%d lines for %d headers: %q", lines, len(res.Headers()), head)
		}
	})
}

type fakeWire struct {
	wire
	tcp bool
}

func (w fakeWire) network() string {
	if w.tcp {
		return "TCP"
	}
	return "UDP"
}
func (fakeWire) local() netip.AddrPort { return netip.MustParseAddrPort("127.0.0.1:5060") }

func TestRoute(t *testing.T) {
	const ua = "sip:ua@10.0.0.9:5070"
	for _, tt := range []struct {
		name      string
		target    string
		routes    []string
		tcp       bool
		recipient string
		headers   []string
		network   string
		to        string
	}{
		{"straight to the caller", ua, nil, false, ua, nil, "UDP", "10.0.0.9:5070"},
		{"no port is 5060", "sip:ua@10.0.0.9", nil, false, "sip:ua@10.0.0.9", nil, "UDP", "10.0.0.9:5060"},
		{"loose routers", ua, []string{"sip:10.0.0.1;lr", "sip:10.0.0.2;lr"}, false, ua, []string{"sip:10.0.0.1;lr", "sip:10.0.0.2;lr"}, "UDP", "10.0.0.1:5060"},
		{"a strict router", ua, []string{"sip:10.0.0.1", "sip:10.0.0.2;lr"}, false, "sip:10.0.0.1", []string{"sip:10.0.0.2;lr", ua}, "UDP", "10.0.0.1:5060"},
		{"a router that wants TCP", ua, []string{"sip:10.0.0.1:5066;transport=tcp;lr"}, false, ua, []string{"sip:10.0.0.1:5066;transport=tcp;lr"}, "TCP", "10.0.0.1:5066"},
		{"a caller behind NAT", "sip:ua@192.168.1.2:5060", nil, false, "sip:ua@192.168.1.2:5060", nil, "UDP", "10.0.0.77:40000"},
		{"a caller who names a third party", "sip:victim@198.51.100.1", nil, true, "sip:victim@198.51.100.1", nil, "TCP", "10.0.0.77:40000"},
		{"a caller who wants TLS", "sip:ua@10.0.0.9;transport=tls", nil, false, "sip:ua@10.0.0.9;transport=tls", nil, "TLS", "10.0.0.9:5061"},
		{"a caller who wants each hop encrypted", "sips:ua@10.0.0.9:5066", nil, true, "sips:ua@10.0.0.9:5066", nil, "TLS", "10.0.0.9:5066"},
		{"a caller who cannot be dialled", "sip:ua@10.0.0.9;transport=ws", nil, true, "sip:ua@10.0.0.9;transport=ws", nil, "TCP", "10.0.0.77:40000"},
		{"a transport that nobody has", "sip:ua@10.0.0.9;transport=sctp", nil, false, "sip:ua@10.0.0.9;transport=sctp", nil, "UDP", "10.0.0.77:40000"},
		{"a caller with a name", "sip:ua@pbx.example.com;transport=tcp", nil, false, "sip:ua@pbx.example.com;transport=tcp", nil, "UDP", "10.0.0.77:40000"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := route{
				trunk:  &trunk{use: &use{}, ways: []string{"UDP", "TCP", "TLS", "WS", "WSS"}, networks: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/24")}},
				came:   fakeWire{tcp: tt.tcp},
				source: netip.MustParseAddrPort("10.0.0.77:40000"),
				target: uri(t, tt.target),
			}
			for _, s := range tt.routes {
				r.routes = append(r.routes, uri(t, s))
			}
			recipient, routes := r.path()
			var headers []string
			for i := range routes {
				headers = append(headers, routes[i].String())
			}
			if got := recipient.String(); got != tt.recipient || strings.Join(headers, " ") != strings.Join(tt.headers, " ") {
				t.Errorf("to %s by %v, want %s by %v", got, headers, tt.recipient, tt.headers)
			}
			if network, to := r.hop(); network != tt.network || to.String() != tt.to {
				t.Errorf("next %s %v, want %s %s", network, to, tt.network, tt.to)
			}
		})
	}
}

func uri(t *testing.T, s string) sipmsg.Uri {
	t.Helper()
	var u sipmsg.Uri
	if err := sipmsg.ParseUri(s, &u); err != nil {
		t.Fatal(err)
	}
	return u
}

func TestGateTakesTheNarrowestNetwork(t *testing.T) {
	var g gate
	g.set([]TrunkConfig{trunkOf("wide", "10.0.0.0/8", "2001:db8::/32"), trunkOf("narrow", "10.1.0.0/16"), trunkOf("one", "10.1.2.3")})
	for address, want := range map[string]string{"10.9.9.9": "wide", "10.1.9.9": "narrow", "10.1.2.3": "one", "2001:db8::1": "wide", "11.0.0.1": ""} {
		got := ""
		if tr := g.trunkOf(netip.MustParseAddr(address), "UDP"); tr != nil {
			got = tr.Name
		}
		if got != want {
			t.Errorf("%s belongs to %q, want %q", address, got, want)
		}
	}
}

func BenchmarkGate(b *testing.B) {
	var g gate
	var trunks []TrunkConfig
	for i := range 32 {
		trunks = append(trunks, trunkOf(fmt.Sprint(i), fmt.Sprintf("10.%d.0.0/16", i)))
	}
	g.set(trunks)
	stranger := netip.MustParseAddr("192.0.2.1")
	b.ReportAllocs()
	for b.Loop() {
		if g.trunkOf(stranger, "UDP") != nil {
			b.Fatal("a stranger got in")
		}
	}
}

func BenchmarkParseAndAnswer(b *testing.B) {
	s, parser := &Server{}, newParser()
	message := []byte(raw("OPTIONS", "SIP/2.0/UDP 127.0.0.1;rport"))
	source := netip.MustParseAddrPort("127.0.0.1:5060")
	b.ReportAllocs()
	for b.Loop() {
		msg, err := parse(parser, message)
		if err != nil {
			b.Fatal(err)
		}
		msg.SetSource(source.String())
		in := incoming{Request: msg.(*sipmsg.Request), arrival: arrival{wire: fakeWire{}, source: source}}
		if _, err := marshal(s.response(in, 200, "tag", abilities()...)); err != nil {
			b.Fatal(err)
		}
	}
}

func TestNothingIsSentToStrangers(t *testing.T) {
	b := start(t, nil)
	res := sipmsg.NewResponse(200, "OK")
	res.SetDestination("198.51.100.1:5060")
	if err := b.sockets[0].WriteMsg(res); err == nil {
		t.Error("sent over UDP")
	}
	if _, err := b.streams.dial(t.Context(), b.Server, "TCP", netip.MustParseAddrPort("198.51.100.1:5060"), ""); err == nil {
		t.Error("dialled")
	}
}

func TestParserPanicCostsOneMessage(t *testing.T) {
	if _, err := parse(nil, []byte(raw("OPTIONS", "SIP/2.0/UDP 127.0.0.1"))); err == nil {
		t.Error("no error")
	}
}

func TestWriterPanicCostsOneMessage(t *testing.T) {
	res := sipmsg.NewResponse(200, "OK")
	res.AppendHeader((*sipmsg.ContactHeader)(nil))
	if _, err := marshal(res); err == nil {
		t.Error("no error")
	}
}

func TestSipgoLogsLittleAndNothingOfAMessage(t *testing.T) {
	var out bytes.Buffer
	log := newHush(zerolog.New(&out))
	for range 100 {
		log.Error("failed to parse", slog.String("data", "INVITE sip:secret"))
	}
	if n := strings.Count(out.String(), "\n"); n != 1 || strings.Contains(out.String(), "secret") {
		t.Errorf("%d lines: %s", n, out.String())
	}
}
