package peertest

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestLevelOfATone(t *testing.T) {
	sound, err := new(dump).read(Tone(t, 8000, 440, -20, 2), 8000)
	if err != nil {
		t.Fatal(err)
	}
	if got := Level(sound, 440); math.Abs(got+20) > .1 {
		t.Errorf("level at 440 Hz = %.2f dBov, want -20", got)
	}
	if got := Level(sound, 880); got > -80 {
		t.Errorf("level at 880 Hz = %.2f dBov, want nothing", got)
	}
	if got := Loudness(sound); math.Abs(got+20) > .1 {
		t.Errorf("loudness = %.2f dBov, want -20", got)
	}
}

// noises makes noise, another one each time.
func noises() func(n int) []int16 {
	r := rand.New(rand.NewPCG(1, 2))
	return func(n int) []int16 {
		s := make([]int16, n)
		for i := range s {
			s[i] = int16(r.IntN(8000) - 4000)
		}
		return s
	}
}

func TestMatchFindsThePromptAndNothingElse(t *testing.T) {
	noise := noises()
	prompt, recording := noise(4000), noise(30000)
	if got, _ := Match(recording, prompt); got > .2 {
		t.Errorf("match of strangers = %.2f", got)
	}
	copy(recording[12345:], prompt)
	if got, at := Match(recording, prompt); got < .99 || at != 12345 {
		t.Errorf("match = %.2f at %d, want 1 at 12345", got, at)
	}
}

func TestASoundIsFoundThatWasInterruptedOnce(t *testing.T) {
	noise := noises()
	const begin, ms = 5000, rate / 1000
	sound, other := noise(2000*ms), noise(2000*ms)
	hum := func(n int) []int16 { return make([]int16, n) }
	for _, tt := range []struct {
		rule  string
		heard []int16 // behind the beginning
		finds bool
	}{
		{"as it is", sound, true},
		{"a pause in it", slices.Concat(sound[:700*ms], hum(400*ms), sound[700*ms:]), true},
		{"packets left out", slices.Concat(sound[:1300*ms], sound[1400*ms:]), true},
		{"its last packets lost", sound[:1900*ms], true},
		{"a pause in the middle of it", slices.Concat(sound[:1000*ms], hum(100*ms), sound[1000*ms:]), true},
		{"another word in it", slices.Concat(sound[:700*ms], other[:600*ms], sound[1300*ms:]), false},
		{"another end", slices.Concat(sound[:1400*ms], other[:600*ms]), false},
		{"a word left out", slices.Concat(sound[:700*ms], sound[1200*ms:]), false},
		{"half of it", sound[:1000*ms], false},
		{"two pauses", slices.Concat(sound[:300*ms], hum(200*ms), sound[300*ms:1300*ms], hum(200*ms), sound[1300*ms:]), false},
		{"the halves in another order", slices.Concat(sound[1000*ms:], sound[:1000*ms]), false},
		{"something else", other, false},
	} {
		t.Run(tt.rule, func(t *testing.T) {
			at := Finds(slices.Concat(noise(begin), tt.heard, noise(begin)), sound)
			if tt.finds && at != begin || !tt.finds && at >= 0 {
				t.Errorf("found at %d, begins at %d", at, begin)
			}
		})
	}
	if at := Finds(slices.Concat(sound[200*ms:], noise(begin)), sound); at != 0 {
		t.Errorf("where the recording begins in it: found at %d", at)
	}
	if at := Finds(slices.Concat(sound[700*ms:], noise(2*begin)), sound); at >= 0 {
		t.Errorf("where the recording begins far in it: found at %d", at)
	}
}
