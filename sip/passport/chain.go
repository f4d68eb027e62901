package passport

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"time"
)

// authorityList is id-pe-TNAuthList.
var authorityList = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 26}

// chain is a signer's certificate, and what lies between it and its root.
type chain []*x509.Certificate

// parseChain reads PEM.
func parseChain(text []byte) (chain, error) {
	var all chain
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		if len(all) == maxCertificates {
			return nil, fmt.Errorf("more than %d certificates", maxCertificates)
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("certificate: %w", err)
		}
		all = append(all, c)
	}
	if len(all) == 0 {
		return nil, errors.New("no certificate")
	}
	return all, nil
}

// key is the signer's, where the chain leads to one of roots and the signer may
// speak about number.
func (c chain) key(roots *x509.CertPool, now time.Time, number string) (*ecdsa.PublicKey, error) {
	leaf := *c[0] // others use this one at the same time
	leaf.UnhandledCriticalExtensions = slices.DeleteFunc(slices.Clone(leaf.UnhandledCriticalExtensions), authorityList.Equal)
	between := x509.NewCertPool()
	for _, above := range c[1:] {
		between.AddCert(above)
	}
	_, err := leaf.Verify(x509.VerifyOptions{
		Roots:         roots,
		Intermediates: between,
		CurrentTime:   now,
		KeyUsages:     []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	})
	if err != nil {
		return nil, err
	}
	if leaf.KeyUsage != 0 && leaf.KeyUsage&x509.KeyUsageDigitalSignature == 0 {
		return nil, errors.New("certificate is not for signatures")
	}
	authority, err := authorityOf(&leaf)
	if err != nil {
		return nil, err
	}
	if !authority.Covers(number) {
		return nil, errors.New("certificate is not for the caller's number")
	}
	key, ok := leaf.PublicKey.(*ecdsa.PublicKey)
	if !ok || key.Curve != elliptic.P256() {
		return nil, errors.New("certificate has no key for ES256")
	}
	return key, nil
}
