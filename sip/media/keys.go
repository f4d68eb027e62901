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
	howMany            // of ways
)

// twinWithin is how far apart the two messages of one key press may be. A key
// held down is told by RTP when it goes down and by INFO when it comes up.
const twinWithin = 5 * time.Second

// keys merges the ways in which a telephone may tell one key press, so that
// none counts twice: each way keeps what it told first, and the other way's
// next equal digit is taken for its twin.
type keys struct {
	mu   sync.Mutex
	told [howMany]ring
}

// ring is the digits of one way that have not met their twin, oldest first.
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
	other := &k.told[1-by]
	if other.has(digit, at) {
		return false
	}
	k.told[by].put(digit, at)
	return true
}

// has takes out the oldest digit if it is this one.
func (r *ring) has(digit rune, at time.Time) bool {
	for r.n > 0 {
		i := r.first
		if at.Sub(r.at[i]) <= twinWithin {
			if r.digit[i] != digit {
				return false
			}
			r.drop()
			return true
		}
		r.drop()
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
