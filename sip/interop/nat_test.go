package interop

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/einwahl/einwahl/sip"
	"github.com/einwahl/einwahl/sip/siptest"
)

// Each trunk sees the gateway at the address that the operator has written for
// it, in Contact, Via and session description alike.
func TestEachTrunkSeesThePublicAddressOfItsOwn(t *testing.T) {
	t.Parallel()
	g := start(t, func(s *settings) {
		s.sip.Advertise = "gateway.example"
		s.trunk.Peers, s.trunk.Advertise = []string{"127.0.0.2"}, "203.0.113.7"
		other := s.trunk
		other.Name, other.Peers, other.Advertise = "other", []string{"127.0.0.3"}, ""
		s.more = append(s.more, other)
	})
	for local, host := range map[string]string{"127.0.0.2": "203.0.113.7", "127.0.0.3": "gateway.example"} {
		phone := siptest.New(t, siptest.Config{Gateway: g.address("udp"), Local: local})
		call := phone.Dial("en")
		final := call.Final()
		call.Ack()
		if want := fmt.Sprintf("<sip:%s:%s>", host, g.port("udp")); final.Get("Contact") != want {
			t.Errorf("%s: Contact %s, want %s", local, final.Get("Contact"), want)
		}
		if local == "127.0.0.2" && !strings.Contains(string(final.Body), "c=IN IP4 203.0.113.7") {
			t.Errorf("session description %s", final.Body)
		}
		go (<-g.calls).Hangup(sip.Cause{Q850: 16})
		call.WaitEnd()
		for _, m := range call.Trace() {
			if m.Method() == "BYE" && m.Status() == 0 && !strings.HasPrefix(m.Get("Via"), "SIP/2.0/UDP "+host+":"+g.port("udp")) {
				t.Errorf("%s: Via %s", local, m.Get("Via"))
			}
		}
	}
}

// A telephone behind NAT names addresses that lead nowhere; it is answered, and
// called back, where its requests come from.
func TestPhoneBehindNAT(t *testing.T) {
	t.Parallel()
	g := start(t, nil)
	for _, network := range []string{"udp", "tcp"} {
		phone := siptest.New(t, siptest.Config{Gateway: g.address(network), Network: network})
		_, port, _ := net.SplitHostPort(phone.Addr().String())
		phone.Send(options(strings.ToUpper(network) + " 192.168.1.2:5060;rport"))
		if via := phone.Reply().Get("Via"); !strings.Contains(via, "received=127.0.0.1") || !strings.Contains(via, "rport="+port) {
			t.Errorf("%s: Via %s", network, via)
		}
		call := phone.Call("en", siptest.WithHeader("Contact", "<sip:tester@192.168.1.2:5060>"))
		go (<-g.calls).Hangup(sip.Cause{Q850: 16})
		call.WaitEnd()
	}
}

// Without rport the answer goes to the port in Via, at the address it came from.
func TestAnswersWithoutRport(t *testing.T) {
	t.Parallel()
	g := start(t, nil)
	one, other := siptest.New(t, siptest.Config{Gateway: g.address("udp")}), siptest.New(t, siptest.Config{Gateway: g.address("udp")})
	_, port, _ := net.SplitHostPort(other.Addr().String())
	one.Send(options("UDP 192.168.1.2:" + port))
	if via := other.Reply().Get("Via"); !strings.Contains(via, "received=127.0.0.1") {
		t.Errorf("Via %s", via)
	}
}

// Two networks meet in a proxy that stands in Record-Route twice, once for each:
// we speak to the face that looks at us.
func TestDoubleRecordRouteOverMixedTransports(t *testing.T) {
	t.Parallel()
	g := start(t, nil)
	proxy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = proxy.Close() })
	phone := siptest.New(t, siptest.Config{Gateway: g.address("udp")})
	face := "<sip:" + proxy.Addr().String() + ";transport=tcp;r2=on;lr>"
	call := phone.Dial("en", siptest.WithHeader("Record-Route", face+", <sip:10.0.0.1:5061;transport=tls;r2=on;lr>;x=\"a, b\""))
	final := call.Final()
	if got := strings.Join(final.All("Record-Route"), ", "); got != face+", <sip:10.0.0.1:5061;transport=tls;r2=on;lr>;x=\"a, b\"" {
		t.Errorf("Record-Route comes back as %s", got)
	}
	call.Ack()
	c := <-g.calls
	go c.Hangup(sip.Cause{Q850: 16})
	_ = proxy.(*net.TCPListener).SetDeadline(time.Now().Add(siptest.Patience))
	conn, err := proxy.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	buf := make([]byte, 4096)
	_ = conn.SetReadDeadline(time.Now().Add(siptest.Patience))
	n, _ := conn.Read(buf)
	bye := string(buf[:n])
	if !strings.HasPrefix(bye, "BYE sip:tester@") || !strings.Contains(bye, "Via: SIP/2.0/TCP 127.0.0.1") {
		t.Errorf("got %q", bye)
	}
	if first, second := strings.Index(bye, proxy.Addr().String()), strings.Index(bye, "10.0.0.1:5061"); first < 0 || second < first {
		t.Errorf("Route in the wrong order: %q", bye)
	}
	call.Vanish()
}
