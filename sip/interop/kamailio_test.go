package interop

import (
	"fmt"
	"strings"
	"testing"

	"github.com/einwahl/einwahl/gateway/peertest"
	"github.com/einwahl/einwahl/sip"
)

// edge is a Kamailio before the registrar: it speaks TCP to the gateway and UDP
// to the registrar, and writes itself into the Path of registrations.
const edge = `
request_route {
	if (is_method("CANCEL")) { if (t_check_trans()) { t_relay(); } exit; }
	if (is_method("REGISTER")) {
		add_path();
		$du = "sip:%[1]s;transport=udp";
		t_relay();
		exit;
	}
	loose_route();
	if (is_method("INVITE")) { record_route(); xlog("L_ERR", "INVITE for $rU over $pr to $ru\n"); }
	t_relay();
}
`

// Path (RFC 3327): the registrar sends calls through the edge that the
// registration came by, over the connection that the gateway holds there.
func TestPathThroughAnEdge(t *testing.T) {
	t.Parallel()
	core := startRegistrar(t, registrar)
	outer := peertest.StartKamailio(t, peertest.Port(t), peertest.KamailioConfig{
		Modules: []string{"path"}, Routes: fmt.Sprintf(edge, core.Address),
	})
	g := start(t, func(s *settings) {
		s.trunk.Peers = nil
		s.trunk.Register = []sip.RegisterConfig{account("alice", outer.Address+";transport=tcp")}
		s.handle = nil
	})
	g.registered(0, "registered")
	peertest.SIPp(t, peertest.RoutedCall("alice", "tel.test", true), core.Address, 2, nil)
	if c := <-g.calls; c.Account() != "alice" {
		t.Errorf("the call came to account %q", c.Account())
	}
	if !strings.Contains(outer.Printed(), "INVITE for alice") {
		t.Error("the call did not come by the edge")
	}
}

// proxy speaks UDP to the caller and TCP to the gateway, and stays in the way of
// every request with two Record-Routes.
const proxy = `
request_route {
	if (is_method("CANCEL")) { if (t_check_trans()) { t_relay(); } exit; }
	if (has_totag()) {
		if (loose_route()) { xlog("L_ERR", "inside: $rm over $pr\n"); }
		t_relay();
		exit;
	}
	record_route();
	$du = "sip:%[1]s;transport=tcp";
	t_relay();
}
`

// Record-Route over mixed transports: the dialog's requests go through the
// proxy in both directions, whoever hangs up.
func TestRecordRouteOverMixedTransports(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name         string
		callerHangs  bool
		throughProxy string
	}{
		{"the caller hangs up", true, "inside: BYE over udp"},
		{"the gateway hangs up", false, "inside: BYE over tcp"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g := start(t, func(s *settings) {
				if !tt.callerHangs {
					s.handle = hangUp
				}
			})
			k := peertest.StartKamailio(t, peertest.Port(t), peertest.KamailioConfig{Routes: fmt.Sprintf(proxy, g.address("tcp"))})
			peertest.SIPp(t, peertest.RoutedCall("en", "gw.test", tt.callerHangs), k.Address, 3, nil)
			if n := strings.Count(k.Printed(), tt.throughProxy); n != 3 {
				t.Errorf("%d of 3 went through the proxy as %q", n, tt.throughProxy)
			}
			if n := strings.Count(k.Printed(), "inside: ACK over udp"); n != 3 {
				t.Errorf("%d of 3 ACKs went through the proxy", n)
			}
		})
	}
}
