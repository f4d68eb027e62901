package app_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/einwahl/einwahl/gateway/peertest"
	"github.com/einwahl/einwahl/gateway/records"
)

// What an operator is asked about a call that somebody complains of is in the
// API while it lasts, and in its record and the metrics when it is over. It is by
// itself, for a call beside many others on a busy machine does not sound well, and
// the figures say so.
func TestHowACallSoundsCanBeSeen(t *testing.T) {
	g := startGateway(t, nil)
	const meeting = "100000001"
	phone := peertest.StartBaresip(t, peertest.Tone(t, 8000, 440, -20, 60), "PCMA")
	g.join(phone, "en", meeting)
	g.waitPhones(meeting, 1)
	good := func(s *records.Sound) bool {
		return s != nil && s.Codec == "PCMA" && s.Rating > 85 && s.Rating <= 93.2 && s.Level <= -18 && s.Level >= -22 &&
			s.Jitter > 0 && s.Jitter < 20 && s.Delay < 100 && s.Lost < .01 && s.Discarded < .02 && s.Concealed < .05
	}
	peertest.Eventually(t, "the API tells that the call sounds well", func() bool {
		calls := g.calls()
		return len(calls) == 1 && good(calls[0].Sound)
	})
	phone.Hangup()
	g.waitPhones(meeting, 0)

	var kept records.Call
	peertest.Eventually(t, "the call is recorded", func() bool {
		for line := range strings.Lines(g.records()) {
			if json.Unmarshal([]byte(line), &kept) == nil && kept.Outcome != "" {
				return true // what has no outcome is evidence
			}
		}
		return false
	})
	if !good(kept.Sound) {
		t.Errorf("it is recorded as %+v", kept.Sound)
	}
	peertest.Eventually(t, "the metrics count it", func() bool {
		var metrics string
		g.request(http.MethodGet, "/metrics", nil, &metrics)
		return strings.Contains(metrics, `einwahl_call_r_factor_count{codec="PCMA"} 1`) &&
			strings.Contains(metrics, "einwahl_call_level_dbov_count 1\n")
	})
}
