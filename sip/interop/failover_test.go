package interop

import (
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"github.com/einwahl/einwahl/gateway/peertest"
	"github.com/einwahl/einwahl/sip"
)

// dispatcher spreads calls over gateways that answer its OPTIONS, in the order
// of their priority, and goes on to the next where one refuses.
const dispatcher = `
request_route {
	if (is_method("CANCEL")) { if (t_check_trans()) { t_relay(); } exit; }
	if (has_totag()) { loose_route(); t_relay(); exit; }
	record_route();
	if (!ds_select_dst("1", "8")) { sl_send_reply("480", "No gateway"); exit; }
	t_on_failure("NEXT");
	t_relay();
}
failure_route[NEXT] {
	if (t_is_canceled()) { exit; }
	if (t_check_status("50[0-9]") || t_branch_timeout()) {
		if (ds_next_dst()) { t_on_failure("NEXT"); t_relay(); exit; }
	}
}
event_route[dispatcher:dst-down] { xlog("L_ERR", "down: $rm $ru\n"); }
event_route[dispatcher:dst-up] { xlog("L_ERR", "up: $rm $ru\n"); }
`

// A dispatcher before two gateways and a dead one: the one that drains loses
// its turn by the 503 that it answers OPTIONS with, and no call is lost.
func TestDispatcherLeavesADrainingGateway(t *testing.T) {
	t.Parallel()
	first, second := start(t, nil), start(t, nil)
	dead := peertest.Port(t)
	k := peertest.StartKamailio(t, peertest.Port(t), peertest.KamailioConfig{
		Modules: []string{"dispatcher"},
		Params: []string{
			`"dispatcher", "list_file", "{dir}/dispatcher.list"`, `"dispatcher", "flags", 2`, `"dispatcher", "xavp_dst", "_dst"`,
			`"dispatcher", "ds_ping_interval", 1`, `"dispatcher", "ds_probing_mode", 1`, `"dispatcher", "ds_probing_threshold", 1`,
			`"dispatcher", "ds_inactive_threshold", 1`, `"dispatcher", "ds_ping_reply_codes", "class=2"`, `"tm", "fr_timer", 1000`,
		},
		Routes: dispatcher,
		Files: map[string]string{"dispatcher.list": fmt.Sprintf("1 sip:127.0.0.1:%d 0 30\n1 sip:%s 0 20\n1 sip:%s 0 10\n",
			dead, first.address("udp"), second.address("udp"))},
	})
	peertest.SIPp(t, peertest.RoutedCall("en", "gw.test", true), k.Address, 5, nil)
	if n := len(first.calls); n != 5 {
		t.Fatalf("%d of 5 calls came to the first gateway that lives", n)
	}
	first.server.Drain()
	peertest.SIPp(t, peertest.RoutedCall("en", "gw.test", true), k.Address, 5, nil)
	if n := len(second.calls); n != 5 {
		t.Errorf("%d of 5 calls came to the second gateway", n)
	}
	peertest.Eventually(t, "the dispatcher sees that the first gateway drains", func() bool {
		return strings.Contains(k.Printed(), "down: OPTIONS sip:"+first.address("udp"))
	})
}

// nameServer answers for a zone on loopback.
func nameServer(t *testing.T, zone string) string {
	t.Helper()
	records := map[dns.Question][]dns.RR{}
	parser := dns.NewZoneParser(strings.NewReader(zone), "", "")
	for rr, ok := parser.Next(); ok; rr, ok = parser.Next() {
		q := dns.Question{Name: rr.Header().Name, Qtype: rr.Header().Rrtype, Qclass: dns.ClassINET}
		records[q] = append(records[q], rr)
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
		a.Answer = records[q.Question[0]]
		_ = w.WriteMsg(a)
	})}
	ended := make(chan error, 1)
	go func() { ended <- server.ActivateAndServe() }()
	t.Cleanup(func() { _ = conn.Close(); <-ended })
	return conn.LocalAddr().String()
}

// A registrar that is known by a name only (RFC 3263): the SRV record with the
// best priority answers 503 or is dead, so the account goes to the next, and
// calls come from there.
func TestRegistrarFailover(t *testing.T) {
	t.Parallel()
	busy := startRegistrar(t, `request_route { xlog("L_ERR", "turned away\n"); append_to_reply("Retry-After: 60\r\n"); sl_send_reply("503", "Busy"); }`)
	good := startRegistrar(t, registrar)
	port := func(k *peertest.Kamailio) string { _, p, _ := net.SplitHostPort(k.Address); return p }
	at := nameServer(t, fmt.Sprintf(`
_sip._udp.tel.test. IN SRV 10 0 %s busy.tel.test.
_sip._udp.tel.test. IN SRV 20 0 %s good.tel.test.
_sip._tcp.tel.test. IN SRV 10 0 %d busy.tel.test.
_sip._tcp.tel.test. IN SRV 20 0 %s good.tel.test.
busy.tel.test. IN A 127.0.0.1
good.tel.test. IN A 127.0.0.1
`, port(busy), port(good), peertest.Port(t), port(good)))
	for _, tt := range []struct{ name, params string }{
		{"the first is busy", ""},
		{"the first is dead", ";transport=tcp"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			user := "alice" + strings.TrimPrefix(tt.params, ";transport=")
			g := start(t, func(s *settings) {
				s.sip.DNS = []string{at}
				s.trunk.Peers = nil
				s.trunk.Register = []sip.RegisterConfig{account(user, "tel.test"+tt.params)}
			})
			g.registered(0, "registered")
			peertest.SIPp(t, peertest.RoutedCall(user, "tel.test", true), good.Address, 1, nil)
			if c := <-g.calls; c.Account() != user {
				t.Errorf("the call came to account %q", c.Account())
			}
		})
	}
	if !strings.Contains(busy.Printed(), "turned away") {
		t.Error("the best record was not tried")
	}
}
