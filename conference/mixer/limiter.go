package mixer

import "github.com/einwahl/einwahl/transcode/pcm"

const (
	// block is how finely a limiter turns down: 2.5 ms.
	block  = pcm.NarrowbandSamples / 8
	blocks = pcm.NarrowbandSamples / block
	// recovery is how much of the gain comes back with each block: from half
	// to full in 300 ms, slowly enough not to be heard as a flutter.
	recovery = 0.5 * 2.5 / 300
	loudest  = 32767
)

// limiter turns a sum down where it would not fit into 16 bits. It looks ahead
// to the end of the frame, so it turns down before a peak, not at it; at the
// beginning of a frame it has no time for that and comes down as fast as the
// first peak asks, which is never a jump. What fits goes through untouched.
type limiter struct {
	gain float32 // at the end of the last frame
}

func newLimiter() limiter { return limiter{gain: 1} }

// apply writes sum less own to dst. own may be nil.
func (l *limiter) apply(dst pcm.Frame, sum []int32, own pcm.Frame) {
	var v [pcm.NarrowbandSamples]int32
	copy(v[:], sum)
	for i, s := range own {
		v[i] -= int32(s)
	}
	most, need := needs(&v)
	if most >= 1 && l.gain >= 1 {
		for i := range dst {
			dst[i] = int16(v[i])
		}
		return
	}
	gain := l.gain
	for b := range blocks {
		// A block may neither begin nor end with more than it can stand.
		to := min(gain+recovery, 1, need[b])
		if b+1 < blocks {
			to = min(to, need[b+1])
		}
		part := v[b*block : (b+1)*block]
		slope := (to - gain) / block
		if gain > need[b] {
			slope = fall(part, gain, slope)
		}
		for i, s := range part {
			if gain += slope; slope < 0 {
				gain = max(gain, to)
			}
			dst[b*block+i] = int16(float32(s) * gain)
		}
		gain = to
	}
	l.gain = gain
}

// rest is for a frame in which there is nothing to turn down. Without it the
// first word after a pause would be as soft as the last before it.
func (l *limiter) rest() { l.gain = min(l.gain+blocks*recovery, 1) }

// fall is the slope, at least as steep as slope, that brings the gain down in
// time for each sample of a block that begins with more than it can stand.
func fall(part []int32, gain, slope float32) float32 {
	for i, s := range part {
		if peak := float32(max(s, -s)); peak*gain > loudest {
			slope = min(slope, (loudest/peak-gain)/float32(i+1))
		}
	}
	return slope
}

// needs tells for each block by how much it has to be turned down to fit, and
// the smallest of these: 1 if all fit.
func needs(v *[pcm.NarrowbandSamples]int32) (most float32, need [blocks]float32) {
	most = 1
	for b := range blocks {
		var peak int32
		for _, s := range v[b*block : (b+1)*block] {
			peak = max(peak, s, -s)
		}
		need[b] = 1
		if peak > loudest {
			need[b] = loudest / float32(peak)
			most = min(most, need[b])
		}
	}
	return most, need
}
