package app_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/einwahl/einwahl/gateway/admin"
	"github.com/einwahl/einwahl/gateway/config"
	"github.com/einwahl/einwahl/gateway/peertest"
	"github.com/einwahl/einwahl/sip/siptest"
)

// hasty lets callers wait for as little as may be.
func hasty(c *config.Config) {
	c.Limits.WrongDelay, c.Limits.Lookup = 0, 10*time.Millisecond
	c.Trunks[0].MaxCallsPerSecond = 1000
}

// wrong keys in a meeting and PINs, of which each must be told to be wrong, and
// hangs up.
func (g *gateway) wrong(user, meeting string, pins ...string) {
	g.t.Helper()
	phone := siptest.New(g.t, siptest.Config{Gateway: g.address("udp"), User: user})
	call := phone.Call("en")
	g.waitPhase("numbering")
	for i, pin := range pins {
		call.Press(meeting + "#")
		g.waitPhase("pinning")
		call.Press(pin + "#")
		if i+1 == g.conf.Limits.Tries {
			g.waitPhase("leaving")
		} else {
			g.waitPhase("numbering")
		}
	}
	call.Hangup()
	g.settle()
}

// TestGuessersAreLockedOutAndBrowsersAreNot has a caller guess at a PIN, which
// hides the meeting from every telephone, also of a gateway that was started
// anew, until the operator opens it; a browser comes in all the time.
func TestGuessersAreLockedOutAndBrowsersAreNot(t *testing.T) {
	t.Parallel()
	const meeting, pin = "100000002", "4711"
	strict := func(c *config.Config) {
		hasty(c)
		c.Limits.Guessing.PerMeeting, c.Limits.Guessing.PerCaller = 3, 0
	}
	g := startGateway(t, strict)
	g.wrong("+4930111", meeting, "0000", "0001", "0002")
	g.wrong("+4930222", meeting, pin) // the right one
	if n := g.metric("einwahl_guessing_locks_total", `scope="meeting"`); n != 1 {
		t.Errorf("%v locks of a meeting are counted, want 1", n)
	}
	if log := g.log.String(); strings.Contains(log, "4930111") || strings.Count(log, "somebody guesses") != 1 {
		t.Errorf("the log tells of it other than once, or names the caller")
	}
	inRoom(g.browser(meeting, "Ada", pin, 880))

	kept := filepath.Join(g.conf.Records.Directory, "guessing.json")
	peertest.Eventually(t, "it is on the disk", func() bool {
		content, _ := os.ReadFile(kept)
		if strings.Contains(string(content), "4930111") {
			t.Fatal("a caller's number is on the disk")
		}
		return strings.Contains(string(content), meeting)
	})
	content, err := os.ReadFile(kept)
	if err != nil {
		t.Fatal(err)
	}
	again := startGateway(t, func(c *config.Config) {
		strict(c)
		if err := os.MkdirAll(c.Records.Directory, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(c.Records.Directory, "guessing.json"), content, 0o600); err != nil {
			t.Fatal(err)
		}
	})
	again.wrong("+4930333", meeting, pin)

	var shown admin.Guessing
	g.request(http.MethodGet, "/api/v1/guessing", nil, &shown)
	if len(shown.Locked) != 1 || shown.Locked[0].Name != meeting {
		t.Errorf("the operator sees %+v, want the meeting", shown.Locked)
	}
	g.request(http.MethodDelete, "/api/v1/guessing", nil, nil)
	phone := siptest.New(t, siptest.Config{Gateway: g.address("udp")})
	call := phone.Call("en")
	g.waitPhase("numbering")
	call.Press(meeting + "#")
	g.waitPhase("pinning")
	call.Press(pin + "#")
	g.waitPhase("informing")
	call.Hangup()
	g.settle()
}
