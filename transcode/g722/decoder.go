package g722

import (
	"errors"

	"github.com/einwahl/einwahl/transcode/halfband"
	"github.com/einwahl/einwahl/transcode/pcm"
	"github.com/einwahl/einwahl/transcode/waveform"
)

var errTooLong = errors.New("g722: packet longer than the buffer")

// Decoder decodes one stream and conceals what is missing from it. It fits a
// jitter buffer.
type Decoder struct {
	rate      int
	down      *halfband.Down // nil at 16 kHz
	filler    *waveform.Filler
	low, high band
	sound     [history + 2*chunk]int32 // sums and differences of the bands
	wide      [2 * chunk]int16
}

// NewDecoder makes a decoder that gives sound at rate, 8000 or 16000.
func NewDecoder(rate int) (*Decoder, error) {
	if err := checkRate(rate); err != nil {
		return nil, err
	}
	d := &Decoder{rate: rate, filler: waveform.NewFiller(rate)}
	if rate == pcm.Narrowband {
		d.down = halfband.NewDown()
	}
	d.begin()
	return d, nil
}

func (d *Decoder) begin() {
	d.low = newBand(scale{lowLimit, lowShift, lowFirst})
	d.high = newBand(scale{highLimit, highShift, highFirst})
	clear(d.sound[:history])
}

// Reset forgets the stream so far: the next packet begins another.
func (d *Decoder) Reset() { d.begin() }

// Decode writes the sound of one packet to dst and returns its length in
// samples.
func (d *Decoder) Decode(dst []int16, payload []byte) (int, error) {
	per := d.rate / pcm.Narrowband
	if len(payload)*per > len(dst) {
		return 0, errTooLong
	}
	dst = dst[:len(payload)*per]
	for at := 0; at < len(payload); at += chunk {
		end := min(at+chunk, len(payload))
		if d.down == nil {
			d.decode(dst[2*at:2*end], payload[at:end])
			continue
		}
		wide := d.wide[:2*(end-at)]
		d.decode(wide, payload[at:end])
		d.down.Filter(dst[at:end], wide)
	}
	d.filler.Good(dst)
	return len(dst), nil
}

// Conceal fills dst with what might have been there, fading to silence within
// 60 ms of the last packet. It returns len(dst).
func (d *Decoder) Conceal(dst []int16) int {
	d.filler.Fill(dst)
	return len(dst)
}

func (d *Decoder) decode(dst []int16, payload []byte) {
	for i, code := range payload {
		low, high := d.lowSample(code&0x3f), d.highSample(code>>6)
		d.sound[history+2*i] = low + high
		d.sound[history+2*i+1] = low - high
		join(dst[2*i:], d.sound[2*i:])
	}
	copy(d.sound[:history], d.sound[2*len(payload):2*len(payload)+history])
}

// join filters the two bands into the newest pair of samples.
func join(dst []int16, bands []int32) {
	w := bands[:history+2]
	var first, second int32
	for i, c := range mirror {
		second += c * w[2*i]
		first += c * w[history+1-2*i]
	}
	dst[0] = int16(saturate(first >> 11))
	dst[1] = int16(saturate(second >> 11))
}

// lowSample decodes six bits (INVQBL, and INVQAL for the band's own going on).
func (d *Decoder) lowSample(code byte) int32 {
	b := &d.low
	sound := saturate15(b.expected + b.step*low6[code]>>15)
	diff := b.step * low4[code>>2] >> 15
	b.adapt(lowWeight[code>>2])
	b.take(diff)
	return sound
}

// highSample decodes two bits (INVQAH).
func (d *Decoder) highSample(code byte) int32 {
	b := &d.high
	diff := b.step * high2[code] >> 15
	sound := saturate15(b.expected + diff)
	b.adapt(highWeight[code])
	b.take(diff)
	return sound
}
