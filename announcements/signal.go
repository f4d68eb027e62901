package announcements

import (
	"math"
	"sync"
	"time"
)

// Signal is a sound without words, the same in every language.
type Signal int

const (
	// Came: somebody has come. Two rising notes.
	Came Signal = iota + 1
	// Went: somebody has gone. The same two notes, falling.
	Went
	// Recorded: a recording runs. One soft note, now and then.
	Recorded
)

// note is a part of a signal.
type note struct {
	hertz float64
	d     time.Duration
}

// Levels in dBov. A notice may be heard in a pause; what comes every minute must
// not disturb.
const (
	signalLevel = -24.0
	softLevel   = -30.0
)

// sounds are the signals by their order, made once. Their notes are none of the
// frequencies that keys have, so that no recogniser of keys takes one for a key.
var sounds = sync.OnceValue(func() map[Signal]*clip {
	low, high := note{523.25, 110 * time.Millisecond}, note{659.25, 140 * time.Millisecond}
	return map[Signal]*clip{
		Came:     newClip(compose(signalLevel, low, high)),
		Went:     newClip(compose(signalLevel, high, low)),
		Recorded: newClip(compose(softLevel, note{440, 180 * time.Millisecond})),
	}
})

// Sound is one signal.
func Sound(s Signal) Item { return fixed(part{signal: s}) }

// compose plays notes one after the other, at a level, each swelling and fading
// so that none clicks.
func compose(dbov float64, notes ...note) []int16 {
	peak := math.Sqrt2 * math.MaxInt16 * math.Pow(10, dbov/20)
	var sound []int16
	for _, n := range notes {
		count := int(n.d.Seconds() * clipRate)
		for i := range count {
			swell := math.Sin(math.Pi * float64(i) / float64(count))
			sound = append(sound, int16(peak*swell*math.Sin(2*math.Pi*n.hertz*float64(i)/clipRate)))
		}
	}
	return sound
}
