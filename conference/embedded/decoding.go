package embedded

import (
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
	stream := jitter.New(jitter.Config{ClockRate: opus.ClockRate, Rate: pcm.Narrowband}, &opus.Mending{Decoder: decoder})
	return &decoding{stream, decoder, room.AddSpeaker(stream)}, nil
}

// close ends it. The voice must have let go of the stream.
func (d *decoding) close() {
	d.speaker.Close()
	d.decoder.Close()
}
