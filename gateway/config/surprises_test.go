package config

import (
	"strings"
	"testing"

	"github.com/einwahl/einwahl/announcements"
	"github.com/einwahl/einwahl/gateway/call"
)

func TestWhatCallersWouldHardlyExpectIsTold(t *testing.T) {
	for _, tt := range []struct {
		name, listen, number, controller string
		want                             []string
	}{
		{"a part of the number, and who is responsible", "udp://0.0.0.0", call.NumberMasked, "City of Musterhausen", nil},
		{"the whole number", "udp://0.0.0.0", call.NumberFull, "City of Musterhausen", []string{"privacy.caller_number: "}},
		{"nobody is responsible", "udp://0.0.0.0", call.NumberHidden, "", []string{"privacy.controller: "}},
		{"both", "udp://0.0.0.0", call.NumberFull, "", []string{"privacy.caller_number: ", "privacy.controller: "}},
		{"a gateway for this machine", "udp://127.0.0.1", call.NumberFull, "", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := Default()
			c.SIP.Listen, c.Privacy.CallerNumber = []string{tt.listen}, tt.number
			if tt.controller != "" {
				c.Privacy.Controller = announcements.Texts{"": tt.controller}
			}
			told := c.Surprises()
			for i, want := range tt.want {
				if i >= len(told) || !strings.HasPrefix(told[i], want) {
					t.Errorf("told %q, want one of %s", told, want)
				}
			}
			if len(told) != len(tt.want) {
				t.Errorf("told %q, want %d", told, len(tt.want))
			}
		})
	}
}
