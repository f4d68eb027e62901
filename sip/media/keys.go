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
	mu    sync.Mutex
	begun time.Time               // when the first came
	told  *[howMany][howMany]ring // by the first way, and not yet by the second; nil before
}

// keptDigits is how many digits wait for their twin.
const keptDigits = 16

// ring is digits that have not met their twin, oldest first.
type ring struct {
	digit [keptDigits]byte
	at    [keptDigits]time.Duration // since the first of all
	first uint8
	n     uint8
}

// press reports whether this digit is a new key press.
func (k *keys) press(digit rune, by way, at time.Time) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.told == nil { // many callers never press any
		k.begun, k.told = at, &[howMany][howMany]ring{}
	}
	since := at.Sub(k.begun)
	for other := range howMany {
		if other != by && k.told[other][by].has(byte(digit), since) {
			return false
		}
	}
	for other := range howMany {
		if other != by {
			k.told[by][other].put(byte(digit), since)
		}
	}
	return true
}

// has takes out the oldest digit that is this one, and with it what came
// before: each way keeps the order, so the twins of those were lost.
func (r *ring) has(digit byte, at time.Duration) bool {
	for r.n > 0 && at-r.at[r.first] > twinWithin {
		r.drop()
	}
	for i := range r.n {
		if r.digit[(r.first+i)%keptDigits] != digit {
			continue
		}
		for range i + 1 {
			r.drop()
		}
		return true
	}
	return false
}

func (r *ring) put(digit byte, at time.Duration) {
	if r.n == keptDigits {
		r.drop()
	}
	i := (r.first + r.n) % keptDigits
	r.digit[i], r.at[i] = digit, at
	r.n++
}

func (r *ring) drop() {
	r.first = (r.first + 1) % keptDigits
	r.n--
}
