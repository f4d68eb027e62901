package waveform

import (
	"math"
	"slices"
	"testing"
)

const rate = 8000

func sine(freq float64, from, n int) []int16 {
	s := make([]int16, n)
	for i := range s {
		s[i] = int16(10000 * math.Sin(2*math.Pi*freq*float64(from+i)/rate))
	}
	return s
}

// steepest is the greatest step between two samples: a click shows as one.
func steepest(s []int16) (most int) {
	for i := 1; i < len(s); i++ {
		d := int(s[i]) - int(s[i-1])
		most = max(most, d, -d)
	}
	return most
}

func TestPeriodIsFound(t *testing.T) {
	for _, freq := range []float64{80, 100, 160, 200, 320, 400} {
		lag, likeness := period(sine(freq, 0, 400), 20, 120, 160)
		multiple := float64(lag) * freq / rate
		if math.Abs(multiple-math.Round(multiple)) > 0.06 || likeness < 0.98 {
			t.Errorf("%v Hz: lag %d is %.2f periods, likeness %.2f", freq, lag, multiple, likeness)
		}
	}
}

func TestStretchingDoesNotClick(t *testing.T) {
	for _, freq := range []float64{90, 130, 200, 310, 444} {
		in := sine(freq, 0, 320)
		limit := steepest(in) * 5 / 4

		short := Shorten(append([]int16(nil), in...), rate, 320)
		whole := slices.Concat(short, sine(freq, 320, 160))
		if n := len(in) - len(short); n < 20 || n > 120 {
			t.Errorf("%v Hz: shortened by %d samples", freq, n)
		}
		if got := steepest(whole); got > limit {
			t.Errorf("%v Hz shortened: a step of %d, want at most %d", freq, got, limit)
		}

		room := append(make([]int16, 0, 480), in...)
		long := Lengthen(room, rate)
		if n := len(long) - len(in); n < 20 || n > 120 {
			t.Errorf("%v Hz: lengthened by %d samples", freq, n)
		}
		if got := steepest(append(long[:len(long):len(long)], sine(freq, 320, 160)...)); got > limit {
			t.Errorf("%v Hz lengthened: a step of %d, want at most %d", freq, got, limit)
		}
	}
}

// swelling is a tone that is now louder and now softer, by a third, from one
// period to the next: where two of its periods meet that were not neighbours
// there is a step.
func swelling(period, n int) []int16 {
	s := make([]int16, n)
	for i := range s {
		at := float64(i) / float64(period)
		strength := 1 + math.Cos(math.Pi*at)/5 // 1.2, 0.8, 1.2
		s[i] = int16(8000 * strength * math.Cos(2*math.Pi*at))
	}
	return s
}

func TestPeriodsOfDifferentLoudnessAreBlended(t *testing.T) {
	for _, period := range []int{65, 80, 110} {
		whole := swelling(period, 5*period)
		in, next := whole[:4*period], whole[4*period:] // cut at a crest
		limit := steepest(whole) * 5 / 4
		short := Shorten(slices.Clone(in), rate, period+5)
		if got := steepest(slices.Concat(short, next)); len(short) == len(in) || got > limit {
			t.Errorf("a period of %d: %d samples are left, with a step of %d, want at most %d", period, len(short), got, limit)
		}
		long := Lengthen(append(make([]int16, 0, 5*period+5), in...), rate)
		if got := steepest(slices.Concat(long, next)); len(long) == len(in) || got > limit {
			t.Errorf("a period of %d: it grew to %d samples, with a step of %d, want at most %d", period, len(long), got, limit)
		}
	}
}

func TestWhatDoesNotRepeatIsLeftAlone(t *testing.T) {
	noise, seed := make([]int16, 320, 480), uint32(1)
	for i := range noise {
		seed = seed*1664525 + 1013904223
		noise[i] = int16(seed >> 16)
	}
	if got := Shorten(noise, rate, 320); len(got) != 320 {
		t.Errorf("noise was shortened by %d", 320-len(got))
	}
	if got := Lengthen(noise, rate); len(got) != 320 {
		t.Errorf("noise was lengthened by %d", len(got)-320)
	}
}

func TestSilenceGivesMost(t *testing.T) {
	if got := Shorten(make([]int16, 320), rate, 320); len(got) != 200 {
		t.Errorf("silence of 320 was shortened to %d, want 15 ms less", len(got))
	}
}

func TestNoMoreIsTakenThanMayBe(t *testing.T) {
	for _, tt := range []struct {
		sound      []int16
		most, left int
	}{
		{make([]int16, 320), 60, 260},
		{make([]int16, 320), 19, 320}, // shorter than any period
		{sine(200, 0, 320), 40, 280},
		{sine(200, 0, 320), 39, 320},
	} {
		if got := Shorten(tt.sound, rate, tt.most); len(got) != tt.left {
			t.Errorf("%d samples are left where %d may go, want %d", len(got), tt.most, tt.left)
		}
	}
}

func TestTooLittleIsLeftAlone(t *testing.T) {
	for n := range 120 {
		s := sine(200, 0, n)
		if got := Shorten(s, rate, 320); len(got) > n {
			t.Errorf("%d samples became %d", n, len(got))
		}
		if got := Lengthen(s[:n:n], rate); len(got) != n {
			t.Errorf("%d samples without room became %d", n, len(got))
		}
	}
}

func TestGapIsFilledAndFades(t *testing.T) {
	for _, freq := range []float64{100, 173, 250, 390} {
		f := NewFiller(rate)
		f.Good(sine(freq, 0, 800))
		gap := make([]int16, 800)
		for i := 0; i < len(gap); i += 80 {
			f.Fill(gap[i : i+80])
		}
		before := append(sine(freq, 720, 80), gap...)
		if got, limit := steepest(before), steepest(sine(freq, 0, 800))*3/2; got > limit {
			t.Errorf("%v Hz: a step of %d, want at most %d", freq, got, limit)
		}
		if got := loudest(gap[:80]); got < 9000 {
			t.Errorf("%v Hz: 10 ms into the gap it is at %d", freq, got)
		}
		if got := loudest(gap[480:]); got != 0 {
			t.Errorf("%v Hz: 60 ms into the gap it is at %d", freq, got)
		}
	}
}

func TestReturnAfterAGapDoesNotClick(t *testing.T) {
	for _, freq := range []float64{100, 173, 250, 390} {
		for gap := 80; gap <= 640; gap += 80 {
			f := NewFiller(rate)
			f.Good(sine(freq, 0, 800))
			made := make([]int16, gap)
			f.Fill(made)
			back := sine(freq, 800+gap+7, 160) // not quite where one would expect it
			f.Good(back)
			got, limit := steepest(append(made, back...)), steepest(sine(freq, 0, 800))*3/2
			if got > limit {
				t.Errorf("%v Hz after %d: a step of %d, want at most %d", freq, gap, got, limit)
			}
		}
	}
}

// A buzz is what one period over and over is, so in the end it is three
// (G.711 Appendix I section I.2.6).
func TestLongGapIsFilledWithThreePeriods(t *testing.T) {
	// A voice of 100 Hz whose pulses are now stronger and now weaker.
	voice := make([]int16, 800)
	strength := [...]int16{8000, 10000, 9000}
	for i := range voice {
		if i%80 < 8 {
			voice[i] = strength[i/80%3]
		}
	}
	f := NewFiller(rate)
	f.Good(voice)
	gap := make([]int16, 480)
	f.Fill(gap)
	var pulses []int16
	for at := 0; at < 400; at += 80 {
		pulses = append(pulses, loudest(gap[at:at+80]))
	}
	faded := func(v int16, at int) int16 { return int16(int(v) * (480 - at) / 400) }
	// The newest pulse was 8000; once there are three, the oldest follows.
	if got, last := pulses[3], faded(8000, 240); max(got-last, last-got) < 200 {
		t.Errorf("after 30 ms the last period still repeats: %v", pulses)
	}
}

func loudest(s []int16) (most int16) {
	for _, v := range s {
		most = max(most, v, -v)
	}
	return most
}

func TestNothingAllocates(t *testing.T) {
	f := NewFiller(rate)
	s, gap := make([]int16, 320, 480), make([]int16, 160)
	if n := testing.AllocsPerRun(100, func() {
		f.Good(s)
		f.Fill(gap)
		Fit(gap, s)
		Shorten(s, rate, 320)
		Lengthen(s, rate)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkShorten(b *testing.B) {
	in, s := sine(130, 0, 320), make([]int16, 320)
	b.ReportAllocs()
	for b.Loop() {
		copy(s, in)
		Shorten(s, rate, 320)
	}
}
