package sip

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// TLSConfig is our own certificate, and whose we believe. Paths are of PEM files
// and are read again when they change. There is one certificate, whatever name a
// peer asks for: it may hold all the names that the gateway goes by.
type TLSConfig struct {
	// Certificate and Key are ours, with what lies between it and its root.
	Certificate string `yaml:"certificate"`
	Key         string `yaml:"key"`
	// Authorities are those whose certificates we believe, of callers that must
	// show one and of servers that we connect to; empty: the machine's own.
	Authorities string `yaml:"authorities"`
}

// LeastTLS is the oldest version of TLS that is spoken, in either direction.
const (
	LeastTLS = "1.2"
	leastTLS = tls.VersionTLS12
)

// pinned begins a fingerprint in clients.
const pinned = "sha256:"

// validate checks the section; needed is whether anything listens for TLS.
func (c TLSConfig) validate(needed bool) []error {
	var errs []error
	if c.Certificate == "" && (c.Key != "" || needed) {
		errs = append(errs, errors.New("tls.certificate: name the PEM file of our certificate, which tls:// and wss:// in listen need"))
	}
	if c.Key == "" && (c.Certificate != "" || needed) {
		errs = append(errs, errors.New("tls.key: name the PEM file of the key to tls.certificate"))
	}
	if _, err := c.read(); err != nil {
		errs = append(errs, err)
	}
	return errs
}

// validateWays checks how and from where a trunk may come.
func (c TrunkConfig) validateWays() []error {
	var errs []error
	for i, way := range c.Transports {
		switch way {
		case "udp", "tcp", "tls", "ws", "wss":
		default:
			errs = append(errs, fmt.Errorf("transports[%d]: %q is none of udp, tcp, tls, ws, wss", i, text(way)))
		}
		if slices.Contains(c.Transports[:i], way) {
			errs = append(errs, fmt.Errorf("transports[%d]: %s is there twice", i, text(way)))
		}
		if len(c.Clients) > 0 && (way == "udp" || way == "tcp" || way == "ws") {
			errs = append(errs, fmt.Errorf("transports[%d]: clients can be asked for over tls and wss only: take %s away, or clients", i, way))
		}
	}
	for i, client := range c.Clients {
		if err := validateClient(client); err != nil {
			errs = append(errs, fmt.Errorf("clients[%d]: %w", i, err))
		}
	}
	if _, err := netip.ParseAddr(c.Advertise); c.Advertise != "" && err != nil {
		errs = append(errs, fmt.Errorf("advertise: %q is no IP address", text(c.Advertise)))
	}
	return errs
}

func validateClient(client string) error {
	if digits, ok := strings.CutPrefix(client, pinned); ok {
		if sum, err := hex.DecodeString(plainHex(digits)); err != nil || len(sum) != sha256.Size {
			return fmt.Errorf("%q: want %s and 64 hexadecimal digits, as openssl x509 -fingerprint -sha256 prints them", text(client), pinned)
		}
		return nil
	}
	if !isHost(strings.TrimPrefix(client, "*.")) {
		return fmt.Errorf("%q is neither a host name in a certificate nor %s and a fingerprint", text(client), pinned)
	}
	return nil
}

func plainHex(s string) string { return strings.ReplaceAll(s, ":", "") }

// forPeers is the configuration of a TLS server: which certificate is asked for
// depends on who connects.
func (k *keyring) forPeers(g *gate, kind string) *tls.Config {
	return &tls.Config{
		MinVersion: leastTLS,
		GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			now := k.current()
			if now.own == nil {
				return nil, errors.New("no certificate of ours: set sip.tls.certificate and sip.tls.key")
			}
			c := &tls.Config{
				MinVersion:             leastTLS,
				Certificates:           []tls.Certificate{*now.own},
				SessionTicketsDisabled: true, // a peer shows its certificate each time
			}
			t := g.trunkOf(addrPort(hello.Conn.RemoteAddr()).Addr(), kind)
			if t == nil {
				return nil, errStranger
			}
			if len(t.Clients) > 0 {
				c.ClientAuth = tls.RequestClientCert // what it is worth is checked below
				c.ClientCAs = now.roots
				c.VerifyConnection = func(state tls.ConnectionState) error { return k.vouch(t, state.PeerCertificates, "") }
			}
			return c, nil
		},
	}
}

// towards is the configuration of a TLS client to a trunk. name is the host that
// was to be reached, if it has one.
func (k *keyring) towards(t *trunk, name string) *tls.Config {
	now := k.current()
	c := &tls.Config{
		MinVersion:         leastTLS,
		ServerName:         name,
		InsecureSkipVerify: true, // because VerifyConnection knows more than a host name
		VerifyConnection: func(state tls.ConnectionState) error {
			return believe(state.PeerCertificates, now.roots, t.Clients, name)
		},
	}
	if now.own != nil {
		c.Certificates = []tls.Certificate{*now.own}
	}
	return c
}

// vouch reports why a peer that has shown these certificates is none of a
// trunk's clients nor the host that was meant, if one was; nil where it is, or
// where the trunk asks for none.
func (k *keyring) vouch(t *trunk, shown []*x509.Certificate, meant string) error {
	if len(t.Clients) == 0 {
		return nil
	}
	if err := believe(shown, k.current().roots, t.Clients, meant); err != nil {
		return fmt.Errorf("trunk %s: %w", t.Name, err)
	}
	return nil
}

// believe checks certificates, the peer's own first: one that is pinned in
// clients, or one that comes from an authority and bears a name of clients, or
// that of the host we meant to reach.
func believe(shown []*x509.Certificate, roots *x509.CertPool, clients []string, host string) error {
	if len(shown) == 0 {
		return errors.New("it has shown no certificate, and clients of the trunk asks for one")
	}
	own := shown[0]
	sum := sha256.Sum256(own.Raw)
	for _, client := range clients {
		digits, ok := strings.CutPrefix(client, pinned)
		if pin, err := hex.DecodeString(plainHex(digits)); ok && err == nil && bytes.Equal(pin, sum[:]) {
			return nil
		}
	}
	between := x509.NewCertPool()
	for _, c := range shown[1:] {
		between.AddCert(c)
	}
	// Public authorities do not certify clients any more, so one certificate has
	// to serve in both directions.
	_, err := own.Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
	if err != nil {
		return fmt.Errorf("no authority of sip.tls.authorities stands behind its certificate, and its fingerprint %s%x is not in clients of the trunk: %w", pinned, sum, err)
	}
	names := namesOf(own)
	if slices.ContainsFunc(names, func(n string) bool {
		return slices.ContainsFunc(clients, func(c string) bool { return strings.EqualFold(c, n) })
	}) {
		return nil
	}
	if host != "" && (own.VerifyHostname(host) == nil || slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, host) })) {
		return nil
	}
	return fmt.Errorf("its certificate is for %s, of which none is in clients of the trunk", text(strings.Join(names, ", ")))
}

// namesOf are the domains that a certificate stands for: those in SIP
// addresses where it has any, else its host names (RFC 5922 section 7.1).
func namesOf(c *x509.Certificate) []string {
	var names []string
	for _, u := range c.URIs {
		if strings.EqualFold(u.Scheme, "sip") && !strings.Contains(u.Opaque, "@") && u.Opaque != "" {
			host, _, _ := strings.Cut(u.Opaque, ";")
			names = append(names, host)
		}
	}
	if len(names) > 0 {
		return names
	}
	return c.DNSNames
}
