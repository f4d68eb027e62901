package app_test

import (
	"math"
	"net/http"
	"strings"
	"testing"

	"github.com/einwahl/einwahl/gateway/config"
	"github.com/einwahl/einwahl/gateway/peertest"
	"github.com/einwahl/einwahl/sip"
)

// webPhone opens the telephone in a browser whose microphone says a tone.
func (g *gateway) webPhone(hertz float64) *peertest.Browser {
	g.t.Helper()
	b := peertest.StartBrowser(g.t, peertest.Tone(g.t, 48000, hertz, -20, 10), "http://"+g.app.HTTP().String()+"/phone")
	b.Click("#more summary")
	b.Click("#original-sound") // the browser would take a steady tone for noise
	return b
}

func stateIs(b *peertest.Browser, want string) {
	b.WaitFor("the phone says "+want, `document.getElementById("state").textContent === "`+want+`"`)
}

// TestBrowserPhoneJoinsAMeeting dials from the page, keys in a meeting, and is
// heard there by a browser, which it hears.
func TestBrowserPhoneJoinsAMeeting(t *testing.T) {
	g := startGateway(t, nil)
	ada := g.browser("100000001", "Ada", "", 880)
	inRoom(ada)
	phone := g.webPhone(440)
	phone.Click("#call")
	stateIs(phone, "Connected")
	g.waitPhase("numbering")
	for _, key := range "100000001#" {
		phone.Click(`[data-key="` + string(key) + `"]`)
	}
	g.waitPhase("informing")
	phone.Click(`[data-key="#"]`)
	phone.WaitFor("the page shows what was keyed", `document.getElementById("keyed").textContent === "100000001##"`)
	g.waitPhones("100000001", 1)
	var there, here float64
	defer func() {
		if t.Failed() {
			t.Logf("the meeting heard the phone at %.1f dBov, the phone the meeting at %.1f", there, here)
		}
	}()
	peertest.Eventually(t, "telephone and browser hear each other", func() bool {
		there, here = ada.Level(440), phone.Level(880)
		return math.Abs(there+20) < 3 && math.Abs(here+20) < 3
	})
	if calls := g.calls(); len(calls) != 1 || calls[0].Codec != "OPUS" {
		t.Errorf("calls: %+v", calls)
	}
	shown := peertest.Eval[string](phone, `document.getElementById("certificate").hidden ? "" : document.getElementById("print").textContent`)
	if said := g.calls()[0].Fingerprint; !strings.HasPrefix(said, "sha-256 ") || shown != said {
		t.Errorf("the page is connected with the certificate %q, the API says %q", shown, said)
	}
	phone.Screenshot("phone-talking.png")

	phone.Click("#mute")
	peertest.Eventually(t, "the meeting hears nothing of who is muted", func() bool { return ada.Level(440) < -60 })
	phone.Click("#mute")
	peertest.Eventually(t, "and hears them again", func() bool { return ada.Level(440) > -25 })

	phone.Click("#end")
	stateIs(phone, "Ready")
	g.waitPhones("100000001", 0)
	g.settle()
}

// TestBrowserPhoneIsHungUp sees what the page says when others end the call.
func TestBrowserPhoneIsHungUp(t *testing.T) {
	g := startGateway(t, nil)
	phone := g.webPhone(440)
	said := func(words string) {
		t.Helper()
		phone.WaitFor("the page says "+words, `document.getElementById("wrong").textContent.includes("`+words+`")`)
		stateIs(phone, "Ready")
	}
	peertest.Eval[bool](phone, `(document.getElementById("number").value = "nobody", true)`)
	phone.Click("#call")
	said("Nobody has this number")

	// By keyboard alone: dial, key in, be sent out by the host.
	peertest.Eval[bool](phone, `(document.getElementById("number").value = "", true)`)
	phone.Type("#number", "en\r")
	stateIs(phone, "Connected")
	g.waitPhase("numbering")
	phone.Type("#number", "100000001#")
	g.waitPhase("informing")
	phone.Type("#number", "#")
	g.waitPhones("100000001", 1)
	g.control("100000001", map[string]any{"end": true})
	said("The other side has hung up")
	g.settle()
}

// TestBrowserPhoneNeedsATrunk shows a browser that no trunk knows that it is
// refused, and what to do.
func TestBrowserPhoneNeedsATrunk(t *testing.T) {
	g := startGateway(t, func(c *config.Config) { c.Trunks[0].Transports = []string{"udp"} })
	phone := g.webPhone(440)
	phone.Click("#call")
	phone.WaitFor("the page says what to do", `document.getElementById("wrong").textContent.includes("ws in transports")`)
	if peertest.Eval[int](phone, `performance.getEntriesByType("resource").filter((r) => !r.name.startsWith(location.origin)).length`) != 0 {
		t.Error("the page has asked other hosts")
	}
}

func TestOnlyTheGatewaysOwnPageCalls(t *testing.T) {
	g := startGateway(t, nil)
	for _, origin := range []string{"https://elsewhere.example", "", "null"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+g.app.HTTP().String()+"/phone/sip", strings.NewReader(""))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Origin", origin)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusForbidden {
			t.Errorf("a page of %q is answered with %s", origin, res.Status)
		}
	}
}

// TestBrowserPhoneProvesItself calls a trunk that wants a user and a password,
// by each of the ways that passwords are proved.
func TestBrowserPhoneProvesItself(t *testing.T) {
	for _, algorithms := range [][]string{{"sha-256", "md5"}, {"md5"}} {
		t.Run(strings.Join(algorithms, " "), func(t *testing.T) {
			g := startGateway(t, func(c *config.Config) {
				c.Trunks[0].Auth.Algorithms = algorithms
				c.Trunks[0].Auth.Users = []sip.UserConfig{{User: "desk", Password: "a long password"}}
			})
			phone := g.webPhone(440)
			says := func(words string) {
				t.Helper()
				phone.WaitFor("the page says "+words, `document.getElementById("wrong").textContent.includes("`+words+`")`)
			}
			phone.Click("#call")
			says("wants a user and a password")
			phone.Type("#user", "desk")
			phone.Type("#password", "another")
			phone.Click("#call")
			says("User or password is wrong")
			peertest.Eval[bool](phone, `(document.getElementById("password").value = "", true)`)
			phone.Type("#password", "a long password")
			phone.Click("#call")
			stateIs(phone, "Connected")
			phone.Click("#end")
			g.settle()
			if strings.Contains(g.log.String(), "a long password") {
				t.Error("the log has the password")
			}
		})
	}
}
