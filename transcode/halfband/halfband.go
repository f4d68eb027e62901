// Package halfband goes between the telephone's rate of 8 kHz and the 16 kHz of
// wideband speech. Its filters are linear in phase and delay by 31 samples at
// 16 kHz, which is 1.9 ms.
package halfband

import (
	"math"

	"github.com/einwahl/einwahl/transcode/pcm"
)

// pairs is how many taps the filter between 8 and 16 kHz has on each side of
// its middle, but for those that are zero: what is above 4.5 kHz is 60 dB down,
// and what is below 3.5 kHz is left alone.
const pairs = 16

// reach is how far the filter looks at each side, in samples at 16 kHz.
const reach = 2*pairs - 1

// filter makes the taps from the middle outwards, in 1/32768: a sinc of half
// the band under a Kaiser window. The middle tap is one half.
func filter() (taps [pairs]int32) {
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

// sample is what the filters take: sound, or a sum of sounds that may be greater
// than 16 bits. Only the former is cut off where it rings over.
type sample interface{ int16 | int32 }

type (
	// Down halves the rate of a stream.
	Down = halver[int16]
	// SumDown halves that of a sum of streams.
	SumDown = halver[int32]
)

type halver[S sample] struct {
	taps [pairs]int32
	past [2*reach + pcm.WidebandSamples]S
}

// NewDown makes a filter for one stream.
func NewDown() *Down { return &Down{taps: filter()} }

// NewSumDown makes a filter for one sum.
func NewSumDown() *SumDown { return &SumDown{taps: filter()} }

// Filter writes half as many samples as wide holds, which is an even number and
// no more than 20 ms of them.
func (d *halver[S]) Filter(narrow, wide []S) {
	copy(d.past[2*reach:], wide)
	for i := range narrow {
		w := d.past[2*i:][:2*reach+1]
		sum := int64(w[reach]) << 14
		for k, tap := range d.taps {
			sum += int64(tap) * int64(int32(w[reach-1-2*k])+int32(w[reach+1+2*k]))
		}
		narrow[i] = saturate[S]((sum + 1<<14) >> 15)
	}
	copy(d.past[:2*reach], d.past[len(wide):len(wide)+2*reach])
}

// Reset forgets the stream: another begins.
func (d *halver[S]) Reset() { clear(d.past[:]) }

type (
	// Up doubles the rate of a stream.
	Up = doubler[int16]
	// SumUp doubles that of a sum of streams.
	SumUp = doubler[int32]
)

type doubler[S sample] struct {
	taps [pairs]int32
	past [2*pairs - 1 + pcm.NarrowbandSamples]S
}

// NewUp makes a filter for one stream.
func NewUp() *Up { return &Up{taps: filter()} }

// NewSumUp makes a filter for one sum.
func NewSumUp() *SumUp { return &SumUp{taps: filter()} }

// Filter writes twice as many samples as narrow holds, at most 20 ms.
func (u *doubler[S]) Filter(wide, narrow []S) {
	copy(u.past[2*pairs-1:], narrow)
	for i := range narrow {
		w := u.past[i:][:2*pairs]
		var sum int64
		for k, tap := range u.taps {
			sum += int64(tap) * int64(int32(w[pairs-1-k])+int32(w[pairs+k]))
		}
		wide[2*i] = w[pairs-1]
		wide[2*i+1] = saturate[S]((sum + 1<<13) >> 14)
	}
	copy(u.past[:2*pairs-1], u.past[len(narrow):len(narrow)+2*pairs-1])
}

// Reset forgets the stream: another begins.
func (u *doubler[S]) Reset() { clear(u.past[:]) }

// saturate cuts sound off at full scale; a sum has no such limit.
func saturate[S sample](v int64) S {
	if _, sound := any(S(0)).(int16); sound {
		v = min(max(v, math.MinInt16), math.MaxInt16)
	}
	return S(v)
}
