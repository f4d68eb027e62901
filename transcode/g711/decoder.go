package g711

import (
	"errors"

	"github.com/einwahl/einwahl/transcode/pcm"
	"github.com/einwahl/einwahl/transcode/waveform"
)

var errTooLong = errors.New("g711: packet longer than the buffer")

// Decoder decodes one stream and conceals what is missing from it. It fits a
// jitter buffer.
type Decoder struct {
	law    Law
	filler *waveform.Filler
}

// NewDecoder makes a decoder for one stream.
func NewDecoder(law Law) *Decoder {
	return &Decoder{law: law, filler: waveform.NewFiller(pcm.Narrowband)}
}

// NewDecoders makes a decoder of either law for one stream that may change it.
// What one has decoded the other can go on from.
func NewDecoders() (a, mu *Decoder) {
	filler := waveform.NewFiller(pcm.Narrowband)
	return &Decoder{ALaw, filler}, &Decoder{MuLaw, filler}
}

// Decode writes the sound of one packet to dst and returns its length in
// samples.
func (d *Decoder) Decode(dst []int16, payload []byte) (int, error) {
	if len(payload) > len(dst) {
		return 0, errTooLong
	}
	n := d.law.Decode(dst, payload)
	d.filler.Good(dst[:n])
	return n, nil
}

// Conceal fills dst with what might have been there, fading to silence within
// 60 ms of the last packet (G.711 Appendix I). It returns len(dst).
func (d *Decoder) Conceal(dst []int16) int {
	d.filler.Fill(dst)
	return len(dst)
}

// Samples is how long the sound of a packet is.
func (d *Decoder) Samples(payload []byte) int { return len(payload) }
