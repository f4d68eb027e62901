package announcements

import (
	"math"
	"testing"
	"time"
)

// power is how much of a sound is at a frequency, as a share of all of it.
func power(sound []int16, hertz float64) float64 {
	var re, im, all float64
	for i, v := range sound {
		x := float64(v)
		re += x * math.Cos(2*math.Pi*hertz*float64(i)/clipRate)
		im += x * math.Sin(2*math.Pi*hertz*float64(i)/clipRate)
		all += x * x
	}
	return 2 * (re*re + im*im) / float64(len(sound)) / all
}

// pure is the least share of a swelling note that is at its frequency.
const pure = .7

func TestSignals(t *testing.T) {
	for _, tt := range []struct {
		name          string
		signal        Signal
		level         float64 // dBov
		first, second float64 // hertz
	}{
		{"who comes rises", Came, signalLevel, 523.25, 659.25},
		{"who goes falls", Went, signalLevel, 659.25, 523.25},
		{"a recording is one soft note", Recorded, softLevel, 440, 440},
	} {
		t.Run(tt.name, func(t *testing.T) {
			sound := sounds()[tt.signal].sound()
			n := len(sound)
			if p := power(sound[:n*2/5], tt.first); p < pure {
				t.Errorf("begins with %.0f %% of %v Hz", 100*p, tt.first)
			}
			if p := power(sound[n*3/5:], tt.second); p < pure {
				t.Errorf("ends with %.0f %% of %v Hz", 100*p, tt.second)
			}
			level := rms(sound)
			if off := level - tt.level; off > 0 || off < -6 { // it swells
				t.Errorf("level %.1f dBov, want a little below %v", level, tt.level)
			}
			l := library(t)
			s := l.Speak("de", Sound(tt.signal))
			if d := s.Duration(); d < 100*time.Millisecond || d > 300*time.Millisecond {
				t.Errorf("takes %v", d)
			}
		})
	}
}
