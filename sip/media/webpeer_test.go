package media

import (
	"bytes"
	"io"
	"net"
	"sync"
	"time"

	"github.com/pion/logging"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
	"github.com/rs/zerolog"

	"github.com/einwahl/einwahl/transcode/g711"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// browser is a real peer of WebRTC at the other end of a leg. It speaks A-law.
type browser struct {
	*bench
	leg    *WebLeg
	pc     *webrtc.PeerConnection
	mic    *webrtc.TrackLocalStaticRTP
	sender *webrtc.RTPSender
	up     chan struct{} // closed when it is connected
	answer string
	seq    uint16

	mu    sync.Mutex
	heard []byte // what has come to it, one after the other
}

func newBrowser(b *bench) *browser {
	b.t.Helper()
	p := &browser{bench: b, up: make(chan struct{})}
	var s webrtc.SettingEngine
	s.LoggerFactory = &logging.DefaultLoggerFactory{Writer: io.Discard, DefaultLogLevel: logging.LogLevelDisabled}
	s.SetIncludeLoopbackCandidate(true)
	s.SetIPFilter(func(ip net.IP) bool { return ip.IsLoopback() && ip.To4() != nil })
	s.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	codecs := &webrtc.MediaEngine{}
	for payload, c := range map[webrtc.PayloadType]webrtc.RTPCodecCapability{
		8:   {MimeType: webrtc.MimeTypePCMA, ClockRate: 8000},
		126: {MimeType: "audio/telephone-event", ClockRate: 8000},
	} {
		if err := codecs.RegisterCodec(webrtc.RTPCodecParameters{RTPCodecCapability: c, PayloadType: payload}, webrtc.RTPCodecTypeAudio); err != nil {
			b.t.Fatal(err)
		}
	}
	var err error
	p.pc, err = webrtc.NewAPI(webrtc.WithMediaEngine(codecs), webrtc.WithSettingEngine(s)).NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = p.pc.GracefulClose() })
	p.pc.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) { p.listen(track) })
	var once sync.Once
	p.pc.OnConnectionStateChange(func(st webrtc.PeerConnectionState) {
		if st == webrtc.PeerConnectionStateConnected {
			once.Do(func() { close(p.up) })
		}
	})
	p.mic, err = webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypePCMA, ClockRate: 8000}, "mic", "mic")
	if err != nil {
		b.t.Fatal(err)
	}
	if p.sender, err = p.pc.AddTrack(p.mic); err != nil {
		b.t.Fatal(err)
	}
	return p
}

func (p *browser) listen(track *webrtc.TrackRemote) {
	for {
		packet, _, err := track.ReadRTP()
		if err != nil {
			return
		}
		p.mu.Lock()
		p.heard = append(p.heard, packet.Payload...)
		p.mu.Unlock()
	}
}

// offer describes the browser, with all its candidates.
func (p *browser) offer(options *webrtc.OfferOptions) string {
	p.t.Helper()
	d, err := p.pc.CreateOffer(options)
	if err != nil {
		p.t.Fatal(err)
	}
	gathered := webrtc.GatheringCompletePromise(p.pc)
	if err := p.pc.SetLocalDescription(d); err != nil {
		p.t.Fatal(err)
	}
	select {
	case <-gathered:
	case <-time.After(patience):
		p.t.Fatal("no candidates")
	}
	return p.pc.LocalDescription().SDP
}

const patience = 20 * time.Second

// exchange has the leg answer an offer.
func (p *browser) exchange(body string) string {
	p.t.Helper()
	answer, err := p.leg.Answer([]byte(body))
	if err != nil {
		p.t.Fatalf("%v, to\n%s", err, body)
	}
	if err := p.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: string(answer)}); err != nil {
		p.t.Fatalf("%v, to\n%s", err, answer)
	}
	p.answer = string(answer)
	return p.answer
}

// browse has a browser call, and waits until sound can flow.
func (b *bench) browse() *browser {
	b.t.Helper()
	p := newBrowser(b)
	p.leg = b.webLeg()
	p.connect(p.offer(nil))
	return p
}

// connect makes the call by an offer, and waits until sound can flow.
func (p *browser) connect(offer string) {
	p.t.Helper()
	p.exchange(offer)
	p.await("the browser to be connected", func() bool { return over(p.up) || over(p.leg.Lost()) })
	if over(p.leg.Lost()) {
		p.t.Fatal("the call is lost")
	}
	p.await("the keys of the leg", func() bool { return p.leg.terms.Load().seal != nil })
}

// await waits for something that the leg has to listen for.
func (p *browser) await(what string, done func() bool) {
	p.t.Helper()
	await(p.t, what, func() bool {
		listen(p.leg.Leg)
		return done()
	})
}

// over reports whether a channel is closed.
func over(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

func (b *bench) webLeg() *WebLeg {
	b.t.Helper()
	leg, err := b.engine.NewWebLeg(LegConfig{Bind: loopback, Signalling: loopback, Log: zerolog.Nop()})
	if err != nil {
		b.t.Fatal(err)
	}
	return leg
}

// send sends a packet, and waits until the leg has counted it.
func (p *browser) send(payload []byte, kind uint8, timestamp uint32) {
	p.t.Helper()
	before := p.leg.Stats().PacketsIn
	p.seq++
	err := p.mic.WriteRTP(&rtp.Packet{
		Header:  rtp.Header{Version: 2, PayloadType: kind, SequenceNumber: p.seq, Timestamp: timestamp},
		Payload: payload,
	})
	if err != nil {
		p.t.Fatal(err)
	}
	p.await("a packet of the browser", func() bool { return p.leg.Stats().PacketsIn > before })
}

// converse lets both say a sample, and tells whether both have heard it.
func (p *browser) converse(said int16) {
	p.t.Helper()
	ear := &lastFrame{}
	p.leg.Connect(constant(said), ear)
	p.mu.Lock()
	p.heard = nil
	p.mu.Unlock()
	payload := make([]byte, pcm.NarrowbandSamples)
	frame := make(pcm.Frame, pcm.NarrowbandSamples)
	for i := range frame {
		frame[i] = -said
	}
	g711.ALaw.Encode(payload, frame)
	for i := range uint32(10) {
		p.send(payload, 8, 160*(i+uint32(p.seq)))
		p.step(1)
	}
	if near := ear.last; near > -said+200 || near < -said-200 {
		p.t.Errorf("we hear %d, want %d", near, -said)
	}
	frame[0] = said
	want := make([]byte, 1)
	g711.ALaw.Encode(want, frame[:1])
	p.await("the browser to hear us", func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return bytes.Count(p.heard, want) >= 5*pcm.NarrowbandSamples
	})
}

// constant is a source of one sample.
type constant int16

func (c constant) ReadFrame(f pcm.Frame) bool {
	for i := range f {
		f[i] = int16(c)
	}
	return true
}

// lastFrame keeps a sample of what it last heard.
type lastFrame struct{ last int16 }

func (l *lastFrame) WriteFrame(f pcm.Frame) {
	l.last = 0
	if f != nil {
		l.last = f[len(f)/2]
	}
}
