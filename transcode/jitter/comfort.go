package jitter

import (
	"math"
	"time"
)

const (
	// calm is how long the noise of a pause is played, the second half of it
	// fading: it softens the ends of words and fills the pauses between them.
	// In a longer one a meeting is better off without.
	calm = 2 * time.Second
	// loudest is the most that is believed of a sender's noise, in dBov.
	loudest = -40
)

// comfort is the noise of a sender who pauses and has told of it (RFC 3389),
// instead of nothing. Its zero value is none.
type comfort struct {
	level int8  // dBov
	peak  int32 // of the noise
	state uint32
	last  int32
}

// hush takes what the sender tells of its noise, 0 for nothing.
func (s *Stream) hush(noise int8) {
	if noise == 0 {
		return
	}
	c := &s.comfort
	if c.level == 0 && !s.skimming {
		s.bridge() // the noise goes on from the last word
	}
	c.level = min(noise, loudest)
	// Two neighbours of even noise together have a sixth of its peak's power.
	c.peak = int32(math.Sqrt(6) * 32768 * math.Pow(10, float64(c.level)/20))
}

// soothe adds n samples of the noise and reports whether there is any.
func (s *Stream) soothe(n int) bool {
	c, most := &s.comfort, s.long(calm)
	if c.level == 0 || s.made >= most || s.skimming {
		return false
	}
	at := len(s.sound)
	s.sound = s.sound[:at+n]
	noise := s.sound[at:]
	for i := range noise {
		c.state = c.state*1664525 + 1013904223
		now := int32(c.state>>16)*2*c.peak>>16 - c.peak
		left := min(2*(most-s.made-i), most)
		noise[i] = int16(int64(now+c.last) / 2 * int64(max(left, 0)) / int64(most))
		c.last = now
	}
	s.sound = s.sound[:at]
	s.append(noise)
	s.made += n
	return true
}
