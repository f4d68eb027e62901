package jitter

import (
	"testing"
	"time"

	"github.com/einwahl/einwahl/transcode/soundtest"
)

// held is a network that holds packets up for so long every two seconds; shift
// says at which of them.
func held(queue []sent, shift int, long time.Duration) (out []sent) {
	until := time.Duration(0)
	for i, p := range queue {
		if i > 10 && (i+shift)%101 == 0 {
			until = p.at + long
		}
		p.at = max(p.at, until)
		out = append(out, p)
	}
	return out
}

// What is skipped after a stall is left with what it would have gone on as.
func TestSkippingDoesNotClick(t *testing.T) {
	for _, c := range codecs(t) {
		for _, stall := range []time.Duration{100 * ms, 200 * ms, 300 * ms} {
			clicks, skipped := 0, uint64(0)
			for shift := 0; shift < 101; shift += 8 {
				s := c.stream()
				heard := sound(listen(s, held(c.said, shift, stall), 20*ms, c.end))
				skipped += s.Stats().Discarded
				clicks += len(soundtest.Clicks(c.speech, heard, c.rate))
			}
			if clicks > 0 || skipped < c.skips {
				t.Errorf("117 stalls of %v: %s clicks %d times; %d packets are skipped", stall, c.name, clicks, skipped)
			}
		}
	}
}
