package app_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/einwahl/einwahl/gateway/config"
	"github.com/einwahl/einwahl/sip/siptest"
)

// TestTheLogShowsWhichNumberIsMissing in the file, so that it can be put there, but
// not whose calls are forwarded to the gateway.
func TestTheLogShowsWhichNumberIsMissing(t *testing.T) {
	t.Parallel()
	const ours, forwarder = "+49305550199", "+4915177034321"
	for _, tt := range []struct {
		name, called, forwards, want string
	}{
		{"a number of ours", "request", forwarder, ours},
		{"wherever it is looked for first", "auto", forwarder, ours},
		{"who forwards shows the end", "diversion", forwarder, "...4321"},
		{"in History-Info too", "history", forwarder, "...4321"},
		{"of an extension half", "diversion", "2017", "...17"},
		{"of a name too", "diversion", "ada", "...a"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g := startGateway(t, func(c *config.Config) {
				c.Trunks = slices.Clone(c.Trunks)
				c.Trunks[0].Called = tt.called
			})
			phone := siptest.New(t, siptest.Config{Gateway: g.address("udp")})
			call := phone.Dial(ours, siptest.WithHeader("Diversion", "<sip:"+tt.forwards+"@trunk.example>;reason=unconditional"),
				siptest.WithHeader("History-Info", "<sip:"+tt.forwards+"@trunk.example>;index=1,<sip:"+ours+"@trunk.example>;index=1.1"))
			if m := call.Final(); m.Status() != 404 {
				t.Fatalf("got %s, want 404", m.Start)
			}
			log := g.log.String()
			if !strings.Contains(log, `"number":"`+tt.want+`"`) || tt.want != ours && strings.Contains(log, tt.forwards) {
				t.Errorf("want the number as %s in the log", tt.want)
			}
		})
	}
}
