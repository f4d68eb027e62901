package media

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	_ "crypto/sha512" // for fingerprints
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/logging"
	"github.com/pion/srtp/v3"
	"github.com/pion/transport/v4/packetio"

	"github.com/einwahl/einwahl/sip/media/offer"
)

const (
	// handshakeTime and handshakes bound the DTLS handshake, once ICE has found
	// a way.
	handshakeTime = 10 * time.Second
	handshakes    = 10
	// certified is for how long our certificates say to be good. Nobody looks:
	// what counts is the fingerprint in the signed description.
	certified = 10 * 365 * 24 * time.Hour
)

var errFingerprint = errors.New("the certificate is not the one in the description")

// identity is our side of the handshakes: a certificate that says nothing about
// us, and its fingerprint as SDP has it.
type identity struct {
	certificate tls.Certificate
	print       string
}

func newIdentity() (identity, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return identity{}, fmt.Errorf("make a key for DTLS: %w", err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 100))
	if err != nil {
		return identity{}, fmt.Errorf("make a certificate for DTLS: %w", err)
	}
	now := time.Now()
	blank := x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "WebRTC"},
		NotBefore: now.Add(-24 * time.Hour), NotAfter: now.Add(certified),
	}
	der, err := x509.CreateCertificate(rand.Reader, &blank, &blank, key.Public(), key)
	if err != nil {
		return identity{}, fmt.Errorf("make a certificate for DTLS: %w", err)
	}
	h := crypto.SHA256.New()
	h.Write(der)
	sum := strings.ReplaceAll(fmt.Sprintf("% X", h.Sum(nil)), " ", ":")
	return identity{tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, "sha-256 " + sum}, nil
}

// fits reports whether a certificate has one of the fingerprints. SHA-1 counts
// for nothing (RFC 8122, 5).
func fits(der []byte, prints []offer.Fingerprint) bool {
	for _, p := range prints {
		var hash crypto.Hash
		switch p.Hash {
		case "sha-256":
			hash = crypto.SHA256
		case "sha-384":
			hash = crypto.SHA384
		case "sha-512":
			hash = crypto.SHA512
		default:
			continue
		}
		h := hash.New()
		h.Write(der)
		if subtle.ConstantTimeCompare(h.Sum(nil), []byte(p.Sum)) == 1 {
			return true
		}
	}
	return false
}

// line is what the handshake takes for its socket: the reader puts in what has
// come from a proven address, and what it sends goes where ICE has chosen.
type line struct {
	in   *packetio.Buffer
	send func(packet []byte)
}

func newLine(send func([]byte)) *line {
	l := &line{in: packetio.NewBuffer(), send: send}
	l.in.SetLimitSize(64 << 10)
	return l
}

// ReadFrom is part of net.PacketConn.
func (l *line) ReadFrom(p []byte) (int, net.Addr, error) {
	n, err := l.in.Read(p)
	return n, l.LocalAddr(), err
}

// WriteTo is part of net.PacketConn. An alert in the clear is not sent: what
// gave rise to it may have come from anybody, and the browser has begun well.
func (l *line) WriteTo(p []byte, _ net.Addr) (int, error) {
	if heeds(p, false) {
		l.send(p)
	}
	return len(p), nil
}

// Close is part of net.PacketConn.
func (l *line) Close() error { return l.in.Close() }

// LocalAddr is part of net.PacketConn. There is only one other end, so any
// address will do.
func (l *line) LocalAddr() net.Addr { return net.UDPAddrFromAddrPort(netip.AddrPort{}) }

// SetDeadline is part of net.PacketConn.
func (l *line) SetDeadline(t time.Time) error { return l.in.SetReadDeadline(t) }

// SetReadDeadline is part of net.PacketConn.
func (l *line) SetReadDeadline(t time.Time) error { return l.in.SetReadDeadline(t) }

// SetWriteDeadline is part of net.PacketConn. Sending never waits.
func (l *line) SetWriteDeadline(time.Time) error { return nil }

// shake shakes hands over l. The connection returned has to be read and closed.
func shake(ctx context.Context, l *line, own tls.Certificate, a offer.WebAgreement) (*dtls.Conn, error) {
	settings := []dtls.Option{
		dtls.WithCertificates(own),
		dtls.WithSRTPProtectionProfiles(dtls.SRTP_AEAD_AES_256_GCM, dtls.SRTP_AEAD_AES_128_GCM, dtls.SRTP_AES128_CM_HMAC_SHA1_80),
		dtls.WithExtendedMasterSecret(dtls.RequireExtendedMasterSecret),
		dtls.WithInsecureSkipVerify(true), // no authority: the fingerprint decides
		dtls.WithVerifyPeerCertificate(func(raw [][]byte, _ [][]*x509.Certificate) error {
			if len(raw) == 0 || !fits(raw[0], a.Prints) {
				return errFingerprint
			}
			return nil
		}),
		dtls.WithLoggerFactory(&logging.DefaultLoggerFactory{Writer: io.Discard, DefaultLogLevel: logging.LogLevelDisabled}),
	}
	conn, err := open(l, settings, a.Client)
	if err != nil {
		return nil, err
	}
	if err := conn.HandshakeContext(ctx); err != nil {
		_ = conn.Close() // there is nothing to be said to the other end
		return nil, err
	}
	return conn, nil
}

func open(l *line, settings []dtls.Option, client bool) (*dtls.Conn, error) {
	if client {
		options := make([]dtls.ClientOption, 0, len(settings))
		for _, s := range settings {
			options = append(options, s)
		}
		return dtls.ClientWithOptions(l, l.LocalAddr(), options...)
	}
	options := []dtls.ServerOption{
		dtls.WithClientAuth(dtls.RequireAnyClientCert),
		dtls.WithInsecureSkipVerifyHello(true), // ICE has proved the address
	}
	for _, s := range settings {
		options = append(options, s)
	}
	return dtls.ServerWithOptions(l, l.LocalAddr(), options...)
}

// keysOf takes the keys out of a handshake, ours and theirs (RFC 5764, 4.2).
func keysOf(conn *dtls.Conn, client bool) (ours, theirs offer.Crypto, err error) {
	profile, ok := conn.SelectedSRTPProtectionProfile()
	state, known := conn.ConnectionState()
	if !ok || !known {
		return ours, theirs, errors.New("no SRTP agreed")
	}
	suite := map[dtls.SRTPProtectionProfile]offer.Suite{
		dtls.SRTP_AEAD_AES_256_GCM:       offer.AES256GCM,
		dtls.SRTP_AEAD_AES_128_GCM:       offer.AES128GCM,
		dtls.SRTP_AES128_CM_HMAC_SHA1_80: offer.AES128SHA80,
	}[profile]
	c := srtp.Config{Profile: srtp.ProtectionProfile(profile)}
	if err := c.ExtractSessionKeysFromDTLS(&state, client); err != nil {
		return ours, theirs, fmt.Errorf("take the keys: %w", err)
	}
	k := c.Keys
	ours = offer.Crypto{Suite: suite, Keys: []offer.Key{offer.NewKey(k.LocalMasterKey, k.LocalMasterSalt)}}
	theirs = offer.Crypto{Suite: suite, Keys: []offer.Key{offer.NewKey(k.RemoteMasterKey, k.RemoteMasterSalt)}}
	return ours, theirs, nil
}
