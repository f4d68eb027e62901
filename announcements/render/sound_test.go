package main

import (
	"math"
	"testing"
)

// voice is half a second of silence, a second of a tone at this amplitude, and
// half a second of silence.
func voice(amplitude float64) []float64 {
	sound := make([]float64, 2*rate)
	for i := rate / 2; i < rate*3/2; i++ {
		sound[i] = amplitude * math.Sin(2*math.Pi*300*float64(i)/rate)
	}
	return sound
}

func peak(sound []float64) float64 {
	top := 0.0
	for _, s := range sound {
		top = max(top, math.Abs(s))
	}
	return 20 * math.Log10(top)
}

func TestTrimLeavesWhatIsSaidAndItsEdges(t *testing.T) {
	for name, e := range map[string]edges{"a sentence": sentenceEdges, "a piece": pieceEdges} {
		got, want := len(e.trim(voice(0.1))), rate+e.head+e.tail
		if got < want-2*block || got > want+2*block {
			t.Errorf("%s has %d samples, want %d", name, got, want)
		}
	}
}

func TestLongPausesAreShortenedAndShortOnesKept(t *testing.T) {
	twice := append(voice(0.1), voice(0.1)...) // a second of silence between the two
	if got, want := len(shortenPauses(twice)), len(twice)-(rate-longestPause)-2*(rate/2-longestPause); got < want-3*block || got > want+3*block {
		t.Errorf("%d samples are left, want %d", got, want)
	}
	short := voice(0.1)[rate/4 : rate*7/4]
	if got := len(shortenPauses(short)); got != len(short) {
		t.Errorf("%d of %d samples are left", got, len(short))
	}
}

func TestNormaliseReachesTheLevelWithoutHighPeaks(t *testing.T) {
	for name, amplitude := range map[string]float64{"soft": 0.001, "right": 0.1, "loud": 0.9} {
		sound := voice(amplitude)
		normalise(sound, speechLevel)
		if got := active(sound); math.Abs(got-speechLevel) > 0.5 {
			t.Errorf("%s: level %.1f dB", name, got)
		}
	}
	sound := voice(0.05)
	sound[rate] = 1
	normalise(sound, speechLevel)
	if got := peak(sound); got > ceiling+0.01 {
		t.Errorf("a crack still peaks at %.1f dB", got)
	}
}

func TestNotesSoundOnAcrossTheEndOfTheLoop(t *testing.T) {
	for name, play := range map[string]func([]float64, int, int){"pad": pad, "pluck": pluck} {
		ring := make([]float64, 8*rate)
		play(ring, len(ring)-rate, 69)
		steepest := 0.0
		for i := 1; i < len(ring); i++ {
			steepest = max(steepest, math.Abs(ring[i]-ring[i-1]))
		}
		if seam := math.Abs(ring[0] - ring[len(ring)-1]); seam > steepest {
			t.Errorf("%s jumps by %.3f at the seam, by %.3f elsewhere", name, seam, steepest)
		}
		if early := math.Abs(ring[rate/2]) + math.Abs(ring[rate/2+5]); early == 0 {
			t.Errorf("%s ends with the loop", name)
		}
	}
}
