package interop

import (
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/einwahl/einwahl/sip"
	"github.com/einwahl/einwahl/sip/siptest"
)

const sessionOverIPv6 = "v=0\r\no=tester 1 1 IN IP6 ::1\r\ns=-\r\nc=IN IP6 ::1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\n"

func needIPv6(t *testing.T) {
	t.Helper()
	l, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		siptest.Lacks(t, "::1", err)
	}
	_ = l.Close()
}

func TestCallsOverIPv6(t *testing.T) {
	t.Parallel()
	needIPv6(t)
	for _, network := range []string{"udp", "tcp"} {
		for _, listen := range []string{"[::1]", "[::]"} {
			g := start(t, func(s *settings) {
				s.sip.Listen = []string{network + "://" + listen + ":0"}
				s.sip.Advertise = "203.0.113.7" // is of no use to an IPv6 peer
				s.trunk.Peers = []string{"::1", "127.0.0.1"}
			})
			phone := siptest.New(t, siptest.Config{Gateway: net.JoinHostPort("::1", g.port(network)), Network: network, Local: "::1"})
			call := phone.Dial("en", siptest.WithBody("application/sdp", sessionOverIPv6))
			final := call.Final()
			call.Ack()
			if want := fmt.Sprintf("<sip:[::1]:%s", g.port(network)); !strings.HasPrefix(final.Get("Contact"), want) {
				t.Errorf("%s: Contact %s, want %s", network, final.Get("Contact"), want)
			}
			if !strings.HasPrefix(final.Get("Via"), "SIP/2.0/"+strings.ToUpper(network)+" [::1]:") {
				t.Errorf("%s: Via %s", network, final.Get("Via"))
			}
			if !strings.Contains(string(final.Body), "c=IN IP6 ::1") {
				t.Errorf("%s: session description %s", network, final.Body)
			}
			go (<-g.calls).Hangup(sip.Cause{Q850: 16})
			call.WaitEnd()
			bye := ""
			for _, m := range call.Trace() {
				if m.Method() == "BYE" && m.Status() == 0 {
					bye = m.Get("Via")
				}
			}
			if !strings.Contains(bye, " [::1]:") {
				t.Errorf("%s: Via of BYE %s", network, bye)
			}
		}
	}
}

// One socket for both families: IPv4 peers are known by their IPv4 address.
func TestBothFamiliesOnOnePort(t *testing.T) {
	t.Parallel()
	needIPv6(t)
	g := start(t, func(s *settings) {
		s.sip.Listen = []string{"udp://[::]:0"}
		s.trunk.Peers = []string{"127.0.0.1", "::1"}
	})
	for _, local := range []string{"127.0.0.1", "::1"} {
		phone := siptest.New(t, siptest.Config{Gateway: net.JoinHostPort(local, g.port("udp")), Local: local})
		phone.Send(options("UDP " + phone.Addr().String() + ";rport"))
		m := phone.Reply()
		wantStatus(t, m, 200)
		if via := m.Get("Via"); !strings.Contains(via, "received="+local) {
			t.Errorf("Via %s", via)
		}
	}
}
