package embedded

import (
	"context"
	"encoding/json"
	"math"
	"net"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"github.com/einwahl/einwahl/transcode/opus"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// peer is a page in a test: a real WebSocket and two real connections.
type peer struct {
	t      *testing.T
	ws     *websocket.Conn
	api    *webrtc.API
	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup

	mic *webrtc.TrackLocalStaticRTP
	seq uint16 // of the microphone

	mu       sync.Mutex
	cond     *sync.Cond
	messages []message
	pub, sub *webrtc.PeerConnection
	packets  map[string][]heardPacket // by person
	gone     bool
}

type heardPacket struct {
	header  rtp.Header
	payload []byte
}

// message is anything the server says.
type message struct {
	Type    string      `json:"type"`
	You     any         `json:"you"`
	Why     string      `json:"why"`
	Reason  string      `json:"reason"`
	Code    string      `json:"code"`
	SDP     string      `json:"sdp"`
	Key     string      `json:"key"`
	Host    bool        `json:"host"`
	Meeting meetingView `json:"meeting"`
	People  any         `json:"people"`
}

func (m message) people() []Person {
	text, _ := json.Marshal(m.People)
	var people []Person
	_ = json.Unmarshal(text, &people)
	return people
}

// peerSettings reaches loopback only.
func peerSettings() webrtc.SettingEngine {
	var s webrtc.SettingEngine
	s.LoggerFactory = quiet{}
	s.SetIncludeLoopbackCandidate(true)
	s.SetIPFilter(func(ip net.IP) bool { return ip.IsLoopback() && ip.To4() != nil })
	s.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	return s
}

func serve(t *testing.T, b *Backend) *httptest.Server {
	server := httptest.NewServer(b.Handler())
	t.Cleanup(server.Close)
	return server
}

// dial opens the signalling of a meeting and joins.
func dial(t *testing.T, server *httptest.Server, id string, join request, settings webrtc.SettingEngine) *peer {
	t.Helper()
	media := &webrtc.MediaEngine{}
	if err := media.RegisterDefaultCodecs(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	p := &peer{
		t: t, ctx: ctx, cancel: cancel, packets: map[string][]heardPacket{},
		api: webrtc.NewAPI(webrtc.WithMediaEngine(media), webrtc.WithSettingEngine(settings)),
	}
	p.cond = sync.NewCond(&p.mu)
	var err error
	p.mic, err = webrtc.NewTrackLocalStaticRTP(opusCapability(), "mic", "mic")
	if err != nil {
		t.Fatal(err)
	}
	p.ws, _, err = websocket.Dial(ctx, "ws"+strings.TrimPrefix(server.URL, "http")+"/meet/"+id+"/ws", nil)
	if err != nil {
		t.Fatal(err)
	}
	p.ws.SetReadLimit(1 << 20)
	join.Type = "join"
	p.say(join)
	p.wg.Go(p.read)
	t.Cleanup(p.close)
	return p
}

func (p *peer) close() {
	p.cancel()
	_ = p.ws.CloseNow()
	p.mu.Lock()
	pub, sub := p.pub, p.sub
	p.mu.Unlock()
	if pub != nil {
		_ = pub.GracefulClose()
		_ = sub.GracefulClose()
	}
	p.wg.Wait()
}

func (p *peer) say(r any) {
	text, err := json.Marshal(r)
	if err != nil {
		p.t.Fatal(err)
	}
	_ = p.ws.Write(p.ctx, websocket.MessageText, text)
}

func (p *peer) read() {
	for {
		_, data, err := p.ws.Read(p.ctx)
		if err != nil {
			p.mu.Lock()
			p.gone = true
			p.cond.Broadcast()
			p.mu.Unlock()
			return
		}
		var m message
		if err := json.Unmarshal(data, &m); err != nil {
			p.t.Errorf("message: %v", err)
			continue
		}
		p.take(m)
		p.mu.Lock()
		p.messages = append(p.messages, m)
		p.cond.Broadcast()
		p.mu.Unlock()
	}
}

// take does what a page does by itself.
func (p *peer) take(m message) {
	var err error
	switch m.Type {
	case "joined":
		err = p.build()
	case "pub.answer":
		err = p.pub.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: m.SDP})
	case "sub.offer":
		err = p.answer(m.SDP)
	}
	if err != nil && p.ctx.Err() == nil {
		p.t.Errorf("%s: %v", m.Type, err)
	}
}

// build makes both connections, in place of those it had.
func (p *peer) build() error {
	if p.pub != nil {
		_ = p.pub.Close()
		_ = p.sub.Close()
	}
	pub, err := p.api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return err
	}
	sub, err := p.api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return err
	}
	p.mu.Lock()
	p.pub, p.sub = pub, sub
	p.mu.Unlock()
	sub.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		for {
			packet, _, err := track.ReadRTP()
			if err != nil {
				return
			}
			p.mu.Lock()
			id := track.StreamID()
			p.packets[id] = append(p.packets[id], heardPacket{packet.Header, packet.Payload})
			p.cond.Broadcast()
			p.mu.Unlock()
		}
	})
	if _, err := pub.AddTrack(p.mic); err != nil {
		return err
	}
	offer, err := pub.CreateOffer(nil)
	if err != nil {
		return err
	}
	text, err := describe(p.ctx, pub, offer)
	if err != nil {
		return err
	}
	p.say(request{Type: "pub.offer", SDP: text})
	return nil
}

func (p *peer) answer(sdp string) error {
	if err := p.sub.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: sdp}); err != nil {
		return err
	}
	answer, err := p.sub.CreateAnswer(nil)
	if err != nil {
		return err
	}
	text, err := describe(p.ctx, p.sub, answer)
	if err != nil {
		return err
	}
	p.say(request{Type: "sub.answer", SDP: text})
	return nil
}

// await waits until what the peer has been told and sent satisfies f.
func (p *peer) await(what string, f func() bool) {
	p.t.Helper()
	timer := time.AfterFunc(20*time.Second, func() {
		p.mu.Lock()
		p.gone = true
		p.cond.Broadcast()
		p.mu.Unlock()
	})
	defer timer.Stop()
	p.mu.Lock()
	defer p.mu.Unlock()
	for !f() {
		if p.gone {
			p.t.Fatalf("%s: not seen; messages %+v", what, p.messages)
		}
		p.cond.Wait()
	}
}

// told waits for a message.
func (p *peer) told(what string, f func(message) bool) (found message) {
	p.t.Helper()
	p.await(what, func() bool {
		for _, m := range p.messages {
			if f(m) {
				found = m
				return true
			}
		}
		return false
	})
	return found
}

// sees waits for a state.
func (p *peer) sees(what string, f func(message) bool) message {
	p.t.Helper()
	return p.told(what, func(m message) bool { return m.Type == "state" && f(m) })
}

// joined waits until the peer is in and returns its id.
func (p *peer) joined() string {
	p.t.Helper()
	m := p.told("joined", func(m message) bool { return m.Type == "joined" })
	id, _ := m.You.(string)
	return id
}

// forget drops what was heard so far.
func (p *peer) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.packets)
}

// send is one packet of the microphone. Only one goroutine may send.
func (p *peer) send(payload []byte) {
	p.seq++
	_ = p.mic.WriteRTP(&rtp.Packet{
		Header:  rtp.Header{Version: 2, SequenceNumber: p.seq, Timestamp: uint32(p.seq) * 960},
		Payload: payload,
	})
}

// speak sends a note from the microphone until the returned function is called.
func (p *peer) speak(hertz float64) (stop func()) {
	ctx, cancel := context.WithCancel(p.ctx)
	encoder, err := opus.NewEncoder(opus.EncoderConfig{Rate: 16000, Bitrate: 32000, Complexity: 5})
	if err != nil {
		p.t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		defer encoder.Close()
		note := newNote(hertz, 16000)
		for begun, n := time.Now(), 0; ctx.Err() == nil; n++ {
			packet := make([]byte, 400)
			size, err := encoder.Encode(packet, note.next(320))
			if err != nil {
				p.t.Error(err)
				return
			}
			p.send(packet[:size])
			untilBeat(begun, n)
		}
	})
	return func() { cancel(); wg.Wait() }
}

// note is a sine of 3000 peak, about -24 dBov.
type note struct{ step, phase float64 }

const notePeak = 3000

func newNote(hertz, rate float64) *note { return &note{step: 2 * math.Pi * hertz / rate} }

func (n *note) next(samples int) pcm.Frame {
	f := make(pcm.Frame, samples)
	for i := range f {
		f[i] = int16(notePeak * math.Sin(n.phase))
		n.phase += n.step
	}
	return f
}

// power is how much of a frequency is in the sound, in dB of a full note: the
// median of stretches of 50 ms, which a jitter buffer that shifts the sound by
// a period now and then does not disturb.
func power(sound []int16, hertz, rate float64) float64 {
	width := int(rate / 20)
	var levels []float64
	for ; len(sound) >= width; sound = sound[width:] {
		var re, im float64
		for i, v := range sound[:width] {
			a := 2 * math.Pi * hertz * float64(i) / rate
			re += float64(v) * math.Cos(a)
			im += float64(v) * math.Sin(a)
		}
		amplitude := 2 * math.Hypot(re, im) / float64(width)
		levels = append(levels, 20*math.Log10(max(amplitude, 1e-3)/notePeak))
	}
	if len(levels) == 0 {
		return math.Inf(-1)
	}
	slices.Sort(levels)
	return levels[len(levels)/2]
}

// untilBeat waits for the end of beat n: a sender's clock that stays behind on
// a busy machine would be another test.
func untilBeat(begun time.Time, n int) {
	time.Sleep(time.Until(begun.Add(time.Duration(n+1) * pcm.FrameDuration)))
}

// sendRaw sends the same payload again and again.
func sendRaw(p *peer, payload []byte) (stop func()) {
	ctx, cancel := context.WithCancel(p.ctx)
	var wg sync.WaitGroup
	wg.Go(func() {
		for begun, n := time.Now(), 0; ctx.Err() == nil; n++ {
			p.send(payload)
			untilBeat(begun, n)
		}
	})
	return func() { cancel(); wg.Wait() }
}

// all are the messages so far that satisfy f.
func (p *peer) all(f func(message) bool) []message {
	p.mu.Lock()
	defer p.mu.Unlock()
	var found []message
	for _, m := range p.messages {
		if f(m) {
			found = append(found, m)
		}
	}
	return found
}

func count(messages []message, f func(message) bool) (n int) {
	for _, m := range messages {
		if f(m) {
			n++
		}
	}
	return n
}

// eventually waits for what nobody tells.
func eventually(t *testing.T, what string, patience time.Duration, f func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !f(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not yet", what)
		}
	}
}
