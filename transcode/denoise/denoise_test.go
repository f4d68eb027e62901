package denoise

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/einwahl/einwahl/transcode/level"
	"github.com/einwahl/einwahl/transcode/pcm"
)

func newFilter(t testing.TB, rate int) *Filter {
	t.Helper()
	f, err := New(rate)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	return f
}

// fan fills f with steady noise of -40 dBov.
func fan(f pcm.Frame, r *rand.Rand) {
	for i := range f {
		f[i] = int16(328 * r.NormFloat64())
	}
}

// speak adds a vowel in syllables.
func speak(f pcm.Frame, at int) {
	for i := range f {
		x := float64(at*len(f)+i) / float64(f.Rate())
		v := 0.0
		for k := 1.0; k <= 12; k++ {
			v += math.Sin(2*math.Pi*140*k*x) / k
		}
		f[i] += int16(4000 * v * max(0, math.Sin(2*math.Pi*3*x)))
	}
}

func TestNoiseGoesAndSpeechStays(t *testing.T) {
	for _, rate := range []int{pcm.Narrowband, pcm.Wideband} {
		t.Run(fmt.Sprint(rate), func(t *testing.T) {
			f, r := newFilter(t, rate), rand.New(rand.NewPCG(1, 2))
			frame := make(pcm.Frame, rate/50)
			for range 100 {
				fan(frame, r)
				f.Pass(frame, true)
			}
			noise := level.Of(frame)
			if noise > -52 {
				t.Errorf("noise of -40 dBov is still at %d", noise)
			}
			said, passed := -127, -127
			for i := range 100 {
				fan(frame, r)
				speak(frame, i)
				said = max(said, level.Of(frame))
				f.Pass(frame, true)
				passed = max(passed, level.Of(frame))
			}
			if said-passed > 2 || passed > said+1 {
				t.Errorf("speech at %d dBov is at %d", said, passed)
			}
		})
	}
}

func TestLastWordIsNotCut(t *testing.T) {
	f := newFilter(t, pcm.Narrowband)
	frame := make(pcm.Frame, pcm.NarrowbandSamples)
	for i := range 20 {
		clear(frame)
		speak(frame, i)
		f.Pass(frame, true)
	}
	if !f.Pass(frame, false) {
		t.Error("the end of a word is cut")
	}
	for range 3 {
		if f.Pass(frame, false) {
			t.Error("silence is said to be heard")
		}
	}
}

func TestOtherFramesAndClosedFiltersLetPass(t *testing.T) {
	f := newFilter(t, pcm.Wideband)
	frame := pcm.Frame{1, 2, 3}
	if !f.Pass(frame, true) || frame[2] != 3 {
		t.Error("a frame of another rate is changed")
	}
	f.Close()
	f.Close()
	wide := make(pcm.Frame, pcm.WidebandSamples)
	if !f.Pass(wide, true) || f.Pass(wide, false) {
		t.Error("a closed filter changes what is heard")
	}
	if _, err := New(11025); err == nil {
		t.Error("any rate is taken")
	}
}

func TestFilteringAllocatesNothing(t *testing.T) {
	f := newFilter(t, pcm.Wideband)
	frame := make(pcm.Frame, pcm.WidebandSamples)
	if n := testing.AllocsPerRun(100, func() { f.Pass(frame, true) }); n != 0 {
		t.Errorf("%.1f allocations", n)
	}
}

func BenchmarkDenoise(b *testing.B) {
	for _, rate := range []int{pcm.Narrowband, pcm.Wideband} {
		b.Run(fmt.Sprint(rate), func(b *testing.B) {
			f, r := newFilter(b, rate), rand.New(rand.NewPCG(1, 2))
			noisy, frame := make(pcm.Frame, rate/50), make(pcm.Frame, rate/50)
			fan(noisy, r)
			speak(noisy, 3)
			b.ReportAllocs()
			for b.Loop() {
				copy(frame, noisy)
				f.Pass(frame, true)
			}
		})
	}
}
