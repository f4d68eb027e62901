package resolve

import (
	"net"
	"net/netip"
	"reflect"
	"strings"
	"testing"

	"github.com/miekg/dns"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const zone = `
only-a.example. IN A 192.0.2.1
both.example. IN A 192.0.2.2
both.example. IN AAAA 2001:db8::2
_sip._udp.srv.example. IN SRV 20 0 5070 both.example.
_sip._udp.srv.example. IN SRV 10 0 5060 only-a.example.
_sip._udp.srv.example. IN SRV 30 0 5060 missing.example.
_sip._tcp.stream.example. IN SRV 10 0 5080 only-a.example.
_sips._tcp.safe.example. IN SRV 10 0 5063 only-a.example.
_sip._udp.no.example. IN SRV 0 0 0 .
no.example. IN A 192.0.2.3
wish.example. IN NAPTR 20 10 "s" "SIP+D2U" "" _sip._udp.srv.example.
wish.example. IN NAPTR 10 20 "s" "SIP+D2T" "" _sip._tcp.stream.example.
wish.example. IN NAPTR 10 10 "s" "SIP+D2S" "" _sip._sctp.srv.example.
odd.example. IN A 0.0.0.0
odd.example. IN A 224.0.0.1
`

// hostile are records of somebody who means us no good: names that lead back to
// themselves, and more addresses than anybody has.
const hostile = `
loop.example. IN NAPTR 10 10 "s" "SIP+D2U" "" _sip._udp.loop.example.
loop.example. IN NAPTR 10 20 "s" "SIP+D2T" "" loop.example.
_sip._udp.loop.example. IN SRV 10 0 5060 _sip._udp.loop.example.
$GENERATE 1-60 many.example. IN A 192.0.2.$
$GENERATE 1-20 _sip._udp.wide.example. IN SRV 10 0 $ many.example.
`

// serve answers for zone on loopback.
func serve(t *testing.T) string {
	t.Helper()
	return serveZone(t, zone+hostile, func(*dns.Msg) {})
}

// serveZone answers for a zone as tweak leaves it.
func serveZone(t *testing.T, zone string, tweak func(*dns.Msg)) string {
	t.Helper()
	records := map[string]map[uint16][]dns.RR{}
	parser := dns.NewZoneParser(strings.NewReader(zone), "", "")
	for rr, ok := parser.Next(); ok; rr, ok = parser.Next() {
		h := rr.Header()
		if records[h.Name] == nil {
			records[h.Name] = map[uint16][]dns.RR{}
		}
		records[h.Name][h.Rrtype] = append(records[h.Name][h.Rrtype], rr)
	}
	if err := parser.Err(); err != nil {
		t.Fatal(err)
	}
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &dns.Server{PacketConn: conn, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		a := new(dns.Msg)
		a.SetReply(q)
		of, known := records[q.Question[0].Name]
		if !known {
			a.Rcode = dns.RcodeNameError
		}
		a.Answer = of[q.Question[0].Qtype]
		tweak(a)
		_ = w.WriteMsg(a)
	})}
	ended := make(chan error, 1)
	go func() { ended <- server.ActivateAndServe() }()
	t.Cleanup(func() { _ = conn.Close(); <-ended })
	return conn.LocalAddr().String()
}

func at(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }

func TestTargets(t *testing.T) {
	r := New([]string{serve(t)})
	for _, tt := range []struct {
		name   string
		server Server
		want   []Target
		fails  bool
	}{
		{"an address", Server{Host: "192.0.2.9"}, []Target{{UDP, at("192.0.2.9:5060"), 0}}, false},
		{"an address for TLS", Server{Host: "[2001:db8::9]", Transport: TLS}, []Target{{TLS, at("[2001:db8::9]:5061"), 0}}, false},
		{"an address with a port", Server{Host: "192.0.2.9", Port: 5066, Transport: TCP}, []Target{{TCP, at("192.0.2.9:5066"), 0}}, false},
		{"a host with a port is not looked up as a service", Server{Host: "only-a.example", Port: 5066}, []Target{{UDP, at("192.0.2.1:5066"), 0}}, false},
		{"a host without services", Server{Host: "both.example"}, []Target{{UDP, at("192.0.2.2:5060"), 0}, {UDP, at("[2001:db8::2]:5060"), 0}}, false},
		{"services in the order of their priority", Server{Host: "srv.example"}, []Target{{UDP, at("192.0.2.1:5060"), 10}, {UDP, at("192.0.2.2:5070"), 20}, {UDP, at("[2001:db8::2]:5070"), 20}}, false},
		{"a transport that only services name", Server{Host: "stream.example"}, []Target{{TCP, at("192.0.2.1:5080"), 10}}, false},
		{"services for TLS", Server{Host: "safe.example", Transport: TLS}, []Target{{TLS, at("192.0.2.1:5063"), 10}}, false},
		{"services of another transport do not count", Server{Host: "srv.example", Transport: TLS}, nil, true},
		{"the domain's own wish first", Server{Host: "wish.example"}, []Target{{TCP, at("192.0.2.1:5080"), 10}}, false},
		{"a service that is decidedly not there", Server{Host: "no.example"}, []Target{{UDP, at("192.0.2.3:5060"), 0}}, false},
		{"addresses that are nobody's", Server{Host: "odd.example"}, nil, true},
		{"nothing", Server{Host: "nothing.example"}, nil, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := r.Targets(t.Context(), tt.server)
			if (err != nil) != tt.fails || !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
}

func TestWhatHostileNamesLeadToHasAnEnd(t *testing.T) {
	r := New([]string{serve(t)})
	for name, want := range map[string]int{"loop.example": 0, "many.example": maxTargets, "wide.example": maxTargets} {
		if got, _ := r.Targets(t.Context(), Server{Host: name}); len(got) != want {
			t.Errorf("%s: %d places, want %d", name, len(got), want)
		}
	}
}

func TestAnAnswerToAnotherQuestionIsNone(t *testing.T) {
	at := serveZone(t, zone, func(a *dns.Msg) { a.Question[0].Name = "other.example." })
	if got := New([]string{at}).naptr(t.Context(), "wish.example"); got != nil {
		t.Errorf("got %v", got)
	}
}

func TestAServerThatIsDeafIsAnError(t *testing.T) {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := conn.LocalAddr().String()
	conn.Close()
	if _, err := New([]string{address}).Targets(t.Context(), Server{Host: "srv.example"}); err == nil {
		t.Error("no error")
	}
}

func FuzzWishes(f *testing.F) {
	rr, err := dns.NewRR(`wish.example. IN NAPTR 10 20 "s" "SIP+D2T" "" _sip._tcp.stream.example.`)
	if err != nil {
		f.Fatal(err)
	}
	m := new(dns.Msg)
	m.Answer = []dns.RR{rr}
	wire, _ := m.Pack()
	f.Add(wire)
	f.Fuzz(func(_ *testing.T, packet []byte) {
		var m dns.Msg
		if m.Unpack(packet) == nil {
			_ = wishes(m.Answer)
		}
	})
}
