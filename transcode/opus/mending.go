package opus

import (
	"time"

	"github.com/einwahl/einwahl/transcode/pcm"
)

// Mending is a decoder that tells whether the packets of these seconds carry
// copies of those before them. Senders add them once they are told of losses.
// Only then is it worth 20 ms of delay to have the packet after a lost one in
// time.
type Mending struct {
	*Decoder
	copies int // packets for which copies are still expected
}

// copiesFor is for how many packets copies are expected after one: 5 s of those of
// 20 ms. There are none while nobody speaks.
const copiesFor = int(5 * time.Second / pcm.FrameDuration)

// Decode writes the sound of packet to dst and returns its length in samples.
func (m *Mending) Decode(dst []int16, packet []byte) (int, error) {
	if m.copies = max(m.copies-1, 0); m.Copies(packet) {
		m.copies = copiesFor
	}
	return m.Decoder.Decode(dst, packet)
}

// Forward reports whether packets carry copies now.
func (m *Mending) Forward() bool { return m.copies > 0 }
