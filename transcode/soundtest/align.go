package soundtest

import (
	"math"
	"slices"
)

const (
	// piece is what is brought into step at a time, and span what is looked at
	// to do so: 100 and 250 ms at 8 kHz.
	piece = 800
	span  = 2000
	// each is one compared sample of so many. Delays, in contrast, are tried to
	// the sample: where the nearest are off by one, a vowel may fit better in its
	// next period.
	each = 2
	// change is how much better sound must fit with another delay for the delay
	// to have changed, summed up over all pieces for which it has. Less, and a
	// vowel would be taken for its own next period.
	change = 1.5
	// audible is the mean square below which there is nothing to compare.
	audible = 50 * 50
)

// Align brings got into step with want, both at 8 kHz: the delay may be up to
// most samples and change under way. Of all courses that it may take, it is the
// one that fits best with the fewest changes.
func Align(want, got []int16, most int) []int16 {
	out := make([]int16, len(want))
	lags := course(edges(want), edges(got), most)
	from := 0
	for i, lag := range lags {
		end := min((i+1)*piece, len(want))
		if i+1 < len(lags) && lags[i+1] != lag {
			end = min(cut(got, end, lag, lags[i+1]), len(want))
		}
		if from+lag < len(got) {
			copy(out[from:end], got[from+lag:])
		}
		from = end
	}
	return out
}

// cut is where, near a place, sound goes over best from one delay to another:
// no click is made that was not there.
func cut(got []int16, at, from, to int) int {
	const near, about = piece / 4, 8
	best, least := at, math.MaxInt
	for k := at - near; k < at+near; k++ {
		last := k + max(from, to) + about
		if k+min(from, to) < about || last > len(got) {
			continue
		}
		apart := 0
		for i := -about; i < about; i++ {
			d := int(got[k+from+i]) - int(got[k+to+i])
			apart += d * d
		}
		if apart < least {
			best, least = k, apart
		}
	}
	return best
}

// edges are the changes of sound from sample to sample. They are what is put in
// step: a high-pass turns the phase of the lowest tones, which are the strongest
// of a voice, and then a vowel fits better in its next period than in its place.
func edges(sound []int16) []int16 {
	out := make([]int16, len(sound))
	for i := 1; i < len(sound); i++ {
		out[i] = int16((int(sound[i]) - int(sound[i-1])) / 2)
	}
	return out
}

// course finds by how much each piece of got is behind want (Viterbi).
func course(want, got []int16, most int) []int {
	pieces, lags := (len(want)+piece-1)/piece, most+1
	came := make([][]int, pieces) // the delay before, for each delay of a piece
	score := make([]float64, lags)
	for i := range came {
		from, to := around(i*piece, len(want))
		came[i] = make([]int, lags)
		best := slices.Index(score, slices.Max(score))
		next := make([]float64, lags)
		for l := range next {
			came[i][l], next[l] = l, score[l]
			if score[best]-change > score[l] {
				came[i][l], next[l] = best, score[best]-change
			}
			next[l] += fit(want[from:to], got, from+l)
		}
		score = next
	}
	lag := make([]int, pieces)
	for i, l := pieces-1, slices.Index(score, slices.Max(score)); i >= 0; i-- {
		lag[i] = l
		l = came[i][l]
	}
	return lag
}

// around is what is looked at to bring the piece at a place into step.
func around(at, length int) (from, to int) {
	const more = (span - piece) / 2
	return max(at-more, 0), min(at+piece+more, length)
}

// fit correlates want with what got has at from; where either is silent, it is
// none. The race detector would make it many times slower.
//
//go:norace
func fit(want, got []int16, from int) float64 {
	if from+len(want) > len(got) {
		return 0
	}
	var xy, xx, yy int64
	for i := 0; i < len(want); i += each {
		x, y := int64(want[i]), int64(got[from+i])
		xy += x * y
		xx += x * x
		yy += y * y
	}
	if n := int64(len(want) / each); xx < audible*n || yy < audible*n/100 {
		return 0
	}
	return float64(xy) / math.Sqrt(float64(xx)*float64(yy))
}
