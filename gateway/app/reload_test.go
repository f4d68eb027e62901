package app_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/einwahl/einwahl/conference/embedded"
	"github.com/einwahl/einwahl/gateway/admin"
	"github.com/einwahl/einwahl/gateway/config"
	"github.com/einwahl/einwahl/sip/siptest"
)

// TestAReloadThatFailsChangesNothing has a file fail in one place, and looks at the
// others.
func TestAReloadThatFailsChangesNothing(t *testing.T) {
	t.Parallel()
	g := startGateway(t, hasty)
	made := g.makes(admin.NewMeeting{})
	before := g.meeting("100000001").Title
	another := func(change func(*config.Config)) error {
		c := g.conf
		c.Trunks, c.Meetings = slices.Clone(c.Trunks), slices.Clone(c.Meetings)
		c.Meetings[slices.IndexFunc(c.Meetings, func(m embedded.MeetingConfig) bool { return m.ID == "100000001" })].Title = "Another"
		c.Trunks[0].MaxCallsPerSecond = 1000
		change(&c)
		return g.app.Reload(c)
	}

	err := another(func(c *config.Config) {
		c.Trunks[0].Peers = []string{"192.0.2.1"} // and no more this machine
		m := embedded.DefaultMeetingConfig()
		m.ID = made.ID
		c.Meetings = append(c.Meetings, m)
	})
	if err == nil || !strings.Contains(err.Error(), "is the number of a meeting that was made") {
		t.Errorf("a meeting's number that is taken: %v", err)
	}
	siptest.New(t, siptest.Config{Gateway: g.address("udp")}).Call("en").Hangup()

	if err := another(func(c *config.Config) { c.Trunks[0].Peers = []string{"nobody"} }); err == nil {
		t.Error("a trunk that cannot be is taken")
	}
	if now := g.meeting("100000001").Title; now != before {
		t.Errorf("the meeting is called %q, as in the file that failed", now)
	}
	if err := another(func(*config.Config) {}); err != nil {
		t.Fatal(err)
	}
	if now := g.meeting("100000001").Title; now != "Another" {
		t.Errorf("the meeting is called %q after a file that did not fail", now)
	}
	g.settle()
}
