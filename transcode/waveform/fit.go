package waveform

import "math"

const (
	// stroke is by how many times more than is usual a sample may surprise where
	// sound returns. The pulses of a voice surprise by up to 10.
	stroke = 11
	// unheard is a surprise that nobody hears.
	unheard = 60
	// strokes is how many are taken off at most.
	strokes = 8
	// fitted is how much is looked at, in samples: at 16 kHz 20 ms of sound and up to
	// 10 ms before it.
	fitted = 480
)

// Fit makes sound that returns follow what was heard before it, and itself. A decoder
// that foretells sound from what it has said goes on from what it made up: where that
// was a vowel and now an s is, one sample is several times as loud as the rest, and
// rings. Such a stroke is taken off with all that rings of it. Sound without any stays
// as it is. At most 20 ms are looked at, at 16 kHz.
func Fit(before, sound []int16) {
	for range strokes {
		if !fit(before, sound) {
			return
		}
	}
}

// fit takes off the greatest stroke and reports whether there was one.
func fit(before, sound []int16) bool {
	var memory [fitted]int16
	before = before[max(len(before)-fitted/3, 0):]
	joint := copy(memory[:], before)
	whole := memory[:joint+copy(memory[joint:], sound)]
	weights := foretold(whole)
	var surprises [fitted]float64
	for i := min(order, joint); i < len(whole); i++ {
		left := float64(whole[i])
		past := whole[max(i-order, 0):i]
		for k := range past {
			left -= weights[k] * float64(past[len(past)-1-k])
		}
		surprises[i] = left
	}
	at := joint
	for i := joint; i < len(whole); i++ {
		if math.Abs(surprises[i]) > math.Abs(surprises[at]) {
			at = i
		}
	}
	most := stroke * (usual(surprises[:len(whole)], at) + 1)
	excess := math.Abs(surprises[at]) - most
	if excess <= 0 || most+excess < unheard {
		return false
	}
	takeOff(sound[at-joint:], math.Copysign(excess, surprises[at]), weights)
	return true
}

// usual is the mean of surprises but for those about a place.
func usual(surprises []float64, at int) float64 {
	const about = 8
	sum, n := 0.0, 1
	for i, v := range surprises {
		if i < at-about || i > at+about {
			sum += v * v
			n++
		}
	}
	return math.Sqrt(sum / float64(n))
}

// takeOff takes a stroke at the beginning of sound off, as it rings.
func takeOff(sound []int16, stroke float64, weights [order]float64) {
	var rings [order]float64 // newest first
	for i := range sound {
		now := stroke
		stroke = 0
		for k, w := range weights {
			now += w * rings[k]
		}
		copy(rings[1:], rings[:])
		rings[0] = now
		sound[i] = int16(min(max(math.Round(float64(sound[i])-now), math.MinInt16), math.MaxInt16))
	}
}
