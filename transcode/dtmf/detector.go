package dtmf

import (
	"math"

	"github.com/einwahl/einwahl/transcode/pcm"
)

const (
	// window is how much sound is looked at, 15 ms: short enough for tones that
	// are 1.5 % off (ITU-T Q.24), long enough to tell 697 from 770 Hz.
	window = 120
	// hop is how far apart the windows begin: 10 ms.
	hop = 80
	// steady is how many windows in a row make a key. A tone of 40 ms fills
	// three, one of 23 ms does not.
	steady = 3
	// released is how many windows without it end a key: a shorter gap is a
	// fault of the line.
	released = 2

	// faintest is the least power of each of the two tones, 36 dB below a
	// full-scale sine.
	faintest = 32768 * 32768 / 2 * 2.5e-4
	// pure is the least share of the two tones in all that is heard. A voice has
	// more to it.
	pure = 0.63
	// alone is how much stronger each tone is than the others of its group: 8 dB.
	alone = 6.3
	// lowTwist and highTwist are how much stronger the low tone may be than the
	// high one, and the high one than the low one: 10 and 6 dB, 2 more than Q.24
	// wants.
	lowTwist, highTwist = 10, 4
	// harmonic is how strong the octave of a tone may be, as a share of it:
	// voices have overtones, keys have not.
	harmonic = 0.1
	// astray is how far off a tone would be something else, and nearer how much
	// stronger it may be there than where it belongs: what is 1.5 % off is equally
	// strong. A G sharp with its octave is a C key otherwise.
	astray, nearer = 0.035, 1.2
	// veil is how near to a column, in hertz, the octave of a row cannot be told
	// from it. The overtone above it tells then, which is fainter.
	veil, fainter = 75, 4
)

// frequencies are the tones of the rows and then of the columns, in hertz.
var frequencies = [8]float64{697, 770, 852, 941, 1209, 1336, 1477, 1633}

// keypad has the keys row by row.
const keypad = "123A456B789C*0#D"

// Detector hears keys in sound at 8 kHz, by their tones (ITU-T Q.23). A key
// counts when its tones have been there for 35 ms, by themselves and steadily.
type Detector struct {
	turn, octave [8]float32 // of each resonator: 2 cos
	below, above [8]float32 // likewise, of what is astray
	twelfth      [4]float32 // likewise, of a row's third harmonic
	sound        [window - hop + pcm.NarrowbandSamples]float32
	tone         bool // in the frame heard last

	candidate rune // of the windows heard last
	count     int  // how many of them
	held      rune // the key that has been told and is still down
	away      int  // windows in a row that did not hold it
}

// NewDetector makes a detector for one caller.
func NewDetector() *Detector {
	d := &Detector{}
	for i := range d.twelfth {
		d.twelfth[i] = float32(2 * math.Cos(6*math.Pi*frequencies[i]/pcm.Narrowband))
	}
	for i, f := range frequencies {
		d.turn[i] = float32(2 * math.Cos(2*math.Pi*f/pcm.Narrowband))
		d.octave[i] = float32(2 * math.Cos(4*math.Pi*f/pcm.Narrowband))
		d.below[i] = float32(2 * math.Cos(2*math.Pi*f*(1-astray)/pcm.Narrowband))
		d.above[i] = float32(2 * math.Cos(2*math.Pi*f*(1+astray)/pcm.Narrowband))
	}
	return d
}

// Listen takes the next frame, at 8 kHz. ok is true once for each key.
func (d *Detector) Listen(f pcm.Frame) (digit rune, ok bool) {
	const past = window - hop
	f = f[:pcm.NarrowbandSamples]
	for i, s := range f {
		d.sound[past+i] = float32(s)
	}
	d.tone = false
	for at := 0; at < len(f); at += hop {
		if r, fresh := d.take(d.hear(d.sound[at : at+window])); fresh {
			digit, ok = r, true
		}
	}
	copy(d.sound[:past], d.sound[len(f):])
	return digit, ok
}

// Tone reports whether the tones of a key were in the frame heard last.
func (d *Detector) Tone() bool { return d.tone || d.held != 0 }

// take notes what one window holds, 0 for no key, and tells a key that counts.
func (d *Detector) take(r rune) (digit rune, ok bool) {
	d.tone = d.tone || r != 0
	if d.held != 0 {
		if r == d.held {
			d.away, d.count = 0, 0
			return 0, false
		}
		if d.away++; d.away >= released {
			d.held = 0
		}
	}
	if r == 0 || r != d.candidate {
		d.candidate, d.count = r, 0
	}
	d.count++
	if r == 0 || d.count < steady || d.held != 0 {
		return 0, false
	}
	d.held, d.away = r, 0
	return r, true
}

// hear tells the key whose tones fill a window; 0 for none.
func (d *Detector) hear(w []float32) rune {
	var energy float32
	for _, s := range w {
		energy += s * s
	}
	if energy < faintest*window {
		return 0
	}
	row, low, alone := strongest(group(w, d.turn[:4]))
	if !alone || low < faintest || (1+highTwist)*low*window < pure*energy {
		return 0 // whatever the column
	}
	column, high, alone := strongest(group(w, d.turn[4:]))
	switch {
	case !alone || high < faintest:
		return 0
	case low > lowTwist*high || high > highTwist*low:
		return 0
	case (low+high)*window < pure*energy:
		return 0
	case veiled(row, column) && resonate(w, d.twelfth[row]) > harmonic/fainter*low:
		return 0
	case !veiled(row, column) && resonate(w, d.octave[row]) > harmonic*low:
		return 0
	case resonate(w, d.octave[4+column]) > harmonic*high:
		return 0
	case d.isAstray(w, row, low) || d.isAstray(w, 4+column, high):
		return 0
	}
	return rune(keypad[4*row+column])
}

// veiled reports whether a column hides the octave of a row.
func veiled(row, column int) bool {
	return math.Abs(2*frequencies[row]-frequencies[4+column]) < veil
}

// isAstray reports whether a tone is nearer to what is astray than to where it
// belongs.
func (d *Detector) isAstray(w []float32, i int, power float32) bool {
	return resonate(w, d.below[i]) > nearer*power || resonate(w, d.above[i]) > nearer*power
}

// group is resonate for the four tones of a group, side by side: that takes
// little longer than one.
func group(w, turn []float32) [4]float32 {
	t0, t1, t2, t3 := turn[0], turn[1], turn[2], turn[3]
	var a0, a1, a2, a3, b0, b1, b2, b3 float32
	for _, s := range w {
		a0, b0 = s+t0*a0-b0, a0
		a1, b1 = s+t1*a1-b1, a1
		a2, b2 = s+t2*a2-b2, a2
		a3, b3 = s+t3*a3-b3, a3
	}
	return [4]float32{power(a0, b0, t0), power(a1, b1, t1), power(a2, b2, t2), power(a3, b3, t3)}
}

// resonate is the power of a sine in a window (Goertzel), by 2 cos of its
// angle per sample.
func resonate(w []float32, turn float32) float32 {
	var a, b float32
	for _, s := range w {
		a, b = s+turn*a-b, a
	}
	return power(a, b, turn)
}

// power is that of a sine by what a resonator holds at the end of a window.
func power(a, b, turn float32) float32 {
	return 2 * (a*a + b*b - turn*a*b) / (window * window)
}

// strongest finds the strongest tone of a group and its power, and whether the
// others are next to nothing.
func strongest(power [4]float32) (best int, most float32, isAlone bool) {
	for i, p := range power {
		if p > power[best] {
			best = i
		}
	}
	for i, p := range power {
		if i != best && p*alone > power[best] {
			return best, power[best], false
		}
	}
	return best, power[best], true
}
