package app_test

import (
	"math"
	"testing"

	"github.com/einwahl/einwahl/gateway/peertest"
)

// Callers meet in whatever codec each of them speaks.
func TestCallersInDifferentCodecsHearEachOther(t *testing.T) {
	t.Parallel()
	g := startGateway(t, nil)
	const meeting = "100000001"
	callers := []struct {
		name, said string
		phone      *peertest.Baresip
		hertz      float64
	}{
		{name: "opus", said: "OPUS", hertz: 440, phone: peertest.StartBaresip(t, peertest.Tone(t, 48000, 440, -20, 120), peertest.BaresipOpus)},
		{name: "g722", said: "G722", hertz: 880, phone: peertest.StartBaresip(t, peertest.Tone(t, 16000, 880, -20, 120), peertest.BaresipG722)},
		{name: "pcmu", said: "PCMU", hertz: 620, phone: peertest.StartBaresip(t, peertest.Tone(t, 8000, 620, -20, 120), "PCMU")},
	}
	for i, c := range callers {
		g.join(c.phone, "en", meeting)
		g.waitPhones(meeting, i+1)
	}
	spoken := map[string]bool{}
	for _, call := range g.calls() {
		spoken[call.Codec] = true
	}
	for _, c := range callers {
		if !spoken[c.said] {
			t.Errorf("nobody speaks %s: %v", c.said, spoken)
		}
		for _, other := range callers {
			if other.name == c.name {
				continue
			}
			peertest.Eventually(t, c.name+" hears "+other.name+" within 4 dB, and itself 30 dB down", func() bool {
				heard := c.phone.Heard()
				their, own := peertest.Recent(heard, other.hertz), peertest.Recent(heard, c.hertz)
				return math.Abs(their+20) < 4 && their-own > 30
			})
		}
	}
	for _, c := range callers {
		c.phone.Hangup()
	}
	g.waitPhones(meeting, 0)
}
