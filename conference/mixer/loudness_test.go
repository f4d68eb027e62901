package mixer

import (
	"math"
	"testing"

	"github.com/einwahl/einwahl/transcode/level"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// residue is all that is in sound but some tones, against them, in dB: THD+N.
func residue(sound []int16, rate int, tones ...float64) float64 {
	var all, of float64
	for _, s := range sound {
		all += float64(s) * float64(s) / float64(len(sound)) / 32768 / 32768
	}
	for _, hertz := range tones {
		of += math.Pow(10, powerAt(sound, rate, hertz)/10)
	}
	return 10 * math.Log10(math.Max(all-of, 1e-12)/of)
}

// talk lets the room go on while tones go up and down like syllables do, 80 ms
// loud and 20 ms soft. It ends with a loud one.
func talk(r room, beats int, amps ...*float64) {
	var loud []float64
	for _, a := range amps {
		loud = append(loud, *a)
	}
	for n := range beats {
		for i, a := range amps {
			if *a = loud[i]; n%5 == 0 {
				*a /= 10
			}
		}
		r.clock.Step()
	}
}

func TestSoftAndLoudVoicesAreHeardAlike(t *testing.T) {
	r := newRoom()
	one, two := r.join(400, 1500, nil), r.join(1000, 12000, nil)
	remote := &source{freq: 1600, amp: 1500}
	r.AddSpeaker(remote)
	listener := r.join(0, 0, nil)
	talk(r, 400, &one.amp, &two.amp, &remote.amp)
	late := listener.heard[len(listener.heard)-320:]
	for _, freq := range []float64{400, 1000, 1600} {
		if got := power(late, freq); math.Abs(got+20) > 1 {
			t.Errorf("%v Hz at %.1f dBov, want -20", freq, got)
		}
	}
}

// Both begin at full scale at once, and go on: neither the first moment nor
// what follows may clip.
func TestTwoAtFullScaleDoNotClip(t *testing.T) {
	for _, length := range []int{pcm.NarrowbandSamples, pcm.WidebandSamples} {
		r := newRoom()
		one := r.joinAt(length, 400, 32767, nil)
		r.joinAt(length, 1000, 32767, nil)
		r.AddSpeaker(&source{freq: 1500, amp: 32767})
		listener := r.joinAt(length, 0, 0, nil)
		r.clock.Steps(50)
		rate := length * 50
		for name, p := range map[string]struct {
			*phone
			tones []float64
		}{"a listener": {listener, []float64{400, 1000, 1500}}, "one of them": {one, []float64{1000, 1500}}} {
			flat := 0
			for i := 1; i < len(p.heard); i++ {
				if s := p.heard[i]; s == p.heard[i-1] && (s == math.MaxInt16 || s == math.MinInt16) {
					flat++
				}
			}
			if flat > 0 {
				t.Errorf("%d Hz: %s hears %d samples cut off", rate, name, flat)
			}
			if d := residue(p.heard[len(p.heard)-rate/10:], rate, p.tones...); d > -40 {
				t.Errorf("%d Hz: %s hears a THD+N of %.1f dB", rate, name, d)
			}
		}
	}
}

func TestGainStaysWhereItIsInPauses(t *testing.T) {
	r := newRoom()
	talker, listener := r.join(1000, 1200, nil), r.join(0, 0, nil)
	talk(r, 200, &talker.amp)
	before := level.Of(listener.heard[199*160:])
	talker.amp = 0
	r.clock.Steps(200)
	talker.amp = 1200
	r.clock.Steps(2)
	if after := level.Of(listener.heard[401*160:]); after != before || before < -28 {
		t.Errorf("%d dBov before the pause, %d after it", before, after)
	}
}

func TestRumbleIsNotHeard(t *testing.T) {
	r := newRoom()
	r.join(50, 8000, nil)
	listener := r.join(0, 0, nil)
	r.clock.Steps(20)
	if got := power(listener.heard[1600:], 50); got > -28 {
		t.Errorf("50 Hz of -15 dBov at %.1f dBov", got)
	}
}
