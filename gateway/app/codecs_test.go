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

// Who does not ask for pauses gets packets with nothing in them while nobody speaks.
// A telephone goes on with the noise of the line, and hears the next word as loud as
// it is.
func TestTelephoneInOpusHearsALineThatIsNotDead(t *testing.T) {
	t.Parallel()
	g := startGateway(t, nil)
	const meeting = "100000001"
	soft := peertest.StartBaresip(t, peertest.Tone(t, 48000, 440, -90, 120), peertest.BaresipOpus)
	other := g.phone(620)
	for i, phone := range []*peertest.Baresip{other, soft} {
		g.join(phone, "en", meeting)
		g.waitPhones(meeting, i+1)
	}
	hears := func(when string) {
		t.Helper()
		peertest.Eventually(t, "the other telephone is heard "+when, func() bool {
			return math.Abs(peertest.Recent(soft.Heard(), 620)+20) < 4
		})
	}
	hears("at first")
	other.Hold()
	var quietest, loudest float64
	peertest.Eventually(t, "the noise of a line is heard for three seconds", func() bool {
		quietest, loudest = softness(peertest.Last(soft.Heard(), 3))
		return quietest > -80 && loudest < -60
	})
	t.Logf("the pause is heard at %.1f to %.1f dBov", quietest, loudest)
	other.Resume()
	hears("after the pause")
	soft.Hangup()
	other.Hangup()
	g.waitPhones(meeting, 0)
}

// softness is how loud a sound is where it is quietest and where it is loudest, by
// tenths of a second.
func softness(sound []int16) (quietest, loudest float64) {
	const window = 800
	quietest, loudest = math.Inf(1), math.Inf(-1)
	for at := 0; at+window <= len(sound); at += window {
		level := peertest.Loudness(sound[at : at+window])
		quietest, loudest = min(quietest, level), max(loudest, level)
	}
	return quietest, loudest
}
