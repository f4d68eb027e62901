package media

import (
	"bytes"
	"errors"
	"math"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/pion/stun/v4"
	"github.com/pion/webrtc/v4"

	"github.com/einwahl/einwahl/sip/media/offer"
	"github.com/einwahl/einwahl/transcode/pcm"
)

func TestBrowserAndGatewayHearEachOther(t *testing.T) {
	p := newBench(t, nil).browse()
	p.converse(8000)
	if !p.leg.Secure() || p.leg.Held() || p.leg.Stats().Codec != "PCMA" {
		t.Errorf("secure %v, held %v, %+v", p.leg.Secure(), p.leg.Held(), p.leg.Stats())
	}
	for _, want := range []string{"a=ice-lite", "a=setup:active", "a=rtcp-mux", "a=sendrecv", "UDP/TLS/RTP/SAVPF 8 126", "typ host"} {
		if !strings.Contains(p.answer, want) {
			t.Errorf("no %q in\n%s", want, p.answer)
		}
	}
}

func TestNothingIsReadBeforeTheBrowserHears(t *testing.T) {
	b := newBench(t, nil)
	p := newBrowser(b)
	p.leg = b.webLeg()
	read := 0
	p.leg.Connect(sourceFunc(func(pcm.Frame) bool { read++; return true }), nil)
	if _, err := p.leg.Answer([]byte(p.offer(nil))); err != nil {
		t.Fatal(err)
	}
	b.step(10)
	if read != 0 || p.leg.Stats().PacketsOut != 0 {
		t.Errorf("%d frames of a prompt are gone before anybody could hear them", read)
	}
}

type sourceFunc func(pcm.Frame) bool

func (f sourceFunc) ReadFrame(frame pcm.Frame) bool { return f(frame) }

func TestBrowserHoldsAndResumes(t *testing.T) {
	p := newBench(t, nil).browse()
	p.converse(8000)
	first := p.offer(nil)
	for _, tt := range []struct {
		said, answered string
		held           bool
	}{
		{"sendonly", "recvonly", true},
		{"sendrecv", "sendrecv", false},
		{"inactive", "inactive", true},
		{"recvonly", "sendonly", false},
		{"sendrecv", "sendrecv", false},
	} {
		answer, err := p.leg.Answer([]byte(strings.Replace(first, "a=sendrecv", "a="+tt.said, 1)))
		if err != nil || !strings.Contains(string(answer), "a="+tt.answered+"\r\n") || p.leg.Held() != tt.held {
			t.Errorf("%s: held %v, %v\n%s", tt.said, p.leg.Held(), err, answer)
		}
	}
	p.converse(4000)
}

func TestBrowserFindsAnotherWay(t *testing.T) {
	p := newBench(t, nil).browse()
	p.converse(8000)
	before := p.leg.web.checks.ours
	p.exchange(p.offer(&webrtc.OfferOptions{ICERestart: true}))
	if p.leg.web.checks.ours == before {
		t.Error("ICE has begun anew under the old password")
	}
	p.await("the browser on the new way", func() bool {
		pair, err := p.sender.Transport().ICETransport().GetSelectedCandidatePair()
		return err == nil && pair != nil
	})
	p.converse(4000)
}

func TestCertificateOfAnotherIsRefused(t *testing.T) {
	b := newBench(t, nil)
	p := newBrowser(b)
	p.leg = b.webLeg()
	body := []byte(p.offer(nil))
	at := bytes.Index(body, []byte("sha-256 ")) + len("sha-256 ")
	for i := range 5 { // of the first byte
		body[at+3*i], body[at+3*i+1] = 'A', 'B'
	}
	p.exchange(string(body))
	p.await("the call with somebody else to end", func() bool { return over(p.leg.Lost()) })
	if p.leg.terms.Load().seal != nil {
		t.Error("there are keys all the same")
	}
}

// Whoever sends a ClientHello first, as in CVE-2023-51443 and CVE-2023-49786,
// neither gets the call nor ends it.
func TestStrangersCannotDisturbABrowser(t *testing.T) {
	p := newBench(t, nil).browse()
	stranger := p.socket()
	port := netip.AddrPortFrom(loopback, p.leg.pair.port)
	check, err := stun.Build(stun.BindingRequest, stun.TransactionID, stun.NewUsername(p.leg.web.checks.user),
		stun.RawAttribute{Type: stun.AttrUseCandidate}, stun.NewShortTermIntegrity("a guess"), stun.Fingerprint)
	if err != nil {
		t.Fatal(err)
	}
	hello := append([]byte{22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 60, 1, 0, 0, 48}, make([]byte, 56)...)
	sound := append([]byte{0x80, 8, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1}, make([]byte, 160)...)
	report := []byte{0x81, 200, 0, 1, 0, 0, 0, 1}
	before := p.leg.Stats().Foreign
	for _, packet := range [][]byte{check.Raw, hello, sound, report, {}, {99}} {
		if _, err := stranger.WriteToUDPAddrPort(packet, port); err != nil {
			t.Fatal(err)
		}
	}
	p.await("the packets of the stranger", func() bool { return p.leg.Stats().Foreign >= before+6 })
	_ = stranger.SetReadDeadline(time.Now())
	if n, err := stranger.Read(make([]byte, 100)); err == nil {
		t.Errorf("the stranger is answered with %d bytes", n)
	}
	p.converse(8000)
	select {
	case <-p.leg.Lost():
		t.Error("the call is lost")
	default:
	}
}

// What somebody sends in the browser's name, while it shakes hands or later.
func TestForgedHandshakesDoNotEndACall(t *testing.T) {
	record := func(kind byte, body ...byte) []byte {
		return append([]byte{kind, 254, 253, 0, 0, 0, 0, 0, 0, 0, 9, 0, byte(len(body))}, body...)
	}
	for name, forged := range map[string][]byte{
		"a hello that is cut short":          record(22, 1, 0, 0, 48, 0, 0, 0, 0, 0, 0, 0, 48, 254, 253),
		"a hello without anything in common": record(22, append([]byte{1, 0, 0, 42, 0, 0, 0, 0, 0, 0, 0, 42, 254, 253}, append(make([]byte, 34), 0, 2, 0, 1, 1, 0)...)...),
		"an alert":                           record(21, 2, 40),
		"a goodbye":                          record(21, 1, 0),
		"a change of keys":                   record(20, 1),
		"data in the clear":                  record(23, 1, 2, 3),
		"an alert behind something else":     append(record(20, 1), record(21, 2, 40)...),
		"a record of nothing":                record(22),
		"no record":                          {22, 254, 253, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, nil)
			p := newBrowser(b)
			p.leg = b.webLeg()
			line := p.leg.web.line.Load()
			send, forge := line.send, func() { p.leg.sort(forged, p.leg.web.checks.way(), p.engine.now()) }
			line.send = func(packet []byte) {
				forge()
				send(packet)
			}
			p.connect(p.offer(nil))
			p.converse(8000)
			forge()
			p.converse(4000)
		})
	}
}

// A browser that begins the handshake itself can be forestalled, and tries again.
func TestForgedGreetingDoesNotEndACall(t *testing.T) {
	b := newBench(t, nil)
	p := newBrowser(b)
	p.leg = b.webLeg()
	hello := append([]byte{22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 54, 1, 0, 0, 42, 0, 0, 0, 0, 0, 0, 0, 42, 254, 253}, make([]byte, 40)...)
	hello[len(hello)-5], hello[len(hello)-2] = 2, 1 // one cipher that nobody has, no compression
	_, _ = p.leg.web.line.Load().in.Write(hello)
	p.connect(strings.Replace(p.offer(nil), "a=setup:actpass", "a=setup:active", 1))
	if !strings.Contains(p.answer, "a=setup:passive") {
		t.Errorf("who begins?\n%s", p.answer)
	}
	p.converse(8000)
}

func TestBrowserThatIsGoneIsLost(t *testing.T) {
	p := newBench(t, nil).browse()
	if p.leg.web.checks.lapsed(p.engine.now()) {
		t.Fatal("gone at once")
	}
	_ = p.pc.GracefulClose()
	p.now.Add(int64(consentFor + time.Second))
	p.step(lookEvery)
	if !over(p.leg.Lost()) {
		t.Fatal("nobody misses the browser")
	}
}

func TestWhatABrowserCannotDo(t *testing.T) {
	b := newBench(t, nil)
	leg := b.webLeg()
	if _, err := leg.Offer(); !errors.Is(err, ErrNothingFits) {
		t.Errorf("an offer of ours: %v", err)
	}
	if err := leg.Accept(nil); !errors.Is(err, ErrNothingFits) {
		t.Errorf("an answer: %v", err)
	}
	leg.Close()
	leg.Close()
	if _, err := leg.Answer([]byte(newBrowser(b).offer(nil))); !errors.Is(err, ErrClosed) {
		t.Errorf("after the end: %v", err)
	}
}

// Whether goroutines or ports are left is seen by TestMain and here.
func TestHundredBrowsersLeaveNothing(t *testing.T) {
	b := newBench(t, func(c *Config) { c.Ports = PortRange{18000, 18999} })
	free := b.engine.Free()
	body := []byte(newBrowser(b).offer(nil))
	for range 100 {
		leg := b.webLeg()
		if _, err := leg.Answer(body); err != nil {
			t.Fatal(err)
		}
		leg.Close()
	}
	for range 3 {
		p := b.browse()
		p.leg.Close()
	}
	await(t, "the ports to rest", func() bool { return b.engine.Free() == free })
	if s := b.engine.Stats(); s.Legs != 0 || s.Resting != 0 {
		t.Errorf("%+v", s)
	}
}

func TestAddressesForBrowsers(t *testing.T) {
	public, wire := netip.MustParseAddr("203.0.113.7"), netip.MustParseAddr("192.0.2.1")
	for _, tt := range []struct {
		name       string
		c          LegConfig
		bind, said netip.Addr
	}{
		{"where SIP is spoken", LegConfig{Bind: wire, Signalling: wire}, wire, wire},
		{"behind a NAT, the public address", LegConfig{Bind: wire, Signalling: wire, Advertise: public}, wire, public},
		{"behind a proxy on this machine, sound comes from elsewhere", LegConfig{Bind: loopback, Signalling: loopback, Advertise: public}, netip.IPv4Unspecified(), public},
		{"on this machine alone", LegConfig{Bind: loopback, Signalling: loopback}, loopback, loopback},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bind, said, err := newBench(t, nil).engine.webAddresses(tt.c)
			if err != nil || bind != tt.bind || len(said) != 1 || said[0] != tt.said {
				t.Errorf("bind %v, say %v, %v", bind, said, err)
			}
		})
	}
	everywhere := []net.Addr{
		&net.IPNet{IP: net.IPv4(127, 0, 0, 1)}, &net.IPNet{IP: net.IPv4(192, 0, 2, 1)}, &net.IPNet{IP: net.IPv4(198, 51, 100, 1)},
		&net.IPNet{IP: net.ParseIP("fe80::1")}, &net.IPNet{IP: net.ParseIP("2001:db8::1")}, &net.TCPAddr{},
	}
	if got := reachable(wire, everywhere, true); len(got) != 2 || got[1] != netip.MustParseAddr("198.51.100.1") {
		t.Errorf("addresses %v", got)
	}
	if got := reachable(wire, everywhere, false); len(got) != 3 {
		t.Errorf("addresses %v", got)
	}
}

func TestCertificateIsKnownByItsFingerprint(t *testing.T) {
	id, err := newIdentity()
	if err != nil {
		t.Fatal(err)
	}
	body := "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 8\r\na=rtcp-mux\r\na=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuv\r\na=fingerprint:" + id.print + "\r\n"
	if !IsWeb([]byte(body)) {
		t.Fatal("our own fingerprint cannot be read")
	}
	_, a, err := offer.NewWebParty(offer.WebLocal{
		Local: offer.Local{Codecs: offer.Codecs(nil)}, Candidates: []netip.AddrPort{netip.MustParseAddrPort("192.0.2.1:20000")},
	}).Answer([]byte(body), newCredentials())
	if err != nil || !fits(id.certificate.Certificate[0], a.Prints) {
		t.Errorf("%v: it does not fit", err)
	}
	if fits(id.certificate.Certificate[0], []offer.Fingerprint{{Hash: "sha-1", Sum: "x"}, {Hash: "sha-256", Sum: "x"}}) {
		t.Error("another fits as well")
	}
}

func TestNothingIsAllocatedPerPacketOfABrowser(t *testing.T) {
	p := newBench(t, nil).browse()
	p.leg.Connect(tonePCM{}, pcm.Silence{})
	theirs, err := newSeal(p.leg.opener.key)
	if err != nil {
		t.Fatal(err)
	}
	from := p.leg.web.checks.chosen
	in := newPackets()
	sealed := make([][]byte, 600)
	for i := range sealed {
		packet, err := theirs.wrap(in.next())
		if err != nil {
			t.Fatal(err)
		}
		sealed[i] = bytes.Clone(packet)
	}
	var plain [maxPacket]byte
	i := 0
	beat := func() {
		p.leg.in.opened.plain = plain[:]
		if p.leg.sort(sealed[i], from, in.at) {
			p.leg.packet(p.leg.terms.Load(), sealed[i], from, in.at)
		}
		i++
		p.now.Add(int64(pcm.FrameDuration))
		p.leg.Beat(pcm.TakeIn)
		p.leg.Beat(pcm.GiveOut)
	}
	// What the browser in this process does with our packets counts as well, so
	// the least of several measurements is ours.
	n := math.Inf(1)
	for range 5 {
		n = min(n, testing.AllocsPerRun(100, beat))
	}
	if raced {
		n = 0 // the detector has its own
	}
	if s := p.leg.Stats(); n != 0 || s.PacketsIn < 500 || s.PacketsOut < 500 {
		t.Errorf("%.2f allocations, %+v", n, s)
	}
}
