package siptest

import (
	"math"
	"time"
)

// Rate is the sample rate of everything that a phone says and hears.
const Rate = 8000

// Tone is a sine of that frequency, at -10 dB of full scale.
func Tone(hertz float64, length time.Duration) []int16 {
	samples := make([]int16, int(length.Seconds()*Rate))
	amplitude := math.MaxInt16 * math.Pow(10, -10.0/20)
	for i := range samples {
		samples[i] = int16(amplitude * math.Sin(2*math.Pi*hertz*float64(i)/Rate))
	}
	return samples
}

// Level is how loud a frequency is in samples, in dB of a full-scale sine;
// -120 is nothing at all.
func Level(samples []int16, hertz float64) float64 {
	if len(samples) == 0 {
		return -120
	}
	var re, im float64
	for i, s := range samples {
		// The window keeps a loud neighbour out of a quiet frequency.
		w := 1 - math.Cos(2*math.Pi*float64(i)/float64(len(samples)))
		sin, cos := math.Sincos(2 * math.Pi * hertz * float64(i) / Rate)
		re += w * float64(s) * cos
		im += w * float64(s) * sin
	}
	amplitude := 2 * math.Hypot(re, im) / float64(len(samples)) / math.MaxInt16
	return math.Max(-120, 20*math.Log10(amplitude+1e-12))
}

// Loudness is the level of samples as a whole, in dB of full scale.
func Loudness(samples []int16) float64 {
	if len(samples) == 0 {
		return -120
	}
	var sum float64
	for _, s := range samples {
		sum += float64(s) * float64(s)
	}
	rms := math.Sqrt(sum/float64(len(samples))) / math.MaxInt16
	return math.Max(-120, 20*math.Log10(rms+1e-12))
}
