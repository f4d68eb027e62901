package g722

import "math"

// pairs is how many taps the filter between 8 and 16 kHz has on each side of
// its middle, but for those that are zero: what is above 4.5 kHz is 60 dB down,
// and what is below 3.5 kHz is left alone.
const pairs = 16

// reach is how far the filter looks at each side, in samples at 16 kHz.
const reach = 2*pairs - 1

// halfband makes the taps from the middle outwards, in 1/32768: a sinc of half
// the band under a Kaiser window. The middle tap is one half.
func halfband() (taps [pairs]int32) {
	const beta = 5.65 // for 60 dB
	for i := range taps {
		x := float64(2*i + 1)
		off := x / (reach + 1)
		window := bessel(beta*math.Sqrt(1-off*off)) / bessel(beta)
		taps[i] = int32(math.Round(32768 * math.Sin(math.Pi*x/2) / (math.Pi * x) * window))
	}
	return taps
}

// bessel is the modified Bessel function of the first kind and order 0.
func bessel(x float64) float64 {
	sum, term := 1.0, 1.0
	for k := 1.0; term > 1e-12*sum; k++ {
		term *= x / 2 / k * x / 2 / k
		sum += term
	}
	return sum
}

// downward halves the rate of a stream.
type downward struct {
	taps [pairs]int32
	past [2*reach + 2*chunk]int16
}

func newDownward() *downward { return &downward{taps: halfband()} }

// filter writes half as many samples as wide holds, which is a whole number of
// pairs and no more than a chunk of them.
func (h *downward) filter(narrow, wide []int16) {
	copy(h.past[2*reach:], wide)
	for i := range narrow {
		w := h.past[2*i:][:2*reach+1]
		sum := int64(w[reach]) << 14
		for k, tap := range h.taps {
			sum += int64(tap) * int64(int32(w[reach-1-2*k])+int32(w[reach+1+2*k]))
		}
		narrow[i] = int16(saturate(int32((sum + 1<<14) >> 15)))
	}
	copy(h.past[:2*reach], h.past[len(wide):len(wide)+2*reach])
}

// upward doubles the rate of a stream.
type upward struct {
	taps [pairs]int32
	past [2*pairs - 1 + chunk]int16
}

func newUpward() *upward { return &upward{taps: halfband()} }

// filter writes twice as many samples as narrow holds, at most a chunk, and
// returns wide.
func (h *upward) filter(wide, narrow []int16) []int16 {
	copy(h.past[2*pairs-1:], narrow)
	for i := range narrow {
		w := h.past[i:][:2*pairs]
		var sum int64
		for k, tap := range h.taps {
			sum += int64(tap) * int64(int32(w[pairs-1-k])+int32(w[pairs+k]))
		}
		wide[2*i] = w[pairs-1]
		wide[2*i+1] = int16(saturate(int32((sum + 1<<13) >> 14)))
	}
	copy(h.past[:2*pairs-1], h.past[len(narrow):len(narrow)+2*pairs-1])
	return wide
}
