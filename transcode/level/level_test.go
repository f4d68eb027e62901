package level

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/einwahl/einwahl/transcode/pcm"
	"github.com/einwahl/einwahl/transcode/soundtest"
)

func sine(amp float64) pcm.Frame {
	f := make(pcm.Frame, pcm.NarrowbandSamples)
	for i := range f {
		f[i] = int16(amp * math.Sin(2*math.Pi*1000*float64(i)/pcm.Narrowband))
	}
	return f
}

// at is a tone of that level in dBov.
func at(dBov float64) pcm.Frame { return sine(32768 * math.Sqrt2 * math.Pow(10, dBov/20)) }

func TestLevel(t *testing.T) {
	square := make(pcm.Frame, 160)
	for i := range square {
		square[i] = math.MinInt16
	}
	for _, tt := range []struct {
		name string
		f    pcm.Frame
		want int
	}{
		{"the loudest there is", square, 0},
		{"a sine at full scale", sine(32767), -3},
		{"a tenth of it", sine(3276.7), -23},
		{"silence", make(pcm.Frame, 160), Silent},
		{"no frame", nil, Silent},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := Of(tt.f); got != tt.want {
				t.Errorf("Of = %d, want %d", got, tt.want)
			}
		})
	}
}

// open tells on which of n frames of one level the gate was open.
func open(g *Gate, f pcm.Frame, n int) (count int) {
	for range n {
		if g.Pass(f) {
			count++
		}
	}
	return count
}

func TestGate(t *testing.T) {
	t.Run("opens with the first frame of speech", func(t *testing.T) {
		var g Gate
		open(&g, at(-70), 100)
		if !g.Pass(at(-40)) {
			t.Error("shut")
		}
		if l := g.Level(); l != -40 {
			t.Errorf("Level = %d", l)
		}
	})
	t.Run("opens with the very first frame", func(t *testing.T) {
		var g Gate
		if !g.Pass(at(-40)) {
			t.Error("shut")
		}
	})
	t.Run("tells words from the time between them", func(t *testing.T) {
		var g Gate
		if g.Pass(at(-30)); !g.Speech() {
			t.Error("a word is none")
		}
		if pass := g.Pass(at(-70)); !pass || g.Speech() {
			t.Errorf("after it: open %v, speech %v", pass, g.Speech())
		}
	})
	t.Run("has nothing to pass when nothing comes", func(t *testing.T) {
		var g Gate
		g.Pass(at(-30))
		if n := open(&g, nil, 50); n != 0 {
			t.Errorf("open for %d frames", n)
		}
	})
	t.Run("learns the noise of the line", func(t *testing.T) {
		var g Gate
		open(&g, at(-48), 500)
		if n := open(&g, at(-48), 100); n != 0 {
			t.Errorf("noise passes on %d of 100 frames", n)
		}
		if !g.Pass(at(-30)) {
			t.Error("speech over it does not")
		}
	})
	t.Run("forgets the noise when it ends", func(t *testing.T) {
		var g Gate
		open(&g, at(-48), 500)
		g.Pass(at(-70))
		if !g.Pass(at(-48)) {
			t.Error("shut")
		}
	})
	t.Run("remembers the noise while nothing comes", func(t *testing.T) {
		var g Gate
		open(&g, at(-48), 500)
		open(&g, nil, 100)
		if n := open(&g, at(-48), 100); n != 0 {
			t.Errorf("noise passes on %d of 100 frames after a gap", n)
		}
	})
	t.Run("never shuts on what is loud", func(t *testing.T) {
		var g Gate
		if n := open(&g, at(-30), 5000); n != 5000 {
			t.Errorf("open for %d of 5000 frames", n)
		}
	})
}

// What follows a word is heard for as long as something of it may be left.
func TestGateShuts(t *testing.T) {
	for _, tt := range []struct {
		name        string
		noise, tail float64 // of the line before the word, and what comes after it
		word        int     // frames
		atMost      time.Duration
	}{
		{"soon after a word", -75, -75, 25, 100 * time.Millisecond},
		{"soon on a line that hisses", -65, -65, 25, 100 * time.Millisecond},
		{"at once after a click", -75, -75, 1, 20 * time.Millisecond},
		{"later while the end of a word is soft", -66, -58, 25, 400 * time.Millisecond},
		{"later where noise would come and go", -50, -50, 25, 400 * time.Millisecond},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var g Gate
			open(&g, at(tt.noise), 500)
			if n := open(&g, at(-20), tt.word); n != tt.word {
				t.Errorf("open on %d of %d frames of speech", n, tt.word)
			}
			want := int(tt.atMost / pcm.FrameDuration)
			if n := open(&g, at(tt.tail), 25); n != want {
				t.Errorf("open for %d frames after it, want %d", n, want)
			}
		})
	}
}

func TestGateShutsSoonInPausesOfRealSpeech(t *testing.T) {
	var g Gate
	waited, pauses, since := 0, 0, 0
	for f := range slices.Chunk(soundtest.Speech(t, pcm.Narrowband), pcm.NarrowbandSamples) {
		switch pass := g.Pass(f); {
		case g.Speech():
			since = 0
		case pass:
			since++
		case since > 0:
			waited += since
			pauses++
			since = 0
		}
	}
	mean := time.Duration(waited) * pcm.FrameDuration / time.Duration(max(pauses, 1))
	t.Logf("%d pauses, open for %v of each", pauses, mean)
	if pauses < 5 || mean > 200*time.Millisecond {
		t.Error("too long")
	}
}

func TestNothingAllocates(t *testing.T) {
	var g Gate
	f := at(-30)
	if n := testing.AllocsPerRun(100, func() { g.Pass(f) }); n != 0 {
		t.Errorf("%v allocations a frame", n)
	}
}

func BenchmarkGate(b *testing.B) {
	var g Gate
	f := at(-30)
	b.ReportAllocs()
	for b.Loop() {
		g.Pass(f)
	}
}
