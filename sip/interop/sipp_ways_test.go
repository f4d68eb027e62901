package interop

import (
	"context"
	"net"
	"testing"

	"github.com/einwahl/einwahl/gateway/peertest"
	"github.com/einwahl/einwahl/sip"
)

func TestSIPpCallsOverIPv6(t *testing.T) {
	t.Parallel()
	needIPv6(t)
	g := start(t, func(s *settings) {
		s.sip.Listen = []string{"udp://[::1]:0", "tcp://[::1]:0"}
		s.trunk.Peers = []string{"::1"}
	})
	for network, transport := range map[string]string{"udp": "u1", "tcp": "t1"} {
		call := peertest.NewScenario("en", peertest.PCMA)
		call.Begin(call.Offer(1)).Maybe(100).Maybe(180).
			Expect(200, `Contact: <sip:\[::1\]:`, "body: c=IN IP6 ::1").Ack().Bye()
		peertest.SIPp(t, call.String(), net.JoinHostPort("::1", g.port(network)), 1, map[string]string{"transport": transport})
	}
}

// The phone writes an address that leads nowhere: answers, and our BYE, go to
// where its packets come from.
func TestSIPpBehindNAT(t *testing.T) {
	t.Parallel()
	g := start(t, func(s *settings) {
		s.handle = func(ctx context.Context, c *sip.Call) {
			if c.Answer(ctx) == nil {
				c.Hangup(sip.Cause{Q850: 16})
			}
		}
	})
	for network, transport := range map[string]string{"udp": "u1", "tcp": "t1"} {
		call := peertest.NewScenario("en", peertest.PCMA).Behind("192.168.1.2:5060")
		call.Begin(call.Offer(1)).Maybe(100).Maybe(180).
			Expect(200, "Via: rport=[0-9]+", "Via: received=127.0.0.1").Ack().Serve("BYE", 200, "", "Reason: cause=16")
		peertest.SIPp(t, call.String(), g.address(network), 1, map[string]string{"transport": transport})
	}
}
