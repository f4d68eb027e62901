package g722

import (
	"github.com/einwahl/einwahl/transcode/halfband"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// Encoder makes bytes of one stream of sound.
type Encoder struct {
	up        *halfband.Up // nil at 16 kHz
	low, high band
	sound     [history + 2*chunk]int32 // what the filter sees
	wide      [2 * chunk]int16
}

// history is how much of the past the filters look back on, in samples.
const history = 2*len(mirror) - 2

// NewEncoder makes an encoder for sound at rate, 8000 or 16000.
func NewEncoder(rate int) (*Encoder, error) {
	if err := checkRate(rate); err != nil {
		return nil, err
	}
	e := &Encoder{
		low:  newBand(scale{lowLimit, lowShift, lowFirst}),
		high: newBand(scale{highLimit, highShift, highFirst}),
	}
	if rate == pcm.Narrowband {
		e.up = halfband.NewUp()
	}
	return e, nil
}

// Encode writes f to dst, a byte for each 125 us, and returns how many it
// wrote: as many as both hold.
func (e *Encoder) Encode(dst []byte, f pcm.Frame) int {
	per := 2
	if e.up != nil {
		per = 1
	}
	n := min(len(dst), len(f)/per)
	for at := 0; at < n; at += chunk {
		end := min(at+chunk, n)
		sound := f[at*per : end*per]
		if e.up != nil {
			e.up.Filter(e.wide[:2*len(sound)], sound)
			sound = e.wide[:2*len(sound)]
		}
		e.encode(dst[at:end], sound)
	}
	return n
}

func (e *Encoder) encode(dst []byte, wide []int16) {
	for i, s := range wide {
		e.sound[history+i] = int32(s)
	}
	for i := range dst {
		low, high := part(e.sound[2*i:])
		dst[i] = e.codeHigh(high)<<6 | e.codeLow(low)
	}
	copy(e.sound[:history], e.sound[len(wide):len(wide)+history])
}

// part filters the newest pair of samples into the two bands (block QMF).
func part(sound []int32) (low, high int32) {
	w := sound[:history+2]
	var odd, even int32
	for i, c := range mirror {
		odd += c * w[2*i]
		even += c * w[history+1-2*i]
	}
	return (even + odd) >> 14, (even - odd) >> 14
}

// codeLow codes a sample of the low band in six bits (QUANTL).
func (e *Encoder) codeLow(x int32) byte {
	b := &e.low
	diff := saturate(x - b.expected)
	size := diff
	if diff < 0 {
		size = -(diff + 1)
	}
	level := 0
	for half := 16; half > 0; half /= 2 {
		if next := level + half; next <= len(decisions) && size >= decisions[next-1]*b.step>>12 {
			level = next
		}
	}
	code := byte(61 - level)
	if diff < 0 {
		code = byte(33 - level)
		if level < 2 {
			code = byte(63 - level)
		}
	}
	d := b.step * low4[code>>2] >> 15
	b.adapt(lowWeight[code>>2])
	b.take(d)
	return code
}

// codeHigh codes a sample of the high band in two bits (QUANTH).
func (e *Encoder) codeHigh(x int32) byte {
	b := &e.high
	diff := saturate(x - b.expected)
	size, code := diff, byte(3)
	if diff < 0 {
		size, code = -(diff + 1), 1
	}
	if size >= highDecision*b.step>>12 {
		code--
	}
	d := b.step * high2[code] >> 15
	b.adapt(highWeight[code])
	b.take(d)
	return code
}
