package media

import (
	"math/rand/v2"
	"testing"

	"github.com/einwahl/einwahl/transcode/g711"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// hiss is noise of -40 dBov.
func hiss(f pcm.Frame, r *rand.Rand) {
	for i := range f {
		f[i] = int16(328 * r.NormFloat64())
	}
}

func TestNoiseIsTakenOutWhereTheTrunkSaysSo(t *testing.T) {
	for _, tt := range []struct {
		name    string
		denoise bool
		lines   []string
		low, hi float64
	}{
		{"G.711", true, []string{pcma}, 0, 80},
		{"G.722", true, []string{wideLine}, 0, 80},
		{"G.711, and the trunk does not say so", false, []string{pcma}, 250, 400},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newBench(t, nil).dialWith(LegConfig{Denoise: tt.denoise}, tt.lines...)
			heard := &record{}
			p.leg.Connect(nil, heard)
			r, wide := rand.New(rand.NewPCG(1, 2)), wideSpeaker(t)
			narrow, frame, law := make(pcm.Frame, pcm.NarrowbandSamples), make(pcm.Frame, pcm.WidebandSamples), make([]byte, pcm.NarrowbandSamples)
			for range 100 {
				if tt.lines[0] == pcma {
					hiss(narrow, r)
					p.send(8, law[:g711.ALaw.Encode(law, narrow)], 160)
				} else {
					hiss(frame, r)
					p.send(9, wide.encode(frame), 160)
				}
				p.step(1)
			}
			for _, l := range heard.loud[80:] {
				if l < tt.low || l > tt.hi {
					t.Fatalf("noise of 328 is heard at %.0f", heard.loud[80:])
				}
			}
		})
	}
}

func TestCleanedOpusIsNotOfferedAsItCame(t *testing.T) {
	p, m := newBench(t, nil).dialWith(LegConfig{Denoise: true}, opusKeysLine, opusMap, opusKeysMap), &meeting{}
	p.leg.Connect(nil, m)
	p.step(1)
	p.say(opusSpeaker(t), 10)
	if len(m.packets) > 0 || len(m.loud) != 11 {
		t.Errorf("%d packets, %d frames", len(m.packets), len(m.loud))
	}
}

func TestNothingOfAHoldIsCleanedIntoTheMeeting(t *testing.T) {
	p := newBench(t, nil).dialWith(LegConfig{Denoise: true}, pcma)
	heard := &record{}
	p.leg.Connect(nil, heard)
	say := func() {
		for range 10 {
			p.send(8, encoded(g711.ALaw, 160), 160)
			p.step(1)
		}
	}
	say()
	p.offer(pcma, "a=sendonly")
	before := len(heard.loud)
	say()
	for _, l := range heard.loud[before:] {
		if l >= 0 {
			t.Fatalf("on hold the meeting hears %.0f", heard.loud[before:])
		}
	}
}

// A caller whose codec changes and changes back is not heard with a word from
// before.
func TestNothingOfAnotherRateComesBack(t *testing.T) {
	var c cleaners
	t.Cleanup(func() { c.close() })
	for _, codec := range []codec{aLaw, wide} {
		if err := c.learn(codec); err != nil {
			t.Fatal(err)
		}
	}
	narrow, wide := make(pcm.Frame, pcm.NarrowbandSamples), make(pcm.Frame, pcm.WidebandSamples)
	for range 10 {
		tone{8000}.ReadFrame(narrow)
		c.pass(narrow, true)
		clear(wide)
		c.pass(wide, true)
		clear(narrow)
		if c.pass(narrow, true); loudness(narrow) > 30 {
			t.Fatalf("silence is heard at %.0f", loudness(narrow))
		}
	}
}
