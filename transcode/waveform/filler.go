package waveform

import (
	"math"
	"time"
)

const (
	// memory is how much of the past a filler keeps: three of the longest
	// periods, and the quarter that comes before them.
	memory = 50 * time.Millisecond
	// window is how much of the newest sound is compared.
	window = 20 * time.Millisecond
	// steady is how long a gap is filled at full loudness.
	steady = 10 * time.Millisecond
	// single is how long one period is repeated, and more how long two are: the
	// same one over and over is a buzz (G.711 Appendix I section I.2.6). The
	// Appendix turns to two after 10 ms; for one lost packet of 20 ms, STOI and
	// PESQ found one period to be nearer to what was lost.
	single = 20 * time.Millisecond
	more   = 10 * time.Millisecond
	// fading is how long it then takes to fall silent: a vowel held longer
	// than 60 ms sounds like a machine (section I.2.7).
	fading = 50 * time.Millisecond
	// leading is for how long the past rings on in what repeats it.
	leading = 5 * time.Millisecond
	// sharper is by how much a period before the last may be steeper to be repeated
	// too: 6 dB.
	sharper = 4
	// most is how many periods are repeated in the end.
	most = 3
)

// Filler fills the gaps of one stream after G.711 Appendix I: by repeating its
// last pitch period, then its last two and three, until it has faded. It does
// without the delay of the Appendix: where that blends the last of the good
// sound with the first of the repeated, what was said goes on ringing in what is
// repeated, as a throat would that is struck anew.
type Filler struct {
	rate int
	past []int16 // the newest sound, the end of the stream so far

	missing int     // samples filled since the last good one
	lag     int     // period that is being repeated
	source  []int16 // the past when the gap began
	periods int     // how many of them are repeated
	at      int     // place in the cycle
	before  int     // place in the cycle of one period less when it was left
	turned  int     // samples since then
	lead    []int   // what the past adds to the first that is repeated
	seam    []int16
}

// NewFiller makes a filler for a stream of that sample rate.
func NewFiller(rate int) *Filler {
	return &Filler{
		rate:   rate,
		past:   make([]int16, samples(memory, rate)),
		source: make([]int16, samples(memory, rate)),
		seam:   make([]int16, samples(10*time.Millisecond, rate)),
		lead:   make([]int, samples(leading, rate)),
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
	f.lag, _ = period(f.past, lo, hi, n)
	f.periods, f.at, f.turned = 1, 0, 0
	copy(f.source, f.past)
	f.leadOver(foretold(f.past[len(f.past)-n:]))
}

// leadOver finds what the past adds to what repeats it, by how the difference of
// the two would go on. The sum surprises no more than what is repeated does.
func (f *Filler) leadOver(weights [order]float64) {
	var apart [order]float64 // newest first
	for i := range apart {
		end := len(f.past) - 1 - i
		apart[i] = float64(f.past[end]) - float64(f.past[end-f.lag])
	}
	for i := range f.lead {
		next := 0.0
		for k, w := range weights {
			next += w * apart[k]
		}
		copy(apart[1:], apart[:])
		apart[0] = next
		f.lead[i] = int(next) * (len(f.lead) - i) / len(f.lead)
	}
}

// repeat goes on with the cycle, fading.
func (f *Filler) repeat(dst []int16) {
	hold, fade := samples(steady, f.rate), samples(fading, f.rate)
	grow := samples(single, f.rate) + (f.periods-1)*samples(more, f.rate)
	for i := range dst {
		left := fade - max(0, f.missing-hold)
		if left <= 0 {
			clear(dst[i:])
			f.missing += len(dst) - i
			return
		}
		dst[i] = int16(min(max(f.next()*left/fade, math.MinInt16), math.MaxInt16))
		f.missing++
		if f.missing == grow && f.periods < most && !f.sharp(f.periods) {
			grow += samples(more, f.rate)
			f.before, f.turned = f.at, 0
			f.at %= f.lag
			f.periods++
		}
	}
}

// sharp reports whether the period so many before the last stands out from it: a t
// that has died away is not said again.
func (f *Filler) sharp(before int) bool {
	last := len(f.source) - f.lag
	was := last - before*f.lag
	return steepness(f.source[was:was+f.lag]) > sharper*steepness(f.source[last:])
}

// steepness is the power of the steps from one sample to the next.
func steepness(sound []int16) (sum int64) {
	for i := range len(sound) - 1 {
		d := int64(sound[i+1]) - int64(sound[i])
		sum += d * d
	}
	return sum
}

// next is the next sample of the cycle. When periods are added it turns from
// the old cycle into the new one.
func (f *Filler) next() int {
	quarter := f.lag / 4
	v := f.cycle(f.periods, f.at)
	switch {
	case f.periods == 1:
		if f.turned < len(f.lead) {
			v += f.lead[f.turned]
		}
	case f.turned < quarter:
		before := f.cycle(f.periods-1, (f.before+f.turned)%(f.lag*(f.periods-1)))
		v = (before*(quarter-f.turned) + v*f.turned) / quarter
	}
	f.turned++
	f.at++
	if f.at == f.lag*f.periods {
		f.at = 0
	}
	return v
}

// cycle is a sample of the last so many periods. They have to close on
// themselves: their last quarter turns into what came before their beginning.
func (f *Filler) cycle(periods, at int) int {
	long, quarter := periods*f.lag, f.lag/4
	begin := len(f.source) - long
	v := int(f.source[begin+at])
	if late := at - (long - quarter); late >= 0 {
		before := int(f.source[begin-quarter+late])
		v = (v*(quarter-late) + before*late) / quarter
	}
	return v
}

func (f *Filler) remember(sound []int16) {
	if n := len(f.past); len(sound) >= n {
		copy(f.past, sound[len(sound)-n:])
		return
	}
	copy(f.past, f.past[len(sound):])
	copy(f.past[len(f.past)-len(sound):], sound)
}
