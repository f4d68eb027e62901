package embedded

import (
	"slices"
	"testing"

	"github.com/pion/dtls/v3"
	"github.com/pion/webrtc/v4"

	"github.com/einwahl/einwahl/conference/embedded/webtest"
	"github.com/einwahl/einwahl/transcode/pace"
)

func TestEnhancedEncryptionIsAEADOnEveryLeg(t *testing.T) {
	counter := func(s *webrtc.SettingEngine) { s.SetSRTPProtectionProfiles(dtls.SRTP_AES128_CM_HMAC_SHA1_80) }
	for _, tt := range []struct {
		name    string
		level   string
		peer    func(*webrtc.SettingEngine)
		connect bool
	}{
		{"a transport meeting takes SRTP in counter mode", "transport", counter, true},
		{"an enhanced meeting does not", "enhanced", counter, false},
		{"an enhanced meeting takes AES-256-GCM", "enhanced", func(s *webrtc.SettingEngine) {
			s.SetSRTPProtectionProfiles(dtls.SRTP_AEAD_AES_256_GCM)
		}, true},
		{"an enhanced meeting takes AES-128-GCM", "enhanced", func(s *webrtc.SettingEngine) {
			s.SetSRTPProtectionProfiles(dtls.SRTP_AEAD_AES_128_GCM)
		}, true},
		{"an enhanced meeting takes no DTLS suite in CBC mode", "enhanced", func(s *webrtc.SettingEngine) {
			s.SetDTLSCipherSuites(dtls.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA)
		}, false},
		{"an enhanced meeting takes DTLS with AES-256-GCM", "enhanced", func(s *webrtc.SettingEngine) {
			s.SetDTLSCipherSuites(dtls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384)
		}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := start(t, testConfig(t), &pace.Manual{}, meetingOf("1", func(m *MeetingConfig) { m.Encryption = tt.level }))
			server := serve(t, b)
			ada, bob := webtest.Dial(t, server.URL, "1", webtest.Join{Name: "Ada"}, webtest.Settings(tt.peer)), webtest.Dial(t, server.URL, "1", webtest.Join{Name: "Bob"})
			id := ada.Joined()
			bob.Joined()
			defer sendRaw(ada, []byte{0xF8, 1, 2, 3})()
			if tt.connect {
				bob.Await("a packet", func(h webtest.History) bool { return len(h.Packets[id]) > 0 })
				return
			}
			eventually(t, "who cannot do it is sent out", maxFailures*handshakeTimeout*2, func() bool {
				return len(b.Meetings()[0].People) == 1
			})
			if n := len(bob.Heard(id)); n > 0 {
				t.Errorf("%d packets came through", n)
			}
		})
	}
}

func TestSwitchToEnhancedRenewsWeakLegs(t *testing.T) {
	b := start(t, testConfig(t), &pace.Manual{}, meetingOf("1", nil))
	server := serve(t, b)
	ada := webtest.Dial(t, server.URL, "1", webtest.Join{Name: "Ada"})
	ada.Joined() // and so the host
	bob := webtest.Dial(t, server.URL, "1", webtest.Join{Name: "Bob"})
	id := ada.Joined()
	bob.Joined()
	defer sendRaw(ada, []byte{0xF8, 1, 2, 3})()
	bob.Await("a packet", func(h webtest.History) bool { return len(h.Packets[id]) > 0 })
	ada.Say(request{Type: "host", Action: "encryption", Level: "enhanced"})
	joined := func(m webtest.Message) bool { return m.Type == "joined" }
	for _, p := range []*webtest.Peer{ada, bob} {
		p.Await("joined again", func(h webtest.History) bool { return count(h.Messages, joined) == 2 })
	}
	bob.Forget()
	bob.Await("a packet on the new leg", func(h webtest.History) bool { return len(h.Packets[id]) > 3 })
	m := b.meeting("1")
	m.do(func() {
		for _, mb := range m.members {
			if !mb.browser.leg.strict {
				t.Errorf("%s has a weak leg", mb.person.id)
			}
		}
	})
}

// TestWhatIsSaidOfALegThatIsGoneIsDropped: what a page said of its connections
// as they were replaced would spoil the new ones.
func TestWhatIsSaidOfALegThatIsGoneIsDropped(t *testing.T) {
	s := &session{ctx: t.Context()}
	now := &leg{number: 2, requests: make(chan request, 3)}
	s.current.Store(now)
	for _, r := range []request{
		{Type: "pub.offer", Leg: 1},
		{Type: "sub.answer"}, // of none
		{Type: "candidate", Leg: 2},
	} {
		s.toLeg(r)
	}
	close(now.requests)
	var given []string
	for r := range now.requests {
		given = append(given, r.Type)
	}
	if !slices.Equal(given, []string{"candidate"}) {
		t.Errorf("the leg is given %q, want what was said of it", given)
	}
}
