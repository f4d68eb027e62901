package announcements

import (
	"math"
	"math/bits"
	"math/cmplx"
	"slices"
	"testing"
)

// block is how many samples a spectrum is made of: 16 ms.
const block = 256

// heard is what tells speech that a telephone carries well from mumbling, noise
// and hum.
type heard struct {
	carried  float64 // share of its power from 250 to 3400 Hz, in dB
	clear    float64 // share of that above 1 kHz, where consonants differ, in dB
	movement float64 // how far its level goes up and down, in dB
}

func listenTo(sound []int16) heard {
	var all, band, high float64
	var levels []float64
	for at := 0; at+block <= len(sound); at += max(2*block, len(sound)/100) {
		total := 1.0
		for k, power := range spectrum(sound[at : at+block]) {
			hertz := float64(k) * clipRate / block
			total += power
			if hertz >= 250 && hertz <= 3400 {
				band += power
			}
			if hertz >= 1000 && hertz <= 3400 {
				high += power
			}
		}
		all += total
		levels = append(levels, 10*math.Log10(total))
	}
	slices.Sort(levels)
	n := len(levels)
	return heard{10 * math.Log10(band/all), 10 * math.Log10(high/band), levels[n*9/10] - levels[n*4/10]}
}

// hann and turns are what each block is multiplied by.
var hann, turns = func() (w [block]float64, z [block / 2]complex128) {
	for i := range w {
		w[i] = 0.5 - 0.5*math.Cos(2*math.Pi*float64(i)/block)
	}
	for k := range z {
		z[k] = cmplx.Rect(1, -2*math.Pi*float64(k)/block)
	}
	return w, z
}()

// spectrum is the power of a block in each step of 62.5 Hz.
//
//go:norace
func spectrum(sound []int16) (power [block / 2]float64) {
	var x [block]complex128
	for i := range x {
		j := int(bits.Reverse8(uint8(i)))
		x[j] = complex(hann[i]*float64(sound[i]), 0)
	}
	for size := 2; size <= block; size *= 2 {
		for from := 0; from < block; from += size {
			for k := range size / 2 {
				a, b := x[from+k], x[from+k+size/2]*turns[k*(block/size)]
				x[from+k], x[from+k+size/2] = a+b, a-b
			}
		}
	}
	for k := range power {
		power[k] = real(x[k])*real(x[k]) + imag(x[k])*imag(x[k])
	}
	return power
}

// checkSpeech sees that a telephone, which leaves out what is low and what is
// high, carries a recording at its loudness and with its consonants.
func checkSpeech(t *testing.T, sound []int16, sentence bool) {
	t.Helper()
	const leastCarried, leastMovement = -6.0, 4.0
	leastClear := -30.0 // "un" is a vowel and a hum
	if sentence {
		leastClear = -20
	}
	h := listenTo(sound)
	if h.carried < leastCarried {
		t.Errorf("a telephone carries %.1f dB of it", h.carried)
	}
	if h.clear < leastClear {
		t.Errorf("is dull: %.1f dB above 1 kHz", h.clear)
	}
	if h.movement < leastMovement {
		t.Errorf("hums: its level moves by %.1f dB", h.movement)
	}
}

func TestSpeechIsToldFromWhatIsNone(t *testing.T) {
	white := make([]int16, clipRate)
	state := uint32(1)
	for i := range white {
		state = state*1664525 + 1013904223
		white[i] = int16(state >> 18)
	}
	for name, h := range map[string]heard{
		"a hum below the telephone band": listenTo(tone(150, clipRate)),
		"a tone":                         listenTo(tone(700, clipRate)),
		"noise":                          listenTo(white),
	} {
		if h.carried > -6 && h.clear > -20 && h.movement > 4 {
			t.Errorf("%s passes for speech: %+v", name, h)
		}
	}
}
