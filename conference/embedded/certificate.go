package embedded

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/pion/webrtc/v4"
)

// certified is for how long the gateway's certificate says to be good: longer
// than a process lives. Pages do not look, what counts is the fingerprint in the
// description; but pion makes no connection with one whose time is over.
const certified = 10 * 365 * 24 * time.Hour

// identity is what all connections of all pages are encrypted with: a certificate
// that says nothing about us, and its fingerprint as it stands in SDP behind
// a=fingerprint (RFC 8122).
type identity struct {
	certificate webrtc.Certificate
	fingerprint string
}

// newIdentity makes an identity. It lives as long as the process.
func newIdentity(now time.Time) (identity, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return identity{}, fmt.Errorf("make a key for DTLS: %w", err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 100))
	if err != nil {
		return identity{}, fmt.Errorf("make a certificate for DTLS: %w", err)
	}
	certificate, err := webrtc.NewCertificate(key, x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "WebRTC"},
		NotBefore: now.Add(-24 * time.Hour), NotAfter: now.Add(certified),
	})
	if err != nil {
		return identity{}, fmt.Errorf("make a certificate for DTLS: %w", err)
	}
	prints, err := certificate.GetFingerprints()
	if err != nil || len(prints) != 1 {
		return identity{}, fmt.Errorf("fingerprint of the certificate for DTLS: %d of them: %w", len(prints), err)
	}
	return identity{*certificate, prints[0].Algorithm + " " + strings.ToUpper(prints[0].Value)}, nil
}
