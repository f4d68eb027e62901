package media

import (
	"math"
	"slices"
	"testing"

	"github.com/einwahl/einwahl/transcode/g711"
	"github.com/einwahl/einwahl/transcode/pcm"
)

func TestComfortNoiseIsSoftAndComesSlowly(t *testing.T) {
	for _, n := range []int{pcm.NarrowbandSamples, pcm.WidebandSamples} {
		var c comfortable
		f := make(pcm.Frame, n)
		before := -1.0
		for i := range 100 {
			c.fill(f)
			l := loudness(f)
			if i < comfortBeats && l < before-1 {
				t.Errorf("frame %d: %.1f after %.1f", i, l, before)
			}
			before = l
		}
		if db := 20 * math.Log10(before/32768); db < -68 || db > -64 {
			t.Errorf("%.1f dBov at %d Hz", db, f.Rate())
		}
		if slices.Max(f) > comfortPeak || slices.Min(f) < -comfortPeak {
			t.Errorf("swings from %d to %d", slices.Min(f), slices.Max(f))
		}
		c.rest()
		c.fill(f)
		if l := loudness(f); l > before/4 {
			t.Errorf("after a word it is at %.1f at once", l)
		}
	}
}

func TestLineIsNotDeadWhileNobodySpeaks(t *testing.T) {
	p := newBench(t, nil).dial(pcma)
	p.step(50)
	sound := make([]int16, 160)
	for range 40 {
		p.receive()
	}
	for range 10 {
		g711.ALaw.Decode(sound, p.receive().Payload)
		if l := loudness(sound); l < 8 || l > 40 || slices.Max(sound) == slices.Min(sound) {
			t.Errorf("the caller hears %.1f", l)
		}
	}
}

func TestComfortNoiseAllocatesNothing(t *testing.T) {
	var c comfortable
	f := make(pcm.Frame, pcm.NarrowbandSamples)
	if n := testing.AllocsPerRun(100, func() { c.fill(f) }); n != 0 {
		t.Errorf("%.1f allocations", n)
	}
}

func BenchmarkComfort(b *testing.B) {
	var c comfortable
	f := make(pcm.Frame, pcm.NarrowbandSamples)
	b.ReportAllocs()
	for b.Loop() {
		c.fill(f)
	}
}
