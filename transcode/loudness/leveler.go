package loudness

import (
	"math"

	"github.com/einwahl/einwahl/transcode/pcm"
)

const (
	// target is how loud speech shall be while it is active, in dBov.
	target = -20
	// most is how far the leveler goes, in dB: beyond that it would lift a
	// line's noise more than its speech.
	most = 12
	// slope is how much it changes with each frame of speech, in dB: 3 dB in a
	// second of it, too slowly to be heard.
	slope = 3.0 / 50
	// enough is how far from the target speech is left alone, in dB, and tidy
	// how near it has to come to be left alone again.
	enough, tidy = 3, 1.5
	// first is how many frames of speech have to be heard before anything is
	// changed, and memory how many are then remembered: 200 ms and 2 s.
	first, memory = 10, 100
	// above is how far, in dB, a frame of speech stands above what is between
	// syllables. What does not is no speech, but noise or a tone, which goes on
	// as it is: it must not be lifted.
	above = 10
	// window is for how many frames what is between syllables is remembered at
	// least: half a second.
	window = 25
)

// Leveler brings one voice slowly towards the loudness of all the others. It
// learns and moves only while somebody speaks: in a pause it leaves the gain as
// it is, so that it does not pump. Where a voice is loud enough already it does
// nothing at all. The zero value is ready.
type Leveler struct {
	gain   float64 // in dB
	factor float64 // the same as a factor, less 1
	power  float64 // of speech, of full scale
	heard  int     // frames of speech, up to memory
	moved  bool    // the voice is too far from the target to be left alone

	softest [2]int // levels in the window of now and in the one before, in dBov
	passed  int    // frames of the window of now
}

// Apply takes the next frame of a voice and changes it. level is that of the
// frame, in dBov, and speech whether somebody speaks in it.
func (l *Leveler) Apply(f pcm.Frame, level int, speech bool) {
	from := l.factor
	if l.stands(level) && speech {
		l.learn(level)
		l.move()
	}
	if from == 0 && l.factor == 0 {
		return
	}
	l.scale(f, from+1, l.factor+1)
}

// Gain is what the leveler does to the voice now, in dB.
func (l *Leveler) Gain() float64 { return l.gain }

// stands reports whether a frame stands out, as a syllable does.
func (l *Leveler) stands(level int) bool {
	if l.passed++; l.passed > window {
		l.softest, l.passed = [2]int{level, l.softest[0]}, 1
	}
	l.softest[0] = min(l.softest[0], level)
	return level >= min(l.softest[0], l.softest[1])+above
}

func (l *Leveler) learn(level int) {
	l.heard = min(l.heard+1, memory)
	l.power += (math.Pow(10, float64(level)/10) - l.power) / float64(l.heard)
}

// move goes one step towards the gain that the voice needs.
func (l *Leveler) move() {
	if l.heard < first {
		return
	}
	off := target - 10*math.Log10(l.power)
	if math.Abs(off) > enough {
		l.moved = true
	} else if math.Abs(off) < tidy {
		l.moved = false
	}
	want := 0.0
	if l.moved {
		want = min(max(off, -most), most)
	}
	if want == l.gain {
		return
	}
	l.set(l.gain + min(max(want-l.gain, -slope), slope))
}

func (l *Leveler) set(gain float64) {
	l.gain, l.factor = gain, 0
	if gain != 0 {
		l.factor = math.Pow(10, gain/20) - 1
	}
}

// scale goes over a frame from one factor to another. If somebody shouts into a
// line that was soft so far, it comes down before the first sample that would
// not fit, and stays there.
func (l *Leveler) scale(f pcm.Frame, from, to float64) {
	peak := 0
	for _, s := range f {
		peak = max(peak, int(s), -int(s))
	}
	n := len(f)
	if fit := math.MaxInt16 / float64(max(peak, 1)); fit < max(from, to) {
		if from > fit {
			n = over(f, math.MaxInt16/from)
		}
		to = fit
		l.set(20 * math.Log10(fit))
	}
	gain, step := from, (to-from)/float64(n+1)
	for i, s := range f[:n] {
		gain += step
		f[i] = int16(round(float64(s) * gain))
	}
	for i, s := range f[n:] {
		f[n+i] = int16(round(float64(s) * to))
	}
}

// over is where the first sample is that is greater than limit.
func over(f pcm.Frame, limit float64) int {
	for i, s := range f {
		if math.Abs(float64(s)) > limit {
			return i
		}
	}
	return len(f)
}
