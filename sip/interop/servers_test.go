package interop

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/einwahl/einwahl/gateway/peertest"
	"github.com/einwahl/einwahl/sip"
)

// hub answers OPTIONS as a trunk with many customers does: it knows them by the
// name in Contact. One of its faces is out of order.
const hub = `
request_route {
	if (is_method("CANCEL")) { if (t_check_trans()) { t_relay(); } exit; }
	if (has_totag()) {
		loose_route();
		if ($rd == "sbc.example.test") { $du = "sip:%[1]s;transport=tls"; }
		t_relay();
		exit;
	}
	if (is_method("OPTIONS")) {
		xlog("L_ERR", "$rm $ru over $pr from $fu contact $hdr(Contact)\n");
		if ($rd == "three.hub.test") { append_to_reply("Retry-After: 3600\r\n"); sl_send_reply("503", "Out of order"); exit; }
		sl_send_reply("200", "OK");
		exit;
	}
	record_route();
	$du = "sip:%[1]s;transport=tls";
	t_relay();
}
`

// As Teams Direct Routing wants it: servers that are known by their names are
// asked over TLS, by the name of each and in the name that the operator has for
// us; and they may call without standing in peers.
func TestServersThatAreKnownByName(t *testing.T) {
	t.Parallel()
	a, dir, port := newAuthority(t), t.TempDir(), peertest.Port(t)
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	a.issue(cert, key, "*.hub.test")
	ours, oursKey := filepath.Join(dir, "ours.pem"), filepath.Join(dir, "ourskey.pem")
	a.issue(ours, oursKey, "sbc.example.test")
	own := fmt.Sprintf("127.0.0.1:%d", peertest.Port(t))
	k := peertest.StartKamailio(t, peertest.Port(t), peertest.KamailioConfig{
		Listen:  []string{fmt.Sprintf("tls:127.0.0.1:%d", port)},
		Modules: []string{"tls"},
		Params: []string{
			`"tls", "certificate", "` + cert + `"`, `"tls", "private_key", "` + key + `"`, `"tls", "ca_list", "` + a.file + `"`,
			`"tls", "tls_method", "TLSv1.2+"`, `"tls", "verify_certificate", 1`, `"tls", "require_certificate", 1`,
		},
		Routes: fmt.Sprintf(hub, own),
	})
	dns := nameServer(t, fmt.Sprintf(`
_sips._tcp.one.hub.test. IN SRV 10 0 %d dead.hub.test.
_sips._tcp.one.hub.test. IN SRV 20 0 %d face.hub.test.
_sips._tcp.two.hub.test. IN SRV 10 0 %[2]d face.hub.test.
_sips._tcp.three.hub.test. IN SRV 10 0 %[2]d face.hub.test.
dead.hub.test. IN A 127.0.0.1
face.hub.test. IN A 127.0.0.1
`, peertest.Port(t), port))
	g := start(t, func(s *settings) {
		s.sip.Listen = append(s.sip.Listen, "tls://"+own)
		s.sip.DNS, s.sip.Advertise = []string{dns}, "sbc.example.test"
		s.sip.TLS = sip.TLSConfig{Certificate: ours, Key: oursKey, Authorities: a.file}
		s.trunk.Peers, s.trunk.Transports, s.trunk.Ping = nil, []string{"tls"}, 5*time.Second
		for _, name := range []string{"one", "two", "three", "four"} {
			s.trunk.Servers = append(s.trunk.Servers, "sip:"+name+".hub.test;transport=tls")
		}
	})
	var peers []sip.Peer
	peertest.Eventually(t, "the servers have answered", func() bool {
		peers = g.server.Peers()
		return peers[0].State == "reachable" && peers[1].State == "reachable" && strings.Contains(peers[2].Error, "503")
	})
	if len(peers) != 4 || peers[2].State != "unreachable" || peers[3].State != "unreachable" || !strings.Contains(peers[3].Error, "four.hub.test") {
		t.Errorf("peers %+v", peers)
	}
	want := "OPTIONS sip:one.hub.test;transport=tls over tls from sip:sbc.example.test contact <sip:sbc.example.test:" + g.port("tls") + ";transport=tls>"
	if !strings.Contains(k.Printed(), want) {
		t.Errorf("no %s", want)
	}
	peertest.SIPp(t, peertest.RoutedCall("en", "gw.test", true), k.Address, 2, nil)
}

// Two registrars behind one address: what the one has shown of itself over TLS
// says nothing about the other.
func TestEachServerShowsACertificateOfItsOwn(t *testing.T) {
	t.Parallel()
	a, dir, port := newAuthority(t), t.TempDir(), peertest.Port(t)
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	a.issue(cert, key, "honest.test")
	peertest.StartKamailio(t, peertest.Port(t), peertest.KamailioConfig{
		Listen:  []string{fmt.Sprintf("tls:127.0.0.1:%d", port)},
		Modules: []string{"tls"},
		Params: []string{
			`"tls", "certificate", "` + cert + `"`, `"tls", "private_key", "` + key + `"`,
			`"tls", "tls_method", "TLSv1.2+"`, `"tls", "verify_certificate", 0`, `"tls", "require_certificate", 0`,
		},
		Routes: "request_route { sl_send_reply(\"200\", \"OK\"); }\n",
	})
	dns := nameServer(t, fmt.Sprintf(`
_sips._tcp.honest.test. IN SRV 10 0 %d host.test.
_sips._tcp.victim.test. IN SRV 10 0 %[1]d host.test.
host.test. IN A 127.0.0.1
`, port))
	g := start(t, func(s *settings) {
		s.sip.DNS, s.sip.TLS.Authorities = []string{dns}, a.file
		s.trunk.Peers, s.trunk.Register = nil, []sip.RegisterConfig{account("alice", "honest.test;transport=tls")}
	})
	g.registered(0, "registered")
	trunk := sip.DefaultTrunkConfig()
	trunk.Name, trunk.Register = "peer", []sip.RegisterConfig{account("alice", "honest.test;transport=tls"), account("alice", "victim.test;transport=tls")}
	if err := g.server.SetTrunks([]sip.TrunkConfig{trunk}); err != nil {
		t.Fatal(err)
	}
	if r := g.registered(1, "failed"); !strings.Contains(r.Error, "honest.test") {
		t.Errorf("error %q", r.Error)
	}
}
