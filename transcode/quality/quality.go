// Package quality puts into figures how a call sounds: how its packets got
// lost (RFC 3611 section 4.7.2), and the transmission rating R of the E-model
// (ITU-T G.107), from what was measured of one direction of the call.
//
// The rating is an estimate for planning, not a listener's opinion. It knows of
// loss and delay; it does not know of an echo, a bad microphone or a noisy
// room.
package quality

import (
	"math"
	"time"
)

// Heard is what was measured of what one side of a call hears.
type Heard struct {
	Codec Codec
	// Missed is the share of packets that was not played, 0 to 1: lost on the
	// way, or thrown away because they came too late.
	Missed float64
	// Burst is how much longer a run of missed packets is than if each had the
	// same chance: 1 is random, and 0 is not known and counts as random.
	Burst float64
	// Delay is the time from mouth to ear.
	Delay time.Duration
}

// Codec is what the E-model knows of a codec with its concealment.
type Codec struct {
	Impairment float64 // Ie, of the codec without loss
	Robustness float64 // Bpl: the higher, the less a lost packet is heard
}

// G711 is G.711 with the concealment of its appendix I (ITU-T G.113). The
// wideband codecs are judged by the same figures: on the scale of the telephone
// band nothing is better than G.711, and ITU-T gives none for them.
func G711() Codec { return Codec{Impairment: 0, Robustness: 25.1} }

const (
	// best is the rating of a connection with no loss and no delay, every other
	// value of G.107 being its default.
	best = 93.2
	// scale is the most that loss can take away.
	scale = 95.0
)

// Rating is R: above 90 all are very satisfied, below 70 many are not, below 50
// nearly all are not (G.107 annex B).
func (h Heard) Rating() float64 {
	return min(max(best-h.delayed()-h.missing(), 0), 100)
}

// missing is Ie,eff: the impairment by the codec and by loss.
func (h Heard) missing() float64 {
	lost := 100 * min(max(h.Missed, 0), 1)
	if lost == 0 {
		return h.Codec.Impairment
	}
	return h.Codec.Impairment + (scale-h.Codec.Impairment)*lost/(lost/max(h.Burst, 1)+h.Codec.Robustness)
}

// delayed is Idd: the impairment by delay alone. Up to 100 ms nobody notices.
func (h Heard) delayed() float64 {
	if h.Delay <= 100*time.Millisecond {
		return 0
	}
	x := math.Log2(h.Delay.Seconds() / .1)
	bend := func(x float64) float64 { return math.Pow(1+math.Pow(x, 6), 1./6) }
	return 25 * (bend(x) - 3*bend(x/3) + 2)
}

// Opinion is the mean opinion score that G.107 annex B expects at a rating,
// from 1 to 4.5.
func Opinion(r float64) float64 {
	r = min(max(r, 0), 100)
	return max(1+.035*r+r*(r-60)*(100-r)*7e-6, 1)
}
