package waveform

import (
	"slices"
	"testing"
)

// What a vowel leaves in a decoder strikes the s that follows, which rings: what is left
// of it surprises hardly more than the pulses of a voice do.
func TestStrokeIsTakenOffAsItRings(t *testing.T) {
	hiss := noise(240, 400)
	before, sound := hiss[:80], slices.Clone(hiss[80:])
	ring := 6000.0
	for i := range 20 {
		sound[5+i] += int16(ring)
		ring *= -0.7
	}
	Fit(before, sound)
	for i, v := range sound {
		if off := int(v) - int(hiss[80+i]); off > 3500 || off < -3500 {
			t.Errorf("sample %d is %d off", i, off)
		}
	}
}

func TestSoundWithoutAStrokeStaysAsItIs(t *testing.T) {
	for name, s := range map[string][]int16{"tone": sine(200, 0, 240), "noise": noise(240, 4000), "silence": make([]int16, 240)} {
		sound := slices.Clone(s[80:])
		Fit(s[:80], sound)
		if !slices.Equal(sound, s[80:]) {
			t.Errorf("%s is changed", name)
		}
	}
}

func TestFitTakesAnyLength(t *testing.T) {
	s := noise(2000, 4000)
	for _, n := range []int{0, 1, 15, 16, 17, 160, 320, 960} {
		for _, m := range []int{0, 1, 20, 640, 1000} {
			Fit(s[:m], s[1000:1000+n])
		}
	}
}

func noise(n int, loud int32) []int16 {
	s, seed := make([]int16, n), uint32(1)
	for i := range s {
		seed = seed*1664525 + 1013904223
		s[i] = int16(int32(int16(seed>>16)) * loud / 32768)
	}
	return s
}

// BenchmarkFit is what a packet costs more for a while after a gap.
func BenchmarkFit(b *testing.B) {
	before, sound := noise(64, 4000), noise(160, 4000)
	b.ReportAllocs()
	for b.Loop() {
		Fit(before, sound)
	}
}
