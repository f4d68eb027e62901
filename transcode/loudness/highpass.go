// Package loudness brings voices to one loudness, as a sound engineer would:
// what lies below speech is taken off each of them, a slow hand on the fader
// lifts the soft and lowers the loud, and where many together would not fit
// into 16 bits, a limiter that looks ahead turns them down before they clip.
//
// All of it is arithmetic on frames of 20 ms at 8 or at 16 kHz, in place.
// Nothing here knows the time, and nothing allocates.
package loudness

import (
	"math"

	"github.com/einwahl/einwahl/transcode/pcm"
)

// corner is where the high-pass is 3 dB down, in hertz: under the deepest
// voices, over the hum of the mains, steps and wind.
const corner = 120

// HighPass takes off what lies below speech: a Butterworth filter of second
// order. The zero value is ready.
type HighPass struct {
	length int // of the frames that the rest is for
	taps   taps
	x, y   [2]float64 // what came in and went out last, the newest first
}

// taps are a filter's coefficients; those of its input are b, -2b and b.
type taps struct{ b, a1, a2 float64 }

// butterworth makes the filter for a rate, by the bilinear transform.
func butterworth(rate float64) taps {
	w := math.Tan(math.Pi * corner / rate)
	norm := 1 / (1 + math.Sqrt2*w + w*w)
	return taps{b: norm, a1: 2 * (w*w - 1) * norm, a2: (1 - math.Sqrt2*w + w*w) * norm}
}

// Filter takes the next frame of a stream and changes it.
func (h *HighPass) Filter(f pcm.Frame) {
	if h.length != len(f) {
		*h = HighPass{length: len(f), taps: butterworth(float64(f.Rate()))}
	}
	c := h.taps
	x1, x2, y1, y2 := h.x[0], h.x[1], h.y[0], h.y[1]
	for i, s := range f {
		x := float64(s)
		y := c.b*(x-2*x1+x2) - c.a2*y2 - c.a1*y1 // what is known last comes last
		x1, x2, y1, y2 = x, x1, y, y1
		f[i] = saturate(y)
	}
	h.x, h.y = [2]float64{x1, x2}, [2]float64{flush(y1), flush(y2)}
}

// flush makes nothing of what is next to nothing: processors reckon slowly with
// numbers that are almost too small for them.
func flush(v float64) float64 {
	if math.Abs(v) < 1e-9 {
		return 0
	}
	return v
}

// saturate rounds to 16 bits.
func saturate(v float64) int16 { return int16(min(max(round(v), math.MinInt16), math.MaxInt16)) }

// round asks for no sign, which is as good as random and costs more than all
// the rest.
func round(v float64) int {
	const above = 1 << 20 // what is converted is never negative
	return int(v+above+0.5) - above
}
