package app_test

import (
	"testing"

	"github.com/einwahl/einwahl/gateway/peertest"
)

// What is above the telephone's band reaches all who can hear it: from G.722,
// from Opus and from a page, to the others. An older telephone beside them
// changes nothing.
func TestWidebandReachesPhonesAndBrowsers(t *testing.T) {
	g := startGateway(t, nil)
	const meeting, page = "100000001", 5000.0
	browser := g.browser(meeting, "Ada", "", page)
	inRoom(browser)
	desk := peertest.StartBaresip(t, peertest.Tone(t, 16000, 6000, -20, 120), peertest.BaresipG722)
	soft := peertest.StartBaresip(t, peertest.Tone(t, 48000, 5500, -20, 120), peertest.BaresipOpus)
	old := g.phone(440)
	for i, phone := range []*peertest.Baresip{desk, soft, old} {
		g.join(phone, "en", meeting)
		g.waitPhones(meeting, i+1)
	}
	for _, hears := range []struct {
		name  string
		level func(hertz float64) float64
		tones []float64
	}{
		{"the page", browser.Level, []float64{6000, 5500, 440}},
		{"the desk telephone", func(hertz float64) float64 { return peertest.RecentWide(desk.HeardWide(), hertz) }, []float64{page, 5500, 440}},
		{"the softphone", func(hertz float64) float64 { return peertest.RecentWide(soft.HeardWide(), hertz) }, []float64{page, 6000, 440}},
	} {
		for _, hertz := range hears.tones {
			var level float64
			peertest.Eventually(t, hears.name+" hears what is above the telephone's band", func() bool {
				level = hears.level(hertz)
				return level > -25
			})
			t.Logf("%s hears %.0f Hz at %.1f dBov", hears.name, hertz, level)
		}
	}
	for _, phone := range []*peertest.Baresip{desk, soft, old} {
		phone.Hangup()
	}
	g.waitPhones(meeting, 0)
}
