package dtmf

import "github.com/einwahl/einwahl/transcode/pcm"

const (
	// part is how much sound is looked at to tell a key from speech, 5 ms, and
	// whole is a frame of that.
	part, whole = 40, pcm.NarrowbandSamples / 40
	// spoiled is the most that may be left of a part without the two tones of a key,
	// as a share of it, where its neighbours tell what it is: codecs spoil some.
	spoiled = 0.25
	// mixed is the same of one that follows silence.
	mixed = 0.08
	// calm is the most that may be heard before tones that have only begun, as a
	// share of them, and still that before what is less like tones, because there is
	// so little of them or they still rise. Speech can be like tones for so short a
	// time, but hardly where it comes out of silence.
	calm, still = 0.03, 0.01
	// flattest and steepest are what the steps from one sample to the next may have for
	// energy, as a share of that of all: 0.32 and 1.39 have tones that go on, of which
	// one is 13 dB stronger.
	flattest, steepest = 0.2, 1.7
	// burst and instant are 1 and 2 ms. What comes suddenly in the one is too short to
	// be told from a key, and began in the other.
	burst, instant = 8, 16
)

// purity is the most that may be left, on average, of so many parts at the end of a
// frame. Of tones that are 1.5 % off it is up to a twentieth.
var purity = [whole]float32{0.02, 0.08, 0.10, 0.12}

// shorts are the lengths at which tones can be told that began within the last part,
// the most that may be left of them, and the most that may come before.
var shorts = [...]struct {
	length      int
	mixed, calm float32
}{{24, 0.03, calm}, {24, 0.08, still}, {16, 0.08, still}}

// begins is where in a frame tones of a key begin that go on to its end, or up to 5 ms
// before; the length of the frame where there are none. going says that the frame
// before ended with some. Where there are less than 5 ms of them, or only what came
// out of silence so late that nobody can tell what it is, it is not sure.
func begins(f pcm.Frame, going bool) (at int, sure bool) {
	var x [pcm.NarrowbandSamples]float32
	const last = len(x) - part
	step := len(f) / len(x)
	e := narrow(x[last:], f[last*step:], step)
	if e < faintest*burst {
		return len(f), false
	}
	rest := float32(1)
	if isSlanted(x[last:], e) {
		rest = fits[part].rest(x[last:], e)
	}
	if going && rest < spoiled {
		return 0, true
	}
	const near = last - 2*part
	before := narrow(x[near:last], f[near*step:], step)
	if rest >= spoiled && before >= calm*e/burst*2*part {
		return len(f), false // whatever is at the end
	}
	narrow(x[:near], f, step)
	if rest < spoiled {
		if at, sure := lasts(x[:], rest, e); sure {
			return at * step, true
		}
	}
	return emerges(x[:]) * step, false
}

// HasTones reports whether the tones of a key go all through a frame, or all but 5 ms.
func HasTones(f pcm.Frame) bool {
	at, sure := begins(f, false)
	return sure && at == 0
}

// emerges is begins where it is out of silence that tones come, within the last part.
func emerges(x []float32) (at int) {
	last := len(x) - part
	for _, s := range shorts {
		tones := x[len(x)-s.length:]
		e := energy(tones)
		if isCalm(x[:last], e/float32(s.length), s.calm) && fits[s.length].rest(tones, e) < s.mixed {
			return last
		}
	}
	if isCalm(x[:len(x)-instant], energy(x[len(x)-burst:])/burst, still) {
		return len(x) - instant
	}
	return len(x)
}

// lasts is begins by whole parts. rest is what is left of the last, and e its energy.
func lasts(x []float32, rest, e float32) (at int, sure bool) {
	at = len(x) - part
	sure = rest < purity[0] || rest < mixed && isCalm(x[:at-part], e/part, calm)
	for n := 1; n < whole; n++ {
		at -= part
		r := fits[part].rest(x[at:at+part], energy(x[at:at+part]))
		if r >= spoiled {
			break
		}
		rest += r
		sure = sure || rest < purity[n]*float32(n+1)
	}
	return at, sure
}

// ends is how much of a frame, from its beginning on, may be the end of tones that the
// frame before ended with: 5 ms at least.
func ends(f pcm.Frame) int {
	var x [pcm.NarrowbandSamples]float32
	step := len(f) / len(x)
	narrow(x[:], f, step)
	at := 0
	for at < len(x)-part && fits[part].rest(x[at:at+part], energy(x[at:at+part])) < spoiled {
		at += part
	}
	return (at + part) * step
}

// isSlanted reports whether sound rises and falls as steeply as the tones of a key can,
// by its steps: most speech rises more slowly, and an s more steeply.
func isSlanted(x []float32, energy float32) bool {
	steps := float32(0)
	for i, v := range x[1:] {
		d := v - x[i]
		steps += d * d
	}
	return steps > flattest*energy && steps < steepest*energy
}

// narrow takes the last of every so many samples of a frame, and gives their energy.
// What lies above 4 kHz stays: a filter would delay, and a key has nothing there.
func narrow(dst []float32, f pcm.Frame, step int) (energy float32) {
	for i := range dst {
		v := float32(f[(i+1)*step-1])
		dst[i] = v
		energy += v * v
	}
	return energy
}

func energy(x []float32) (sum float32) {
	for _, v := range x {
		sum += v * v
	}
	return sum
}

// isCalm reports whether what comes just before some sound, 10 ms of it, is next to
// nothing beside the power of that.
func isCalm(before []float32, power, calm float32) bool {
	before = before[max(len(before)-2*part, 0):]
	return power >= faintest && energy(before) < calm*power*float32(len(before))
}
