package peertest

import (
	"math"
	"math/rand/v2"
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

func TestMatchFindsThePromptAndNothingElse(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	noise := func(n int) []int16 {
		s := make([]int16, n)
		for i := range s {
			s[i] = int16(r.IntN(8000) - 4000)
		}
		return s
	}
	prompt, recording := noise(4000), noise(30000)
	if got, _ := Match(recording, prompt); got > .2 {
		t.Errorf("match of strangers = %.2f", got)
	}
	copy(recording[12345:], prompt)
	if got, at := Match(recording, prompt); got < .99 || at != 12345 {
		t.Errorf("match = %.2f at %d, want 1 at 12345", got, at)
	}
}

func TestTracesTellWhatHasBecomeOfAPrompt(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	prompt, recording := make([]int16, 2*rate), make([]int16, 5*rate)
	for i := range prompt {
		prompt[i] = int16(r.IntN(8000) - 4000)
	}
	for _, tt := range []struct {
		name string
		put  func()
		want string
	}{
		{"what was said is where it was said", func() { copy(recording[rate:], prompt) }, "0s to 2s at 1s"},
		{"what was put off is found later", func() { copy(recording[rate:], prompt[:rate]); copy(recording[3*rate:], prompt[rate:]) }, "0s to 1s at 1s, 1s to 2s at 3s"},
		{"what was swallowed is nowhere", func() { copy(recording[rate:], prompt); clear(recording[rate*3/2 : 2*rate]) }, "0s to 500ms at 1s, 500ms to 1s nowhere, 1s to 2s at 2s"},
		{"what was never said is nowhere", func() {}, "0s to 2s nowhere"},
	} {
		clear(recording)
		tt.put()
		if got, want := Traces(recording, prompt), "5s are recorded, and of 2s, "+tt.want; got != want {
			t.Errorf("%s: %s, want %s", tt.name, got, want)
		}
	}
}
