package soundtest

import "math"

const (
	// piece is what is brought into step at a time, and span what is looked at
	// to do so: 100 and 250 ms at 8 kHz.
	piece = 800
	span  = 2000
	// stay is by how much another delay has to fit better to be believed.
	stay = 0.02
	// audible is the mean square below which there is nothing to compare.
	audible = 50 * 50
)

// Align brings got into step with want, both at 8 kHz, piece by piece: the
// delay may be up to most samples and change under way.
func Align(want, got []int16, most int) []int16 {
	out := make([]int16, 0, len(want))
	lag := 0
	for at := 0; at < len(want); at += piece {
		end := min(at+piece, len(want))
		from, to := max(at-(span-piece)/2, 0), min(end+(span-piece)/2, len(want))
		lag = delay(want[from:to], got, from, lag, most)
		for i := at; i < end; i++ {
			if k := i + lag; k < len(got) {
				out = append(out, got[k])
			} else {
				out = append(out, 0)
			}
		}
	}
	return out
}

// delay is by how much got is behind want, which begins at from.
func delay(want, got []int16, from, before, most int) int {
	best, lag := fit(want, got, from+before, 1)+stay, before
	for l := 0; l <= most; l += 2 {
		if f := fit(want, got, from+l, 2); f > best {
			best, lag = f, l
		}
	}
	for _, l := range [...]int{lag - 1, lag + 1} {
		if l >= 0 && fit(want, got, from+l, 1) > fit(want, got, from+lag, 1) {
			lag = l
		}
	}
	return lag
}

// fit correlates want with what got has at from; where either is silent, it is
// none.
func fit(want, got []int16, from, step int) float64 {
	if from+len(want) > len(got) {
		return 0
	}
	var xy, xx, yy int64
	for i := 0; i < len(want); i += step {
		x, y := int64(want[i]), int64(got[from+i])
		xy += x * y
		xx += x * x
		yy += y * y
	}
	if n := int64(len(want) / step); xx < audible*n || yy < audible*n/100 {
		return 0
	}
	return float64(xy) / math.Sqrt(float64(xx)*float64(yy))
}
