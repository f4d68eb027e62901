package loudness

import (
	"math"
	"testing"

	"github.com/einwahl/einwahl/transcode/pcm"
)

// sumOf adds up tones of full scale, in frames.
func sumOf(rate, frames int, amplitude func(frame int) float64, tones ...float64) (sums [][]int32) {
	for n := range frames {
		sum := make([]int32, rate/50)
		for i := range sum {
			at := 2 * math.Pi * float64(n*len(sum)+i) / float64(rate)
			var v float64
			for _, hertz := range tones {
				v += amplitude(n) * math.Sin(hertz*at)
			}
			sum[i] = int32(v)
		}
		sums = append(sums, sum)
	}
	return sums
}

func always(amplitude float64) func(int) float64 { return func(int) float64 { return amplitude } }

func limited(l *Limiter, sums [][]int32) (sound []int16) {
	for _, sum := range sums {
		dst := make(pcm.Frame, len(sum))
		l.Apply(dst, sum)
		sound = append(sound, dst...)
	}
	return sound
}

func TestWhatFitsGoesThroughUntouched(t *testing.T) {
	for _, rate := range []int{pcm.Narrowband, pcm.Wideband} {
		var l Limiter
		sums := sumOf(rate, 5, always(32767), 1000)
		sound := limited(&l, sums)
		late := Delay(rate / 50)
		for i, s := range sound[late:] {
			if want := sums[i*50/rate][i%(rate/50)]; int32(s) != want {
				t.Fatalf("%d Hz: sample %d is %d, want %d", rate, i, s, want)
			}
		}
	}
}

// Two who talk at full scale would clip with a THD+N of -15 dB.
func TestTwoAtFullScaleDoNotDistort(t *testing.T) {
	for _, rate := range []int{pcm.Narrowband, pcm.Wideband} {
		var l Limiter
		sound := limited(&l, sumOf(rate, 150, always(32767), 400, 1000))
		late := sound[rate:] // two seconds of it
		if d := distortion(late, float64(rate), 400, 1000); d > -40 {
			t.Errorf("%d Hz: distortion and noise are at %.1f dB", rate, d)
		}
		if got := dBov(late); got < -7.5 || got > -5.5 {
			t.Errorf("%d Hz: both at %.1f dBov", rate, got)
		}
	}
}

func TestNothingWraps(t *testing.T) {
	var l Limiter
	var sums [][]int32
	for n, top := range []int32{40000, 32768, 65534, 6_500_000, 10, 33000, -33000, -70000, 0} {
		sum := make([]int32, pcm.NarrowbandSamples)
		for i := range sum {
			sum[i] = top
			if i%3 == n%3 {
				sum[i] = top / 2
			}
		}
		sums = append(sums, sum)
	}
	sound := limited(&l, sums)
	late := Delay(pcm.NarrowbandSamples)
	for i, s := range sound[late:] {
		was := sums[i/160][i%160]
		if was > 1000 && s < 0 || was < -1000 && s > 0 {
			t.Fatalf("sample %d: %d became %d", i, was, s)
		}
	}
}

// The gain is nowhere steeper than a block allows: down before the peak, and
// there when it comes.
func TestGainMovesWithoutAStep(t *testing.T) {
	for _, rate := range []int{pcm.Narrowband, pcm.Wideband} {
		var l Limiter
		sums := sumOf(rate, 40, func(n int) float64 { return []float64{9000, 32000}[n/10%2] }, 300, 410)
		sound := limited(&l, sums)
		length := rate / 50
		late := Delay(length)
		was, steepest := 1.0, 0.0
		for i, s := range sound[late:] {
			v := sums[i/length][i%length]
			if max(v, -v) < 3000 {
				continue
			}
			gain := float64(s) / float64(v)
			steepest = math.Max(steepest, math.Abs(20*math.Log10(gain/was)))
			was = gain
		}
		if steepest > 2 {
			t.Errorf("%d Hz: a step of %.1f dB", rate, steepest)
		}
		if was < .5 {
			t.Errorf("%d Hz: the gain is at %.2f in the end", rate, was)
		}
	}
}

func TestLastWordIsGivenOutToItsEnd(t *testing.T) {
	var l Limiter
	dst := make(pcm.Frame, pcm.NarrowbandSamples)
	sum := make([]int32, len(dst))
	sum[len(sum)-1] = 99
	l.Apply(dst, sum)
	if !l.Apply(dst, nil) || dst[Delay(len(dst))-1] != 99 {
		t.Errorf("the last sample was kept back: %v", dst[:Delay(len(dst))])
	}
	if l.Apply(dst, nil) {
		t.Error("there is no end to it")
	}
}

func TestFirstWordAfterAPauseIsNotTurnedDown(t *testing.T) {
	var l Limiter
	limited(&l, sumOf(pcm.Narrowband, 10, always(32000), 400, 1000))
	dst := make(pcm.Frame, pcm.NarrowbandSamples)
	for range 20 {
		l.Apply(dst, nil)
	}
	if l.down != 0 {
		t.Errorf("%.2f of the gain is missing after a pause", l.down)
	}
}

func TestLimitersMeet(t *testing.T) {
	var one, other Limiter
	limited(&one, sumOf(pcm.Narrowband, 10, always(32000), 400, 1000))
	sums := sumOf(pcm.Narrowband, 30, always(9000), 400)
	for n, sum := range sums {
		dst := make(pcm.Frame, len(sum))
		one.Apply(dst, sum)
		other.Apply(dst, sum)
		if met := one.Meets(&other); n == 0 && met || n == 29 && !met {
			t.Errorf("frame %d: met: %v", n, met)
		}
	}
}

func BenchmarkLimiter(b *testing.B) {
	for _, bb := range []struct {
		name      string
		amplitude float64
	}{{"idle", 9000}, {"working", 32000}} {
		b.Run(bb.name, func(b *testing.B) {
			var l Limiter
			sum := sumOf(pcm.Narrowband, 1, always(bb.amplitude), 400, 1000)[0]
			dst := make(pcm.Frame, len(sum))
			b.ReportAllocs()
			for b.Loop() {
				l.Apply(dst, sum)
			}
		})
	}
}
