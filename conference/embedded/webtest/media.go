package webtest

import (
	"bytes"
	"fmt"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/report"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// levelURI names the header extension of RFC 6464, which browsers offer.
const levelURI = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"

// How often a peer sends reports about a connection: so that tests need not wait,
// and as browsers do (RFC 3550 section 6.2).
const (
	reportEvery        = time.Second
	browserReportEvery = 5 * time.Second
)

// prepare makes what all connections of the peer share. It sends reports, as a
// browser does, and asks for nothing to be sent twice.
func (p *Peer) prepare() (err error) {
	media := &webrtc.MediaEngine{}
	if err := media.RegisterDefaultCodecs(); err != nil {
		return err
	}
	if err := media.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: levelURI}, webrtc.RTPCodecTypeAudio); err != nil {
		return err
	}
	registry := &interceptor.Registry{}
	received, sent := report.ReceiverInterval(p.every), report.SenderInterval(p.every)
	if err := webrtc.ConfigureRTCPReportsWithOptions(registry, []report.ReceiverOption{received}, sent); err != nil {
		return err
	}
	p.api = webrtc.NewAPI(webrtc.WithMediaEngine(media), webrtc.WithInterceptorRegistry(registry), webrtc.WithSettingEngine(p.engine))
	p.mic, err = webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{
		MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2, SDPFmtpLine: "minptime=10;useinbandfec=1",
	}, "mic", "mic")
	return err
}

// Send is one packet of the microphone, 20 ms long. Only one goroutine may
// send.
func (p *Peer) Send(payload []byte) { p.send(payload, nil) }

// SendWithLevel is Send with the packet's level beside it, in dBov from -127,
// silence, to 0 (RFC 6464). Browsers tell it of each packet.
func (p *Peer) SendWithLevel(payload []byte, level int8) { p.send(payload, []byte{byte(-level)}) }

// SendNumber is SendWithLevel for packet n, which has that frame of 20 ms in it,
// as a network delivers it that loses some and changes their order.
func (p *Peer) SendNumber(n uint16, frame uint32, payload []byte, level int8) {
	p.sendAs(n, frame, payload, []byte{byte(-level)})
}

// Pauses is which packets of an encoder a browser sends under DTX: Chromium was
// seen to. The zero value is ready.
type Pauses struct{ pausing bool }

// Sends reports whether it sends the next packet, which is so long in bytes: of
// those that have nothing in them only the first of a row.
func (p *Pauses) Sends(length int) bool {
	nothing := length <= 2
	sends := !nothing || !p.pausing
	p.pausing = nothing
	return sends
}

// Pause takes the time of a packet in which a browser's encoder sends none, for
// nobody speaks. It belongs to who sends.
func (p *Peer) Pause() { p.paused++ }

// Pausing reports whether the server asks for pauses (RFC 7587 section 6.1):
// browsers that it does not ask send hiss.
func (p *Peer) Pausing() bool { return p.pausing.Load() }

func (p *Peer) send(payload, level []byte) {
	p.sent++
	p.sendAs(p.sent, uint32(p.sent)+p.paused, payload, level)
}

func (p *Peer) sendAs(n uint16, frame uint32, payload, level []byte) {
	packet := rtp.Packet{
		Header:  rtp.Header{Version: 2, SequenceNumber: n, Timestamp: frame * 960},
		Payload: payload,
	}
	if id := uint8(p.levelID.Load()); id != 0 && level != nil {
		_ = packet.SetExtension(id, level) // one byte is never too long
	}
	// Before the connection stands, and after, it goes nowhere.
	_ = p.mic.WriteRTP(&packet)
}

// learnLevel takes the number that server and peer have agreed on for levels.
func (p *Peer) learnLevel() {
	for _, sender := range p.pub.GetSenders() {
		for _, ext := range sender.GetParameters().HeaderExtensions {
			if ext.URI == levelURI {
				p.levelID.Store(uint32(ext.ID))
			}
		}
	}
}

// build makes both connections, in place of those it had.
func (p *Peer) build() error {
	pub, err := p.api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return err
	}
	sub, err := p.api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return err
	}
	p.hangUp()
	p.pub, p.sub = pub, sub
	pub.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		if s == webrtc.PeerConnectionStateConnected {
			select {
			case p.connected <- struct{}{}:
			default:
			}
		}
	})
	sub.OnTrack(func(track *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
		go p.reports(receiver.ReadRTCP)
		p.listen(track)
	})
	sender, err := pub.AddTrack(p.mic)
	if err != nil {
		return err
	}
	p.reading.Go(func() { p.reports(sender.ReadRTCP) })
	offer, err := pub.CreateOffer(nil)
	if err != nil {
		return err
	}
	return p.describe(pub, offer, "pub.offer")
}

// reports keeps what is told by RTCP. Reading it is also what the peer's own
// reports need.
func (p *Peer) reports(read func() ([]rtcp.Packet, interceptor.Attributes, error)) {
	for {
		packets, _, err := read()
		if err != nil {
			return
		}
		p.mu.Lock()
		p.history.Reports = append(p.history.Reports, packets...)
		p.cond.Broadcast()
		p.mu.Unlock()
	}
}

func (p *Peer) answer(sdp string) error {
	if err := p.sub.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: sdp}); err != nil {
		return err
	}
	answer, err := p.sub.CreateAnswer(nil)
	if err != nil {
		return err
	}
	return p.describe(p.sub, answer, "sub.answer")
}

// describe tells the server a description, with all candidates.
func (p *Peer) describe(pc *webrtc.PeerConnection, d webrtc.SessionDescription, message string) error {
	gathered := webrtc.GatheringCompletePromise(pc)
	if err := pc.SetLocalDescription(d); err != nil {
		return err
	}
	select {
	case <-gathered:
	case <-p.ctx.Done():
		return p.ctx.Err()
	case <-time.After(Patience):
		return fmt.Errorf("no candidates within %v", Patience)
	}
	p.Say(request{Type: message, SDP: pc.LocalDescription().SDP, Leg: p.leg})
	return nil
}

// listen keeps what a person says, or hands it on.
func (p *Peer) listen(track *webrtc.TrackRemote) {
	buf := make([]byte, 1500)
	person := track.StreamID()
	var h rtp.Header
	for {
		n, _, err := track.Read(buf)
		if err != nil {
			return
		}
		at := time.Now()
		head, err := h.Unmarshal(buf[:n])
		if err != nil {
			p.t.Errorf("page: voice of %s: %v", person, err)
			return
		}
		if p.hears != nil {
			p.hears(person, h, buf[head:n], at)
			continue
		}
		p.mu.Lock()
		person = track.StreamID() // a line of the description is used again for somebody else
		p.history.Packets[person] = append(p.history.Packets[person], Packet{h, bytes.Clone(buf[head:n])})
		p.cond.Broadcast()
		p.mu.Unlock()
	}
}
