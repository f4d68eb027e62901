package embedded

import (
	"net"
	"testing"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/webrtc/v4"

	"github.com/einwahl/einwahl/conference/embedded/webtest"
)

// deafPage is a real connection of a page that listens, and reads nothing any more
// once it stands: what a browser does with a packet is not the gateway's work, and
// is not to be counted as such.
type deafPage struct {
	socket   *deafSocket
	sub      *webrtc.PeerConnection // the gateway's end
	page     *webrtc.PeerConnection
	standing chan struct{} // holds a token for each end that is connected
}

// deafSocket is read until it is deaf.
type deafSocket struct {
	net.PacketConn
	deaf, closed chan struct{}
}

// ReadFrom reads; who reads from the deaf waits for its end.
func (s *deafSocket) ReadFrom(b []byte) (int, net.Addr, error) {
	select {
	case <-s.deaf:
		<-s.closed
		return 0, nil, net.ErrClosed
	default:
		return s.PacketConn.ReadFrom(b)
	}
}

// Close closes it, once.
func (s *deafSocket) Close() error {
	close(s.closed)
	return s.PacketConn.Close()
}

// sendToDeaf has a voice go to so many pages, by pion and the network, and returns
// when packets go to all.
func sendToDeaf(t *testing.T, v *voice, pages int, strict bool, c WebRTC) {
	t.Helper()
	n, err := openNetwork(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = n.Close() })
	for range pages {
		p := newDeafPage(t, n, strict)
		if _, err := p.sub.AddTransceiverFromTrack(v.pages, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly}); err != nil {
			t.Fatal(err)
		}
		p.connect(t)
	}
	eventually(t, "packets go to all pages", webtest.Patience, func() bool {
		v.pages.write(0, 0, false, make([]byte, 80), time.Now())
		return len(v.pages.list()) == pages && allGet(v, 1)
	})
}

// allGet reports whether so many packets at least have gone to each page. pion does
// not count those that it could not send.
func allGet(v *voice, packets uint32) bool {
	for _, w := range v.pages.list() {
		if got, _ := halves(w.sent.Load()); got < packets {
			return false
		}
	}
	return true
}

func newDeafPage(t *testing.T, n *network, strict bool) *deafPage {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	p := &deafPage{socket: &deafSocket{conn, make(chan struct{}), make(chan struct{})}, standing: make(chan struct{}, 2)}
	var s webrtc.SettingEngine
	s.LoggerFactory = quiet()
	s.SetIncludeLoopbackCandidate(true)
	s.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	shared := ice.NewUDPMuxDefault(ice.UDPMuxParams{Logger: quiet().NewLogger("mux"), UDPConn: p.socket})
	s.SetICEUDPMux(shared)
	if p.sub, err = n.connect(strict, nil); err != nil {
		t.Fatal(err)
	}
	if p.page, err = n.newAPI(s).NewPeerConnection(webrtc.Configuration{}); err != nil {
		t.Fatal(err)
	}
	for _, end := range []*webrtc.PeerConnection{p.sub, p.page} {
		end.OnConnectionStateChange(func(st webrtc.PeerConnectionState) {
			if st == webrtc.PeerConnectionStateConnected {
				p.standing <- struct{}{}
			}
		})
	}
	t.Cleanup(func() {
		_ = p.sub.GracefulClose()
		_ = shared.Close()
		_ = p.page.GracefulClose()
	})
	return p
}

// connect brings both ends together, and lets the page hear nothing after that.
func (p *deafPage) connect(t *testing.T) {
	t.Helper()
	offer, err := p.sub.CreateOffer(nil)
	if err == nil {
		offer.SDP, err = describe(t.Context(), p.sub, offer)
	}
	if err == nil {
		err = p.page.SetRemoteDescription(offer)
	}
	if err != nil {
		t.Fatal(err)
	}
	answer, err := p.page.CreateAnswer(nil)
	if err == nil {
		answer.SDP, err = describe(t.Context(), p.page, answer)
	}
	if err == nil {
		err = p.sub.SetRemoteDescription(answer)
	}
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		select {
		case <-p.standing:
		case <-time.After(webtest.Patience):
			t.Fatal("a page is not connected")
		}
	}
	close(p.socket.deaf)
}
