package waveform_test

import (
	"slices"
	"testing"

	"github.com/einwahl/einwahl/transcode/pcm"
	"github.com/einwahl/einwahl/transcode/soundtest"
	"github.com/einwahl/einwahl/transcode/waveform"
)

// A gap of 60 ms begins at each 5 ms of speech.
func TestGapsInSpeechDoNotClick(t *testing.T) {
	for _, rate := range []int{pcm.Narrowband, pcm.Wideband} {
		speech := soundtest.Speech(t, rate)
		unit, about := rate/100, rate/10
		gaps, clicks := 0, []int(nil)
		for at := about; at+6*unit+about <= len(speech); at += unit / 2 {
			said := speech[at-about : at+6*unit+about]
			heard := slices.Clone(said)
			before, gap, after := heard[:about], heard[about:about+6*unit], heard[about+6*unit:]
			f := waveform.NewFiller(rate)
			f.Good(before)
			for piece := range slices.Chunk(gap, unit) {
				f.Fill(piece)
			}
			f.Good(after)
			for range soundtest.Clicks(said, heard, rate) {
				clicks = append(clicks, at)
			}
			gaps++
		}
		if len(clicks) > 0 || gaps < 3000 {
			t.Errorf("%d gaps at %d Hz: %d clicks, in those at %v", gaps, rate, len(clicks), clicks)
		}
	}
}
