//go:build linux

package app_test

import "time"

// cadence watches whether packets come evenly, and that there is a voice in
// them: a gateway that passes nothing on is cheap.
type cadence struct {
	last    time.Time
	packets int
	voiced  int // packets with somebody's voice
	gaps    int // longer than an ear forgives
	longest time.Duration
}

// longestGap is what a telephone's jitter buffer bridges.
const longestGap = 40 * time.Millisecond

func (c *cadence) hear(payload []byte, at time.Time) {
	if !c.last.IsZero() {
		gap := at.Sub(c.last)
		c.longest = max(c.longest, gap)
		if gap > longestGap {
			c.gaps++
		}
	}
	c.last = at
	c.packets++
	if isVoice(payload) {
		c.voiced++
	}
}

// isVoice looks for a sample that is louder than -30 dBov, in A-law: hiss and
// comfort noise are far below.
func isVoice(payload []byte) bool {
	const magnitude, fourth = 0x7f, 3 << 4 // of the eight segments (G.711)
	for _, b := range payload {
		if (b^0x55)&magnitude >= fourth {
			return true
		}
	}
	return false
}

// begin counts from here. Only the last packet is remembered.
func (c *cadence) begin() { *c = cadence{last: c.last} }

// add adds what another telephone has counted.
func (c *cadence) add(other cadence) {
	c.packets += other.packets
	c.voiced += other.voiced
	c.gaps += other.gaps
	c.longest = max(c.longest, other.longest)
}
