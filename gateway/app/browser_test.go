package app_test

import (
	"math"
	"testing"

	"github.com/einwahl/einwahl/gateway/peertest"
)

// browser opens a meeting's page with a tone for a microphone, and goes in.
func (g *gateway) browser(meeting, name, pin string, hertz float64) *peertest.Browser {
	g.t.Helper()
	b := peertest.StartBrowser(g.t, peertest.Tone(g.t, 48000, hertz, -20, 10), g.page(meeting))
	b.Type("#name", name)
	if pin != "" {
		b.Type("#pin", pin)
	}
	// The browser would take a steady tone for noise and remove it.
	b.Click("#original-sound")
	b.Click("#enter")
	return b
}

func inRoom(b *peertest.Browser) {
	b.WaitFor("the room is open", `!document.getElementById("room").hidden`)
}

// TestPhoneAndBrowserHearEachOther is the main job: a telephone and a real
// browser in one meeting.
func TestPhoneAndBrowserHearEachOther(t *testing.T) {
	g := startGateway(t, nil)
	browser := g.browser("100000001", "Ada", "", 880)
	inRoom(browser)
	phone := g.phone(440)
	g.join(phone, "en", "100000001")
	g.waitPhones("100000001", 1)

	peertest.Eventually(t, "the browser hears the phone within 3 dB, and itself 40 dB down", func() bool {
		their, own := browser.Level(440), browser.Level(880)
		t.Logf("browser: 440 Hz at %.1f dBov, 880 Hz at %.1f dBov", their, own)
		return math.Abs(their+20) < 3 && their-own > 40
	})
	peertest.Eventually(t, "the phone hears the browser within 3 dB, and itself 40 dB down", func() bool {
		heard := peertest.Last(phone.Heard(), 1)
		their, own := peertest.Level(heard, 880), peertest.Level(heard, 440)
		t.Logf("phone: 880 Hz at %.1f dBov, 440 Hz at %.1f dBov", their, own)
		return math.Abs(their+20) < 3 && their-own > 40
	})
	browser.WaitFor("the phone stands in the list, marked as one", `document.querySelector("#people [data-phone], #people .phone")`)
	phone.Hangup()
	browser.WaitFor("the phone is gone from the list", `!document.querySelector("#people [data-phone], #people .phone")`)
	g.settle()
}
