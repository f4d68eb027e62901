package app_test

import (
	"math"
	"slices"
	"testing"

	"github.com/einwahl/einwahl/announcements"
	"github.com/einwahl/einwahl/gateway/admin"
	"github.com/einwahl/einwahl/gateway/peertest"
)

// reaches calls a number, and waits until the gateway takes keys: those that come
// before it knows that its answer was heard are nobody's.
func (g *gateway) reaches(phone *peertest.Baresip, number string) {
	g.t.Helper()
	phone.Dial(g.uri(number))
	peertest.Eventually(g.t, "the call is answered", func() bool {
		return !slices.ContainsFunc(g.calls(), func(c admin.Call) bool { return c.Phase == "answering" })
	})
}

// dial calls number and keys a meeting in, over the prompt that asks for it.
func (g *gateway) dial(phone *peertest.Baresip, number, meeting string) {
	g.t.Helper()
	g.reaches(phone, number)
	phone.Key(meeting + "#")
}

// join dials, and passes over the privacy notice.
func (g *gateway) join(phone *peertest.Baresip, number, meeting string) {
	g.t.Helper()
	g.dial(phone, number, meeting)
	g.waitPhase("informing")
	phone.Key("#")
}

func TestTwoPhonesHearEachOtherAndNotThemselves(t *testing.T) {
	t.Parallel()
	g := startGateway(t, nil)
	one, other := g.phone(440), g.phone(880)
	g.join(one, "en", "100000001")
	g.waitPhones("100000001", 1)
	g.join(other, "de", "100000001")
	g.waitPhones("100000001", 2)
	for _, tt := range []struct {
		name       string
		phone      *peertest.Baresip
		own, their float64
	}{{"first", one, 440, 880}, {"second", other, 880, 440}} {
		peertest.Eventually(t, "the "+tt.name+" phone hears the other within 3 dB, and itself 40 dB down", func() bool {
			heard := tt.phone.Heard()
			their, own := peertest.Recent(heard, tt.their), peertest.Recent(heard, tt.own)
			return math.Abs(their+20) < 3 && their-own > 40
		})
	}
	if n := g.metric("einwahl_seats_total"); n != 2 {
		t.Errorf("%v seats were opened, want 2", n)
	}
	one.Hangup()
	g.waitPhones("100000001", 1)
	other.Hangup()
	g.settle()
}

func TestEndToEndEncryptedMeetingRefusesInWords(t *testing.T) {
	t.Parallel()
	g := startGateway(t, nil)
	phone := g.phone(440)
	g.dial(phone, "en", "100000006")
	g.heard(phone, "en", announcements.RefuseE2EE)
	phone.Wait("CALL_CLOSED")
	g.settle()
	if n := g.metric("einwahl_admissions_total", `decision="refuse"`, `reason="e2ee"`, `encryption="e2ee"`); n != 1 {
		t.Errorf("admissions refused for e2ee = %v, want 1", n)
	}
	if n := g.metric("einwahl_calls_total", `outcome="e2ee"`); n != 1 {
		t.Errorf("calls that ended for e2ee = %v, want 1", n)
	}
	if n := g.metric("einwahl_seats_total"); n != 0 {
		t.Errorf("%v seats were opened, want none", n)
	}
}
