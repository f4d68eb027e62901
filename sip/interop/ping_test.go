package interop

import (
	"strings"
	"testing"
	"time"

	"github.com/einwahl/einwahl/gateway/peertest"
	"github.com/einwahl/einwahl/sip"
)

// Our own OPTIONS: any answer shows that a peer is there, 503 that it wants no
// calls. Each change is logged once.
func TestPeersArePinged(t *testing.T) {
	t.Parallel()
	const there, busy = "127.0.0.77", "127.0.0.78"
	peertest.StartKamailio(t, peertest.Port(t), peertest.KamailioConfig{
		Listen: []string{"udp:" + there + ":5060", "udp:" + busy + ":5060"},
		Routes: `
request_route {
	if ($Ri == "` + busy + `") { append_to_reply("Retry-After: 3600\r\n"); sl_send_reply("503", "Busy"); exit; }
	sl_send_reply("404", "Who");
}
`,
	})
	g := start(t, func(s *settings) {
		s.trunk.Peers, s.trunk.Ping = []string{there, busy, "127.1.0.0/16"}, 5*time.Second
	})
	var peers []sip.Peer
	peertest.Eventually(t, "both peers have answered", func() bool {
		peers = g.server.Peers()
		return len(peers) == 2 && peers[0].State != "unknown" && peers[1].State != "unknown"
	})
	if peers[0].State != "reachable" || peers[1].State != "unreachable" || !strings.Contains(peers[1].Error, "503 Busy") {
		t.Errorf("peers %+v", peers)
	}
	for _, want := range []string{`"peer":"127.0.0.77"`, `"peer":"127.0.0.78"`} {
		if n := strings.Count(g.log.String(), want); n != 1 {
			t.Errorf("%d lines about %s", n, want)
		}
	}
}
