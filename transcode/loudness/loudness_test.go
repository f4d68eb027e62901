package loudness

import (
	"math"
	"testing"

	"github.com/einwahl/einwahl/transcode/level"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// tone is sound of a level in dBov, in frames of one rate.
type tone struct {
	hertz, dBov float64
	rate, at    int
}

func (t *tone) next() pcm.Frame {
	f := make(pcm.Frame, t.rate/50)
	for i := range f {
		f[i] = int16(math.Round(32768 * math.Sqrt2 * math.Pow(10, t.dBov/20) *
			math.Sin(2*math.Pi*t.hertz*float64(t.at+i)/float64(t.rate))))
	}
	t.at += len(f)
	return f
}

func dBov(sound []int16) float64 {
	var sum float64
	for _, s := range sound {
		sum += float64(s) * float64(s)
	}
	return 10 * math.Log10(math.Max(sum/float64(len(sound)), 1e-3)/32768/32768)
}

// distortion is all that is in a sound but tones, against them, in dB.
func distortion(sound []int16, rate float64, tones ...float64) float64 {
	var all, of float64
	n := float64(len(sound))
	for _, s := range sound {
		all += float64(s) * float64(s) / n
	}
	for _, hertz := range tones {
		var re, im float64
		for i, s := range sound {
			a := 2 * math.Pi * hertz * float64(i) / rate
			re += float64(s) * math.Cos(a)
			im += float64(s) * math.Sin(a)
		}
		of += 2 * (re*re + im*im) / n / n
	}
	return 10 * math.Log10(math.Max(all-of, 1e-9)/of)
}

func TestHighPassTakesOffWhatLiesBelowSpeech(t *testing.T) {
	for _, rate := range []int{pcm.Narrowband, pcm.Wideband} {
		for _, tt := range []struct {
			name        string
			hertz       float64
			least, most float64
		}{
			{"steps and wind", 20, -40, -28},
			{"the mains", 50, -17, -13},
			{"the corner", corner, -3.2, -2.8},
			{"a deep voice", 200, -.7, -.3},
			{"speech", 1004, -.05, .05},
			{"hiss", 3400, -.05, .05},
		} {
			t.Run(tt.name, func(t *testing.T) {
				var h HighPass
				in := tone{hertz: tt.hertz, dBov: -10, rate: rate}
				var out []int16
				for range 100 {
					f := in.next()
					h.Filter(f)
					out = append(out, f...)
				}
				got := dBov(out[len(out)/2:]) + 10
				if got < tt.least || got > tt.most {
					t.Errorf("%v Hz at %d Hz: %.1f dB", tt.hertz, rate, got)
				}
				if tt.hertz == 1004 {
					if d := distortion(out[len(out)/2:], float64(rate), 1004); d > -60 {
						t.Errorf("distortion of %.1f dB", d)
					}
				}
			})
		}
	}
}

func TestHighPassComesToRest(t *testing.T) {
	var h HighPass
	in := tone{hertz: 300, dBov: -10, rate: pcm.Narrowband}
	h.Filter(in.next())
	for range 50 {
		h.Filter(make(pcm.Frame, pcm.NarrowbandSamples))
	}
	if h.y != [2]float64{} {
		t.Errorf("%v is still in it after a second of silence", h.y)
	}
}

// say lets a voice of one level speak, in syllables of 80 ms with 20 ms between
// them, and gives the gain that it has had in each frame.
func say(l *Leveler, in *tone, frames int) (gains []float64) {
	loud := in.dBov
	defer func() { in.dBov = loud }()
	for n := range frames {
		if in.dBov = loud; n%5 == 4 {
			in.dBov -= 20
		}
		f := in.next()
		was := dBov(f)
		l.Apply(f, level.Of(f), true)
		gains = append(gains, dBov(f)-was)
	}
	return gains
}

func TestLevelerBringsVoicesToOneLoudness(t *testing.T) {
	for _, tt := range []struct {
		name     string
		in, want float64
	}{
		{"a soft one", -28, -20},
		{"a loud one", -13, -20},
		{"one that is very soft is lifted by 12 dB", -40, -28},
		{"one that is very loud is lowered by as much as 12 dB", -4, -16},
		{"one a little off is left alone", -22, -22},
		{"and on the other side", -18, -18},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var l Leveler
			gains := say(&l, &tone{hertz: 400, dBov: tt.in, rate: pcm.Narrowband}, 500)
			if got := tt.in + gains[498]; math.Abs(got-tt.want) > .6 {
				t.Errorf("%v dBov became %.1f, want %v", tt.in, got, tt.want)
			}
			for i := 1; i < len(gains); i++ {
				if step := math.Abs(gains[i] - gains[i-1]); step > slope+.05 {
					t.Fatalf("%.2f dB from frame %d to the next: more than 3 dB/s", step, i-1)
				}
			}
			if alone := tt.want == tt.in; alone != (l.Gain() == 0) {
				t.Errorf("gain of %v dB", l.Gain())
			}
		})
	}
}

func TestLevelerGoesThreeDecibelsInASecond(t *testing.T) {
	var l Leveler
	in := tone{hertz: 400, dBov: -40, rate: pcm.Narrowband}
	say(&l, &in, 20)
	was, frames := l.Gain(), 0
	for range 100 {
		before := l.Gain()
		if say(&l, &in, 1); l.Gain() != before {
			frames++
		}
	}
	if got := (l.Gain() - was) / float64(frames) * 50; math.Abs(got-3) > 1e-6 {
		t.Errorf("%.2f dB in a second of speech", got)
	}
}

func TestLevelerDoesNotPumpInPauses(t *testing.T) {
	var l Leveler
	voice, noise := tone{hertz: 400, dBov: -30, rate: pcm.Narrowband}, tone{hertz: 700, dBov: -60, rate: pcm.Narrowband}
	say(&l, &voice, 300)
	gain := l.Gain()
	for range 500 {
		f := noise.next()
		l.Apply(f, level.Of(f), false)
	}
	if l.Gain() != gain {
		t.Errorf("the gain went from %.2f to %.2f dB in a pause", gain, l.Gain())
	}
	say(&l, &voice, 50)
	if math.Abs(l.Gain()-gain) > .3 {
		t.Errorf("the gain went from %.2f to %.2f dB in the second after it", gain, l.Gain())
	}
}

// A gate needs seconds until it knows noise from speech.
func TestNoiseIsNotLifted(t *testing.T) {
	var l Leveler
	in := tone{hertz: 700, rate: pcm.Narrowband}
	for n := range 200 {
		in.dBov = -45 + 4*math.Sin(float64(n))
		f := in.next()
		l.Apply(f, level.Of(f), true)
	}
	if l.Gain() != 0 {
		t.Errorf("lifted by %.1f dB", l.Gain())
	}
}

func TestSoftVoiceThatShoutsDoesNotClip(t *testing.T) {
	for _, hertz := range []float64{130, 400, 1000, 3000} {
		for at := range 20 {
			var l Leveler
			say(&l, &tone{hertz: 400, dBov: -40, rate: pcm.Narrowband}, 500)
			shout := tone{hertz: hertz, dBov: -3.02, rate: pcm.Narrowband, at: at}
			f := shout.next()
			l.Apply(f, level.Of(f), true)
			flat := 0
			for i := 1; i < len(f); i++ {
				if f[i] == f[i-1] && max(f[i], -f[i]) == math.MaxInt16 {
					flat++
				}
			}
			if flat > 1 {
				t.Errorf("%v Hz: %d samples are cut off", hertz, flat)
			}
		}
	}
}

func TestNothingAllocates(t *testing.T) {
	var h HighPass
	var l Leveler
	var m Limiter
	f := (&tone{hertz: 400, dBov: -30, rate: pcm.Wideband}).next()
	sum := make([]int32, len(f))
	for i := range sum {
		sum[i] = 40000
	}
	n := testing.AllocsPerRun(100, func() {
		h.Filter(f)
		l.Apply(f, -30, true)
		m.Apply(f, sum)
	})
	if n > 0 {
		t.Errorf("%v allocations a frame", n)
	}
}

func BenchmarkHighPass(b *testing.B) {
	var h HighPass
	f := (&tone{hertz: 400, dBov: -20, rate: pcm.Narrowband}).next()
	b.ReportAllocs()
	for b.Loop() {
		h.Filter(f)
	}
}

func BenchmarkLeveler(b *testing.B) {
	var l Leveler
	said := (&tone{hertz: 400, dBov: -26, rate: pcm.Narrowband}).next()
	f := make(pcm.Frame, len(said))
	l.set(6)
	b.ReportAllocs()
	for b.Loop() {
		copy(f, said)
		l.Apply(f, -26, true)
	}
}
