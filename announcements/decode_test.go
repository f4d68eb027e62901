package announcements

import (
	"testing"
	"testing/fstest"
)

// FuzzOperatorFile feeds what an operator might have lying about: whatever it
// is, it is a sound or an error, and it stays within bounds.
func FuzzOperatorFile(f *testing.F) {
	ogg, err := builtIn.ReadFile("prompts/de/number.1.of.ogg")
	if err != nil {
		f.Fatal(err)
	}
	f.Add("x.ogg", ogg)
	f.Add("x.opus", ogg[:len(ogg)/2])
	f.Add("x.wav", waveFile(8000, 2, sine(8000, 2, 1000)))
	f.Add("x.WAV", []byte("RIFF\x00\x00\x00\x00WAVEfmt "))
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		sound, err := decodeFile(fstest.MapFS{"file": {Data: data}, name: {Data: data}}, name)
		if err != nil {
			return
		}
		if len(sound) == 0 {
			t.Fatal("no sound and no error")
		}
		if err := level(sound, speechLevel); err != nil {
			return
		}
		if peak := peakLevel(sound); peak > greatestPeak+0.1 {
			t.Fatalf("peaks at %.1f dB", peak)
		}
		if c := newClip(sound); c.frames == 0 {
			t.Fatal("a sound without a frame")
		}
	})
}
