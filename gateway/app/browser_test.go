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

// meet has a browser (880 Hz) and a telephone (440 Hz) hear each other in a
// meeting.
func (g *gateway) meet(meeting string) (*peertest.Browser, *peertest.Baresip) {
	g.t.Helper()
	browser := g.browser(meeting, "Ada", "", 880)
	inRoom(browser)
	phone := g.phone(440)
	g.join(phone, "en", meeting)
	var there, here float64
	defer func() {
		if g.t.Failed() {
			g.t.Logf("the browser heard the telephone at %.1f dBov, the telephone the browser at %.1f", there, here)
		}
	}()
	peertest.Eventually(g.t, "browser and telephone hear each other", func() bool {
		there, here = browser.Level(440), peertest.Recent(phone.Heard(), 880)
		return there > -30 && here > -30
	})
	return browser, phone
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
		heard := phone.Heard()
		their, own := peertest.Recent(heard, 880), peertest.Recent(heard, 440)
		t.Logf("phone: 880 Hz at %.1f dBov, 440 Hz at %.1f dBov", their, own)
		return math.Abs(their+20) < 3 && their-own > 40
	})
	browser.WaitFor("the phone stands in the list, marked as one", `document.querySelector("#people [data-phone], #people .phone")`)
	phone.Hangup()
	browser.WaitFor("the phone is gone from the list", `!document.querySelector("#people [data-phone], #people .phone")`)
	g.settle()
}
