package announcements

import (
	"math"
	"testing"

	"github.com/einwahl/einwahl/transcode/pcm"
)

// tone is a sine at 16 kHz with half of full scale.
func tone(hertz float64, samples int) []int16 {
	sound := make([]int16, samples)
	for i := range sound {
		sound[i] = int16(math.Round(16384 * math.Sin(2*math.Pi*hertz*float64(i)/clipRate)))
	}
	return sound
}

// play reads a whole clip at the rate that frame tells.
func play(c *clip, samples int) []int16 {
	var sound []int16
	f := make(pcm.Frame, samples)
	for n := range c.frames {
		c.frame(f, n)
		sound = append(sound, f...)
	}
	return sound
}

func rms(sound []int16) float64 {
	sum := 0.0
	for _, s := range sound {
		sum += float64(s) * float64(s)
	}
	return decibels(math.Sqrt(sum / float64(len(sound))))
}

func TestNarrowbandKeepsTheTelephoneBandAndNothingAbove(t *testing.T) {
	for _, tt := range []struct {
		name  string
		hertz float64
		least float64
		most  float64
	}{
		{"low speech passes unchanged", 300, -0.1, 0.1},
		{"the middle passes unchanged", 1000, -0.1, 0.1},
		{"the upper end of the telephone band passes", 3000, -0.5, 0.1},
		{"what would fold into the band is gone", 5200, math.Inf(-1), -50},
		{"so is the top", 7000, math.Inf(-1), -50},
	} {
		t.Run(tt.name, func(t *testing.T) {
			sound := tone(tt.hertz, clipRate)
			narrow := play(newClip(sound), pcm.NarrowbandSamples)
			middle := narrow[len(narrow)/4 : len(narrow)*3/4]
			gain := rms(middle) - rms(sound)
			if gain < tt.least || gain > tt.most {
				t.Errorf("%v Hz comes out at %.1f dB, want %v to %v", tt.hertz, gain, tt.least, tt.most)
			}
		})
	}
}

func TestWidebandIsUntouchedInside(t *testing.T) {
	sound := tone(500, 10*clipFrame)
	wide := play(newClip(sound), pcm.WidebandSamples)
	for i := ramp; i < len(sound)-ramp; i++ {
		if wide[i] != sound[i] {
			t.Fatalf("sample %d is %d, want %d", i, wide[i], sound[i])
		}
	}
	if wide[0] != 0 || wide[len(wide)-1] != 0 {
		t.Error("a clip begins or ends with a step")
	}
}

func TestLoopHasNoSeam(t *testing.T) {
	// The worst recording there is: its end fits its beginning in nothing.
	sound := tone(437.3, 3*clipRate)
	loop := newLoop(sound, musicOverlap)
	for _, samples := range []int{pcm.NarrowbandSamples, pcm.WidebandSamples} {
		m := &music{loop: loop}
		f := make(pcm.Frame, samples)
		var last, greatest int
		for range 2*loop.frames + 5 {
			if !m.ReadFrame(f) {
				t.Fatal("the music stopped")
			}
			for _, s := range f {
				greatest = max(greatest, int(math.Abs(float64(int(s)-last))))
				last = int(s)
			}
		}
		// A sine of this pitch and level moves by no more than this.
		steepest := 16384*2*math.Pi*437.3/float64(samples*50) + 300
		if float64(greatest) > steepest {
			t.Errorf("at %d Hz the loop jumps by %d, a sine by %.0f", samples*50, greatest, steepest)
		}
	}
}

func BenchmarkClipNarrowband(b *testing.B) {
	benchmarkClip(b, pcm.NarrowbandSamples)
}

func BenchmarkClipWideband(b *testing.B) {
	benchmarkClip(b, pcm.WidebandSamples)
}

func benchmarkClip(b *testing.B, samples int) {
	c := newClip(tone(1000, clipRate))
	f := make(pcm.Frame, samples)
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		c.frame(f, n)
		n = (n + 1) % c.frames
	}
}
