// Package waveform repairs sound that a codec knows nothing more about: it
// fills gaps, and makes stretches of speech a little shorter or longer without
// changing their pitch.
//
// Both rest on the same observation. Voiced speech repeats itself every 2.5 to
// 15 ms, so one period more or one less is not heard, and the last period
// goes on being plausible for a while after the sound has stopped coming.
package waveform

import "time"

const (
	// The voices of most people lie between 66 and 400 Hz.
	shortestPeriod = 2500 * time.Microsecond
	longestPeriod  = 15 * time.Millisecond
)

// samples tells how many samples d is at rate.
func samples(d time.Duration, rate int) int { return int(d * time.Duration(rate) / time.Second) }

// period finds the lag, between lo and hi, at which the newest n samples of x
// look most like what came lag samples before, and how alike they are: 1 is
// the same, 0 is unrelated. x holds at least n+hi samples.
//
// It looks at every second lag and sample first and then around the best: a
// quarter of the work, and at 8 kHz nothing is lost by it.
func period(x []int16, lo, hi, n int) (lag int, likeness float64) {
	lag = lo
	for l := lo; l <= hi; l += 2 {
		if c := correlation(x, l, n, 2); c > likeness {
			lag, likeness = l, c
		}
	}
	coarse := lag
	likeness = 0
	for l := max(lo, coarse-1); l <= min(hi, coarse+1); l++ {
		if c := correlation(x, l, n, 1); c > likeness {
			lag, likeness = l, c
		}
	}
	return lag, likeness
}

// correlation compares the newest n samples of x with those lag before,
// normalised by the energy of both. Opposites count as unrelated.
func correlation(x []int16, lag, n, step int) float64 {
	a := x[len(x)-n:]
	b := x[len(x)-n-lag:][:n]
	var ab, aa, bb int64
	for i := 0; i < len(a) && i < len(b); i += step {
		p, q := int64(a[i]), int64(b[i])
		ab += p * q
		aa += p * p
		bb += q * q
	}
	if ab <= 0 {
		return 0
	}
	return float64(ab) * float64(ab) / (float64(aa) * float64(bb))
}

// crossfade writes to dst a blend that begins as from and ends as to. dst may
// be either of them.
func crossfade(dst, from, to []int16) {
	n := int32(len(dst))
	for i := range n {
		dst[i] = int16((int32(from[i])*(n-i) + int32(to[i])*i) / n)
	}
}
