package embedded

import (
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

// listen passes the page's microphone on to its voice. The newest track
// counts: a page that changes its microphone has two for a moment.
func (l *leg) listen(track *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
	if track.Kind() != webrtc.RTPCodecTypeAudio {
		return
	}
	newest := l.tracks.Add(1)
	l.reader(func() {
		buffer := make([]byte, 1500)
		for {
			if _, _, err := receiver.Read(buffer); err != nil {
				return
			}
		}
	})
	l.reader(func() { l.forward(track, levelID(receiver), newest) })
}

// reader starts a goroutine that ends with the leg's connections, unless they
// are closed already: a track may be told of late.
func (l *leg) reader(read func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closed {
		l.readers.Go(read)
	}
}

func (l *leg) forward(track *webrtc.TrackRemote, level uint8, number int64) {
	v := l.session.voice
	buffer := make([]byte, 1500)
	pace := rate.NewLimiter(packetRate, packetBurst)
	var h rtp.Header
	for {
		n, _, err := track.Read(buffer)
		if err != nil {
			return
		}
		head, err := h.Unmarshal(buffer[:n])
		now := time.Now()
		if err != nil || n-head > longestPacket || l.tracks.Load() != number || !pace.AllowN(now, 1) {
			continue
		}
		payload := unpad(h, buffer[head:n])
		v.take(h, payload, levelOf(&h, level), now)
	}
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

// levelID is the number of the RFC 6464 header extension, or 0.
func levelID(receiver *webrtc.RTPReceiver) uint8 {
	for _, ext := range receiver.GetParameters().HeaderExtensions {
		if ext.URI == audioLevelURI {
			return uint8(ext.ID)
		}
	}
	return 0
}
