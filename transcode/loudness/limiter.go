package loudness

import (
	"math"

	"github.com/einwahl/einwahl/transcode/pcm"
)

const (
	// blocks is how many steps a limiter makes in a frame: one each 2.5 ms.
	blocks = 8
	// longest is the length of a block at 16 kHz.
	longest = pcm.WidebandSamples / blocks
	// hold is for how many blocks a limiter stays down after a peak. In 20 ms
	// every voice has had its next, and a gain that stays does not distort.
	hold = 8
	// recovery is how much of the gain then comes back with each block: from
	// half to full in 300 ms, slowly enough not to be heard as a flutter.
	recovery = 0.5 * 2.5 / 300
	full     = math.MaxInt16
)

// Limiter turns a sum down where it would not fit into 16 bits. It gives it out
// 2.5 ms late, so that it knows of a peak in time to be down when it comes, and
// it comes down and goes up without a step. What fits goes through untouched.
// The zero value is ready.
type Limiter struct {
	line [longest]int32 // what came in last and is not out yet
	held bool           // there is something in the line
	down float32        // how much is taken off the gain at the end of the line
	stay int            // blocks for which it stays down
}

// Delay is how late a limiter is, in samples of frames of that length.
func Delay(length int) int { return length / blocks }

// Apply writes to dst what is to be heard next. sum, as long as dst, is 160 or
// 320 samples; nil is silence. It reports false where there is nothing to hear;
// dst means nothing then.
func (l *Limiter) Apply(dst pcm.Frame, sum []int32) bool {
	if sum == nil && !l.held {
		l.rest()
		return false
	}
	block := Delay(len(dst))
	var v [pcm.WidebandSamples + longest]int32
	copy(v[:block], l.line[:])
	copy(v[block:], sum)
	copy(l.line[:block], v[len(dst):])
	l.held = sum != nil
	if l.down > 0 || !fit(v[:len(dst)+block]) {
		l.turn(dst, v[:len(dst)+block])
		return true
	}
	for i := range dst {
		dst[i] = int16(v[i])
	}
	return true
}

// Meets reports whether what l and another limiter give out from now on will be
// the same if they are given the same, but for what nobody can hear.
func (l *Limiter) Meets(other *Limiter) bool {
	const tiny = 0.001
	return math.Abs(float64(l.down-other.down)) < tiny && l.held == other.held && l.line == other.line
}

// turn writes v to dst, turned down as it needs it.
func (l *Limiter) turn(dst pcm.Frame, v []int32) {
	block := len(v) - len(dst)
	need := needs(v, block)
	for b := range blocks {
		// A block may neither begin nor end with more than it can stand. It
		// begins with what the block before it ended with.
		from, to := 1-l.down, 1-l.next(max(need[b], need[b+1]))
		step := (to - from) / float32(block)
		for i, s := range v[b*block : (b+1)*block] {
			gain := from + step*float32(i+1)
			dst[b*block+i] = int16(min(max(float32(s)*gain, -full), full)) // what was rounded up may not wrap
		}
		l.down = 1 - to
	}
}

// next is how much to take off at the end of a block whose samples need that
// much to be taken off.
func (l *Limiter) next(need float32) float32 {
	if need >= l.down && need > 0 {
		l.stay = hold
		return need
	}
	if l.stay > 0 {
		l.stay--
		return l.down
	}
	return max(l.down-recovery, need, 0)
}

// rest is for a frame in which there is nothing to turn down. Without it the
// first word after a pause would be as soft as the last before it.
func (l *Limiter) rest() {
	l.down = max(l.down-blocks*recovery, 0)
	l.stay = 0
}

// needs tells for each block of v how much has to be taken off its gain for it
// to fit.
func needs(v []int32, block int) (need [blocks + 1]float32) {
	for b := range need {
		var peak int32
		for _, s := range v[b*block : (b+1)*block] {
			peak = max(peak, s, -s)
		}
		if peak > full {
			need[b] = 1 - full/float32(peak)
		}
	}
	return need
}

// fit reports whether all of v fits into 16 bits. It is what is asked of every
// frame, and mostly the only thing.
func fit(v []int32) bool {
	var over uint32
	for _, s := range v {
		over |= uint32(s - math.MinInt16)
	}
	return over <= math.MaxUint16
}
