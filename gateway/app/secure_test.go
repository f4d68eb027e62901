package app_test

import (
	"testing"

	"github.com/einwahl/einwahl/announcements"
	"github.com/einwahl/einwahl/gateway/config"
	"github.com/einwahl/einwahl/gateway/peertest"
)

// encrypt makes the gateway listen for TLS with a certificate of its own, and
// admit encrypted calls only.
func encrypt(t *testing.T) func(*config.Config) {
	t.Helper()
	certificate, key := peertest.SelfSigned(t)
	return func(c *config.Config) {
		c.SIP.Listen = append(c.SIP.Listen, "tls://127.0.0.1:0")
		c.SIP.TLS.Certificate, c.SIP.TLS.Key = certificate, key
		c.Admission.SecureLeg = true
	}
}

// A call is encrypted where its sound and its signalling are. Keys that came
// over UDP in the clear protect nothing from who could read them.
func TestOnlyEncryptedCallsAreAdmittedWhereAsked(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, transport, encryption string
		admitted                    bool
	}{
		{"keys over TLS", "tls", "srtp-mand", true},
		{"TLS, and sound in the clear", "tls", "", false},
		{"keys over UDP in the clear", "udp", "srtp-mand", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g := startGateway(t, encrypt(t))
			phone := peertest.StartBaresip(t, peertest.Tone(t, 8000, 440, -20, 240), "PCMA", "mediaenc="+tt.encryption)
			phone.Dial("sip:en@" + g.address(tt.transport) + ";transport=" + tt.transport)
			phone.Key("100000001#")
			if !tt.admitted {
				g.heard(phone, "en", announcements.RefuseInsecure)
				phone.Wait("CALL_CLOSED")
				g.settle()
				if n := g.metric("einwahl_calls_total", `outcome="insecure"`); n != 1 {
					t.Errorf("calls that ended for their encryption = %v, want 1", n)
				}
				return
			}
			g.waitPhase("informing")
			phone.Key("#")
			g.waitPhones("100000001", 1)
			if calls := g.calls(); len(calls) != 1 || !calls[0].Secure {
				t.Errorf("%+v", calls)
			}
			phone.Hangup()
		})
	}
}
