package waveform

import "time"

const (
	// memory is how much of the past a filler keeps: enough to find the
	// longest period in, and what comes before it.
	memory = 50 * time.Millisecond
	// window is how much of the newest sound is compared.
	window = 20 * time.Millisecond
	// steady is how long a gap is filled at full loudness.
	steady = 10 * time.Millisecond
	// fading is how long it then takes to fall silent: a vowel held longer
	// than 60 ms sounds like a machine (G.711 Appendix I section I.2.7).
	fading = 50 * time.Millisecond
)

// Filler fills the gaps of one stream by repeating its last pitch period, after
// the manner of G.711 Appendix I but without its delay: the seam is blended on
// the far side of the gap, not the near one.
type Filler struct {
	rate int
	past []int16 // the newest sound, the end of the stream so far

	missing int // samples filled since the last good one
	lag     int // period that is being repeated
	cycle   []int16
	at      int // place in cycle
	seam    []int16
}

// NewFiller makes a filler for a stream of that sample rate.
func NewFiller(rate int) *Filler {
	return &Filler{
		rate:  rate,
		past:  make([]int16, samples(memory, rate)),
		cycle: make([]int16, 0, samples(longestPeriod, rate)),
		seam:  make([]int16, samples(10*time.Millisecond, rate)),
	}
}

// Good takes sound that did arrive. If it follows a gap, its beginning is
// blended with what the gap would have gone on as.
func (f *Filler) Good(sound []int16) {
	if len(sound) == 0 {
		return
	}
	if f.missing > 0 {
		// Long gaps want a longer seam: 4 ms and 4 more for each 10 ms.
		long := samples(4*time.Millisecond, f.rate) + f.missing*2/5
		seam := f.seam[:min(long, len(f.seam), len(sound))]
		f.repeat(seam)
		crossfade(sound[:len(seam)], seam, sound[:len(seam)])
		f.missing = 0
	}
	f.remember(sound)
}

// Fill writes the next stretch of a gap.
func (f *Filler) Fill(dst []int16) {
	if f.missing == 0 && len(dst) > 0 {
		f.begin()
	}
	f.repeat(dst)
	f.remember(dst)
}

// begin finds the period that will be repeated.
func (f *Filler) begin() {
	n := samples(window, f.rate)
	lo, hi := samples(shortestPeriod, f.rate), samples(longestPeriod, f.rate)
	lag, _ := period(f.past, lo, hi, n)
	f.lag, f.at = lag, 0
	f.cycle = append(f.cycle[:0], f.past[len(f.past)-lag:]...)
	// The cycle must close on itself: its last quarter turns into what came
	// before its beginning.
	q := lag / 4
	before := f.past[len(f.past)-lag-q:][:q]
	crossfade(f.cycle[lag-q:], f.cycle[lag-q:], before)
}

// repeat goes on with the cycle, fading.
func (f *Filler) repeat(dst []int16) {
	hold, fade := samples(steady, f.rate), samples(fading, f.rate)
	for i := range dst {
		left := fade - max(0, f.missing-hold)
		if left <= 0 {
			clear(dst[i:])
			f.missing += len(dst) - i
			return
		}
		dst[i] = int16(int(f.cycle[f.at]) * left / fade)
		f.at++
		if f.at == f.lag {
			f.at = 0
		}
		f.missing++
	}
}

func (f *Filler) remember(sound []int16) {
	if n := len(f.past); len(sound) >= n {
		copy(f.past, sound[len(sound)-n:])
		return
	}
	copy(f.past, f.past[len(sound):])
	copy(f.past[len(f.past)-len(sound):], sound)
}
