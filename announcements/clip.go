package announcements

import (
	"math"

	"github.com/einwahl/einwahl/transcode/pcm"
)

const (
	// clipRate is the sample rate in which all sound is kept.
	clipRate = pcm.Wideband
	// clipFrame is the length of a frame at that rate.
	clipFrame = pcm.WidebandSamples
	// ramp is how long a sound takes to come and go where it is cut: too short
	// to hear, long enough not to click.
	ramp = clipRate * 5 / 1000
	// reach is how far the filter for 8 kHz looks to either side.
	reach = 2*halfBandPairs - 1
	// halfBandPairs is the number of tap pairs of that filter.
	halfBandPairs = 12
	// unityBits is where the filter's fixed point stands.
	unityBits = 15
)

// halfBand are the odd taps of a half-band low-pass filter on one side of its
// middle; the middle is a half and the even taps are zero.
var halfBand = designHalfBand()

// clip is a whole number of frames of sound at 16 kHz. It is never changed
// once made, so any number of callers may read it.
type clip struct {
	padded []int16 // with reach samples before and after, for the filter
	frames int
}

// newClip takes a recording from beginning to end.
func newClip(sound []int16) *clip {
	c := blankClip(inFrames(len(sound)))
	body := c.padded[reach : reach+len(sound)]
	copy(body, sound)
	edge := min(ramp, len(body)/2)
	for i := range edge {
		body[i] = scale(body[i], i, edge)
		body[len(body)-1-i] = scale(body[len(body)-1-i], i, edge)
	}
	return c
}

// newLoop takes a recording that begins again where it ends. Its last overlap
// samples, or a few more, are blended into its first.
func newLoop(sound []int16, overlap int) *clip {
	c := blankClip(max(0, len(sound)-overlap) / clipFrame)
	n := c.frames * clipFrame
	if n < max(overlap, clipFrame) {
		return newClip(sound)
	}
	body := c.padded[reach : reach+n]
	copy(body, sound[:n])
	for i := range overlap {
		body[i] = clamp(int32(scale(sound[i], i, overlap)) + int32(scale(sound[n+i], overlap-i, overlap)))
	}
	copy(c.padded[:reach], body[n-reach:])
	copy(c.padded[reach+n:], body[:reach])
	return c
}

// inFrames is how many frames hold so many samples.
func inFrames(samples int) int { return (samples + clipFrame - 1) / clipFrame }

func blankClip(frames int) *clip {
	return &clip{padded: make([]int16, frames*clipFrame+2*reach), frames: frames}
}

// sound is the clip without its padding.
func (c *clip) sound() []int16 { return c.padded[reach : len(c.padded)-reach] }

// frame fills f with frame n, at 16 kHz or else at 8 kHz.
func (c *clip) frame(f pcm.Frame, n int) {
	at := reach + n*clipFrame
	if len(f) == clipFrame {
		copy(f, c.padded[at:])
		return
	}
	window := c.padded[at-reach : at+clipFrame+reach]
	for i := range min(len(f), pcm.NarrowbandSamples) {
		w := (*[2*reach + 1]int16)(window[2*i:])
		sum := int32(w[reach])<<(unityBits-1) + 1<<(unityBits-1)
		for k, tap := range &halfBand {
			sum += tap * ((int32(w[reach-1-2*k]) + int32(w[reach+1+2*k])) >> 1)
		}
		f[i] = clamp(sum >> unityBits)
	}
}

// designHalfBand makes a low-pass filter at a quarter of the sample rate: a
// sinc under a Blackman window, with a gain of exactly one.
func designHalfBand() [halfBandPairs]int32 {
	var taps [halfBandPairs]float64
	total := 0.0
	for k := range taps {
		x := float64(2*k + 1)
		sinc := math.Sin(math.Pi*x/2) / (math.Pi * x)
		phase := math.Pi * x / (2 * halfBandPairs)
		taps[k] = sinc * (0.42 + 0.5*math.Cos(phase) + 0.08*math.Cos(2*phase))
		total += 2 * taps[k]
	}
	var fixed [halfBandPairs]int32
	for k := range taps {
		// Twice the tap: frame halves the product, so that 32 bits are enough.
		fixed[k] = int32(math.Round(taps[k] / total * (1 << unityBits)))
	}
	return fixed
}

// scale is s times num/den.
func scale(s int16, num, den int) int16 {
	return int16(int(s) * num / den)
}

func clamp(v int32) int16 {
	return int16(max(math.MinInt16, min(math.MaxInt16, v)))
}
