package config

import (
	"strings"
	"testing"

	"github.com/einwahl/einwahl/sip"
)

func TestTrunksThatMayBeClearAreTold(t *testing.T) {
	registers := func(server string) func(*sip.TrunkConfig) {
		return func(t *sip.TrunkConfig) { t.Register = []sip.RegisterConfig{{Server: server}} }
	}
	for _, tt := range []struct {
		name   string
		listen []string
		trunk  func(*sip.TrunkConfig)
		ways   string
		clear  bool
	}{
		{"all that is listened on", []string{"udp://0.0.0.0", "tls://0.0.0.0"}, func(*sip.TrunkConfig) {}, "udp tls", true},
		{"what the trunk says", []string{"udp://0.0.0.0", "tls://0.0.0.0"}, func(t *sip.TrunkConfig) { t.Transports = []string{"tls"} }, "tls", false},
		{"who shows a certificate comes encrypted", []string{"tcp://0.0.0.0", "wss://0.0.0.0"}, func(t *sip.TrunkConfig) { t.Clients = []string{"a.example"} }, "wss", false},
		{"nothing but TLS is listened on", []string{"tls://0.0.0.0"}, func(*sip.TrunkConfig) {}, "tls", false},
		{"but SRTP is not wanted", []string{"tls://0.0.0.0"}, func(t *sip.TrunkConfig) { t.SRTP = "optional" }, "tls", true},
		{"a registrar in the clear", []string{"tls://0.0.0.0"}, registers("sip:a.example"), "tls udp", true},
		{"a registrar over TLS", []string{"tls://0.0.0.0"}, registers("sip:a.example;transport=TLS"), "tls", false},
		{"a registrar by its scheme", []string{"tls://0.0.0.0"}, registers("sips:a.example"), "tls", false},
		{"a gateway for this machine", []string{"udp://127.0.0.1"}, func(*sip.TrunkConfig) {}, "udp", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, trunk := Default(), sip.DefaultTrunkConfig()
			trunk.Name, trunk.SRTP = "carrier", "required"
			tt.trunk(&trunk)
			c.SIP.Listen, c.Trunks = tt.listen, []sip.TrunkConfig{trunk}
			if got := strings.Join(c.Ways(trunk), " "); got != tt.ways {
				t.Errorf("its calls come by %q, want %q", got, tt.ways)
			}
			if told := c.Clear(); (len(told) == 1) != tt.clear || tt.clear && !strings.HasPrefix(told[0], "trunks[0]: calls of carrier may come in the clear") {
				t.Errorf("told %v, want that it is: %v", told, tt.clear)
			}
			if c.Admission.SecureLeg = true; len(c.Clear()) > 0 {
				t.Error("calls in the clear are refused, and told of all the same")
			}
		})
	}
}
