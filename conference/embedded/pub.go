package embedded

import (
	"io"
	"strings"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
	"golang.org/x/time/rate"
)

// packetRate and packetBurst are how many packets of one microphone are passed
// on: Opus needs 50 in a second and never more than 400. What a page sends, the
// gateway sends to all others.
const (
	packetRate  = 400
	packetBurst = 800
	// longestPacket is above what Opus ever fills, encrypted end to end or not.
	longestPacket = 1400
)

// microphone is the track of a page that counts. It is used by the goroutine
// that takes the packets of the page's connection out of their encryption, and
// by no other but for its reception.
type microphone struct {
	ssrc   uint32
	opus   uint8 // payload type
	level  uint8 // number of the RFC 6464 header extension, or 0
	pace   *rate.Limiter
	header rtp.Header
	heard  reception
}

// listen passes the page's microphone on to its voice. The newest track
// counts: a page that changes its microphone has two for a moment.
func (l *leg) listen(track *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
	m := &microphone{ssrc: uint32(track.SSRC()), pace: rate.NewLimiter(packetRate, packetBurst)}
	parameters := receiver.GetParameters()
	for _, codec := range parameters.Codecs {
		if strings.EqualFold(codec.MimeType, webrtc.MimeTypeOpus) {
			m.opus = uint8(codec.PayloadType)
		}
	}
	for _, extension := range parameters.HeaderExtensions {
		if extension.URI == audioLevelURI {
			m.level = uint8(extension.ID)
		}
	}
	if m.opus != 0 {
		l.microphone.Store(m)
	}
}

// inlet is where pion puts the packets of one source of a page, once their
// encryption is off. They go on at once: one who waited for them elsewhere would
// have to be woken for each.
type inlet struct {
	leg  *leg
	ssrc uint32
}

// Write takes a packet. What is not of the microphone is dropped.
func (i inlet) Write(packet []byte) (int, error) {
	if m := i.leg.microphone.Load(); m != nil && m.ssrc == i.ssrc {
		m.take(i.leg.session.voice, packet, time.Now())
	}
	return len(packet), nil
}

// Read has nothing to give: all is taken as it comes.
func (inlet) Read([]byte) (int, error) { return 0, io.EOF }

// Close ends the source.
func (i inlet) Close() error {
	if m := i.leg.microphone.Load(); m != nil && m.ssrc == i.ssrc {
		i.leg.microphone.CompareAndSwap(m, nil)
	}
	return nil
}

// take passes one packet on to the page's voice.
func (m *microphone) take(v *voice, packet []byte, at time.Time) {
	h := &m.header
	head, err := h.Unmarshal(packet)
	if err != nil || h.PayloadType != m.opus || len(packet)-head > longestPacket || !m.pace.AllowN(at, 1) {
		return
	}
	m.heard.take(h.SequenceNumber, h.Timestamp, at)
	v.take(*h, unpad(*h, packet[head:]), levelOf(h, m.level), at)
}

// unpad takes RTP padding off.
func unpad(h rtp.Header, payload []byte) []byte {
	if !h.Padding || len(payload) == 0 {
		return payload
	}
	if n := int(payload[len(payload)-1]); n > 0 && n <= len(payload) {
		return payload[:len(payload)-n]
	}
	return nil
}

// levelOf reads how loud the sender says the sound of a packet to be (RFC 6464
// section 3), in dBov from -127 to -1. Where it does not say so, 0.
func levelOf(h *rtp.Header, id uint8) int8 {
	if id == 0 {
		return 0
	}
	ext := h.GetExtension(id)
	if len(ext) == 0 {
		return 0
	}
	return -int8(max(ext[0]&0x7f, 1))
}
