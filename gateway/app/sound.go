package app

import (
	"math"
	"time"

	"github.com/einwahl/einwahl/gateway/records"
	"github.com/einwahl/einwahl/sip/media"
	"github.com/einwahl/einwahl/transcode/level"
)

// Sound is how the call sounds.
func (t timed) Sound() *records.Sound { return soundOf(t.Stats()) }

// soundOf puts figures of a call into the words of its record; nil where
// nothing was agreed that could sound.
func soundOf(s media.LegStats) *records.Sound {
	if s.Codec == "" {
		return nil
	}
	r := &records.Sound{
		Codec:       s.Codec,
		Rating:      tenth(s.Rating),
		Discarded:   s.Discarded,
		Concealed:   s.Concealed,
		Jitter:      milliseconds(s.Jitter),
		Delay:       milliseconds(s.Delay),
		TheyLost:    s.TheyLost,
		RoundTrip:   milliseconds(s.RoundTrip),
		TheirRating: s.TheirRating,
	}
	if due := s.PacketsIn + s.Lost; due > 0 {
		r.Lost = float64(s.Lost) / float64(due)
	}
	if s.Level != level.Silent {
		r.Level = s.Level
	}
	if s.Noise != level.Silent {
		r.Noise = s.Noise
	}
	return r
}

func tenth(v float64) float64 { return math.Round(10*v) / 10 }

func milliseconds(d time.Duration) float64 { return tenth(float64(d) / float64(time.Millisecond)) }
