package loudness

import (
	"math"
	"slices"
	"testing"

	"github.com/einwahl/einwahl/transcode/level"
	"github.com/einwahl/einwahl/transcode/pcm"
	"github.com/einwahl/einwahl/transcode/soundtest"
)

// active is the level of speech while somebody speaks, in dBov: that of the
// frames that are not far below the loudest.
func active(sound []int16) float64 {
	var powers []float64
	for f := range slices.Chunk(sound, pcm.NarrowbandSamples) {
		powers = append(powers, math.Pow(10, dBov(f)/10))
	}
	slices.Sort(powers)
	floor := powers[len(powers)*19/20] / 100
	var sum, n float64
	for _, p := range powers {
		if p > floor {
			sum, n = sum+p, n+1
		}
	}
	return 10 * math.Log10(sum/n)
}

// levelled is what listeners hear of somebody who says sound, scaled by some
// decibels, and how fast the gain has changed at most, in dB a second.
func levelled(sound []int16, by float64) (heard []int16, gain Leveler) {
	var h HighPass
	var g level.Gate
	for part := range slices.Chunk(sound, pcm.NarrowbandSamples) {
		f := make(pcm.Frame, len(part))
		for i, s := range part {
			f[i] = int16(min(max(float64(s)*math.Pow(10, by/20), -32767), 32767))
		}
		h.Filter(f)
		if pass := g.Pass(f); pass {
			gain.Apply(f, g.Level(), g.Speech())
		}
		heard = append(heard, f...)
	}
	return heard, gain
}

func TestSpeechIsBroughtToOneLoudness(t *testing.T) {
	speech := soundtest.Speech(t, pcm.Narrowband)
	twice := append(slices.Clone(speech), speech...)
	was := active(speech)
	for _, by := range []float64{-16, -10, 0, 8} {
		heard, gain := levelled(twice, by)
		heard = heard[len(speech):]
		want := min(max(target-was-by, -most), most) + was + by
		got := active(heard)
		t.Logf("speech of %.1f dBov is heard at %.1f, with a gain of %.1f dB", was+by, got, gain.Gain())
		if math.Abs(got-want) > enough {
			t.Errorf("speech of %.1f dBov is heard at %.1f, want %.1f", was+by, got, want)
		}
		if stoi := soundtest.STOI(speech, heard); stoi < .99 {
			t.Errorf("at %+.0f dB an STOI of %.3f", by, stoi)
		}
	}
}
