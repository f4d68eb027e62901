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

// certificate is what all connections of all pages are encrypted with: one that says
// nothing about us, and its fingerprint as it stands in SDP behind a=fingerprint
// (RFC 8122).
type certificate struct {
	own         webrtc.Certificate
	fingerprint string
}

// newCertificate makes one. It lives as long as the process.
func newCertificate(now time.Time) (certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return certificate{}, fmt.Errorf("make a key for DTLS: %w", err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 100))
	if err != nil {
		return certificate{}, fmt.Errorf("make a certificate for DTLS: %w", err)
	}
	made, err := webrtc.NewCertificate(key, x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "WebRTC"},
		NotBefore: now.Add(-24 * time.Hour), NotAfter: now.Add(certified),
	})
	if err != nil {
		return certificate{}, fmt.Errorf("make a certificate for DTLS: %w", err)
	}
	prints, err := made.GetFingerprints()
	if err != nil || len(prints) != 1 {
		return certificate{}, fmt.Errorf("fingerprint of the certificate for DTLS: %d of them: %w", len(prints), err)
	}
	return certificate{*made, prints[0].Algorithm + " " + strings.ToUpper(prints[0].Value)}, nil
}
