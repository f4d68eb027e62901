package embedded

import (
	"time"

	"github.com/einwahl/einwahl/conference/mixer"
	"github.com/einwahl/einwahl/transcode/jitter"
	"github.com/einwahl/einwahl/transcode/opus"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// decoding is a browser's voice on its way to the telephones: put in order,
// pulled by the room once a beat, and decoded, to the rate that the room asks
// for, while it is among the loudest.
type decoding struct {
	stream  *jitter.Stream
	decoder *opus.Decoder
	speaker *mixer.Speaker
}

func startDecoding(room *mixer.Room) (*decoding, error) {
	decoder, err := opus.NewDecoder(pcm.Narrowband)
	if err != nil {
		return nil, err
	}
	stream := jitter.New(jitter.Config{ClockRate: opus.ClockRate, Rate: pcm.Narrowband}, &mending{Decoder: decoder})
	return &decoding{stream, decoder, room.AddSpeaker(stream)}, nil
}

// close ends it. The voice must have let go of the stream.
func (d *decoding) close() {
	d.speaker.Close()
	d.decoder.Close()
}

// mending is a decoder that tells whether the packets of these seconds carry
// copies of those before them. Browsers add them once they are told of losses.
// Only then is it worth 20 ms of delay to have the packet after a lost one in
// time.
type mending struct {
	*opus.Decoder
	copies int // packets for which copies are still expected
}

// copiesFor is for how many packets copies are expected after one: 5 s. There
// are none while nobody speaks.
const copiesFor = int(5 * time.Second / pcm.FrameDuration)

// Decode writes the sound of packet to dst and returns its length in samples.
func (m *mending) Decode(dst []int16, packet []byte) (int, error) {
	if m.copies = max(m.copies-1, 0); m.Copies(packet) {
		m.copies = copiesFor
	}
	return m.Decoder.Decode(dst, packet)
}

// Forward reports whether packets carry copies now.
func (m *mending) Forward() bool { return m.copies > 0 }
