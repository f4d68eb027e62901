package media

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/pion/srtp/v3"
)

// suites are what a phone may offer.
var suites = map[string]srtp.ProtectionProfile{
	"AES_CM_128_HMAC_SHA1_80": srtp.ProtectionProfileAes128CmHmacSha1_80,
	"AES_CM_128_HMAC_SHA1_32": srtp.ProtectionProfileAes128CmHmacSha1_32,
	"AES_256_CM_HMAC_SHA1_80": srtp.ProtectionProfileAes256CmHmacSha1_80,
	"AES_CM_256_HMAC_SHA1_80": srtp.ProtectionProfileAes256CmHmacSha1_80,
	"AES_256_CM_HMAC_SHA1_32": srtp.ProtectionProfileAes256CmHmacSha1_32,
	"AEAD_AES_128_GCM":        srtp.ProtectionProfileAeadAes128Gcm,
	"AEAD_AES_256_GCM":        srtp.ProtectionProfileAeadAes256Gcm,
}

// secret is a key of the phone's.
type secret struct {
	suite string
	raw   []byte
	mki   string // as in a=crypto
	bytes []byte // as in packets
}

func newSecret(t testing.TB, suite string) secret {
	t.Helper()
	master, err := suites[suite].KeyLen()
	if err != nil {
		t.Fatal(err)
	}
	salt, _ := suites[suite].SaltLen()
	s := secret{suite: suite, raw: make([]byte, master+salt)}
	_, _ = rand.Read(s.raw)
	return s
}

func (s secret) line() string {
	return "a=crypto:1 " + s.suite + " inline:" + base64.StdEncoding.EncodeToString(s.raw) + s.mki
}

func (s secret) context(t testing.TB) *srtp.Context {
	t.Helper()
	n, _ := suites[s.suite].KeyLen()
	c, err := srtp.CreateContext(s.raw[:n], s.raw[n:], suites[s.suite], srtp.MasterKeyIndicator(s.bytes))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// secure makes an encrypted call.
func (b *bench) secure(s secret, lines ...string) *phone {
	b.t.Helper()
	p := b.dialWith(LegConfig{SRTP: "required"})
	p.rekey(s, lines...)
	return p
}

// rekey offers a key, and takes ours from the answer.
func (p *phone) rekey(s secret, lines ...string) {
	p.t.Helper()
	if len(lines) == 0 {
		lines = []string{savp}
	}
	ours := s
	answer := p.offer(append(lines, s.line())...)
	ours.raw = keyIn(p.t, answer, s)
	p.seal, p.opener = s.context(p.t), ours.context(p.t)
}

// keyIn is our key in an answer to s.
func keyIn(t testing.TB, answer string, s secret) []byte {
	t.Helper()
	_, key, ok := strings.Cut(answer, "a=crypto:1 "+s.suite+" inline:")
	key, _, _ = strings.Cut(key, "\r\n")
	key, mki, _ := strings.Cut(key, "|")
	raw, err := base64.StdEncoding.DecodeString(key)
	if !ok || err != nil || len(raw) != len(s.raw) || bytes.Equal(raw, s.raw) {
		t.Fatalf("no key of ours: %v\n%s", err, answer)
	}
	if got := strings.TrimPrefix(s.mki, "|2^31|"); mki != got {
		t.Errorf("answered with identifier %q, want %q", mki, got)
	}
	return raw
}
