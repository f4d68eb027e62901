package app_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/einwahl/einwahl/announcements"
	"github.com/einwahl/einwahl/gateway/config"
	"github.com/einwahl/einwahl/gateway/peertest"
)

// encrypt makes the gateway listen for TLS with a certificate of its own, and
// admit encrypted calls only.
func encrypt(t *testing.T) func(*config.Config) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name, kind string, der []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	return func(c *config.Config) {
		c.SIP.Listen = append(c.SIP.Listen, "tls://127.0.0.1:0")
		c.SIP.TLS.Certificate, c.SIP.TLS.Key = write("certificate.pem", "CERTIFICATE", certificate), write("key.pem", "PRIVATE KEY", secret)
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
