package announcements

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

const (
	// speechLevel is the level of active speech in all recordings, in dB below
	// a full-scale sine's overload point (dBov).
	speechLevel = -22.0
	// musicLevel is the level of the hold music: it stays behind the words.
	musicLevel = -28.0
	// levelTolerance is how far a recording may be off before it is adjusted.
	levelTolerance = 1.5
	// greatestPeak is what no sample may exceed, in dB of full scale.
	greatestPeak = -3.0
	// greatestGain bounds what a very soft recording is raised by: its noise
	// is raised as well.
	greatestGain = 30.0
	// greatestLack is how much softer than the others a recording may stay.
	greatestLack = 12.0
	// activeRange is how far below the louder frames speech still counts.
	activeRange = 25.0
	// faintest is the level below which nobody hears anything.
	faintest = -60.0
)

// errSilent reports a recording without a sound in it.
var errSilent = errors.New("nothing can be heard in it")

// activeLevel is the mean level of the frames in which somebody speaks, in
// dBov; silence is minus infinity. Frames overlap, so that the level of a short
// word does not hang on where they begin.
func activeLevel(sound []int16) float64 {
	var powers []float64
	for at := 0; at+clipFrame <= len(sound); at += clipFrame / 4 {
		power := 0.0
		for _, s := range sound[at : at+clipFrame] {
			power += float64(s) * float64(s)
		}
		powers = append(powers, power/clipFrame)
	}
	if len(powers) == 0 {
		return math.Inf(-1)
	}
	slices.Sort(powers)
	// Not the very loudest: that may be a crack.
	floor := powers[len(powers)*19/20] * math.Pow(10, -activeRange/10)
	sum, n := 0.0, 0
	for _, power := range powers {
		if power > 0 && power >= floor {
			sum += power
			n++
		}
	}
	if n == 0 {
		return math.Inf(-1)
	}
	return decibels(math.Sqrt(sum / float64(n)))
}

// peakLevel is the greatest sample in dB of full scale.
func peakLevel(sound []int16) float64 {
	peak := 0.0
	for _, s := range sound {
		peak = max(peak, math.Abs(float64(s)))
	}
	return decibels(peak)
}

func decibels(amplitude float64) float64 {
	return 20 * math.Log10(amplitude/(math.MaxInt16+1))
}

// level brings a recording of the operator to the loudness of the others, so
// that a caller hears one after another without a jump.
func level(sound []int16, want float64) error {
	now := activeLevel(sound)
	if now < faintest {
		return errSilent
	}
	gain := min(want-now, greatestGain)
	if math.Abs(gain) < levelTolerance {
		gain = 0
	}
	if room := greatestPeak - peakLevel(sound); room < gain {
		gain = room
	}
	if short := want - now - gain; short > greatestLack {
		return fmt.Errorf("would be %.0f dB too soft: its peaks stand too high above its speech", short)
	}
	factor := math.Pow(10, gain/20)
	for i, s := range sound {
		sound[i] = int16(math.Round(float64(s) * factor))
	}
	return nil
}
