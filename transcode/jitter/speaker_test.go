package jitter

import (
	"math"
	"testing"

	"github.com/einwahl/einwahl/transcode/opus"
	"github.com/einwahl/einwahl/transcode/pcm"
	"github.com/einwahl/einwahl/transcode/soundtest"
)

// likeness is the correlation of two frames.
func likeness(a, b pcm.Frame) float64 {
	var ab, aa, bb float64
	for i := range a {
		x, y := float64(a[i]), float64(b[i])
		ab, aa, bb = ab+x*y, aa+x*x, bb+y*y
	}
	return ab / (math.Sqrt(aa*bb) + 1)
}

// A speaker who enters is understood from the first frame on: the decoder is
// primed with the last three packets.
func TestOpusThatEntersIsNotGarbled(t *testing.T) {
	speech := soundtest.Speech(t, pcm.Narrowband)
	queue, beats := spoken(t, speech, opus.Telephone()), len(speech)/160-5
	always, _ := follow(newOpus(t, 20*ms), queue, beats, func(int) pcm.Frame { return make(pcm.Frame, 160) })
	now, _ := follow(newOpus(t, 20*ms), queue, beats, func(i int) pcm.Frame {
		if i%40 < 30 {
			return nil
		}
		return make(pcm.Frame, 160)
	})
	entries, garbled := 0, 0
	for i := 70; i < beats; i += 40 {
		// The first 5 ms come in gently.
		want, got := always[i][40:], now[i][40:]
		if energy(want) < 300*300 {
			continue
		}
		entries++
		if likeness(want, got) < 0.9 {
			garbled++
		}
	}
	if entries < 5 || garbled > entries/10 {
		t.Errorf("%d of %d entries are garbled", garbled, entries)
	}
}

// A speaker is heard at 8 kHz and at 16 kHz in turn, as listeners come and go.
func TestOpusTurnsWithoutAClick(t *testing.T) {
	speech := soundtest.Speech(t, pcm.Narrowband)
	queue, beats := spoken(t, speech, opus.Telephone()), len(speech)/160-5
	heard, _ := follow(newOpus(t, 20*ms), queue, beats, func(i int) pcm.Frame { return make(pcm.Frame, 160<<(i/15%2)) })
	var narrow []int16
	for _, f := range heard {
		for k := 0; k < len(f); k += len(f) / 160 { // above 4 kHz there is nothing
			narrow = append(narrow, f[k])
		}
	}
	if at := soundtest.Clicks(speech, narrow, pcm.Narrowband); len(at) > 0 {
		t.Errorf("clicks at %v", at)
	}
	if u := soundtest.STOI(speech, soundtest.Align(speech, narrow, 800)); u < 0.97 {
		t.Errorf("STOI %.4f", u)
	}
}
