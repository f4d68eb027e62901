package media

import (
	"sync"
	"time"
)

// way is how a digit reached us.
type way int

const (
	inRTP   way = iota // RFC 4733
	inINFO             // SIP INFO
	inTones            // in the sound itself
	howMany            // of ways
)

// twinWithin is how far apart the messages of one key press may be. A key held
// down is told by RTP when it goes down and by INFO when it comes up.
const twinWithin = 5 * time.Second

// keys merges the ways in which a telephone may tell one key press, so that
// none counts twice: what one way tells first is kept for each other way, and
// the next equal digit by that is taken for its twin.
type keys struct {
	mu   sync.Mutex
	told [howMany][howMany]ring // by the first way, and not yet by the second
}

// ring is digits that have not met their twin, oldest first.
type ring struct {
	digit [16]rune
	at    [16]time.Time
	first int
	n     int
}

// press reports whether this digit is a new key press.
func (k *keys) press(digit rune, by way, at time.Time) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	for other := range howMany {
		if other != by && k.told[other][by].has(digit, at) {
			return false
		}
	}
	for other := range howMany {
		if other != by {
			k.told[by][other].put(digit, at)
		}
	}
	return true
}

// has takes out the oldest digit that is this one, and with it what came
// before: each way keeps the order, so the twins of those were lost.
func (r *ring) has(digit rune, at time.Time) bool {
	for r.n > 0 && at.Sub(r.at[r.first]) > twinWithin {
		r.drop()
	}
	for i := range r.n {
		if r.digit[(r.first+i)%len(r.digit)] != digit {
			continue
		}
		for range i + 1 {
			r.drop()
		}
		return true
	}
	return false
}

func (r *ring) put(digit rune, at time.Time) {
	if r.n == len(r.digit) {
		r.drop()
	}
	i := (r.first + r.n) % len(r.digit)
	r.digit[i], r.at[i] = digit, at
	r.n++
}

func (r *ring) drop() {
	r.first = (r.first + 1) % len(r.digit)
	r.n--
}
