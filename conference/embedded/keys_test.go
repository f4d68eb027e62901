package embedded

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/dtls/v3/pkg/protocol/extension"
	"github.com/pion/dtls/v3/pkg/protocol/handshake"
	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"
	"github.com/pion/webrtc/v4"

	"github.com/einwahl/einwahl/conference/embedded/webtest"
	"github.com/einwahl/einwahl/transcode/pace"
)

// agreement is what a handshake has come to.
func agreement(suite dtls.CipherSuiteID, profile extension.SRTPProtectionProfile) handshake.MessageServerHello {
	id := uint16(suite)
	return handshake.MessageServerHello{
		CipherSuiteID: &id,
		Extensions:    []extension.Extension{&extension.UseSRTP{ProtectionProfiles: []extension.SRTPProtectionProfile{profile}}},
	}
}

// keyed are keys, and what the page encrypts with.
func keyed(t testing.TB, k *keys) *srtp.Context {
	t.Helper()
	hello := agreement(dtls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, extension.SRTP_AEAD_AES_128_GCM)
	k.greeting(hello)
	client, secret := strings.Repeat("c1", 32), strings.Repeat("5e", 48)
	fmt.Fprintf(k, "CLIENT_RANDOM %s %s\n", client, secret)
	e := exporter{suite: dtlsSuite(hello), client: []byte(client), secret: []byte(secret), server: hello.Random.MarshalFixed()}
	config := srtp.Config{Profile: srtp.ProtectionProfileAeadAes128Gcm}
	if err := config.ExtractSessionKeysFromDTLS(e, true); err != nil {
		t.Fatal(err)
	}
	context, err := srtp.CreateContext(config.Keys.LocalMasterKey, config.Keys.LocalMasterSalt, config.Profile)
	if err != nil {
		t.Fatal(err)
	}
	return context
}

// fromPage is a packet on its way from a page.
func fromPage(t testing.TB, c *srtp.Context, seq uint16) []byte {
	t.Helper()
	plain, err := (&rtp.Packet{Header: rtp.Header{Version: 2, PayloadType: 111, SSRC: 5, SequenceNumber: seq}, Payload: []byte("sound")}).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	packet, err := c.EncryptRTP(nil, plain, nil)
	if err != nil {
		t.Fatal(err)
	}
	return packet
}

func TestKeysOpenWhatIsProven(t *testing.T) {
	var got [][]byte
	k := &keys{take: func(packet []byte, _ time.Time) { got = append(got, bytes.Clone(packet)) }}
	at := time.Unix(1000, 0)
	if k.open(make([]byte, 100), at) || k.open([]byte{0x80, 111, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0}, at) {
		t.Error("taken without keys")
	}
	page := keyed(t, k)
	if !k.open(fromPage(t, page, 1), at) || len(got) != 0 {
		t.Errorf("%d packets are heard before their sender is known", len(got))
	}
	k.proven = true
	packet := fromPage(t, page, 2)
	again, forged := bytes.Clone(packet), fromPage(t, page, 3)
	forged[len(forged)-1] ^= 1
	for _, p := range [][]byte{packet, again, forged} {
		if !k.open(p, at) {
			t.Error("not taken")
		}
	}
	if len(got) != 1 || !bytes.HasSuffix(got[0], []byte("sound")) {
		t.Errorf("heard %q, want one packet, once", got)
	}
	report := fromPage(t, page, 4)
	report[1] = 200
	if k.open(report, at) {
		t.Error("reports are pion's")
	}
	k.close()
	if !k.open(fromPage(t, page, 5), at) || len(got) != 1 {
		t.Error("heard after the end")
	}
}

// TestNoBeatWaitsForAPage: the packets of all pages are taken on the beats of any
// meeting. One that comes at a bad moment is lost, and nobody else opens it.
func TestNoBeatWaitsForAPage(t *testing.T) {
	heard := 0
	k := &keys{proven: true, take: func([]byte, time.Time) { heard++ }}
	page := keyed(t, k)
	taken, packet := make(chan bool, 1), fromPage(t, page, 1)
	k.beside(func() {
		go func() { taken <- k.open(packet, time.Time{}) }()
		select {
		case yes := <-taken:
			if !yes || heard > 0 {
				t.Errorf("taken: %v, heard: %d", yes, heard)
			}
		case <-time.After(10 * time.Second):
			t.Error("a beat waits")
		}
	})
	if !k.open(fromPage(t, page, 2), time.Time{}) || heard != 1 {
		t.Errorf("heard %d packets after it, want 1", heard)
	}
}

// TestKeysKnowSomeSources: what is kept of each is memory, and there are as many
// as a page likes.
func TestKeysKnowSomeSources(t *testing.T) {
	heard := 0
	k := &keys{proven: true, take: func([]byte, time.Time) { heard++ }}
	page := keyed(t, k)
	send := func(source uint32, number uint16) {
		plain, err := (&rtp.Packet{Header: rtp.Header{Version: 2, SSRC: source, SequenceNumber: number}}).Marshal()
		if err != nil {
			t.Fatal(err)
		}
		packet, err := page.EncryptRTP(nil, append(plain, "sound"...), nil)
		if err != nil || !k.open(packet, time.Time{}) {
			t.Error("not taken", err)
		}
	}
	for i := range uint32(2 * knownSources) {
		send(i, 1)
	}
	if heard != knownSources {
		t.Errorf("%d sources are heard", heard)
	}
	if send(0, 2); heard != knownSources+1 {
		t.Error("one that is known is not heard any more")
	}
	forged := fromPage(t, page, 1)
	forged[len(forged)-1] ^= 1
	k = &keys{proven: true, take: k.take}
	keyed(t, k)
	if k.open(forged, time.Time{}); len(k.sources) != 0 {
		t.Error("one that is not the page's is known")
	}
}

func TestKeysAreNotMadeOfWhatIsNotKnown(t *testing.T) {
	good := agreement(dtls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, extension.SRTP_AEAD_AES_128_GCM)
	line := "CLIENT_RANDOM " + strings.Repeat("c1", 32) + " " + strings.Repeat("5e", 48) + "\n"
	for _, tt := range []struct {
		name  string
		hello handshake.MessageServerHello
		line  string
		want  bool
	}{
		{"all is known", good, line, true},
		{"no profile", handshake.MessageServerHello{}, line, false},
		{"a profile of another time", agreement(dtls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, 0x7777), line, false},
		{"another kind of secret", good, strings.Replace(line, "CLIENT_RANDOM", "CLIENT_TRAFFIC_SECRET_0", 1), false},
		{"not hexadecimal", good, "CLIENT_RANDOM xy zz\n", false},
		{"nothing", good, "\n", false},
	} {
		k := &keys{}
		k.greeting(tt.hello)
		if n, err := k.Write([]byte(tt.line)); n != len(tt.line) || err != nil {
			t.Errorf("%s: %d, %v", tt.name, n, err)
		}
		if (k.context.Load() != nil) != tt.want {
			t.Errorf("%s: keys %v", tt.name, k.context.Load() != nil)
		}
	}
}

// TestKeysAreThoseOfTheHandshake: with every suite and profile that pages may
// choose, the sound is opened at the socket.
func TestKeysAreThoseOfTheHandshake(t *testing.T) {
	for _, tt := range []struct {
		name    string
		suite   dtls.CipherSuiteID
		profile dtls.SRTPProtectionProfile
	}{
		{"GCM 128", dtls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, dtls.SRTP_AEAD_AES_128_GCM},
		{"GCM 256", dtls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, dtls.SRTP_AEAD_AES_256_GCM},
		{"CM", dtls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, dtls.SRTP_AES128_CM_HMAC_SHA1_80},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := start(t, testConfig(t), &pace.Manual{}, meetingOf("1", nil))
			server := serve(t, b)
			ada := webtest.Dial(t, server.URL, "1", webtest.Join{Name: "Ada"})
			ada.Joined()
			bob := webtest.Dial(t, server.URL, "1", webtest.Join{Name: "Bob"}, webtest.Settings(func(s *webrtc.SettingEngine) {
				s.SetDTLSCipherSuites(tt.suite)
				s.SetSRTPProtectionProfiles(tt.profile)
			}))
			id := bob.Joined()
			defer sendRaw(bob, []byte{0xF8, 1, 2, 3})()
			ada.Await("a packet", func(h webtest.History) bool { return len(h.Packets[id]) > 0 })
			m := b.meeting("1")
			m.do(func() {
				k := m.members[id].browser.leg.keys
				k.mu.Lock()
				defer k.mu.Unlock()
				if k.context.Load() == nil || !k.proven {
					t.Error("pion has opened it")
				}
			})
		})
	}
}

// FuzzKeys: whatever else than the page's own comes, nothing of it is heard.
func FuzzKeys(f *testing.F) {
	k := &keys{proven: true}
	page := keyed(f, k)
	own := fromPage(f, page, 1)
	f.Add(own)
	f.Add([]byte{0x80, 200, 0, 1})
	f.Add([]byte{0x90, 111, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0xbe, 0xde, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, packet []byte) {
		k.take = func([]byte, time.Time) {
			if !bytes.Equal(packet, own) {
				t.Errorf("heard %x", packet)
			}
		}
		k.open(bytes.Clone(packet), time.Unix(1000, 0))
	})
}

func TestNothingIsAllocatedToOpenAPacket(t *testing.T) {
	heard := 0
	k := &keys{proven: true, take: func([]byte, time.Time) { heard++ }}
	page := keyed(t, k)
	var packets [][]byte
	for i := range uint16(300) {
		packets = append(packets, fromPage(t, page, i+1))
	}
	k.open(packets[0], time.Time{}) // the first makes what is kept of a source
	next := 1
	if n := testing.AllocsPerRun(200, func() {
		k.open(packets[next], time.Time{})
		next++
	}); n > 0 {
		t.Errorf("%v allocations for a packet", n)
	}
	if heard != next {
		t.Errorf("%d of %d packets are heard", heard, next)
	}
}
