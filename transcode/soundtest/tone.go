package soundtest

import "math"

// Sine is n samples of a tone of freq hertz, from sample from on.
func Sine(freq, peak float64, rate, from, n int) []int16 {
	sound := make([]int16, n)
	for i := range sound {
		sound[i] = int16(math.Round(peak * math.Sin(2*math.Pi*freq*float64(from+i)/float64(rate))))
	}
	return sound
}

// Purity is how far, in dB, all that is not the tone of freq hertz lies below
// it: the inverse of its total harmonic distortion and noise.
func Purity(sound []int16, rate int, freq float64) float64 {
	// The tone that fits best, over whole periods as near as can be.
	n := int(math.Floor(float64(len(sound))*freq/float64(rate)) * float64(rate) / freq)
	var c, s, all float64
	for i, v := range sound[:n] {
		at := 2 * math.Pi * freq * float64(i) / float64(rate)
		c += float64(v) * math.Cos(at)
		s += float64(v) * math.Sin(at)
		all += float64(v) * float64(v)
	}
	tone := 2 * (c*c + s*s) / float64(n)
	return 10 * math.Log10(tone/max(all-tone, 1e-9))
}
