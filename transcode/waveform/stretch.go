package waveform

import "time"

const (
	// alike is how much two periods must resemble each other to be joined
	// unheard.
	alike = 0.5
	// faint is the mean square below which nobody hears a join: -50 dBov.
	faint = 100 * 100
	// closeness is how much of the sound is looked at to find the period.
	closeness = 10 * time.Millisecond
)

// Shorten takes one pitch period, of at most so many samples, out of sound and
// returns what is left, in the same memory. If no period can be taken out
// unheard it returns sound as it was. Give it 25 ms or more; it works on the
// last of it.
func Shorten(sound []int16, rate, most int) []int16 {
	lag, ok := stretchable(sound, rate, most)
	if !ok {
		return sound
	}
	// The last two periods become one that begins as the first of them, after
	// what goes before, and ends as the second.
	n := len(sound)
	first, second := sound[n-2*lag:n-lag], sound[n-lag:]
	crossfade(first, first, second)
	return sound[:n-lag]
}

// Lengthen puts one more pitch period into sound and returns the result, in the
// same memory if its capacity allows. If none can be put in unheard, or there
// is no room, it returns sound as it was. Give it 15 ms or more; it works on
// the last of it.
func Lengthen(sound []int16, rate int) []int16 {
	lag, ok := stretchable(sound, rate, cap(sound)-len(sound))
	if !ok {
		return sound
	}
	// Between the last two periods goes one that begins as the second, after
	// the first, and ends as the first, before the second.
	n := len(sound)
	sound = sound[:n+lag]
	first, middle, second := sound[n-2*lag:n-lag], sound[n-lag:n], sound[n:]
	copy(second, middle)
	crossfade(middle, second, first)
	return sound
}

// stretchable finds the period of the end of sound, if that is of at most so
// many samples.
func stretchable(sound []int16, rate, most int) (lag int, ok bool) {
	n := samples(closeness, rate)
	lo := samples(shortestPeriod, rate)
	hi := min(samples(longestPeriod, rate), len(sound)-n, len(sound)/2)
	if min(hi, most) < lo {
		return 0, false
	}
	if quiet(sound[len(sound)-hi:]) {
		return min(hi, most), true
	}
	lag, likeness := period(sound, lo, hi, n)
	return lag, likeness >= alike && lag <= most
}

func quiet(sound []int16) bool {
	var sum int64
	for _, s := range sound {
		sum += int64(s) * int64(s)
	}
	return sum < faint*int64(len(sound))
}

// Join blends the beginning of next with what the sound before it would have
// gone on as, so that a jump from one to the other does not click.
func Join(next, before []int16) {
	n := min(len(next), len(before))
	crossfade(next[:n], before[:n], next[:n])
}
