package embedded

import (
	"io"
	"slices"
	"strings"
	"sync/atomic"
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

// format is what was agreed on for a microphone.
type format struct {
	opus  uint8 // payload type
	level uint8 // number of the RFC 6464 header extension, or 0
}

// formatOf reads what was agreed on; nil where nothing was.
func formatOf(p webrtc.RTPParameters) *format {
	i := slices.IndexFunc(p.Codecs, func(c webrtc.RTPCodecParameters) bool {
		return strings.EqualFold(c.MimeType, webrtc.MimeTypeOpus)
	})
	if i < 0 {
		return nil
	}
	f := &format{opus: uint8(p.Codecs[i].PayloadType)}
	for _, extension := range p.HeaderExtensions {
		if extension.URI == audioLevelURI {
			f.level = uint8(extension.ID)
		}
	}
	return f
}

// prefer has the answer to a microphone say how Opus should come: with pauses,
// next to nothing of it while nobody speaks (usedtx, RFC 7587 section 6.1). Browsers
// that are not asked send fifty packets a second, which each listener gets to hear
// nothing.
func prefer(pub *webrtc.PeerConnection, pauses bool) error {
	capability := opusCapability()
	if pauses {
		capability.SDPFmtpLine += ";usedtx=1"
	}
	for _, way := range pub.GetTransceivers() {
		if err := way.SetCodecPreferences([]webrtc.RTPCodecParameters{{RTPCodecCapability: capability}}); err != nil {
			return err
		}
	}
	return nil
}

// rememberedSources is of how many sources a microphone remembers that they have
// had their time.
const rememberedSources = 8

// microphone takes a page's sound to its voice. Its newest source counts: a page
// that changes its microphone has two for a moment.
type microphone struct {
	format atomic.Pointer[format]

	// Used by who opens the packets, one at a time.
	heard  reception
	begun  bool
	source uint32
	past   []uint32 // sources that were the newest
	pace   *rate.Limiter
	header rtp.Header
}

// take passes one packet on to the page's voice.
func (m *microphone) take(v *voice, packet []byte, at time.Time) {
	h, f := &m.header, m.format.Load()
	head, err := h.Unmarshal(packet)
	if err != nil || f == nil || h.PayloadType != f.opus || len(packet)-head > longestPacket {
		return
	}
	if !m.isNewest(h.SSRC) || !m.pace.AllowN(at, 1) {
		return
	}
	m.heard.take(h.SSRC, h.SequenceNumber, h.Timestamp, at)
	v.take(*h, unpad(*h, packet[head:]), levelOf(h, f.level), at)
}

// isNewest reports whether a source is the one that counts. One that is new is.
func (m *microphone) isNewest(source uint32) bool {
	if m.begun && source == m.source {
		return true
	}
	if slices.Contains(m.past, source) {
		return false
	}
	if m.begun {
		m.past = append(m.past, m.source)
		m.past = m.past[max(0, len(m.past)-rememberedSources):]
	}
	m.begun, m.source = true, source
	return true
}

// inlet is where pion puts a page's packets of sound that it has opened. They go
// on at once: one who waited for them elsewhere would have to be woken for each. When
// they came pion does not tell.
type inlet struct{ *keys }

// Write takes a packet.
func (i inlet) Write(packet []byte) (int, error) {
	i.pass(packet, time.Now())
	return len(packet), nil
}

// Read has nothing to give: all is taken as it comes.
func (inlet) Read([]byte) (int, error) { return 0, io.EOF }

// Close does nothing: the keys are closed with the leg.
func (inlet) Close() error { return nil }

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
