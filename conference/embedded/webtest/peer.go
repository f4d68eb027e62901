package webtest

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/pion/ice/v4"
	"github.com/pion/logging"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// Patience is how long a peer waits for what must come.
const Patience = 20 * time.Second

// Peer is a page in a test.
type Peer struct {
	t         testing.TB
	ws        *websocket.Conn
	ctx       context.Context
	cancel    context.CancelFunc
	reading   sync.WaitGroup
	closing   sync.Once
	engine    webrtc.SettingEngine
	api       *webrtc.API
	hears     func(person string, h rtp.Header, payload []byte, at time.Time)
	mic       *webrtc.TrackLocalStaticRTP
	sent      uint16        // packets of the microphone
	paused    uint32        // packets that it has left out
	every     time.Duration // from one of its reports to the next
	pausing   atomic.Bool   // as the server asks
	levelID   atomic.Uint32 // of the header extension; 0: the server wants none
	connected chan struct{}

	followed chan struct{}          // closed when nothing that the server says is followed any more
	pub, sub *webrtc.PeerConnection // of who follows it; then of Close
	leg      uint64                 // theirs

	mu      sync.Mutex
	cond    *sync.Cond
	history History
	gone    bool
}

// History is what a peer has been told and what it has heard.
type History struct {
	Messages []Message
	Packets  map[string][]Packet // by person
	Reports  []rtcp.Packet       // of RTCP
}

// Packet is one packet of a voice.
type Packet struct {
	Header  rtp.Header
	Payload []byte
}

// Option makes a peer other than usual.
type Option func(*Peer)

// Settings changes how the peer's connections are made.
func Settings(change func(*webrtc.SettingEngine)) Option {
	return func(p *Peer) { change(&p.engine) }
}

// Hears hands each packet on instead of keeping it, for tests with many of
// them. hear is called from one goroutine for each voice, and must not keep the
// payload.
func Hears(hear func(person string, h rtp.Header, payload []byte, at time.Time)) Option {
	return func(p *Peer) { p.hears = hear }
}

// Unhurried has the peer send its reports as seldom as browsers do.
func Unhurried() Option { return func(p *Peer) { p.every = browserReportEvery } }

// Dial opens the signalling of a meeting at server, an http address, and asks
// to be let in. The peer leaves when the test ends. It reaches loopback only.
func Dial(t testing.TB, server, meeting string, join Join, options ...Option) *Peer {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	p := &Peer{
		t: t, ctx: ctx, cancel: cancel,
		history:   History{Packets: map[string][]Packet{}},
		connected: make(chan struct{}, 1),
		followed:  make(chan struct{}),
		every:     reportEvery,
	}
	p.cond = sync.NewCond(&p.mu)
	p.engine.LoggerFactory = &logging.DefaultLoggerFactory{Writer: io.Discard, DefaultLogLevel: logging.LogLevelDisabled}
	p.engine.SetIncludeLoopbackCandidate(true)
	p.engine.SetIPFilter(func(ip net.IP) bool { return ip.IsLoopback() && ip.To4() != nil })
	p.engine.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	p.engine.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled) // that would reach further
	for _, o := range options {
		o(p)
	}
	if err := p.prepare(); err != nil {
		t.Fatalf("page: %v", err)
	}
	var err error
	p.ws, _, err = websocket.Dial(ctx, "ws"+strings.TrimPrefix(server, "http")+"/meet/"+meeting+"/ws", nil)
	if err != nil {
		t.Fatalf("page: %v", err)
	}
	p.ws.SetReadLimit(1 << 20)
	p.Say(request{Type: "join", Name: join.Name, PIN: join.PIN, Key: join.Key, Pass: join.Pass})
	go func() {
		defer close(p.followed)
		p.read()
	}()
	t.Cleanup(p.Close)
	return p
}

// Close takes the peer away without a word. It is safe to call twice.
func (p *Peer) Close() {
	p.closing.Do(func() {
		p.cancel()
		_ = p.ws.CloseNow()
		<-p.followed // a connection that is being described as it is closed comes to life again
		p.hangUp()
		p.reading.Wait()
	})
}

// hangUp closes both connections, if there are any.
func (p *Peer) hangUp() {
	if p.pub != nil {
		_ = p.pub.GracefulClose()
		_ = p.sub.GracefulClose()
	}
}

// Say sends a message to the server, as JSON.
func (p *Peer) Say(message any) {
	text, err := json.Marshal(message)
	if err != nil {
		p.t.Errorf("page: %v", err)
		return
	}
	// A server that is gone is seen by who reads.
	_ = p.ws.Write(p.ctx, websocket.MessageText, text)
}

func (p *Peer) read() {
	for {
		_, data, err := p.ws.Read(p.ctx)
		if err != nil {
			p.mu.Lock()
			p.gone = true
			p.cond.Broadcast()
			p.mu.Unlock()
			return
		}
		var m Message
		if err := json.Unmarshal(data, &m); err != nil {
			p.t.Errorf("page: message: %v", err)
			continue
		}
		// Whom the server puts out may hear of the closed line before an offer that
		// was on its way.
		if err := p.take(m); err != nil && p.ctx.Err() == nil && !errors.Is(err, webrtc.ErrConnectionClosed) {
			p.t.Errorf("page: %s: %v", m.Type, err)
		}
		p.mu.Lock()
		p.history.Messages = append(p.history.Messages, m)
		p.cond.Broadcast()
		p.mu.Unlock()
	}
}

// take does what a page does by itself.
func (p *Peer) take(m Message) error {
	switch m.Type {
	case "joined":
		p.leg = m.Leg
		return p.build()
	case "pub.answer":
		err := p.pub.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: m.SDP})
		p.learnLevel()
		p.pausing.Store(strings.Contains(m.SDP, "usedtx=1"))
		return err
	case "sub.offer":
		return p.answer(m.SDP)
	}
	return nil
}
