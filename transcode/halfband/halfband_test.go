package halfband

import (
	"math"
	"testing"

	"github.com/einwahl/einwahl/transcode/pcm"
)

// tone is a second of a sine at a rate.
func tone(hertz float64, rate int) []int16 {
	s := make([]int16, rate)
	for i := range s {
		s[i] = int16(10000 * math.Sin(2*math.Pi*hertz*float64(i)/float64(rate)))
	}
	return s
}

// gain is how much of a tone is left, in dB, without the ends.
func gain(sound []int16) float64 {
	var sum float64
	mid := sound[len(sound)/4 : len(sound)*3/4]
	for _, s := range mid {
		sum += float64(s) * float64(s)
	}
	return 10 * math.Log10((sum+1)/float64(len(mid))/(10000*10000/2))
}

func down(sound []int16) []int16 {
	d, out := NewDown(), make([]int16, len(sound)/2)
	for i := 0; i < len(sound); i += pcm.WidebandSamples {
		d.Filter(out[i/2:(i+pcm.WidebandSamples)/2], sound[i:i+pcm.WidebandSamples])
	}
	return out
}

func up(sound []int16) []int16 {
	u, out := NewUp(), make([]int16, 2*len(sound))
	for i := 0; i < len(sound); i += pcm.NarrowbandSamples {
		u.Filter(out[2*i:2*(i+pcm.NarrowbandSamples)], sound[i:i+pcm.NarrowbandSamples])
	}
	return out
}

func TestTheTelephonesBandIsKeptAndNothingElse(t *testing.T) {
	for _, tt := range []struct {
		name        string
		sound       []int16
		least, most float64
	}{
		{"1 kHz goes down", down(tone(1000, pcm.Wideband)), -.1, .1},
		{"3.4 kHz goes down", down(tone(3400, pcm.Wideband)), -.3, .1},
		{"5 kHz does not", down(tone(5000, pcm.Wideband)), -200, -55},
		{"1 kHz goes up", up(tone(1000, pcm.Narrowband)), -.1, .1},
		{"1 kHz goes down and up", up(down(tone(1000, pcm.Wideband))), -.1, .1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if g := gain(tt.sound); g < tt.least || g > tt.most {
				t.Errorf("%.1f dB are left, want %v to %v", g, tt.least, tt.most)
			}
		})
	}
}

// A step at full scale overshoots: the filter rings.
func TestWhatRingsOverFullScaleIsCutOff(t *testing.T) {
	step := make([]int16, pcm.Wideband)
	for i := range step {
		if i >= len(step)/2 {
			step[i] = math.MaxInt16
		}
	}
	for _, out := range [][]int16{down(step), up(step)} {
		for i, s := range out[len(out)/2+2*reach:] {
			if s < 30000 {
				t.Fatalf("%d samples after the step there is %d", i+2*reach, s)
			}
		}
	}
}

// A sum that is three times full scale is three times what full scale becomes.
func TestSumsAreNotCutOff(t *testing.T) {
	wide := make([]int32, pcm.WidebandSamples)
	narrow := make([]int32, pcm.NarrowbandSamples)
	for i := range wide {
		wide[i] = 3 * math.MaxInt16
	}
	d, u := NewSumDown(), NewSumUp()
	for range 2 {
		d.Filter(narrow, wide)
	}
	for range 2 {
		u.Filter(wide, narrow)
	}
	for i, s := range wide {
		if off := s - 3*math.MaxInt16; off < -300 || off > 300 {
			t.Fatalf("sample %d is %d", i, s)
		}
	}
}

func TestNothingIsAllocated(t *testing.T) {
	u, d := NewUp(), NewDown()
	narrow, wide := make([]int16, pcm.NarrowbandSamples), make([]int16, pcm.WidebandSamples)
	if n := testing.AllocsPerRun(100, func() { u.Filter(wide, narrow); d.Filter(narrow, wide) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkDown(b *testing.B) {
	d, narrow, wide := NewDown(), make([]int16, pcm.NarrowbandSamples), make([]int16, pcm.WidebandSamples)
	for b.Loop() {
		d.Filter(narrow, wide)
	}
}

func BenchmarkUp(b *testing.B) {
	u, narrow, wide := NewUp(), make([]int16, pcm.NarrowbandSamples), make([]int16, pcm.WidebandSamples)
	for b.Loop() {
		u.Filter(wide, narrow)
	}
}
