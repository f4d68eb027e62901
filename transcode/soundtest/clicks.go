package soundtest

import (
	"math"
	"time"
)

const (
	// order of the prediction: one pole for each kilohertz and some to spare.
	order = 12
	// sharp is by how much a sample has to surprise, against its
	// neighbourhood, to be a click. The pulses of a voice surprise by up to 10.
	sharp = 14
	// faint is a surprise that nobody hears.
	faint = 60
)

// Clicks are the places in got at which a sample cannot be foreseen from those
// before it, much less than its neighbours can: where two pieces were put
// together that do not fit. What is as sharp in want, within 10 ms, is no click;
// want may be nil.
func Clicks(want, got []int16, rate int) (at []int) {
	window := rate / 50
	for from := 0; from+2*window <= len(got); from += window {
		surprise := surprises(got[from : from+2*window])
		all := energy(surprise)
		for i := window / 2; i < window*3/2; i++ {
			near := surprise[i-rate/1000 : i+rate/1000+1]
			usual := math.Sqrt((all - energy(near)) / float64(len(surprise)-len(near)))
			v := math.Abs(surprise[i])
			if v <= faint || v <= sharp*(usual+1) || v <= 2*sharpest(want, from+i, rate) {
				continue
			}
			if n := len(at); n == 0 || from+i-at[n-1] > rate/100 {
				at = append(at, from+i)
			}
		}
	}
	return at
}

// sharpest is the greatest surprise in sound about a place.
func sharpest(sound []int16, at, rate int) (most float64) {
	window := rate / 50
	if at < window || at+window > len(sound) {
		return 0
	}
	for _, v := range surprises(sound[at-window : at+window])[window/2 : window*3/2] {
		most = max(most, math.Abs(v))
	}
	return most
}

//go:norace
func energy(x []float64) (sum float64) {
	for _, v := range x {
		sum += v * v
	}
	return sum
}

// surprises is what is left of sound once each sample is foretold from those
// before it, by the method of Levinson and Durbin. Nobody else has what these
// loops work on, so the race detector, which makes them many times slower, leaves
// them out.
//
//go:norace
func surprises(sound []int16) []float64 {
	x := make([]float64, len(sound))
	for i, v := range sound {
		x[i] = float64(v)
	}
	var r [order + 1]float64
	for lag := range r {
		for i, v := range x[:len(x)-lag] {
			r[lag] += v * x[lag+i]
		}
	}
	left := r[0]*1.0001 + 1
	var a [order + 1]float64
	for i := 1; i <= order; i++ {
		k := r[i]
		for j := 1; j < i; j++ {
			k -= a[j] * r[i-j]
		}
		k /= left
		next := a
		next[i] = k
		for j := 1; j < i; j++ {
			next[j] = a[j] - k*a[i-j]
		}
		a = next
		left *= 1 - k*k
	}
	out := make([]float64, len(sound))
	for i := order; i < len(sound); i++ {
		out[i] = x[i]
		for j := 1; j <= order; j++ {
			out[i] -= a[j] * x[i-j]
		}
	}
	return out
}

// Gap is a stretch of silence where there should be sound.
type Gap struct {
	At     int // sample at which it begins
	Length time.Duration
}

// Gaps are the holes of 10 ms and more in got, which is in step with want: the
// sound there is 25 dB weaker than it should be, and it should be heard.
func Gaps(want, got []int16, rate int) (gaps []Gap) {
	block, open := rate/200, -1
	blocks := min(len(want), len(got)) / block
	for b := 0; b <= blocks; b++ {
		missing := false
		if b < blocks {
			should, is := power(want[b*block:][:block]), power(got[b*block:][:block])
			missing = should > 300*300 && is*300 < should
		}
		switch {
		case missing && open < 0:
			open = b
		case !missing && open >= 0:
			if b-open >= 2 {
				gaps = append(gaps, Gap{open * block, time.Duration(b-open) * 5 * time.Millisecond})
			}
			open = -1
		}
	}
	return gaps
}

//go:norace
func power(sound []int16) float64 {
	sum := 0.0
	for _, v := range sound {
		sum += float64(v) * float64(v)
	}
	return sum / float64(len(sound))
}
