package peertest

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Carriers is the part of the telephone world that signs callers' numbers
// (STIR): an authority, carriers with its certificates, and a server from which
// these are fetched.
type Carriers struct {
	// Fetched counts what the server was asked for.
	Fetched atomic.Int64
	// CacheControl is sent with each certificate.
	CacheControl string

	t      testing.TB
	root   *x509.Certificate
	key    *ecdsa.PrivateKey
	server *httptest.Server
	serial int64

	mu    sync.Mutex
	files map[string][]byte // by path
}

// CertificateHost is where carriers say that their certificates are.
const CertificateHost = "certificates.example.org"

// NewCarriers makes an authority and starts its server.
func NewCarriers(t testing.TB) *Carriers {
	t.Helper()
	c := &Carriers{t: t, files: map[string][]byte{}}
	c.root, c.key = c.certificate(&x509.Certificate{IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}, nil, nil)
	c.server = httptest.NewTLSServer(http.HandlerFunc(c.serve))
	t.Cleanup(c.server.Close)
	return c
}

func (c *Carriers) serve(w http.ResponseWriter, r *http.Request) {
	c.Fetched.Add(1)
	c.mu.Lock()
	file, ok := c.files[r.URL.Path]
	c.mu.Unlock()
	if !ok {
		http.NotFound(w, r)
		return
	}
	if c.CacheControl != "" {
		w.Header().Set("Cache-Control", c.CacheControl)
	}
	_, _ = w.Write(file)
}

// Client connects to the server, whatever host is asked for.
func (c *Carriers) Client() *http.Client {
	transport := c.server.Client().Transport.(*http.Transport).Clone()
	transport.DisableKeepAlives = true
	transport.TLSClientConfig.ServerName = "example.com" // which httptest's certificate is for
	to := c.server.Listener.Addr().String()
	transport.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, to)
	}
	return &http.Client{Transport: transport}
}

// Put lets the server have a file.
func (c *Carriers) Put(path string, file []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.files[path] = file
}

// Roots is a PEM file with the authority's own certificate.
func (c *Carriers) Roots() string {
	c.t.Helper()
	path := filepath.Join(c.t.TempDir(), "authorities.pem")
	if err := os.WriteFile(path, pemOf(c.root), 0o600); err != nil {
		c.t.Fatal(err)
	}
	return path
}

// Root is the authority's own certificate.
func (c *Carriers) Root() *x509.Certificate { return c.root }

// Carrier signs its callers' numbers.
type Carrier struct {
	Source      string // where its certificate is
	Certificate []byte // the same, in PEM

	t   testing.TB
	key *ecdsa.PrivateKey
}

// Carrier makes a carrier whose certificate has this list of numbers (DER, nil
// for none), and change what change does.
func (c *Carriers) Carrier(name string, list []byte, change func(*x509.Certificate)) *Carrier {
	c.t.Helper()
	request := &x509.Certificate{KeyUsage: x509.KeyUsageDigitalSignature}
	if list != nil {
		request.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 26}, Value: list}}
	}
	if change != nil {
		change(request)
	}
	leaf, key := c.certificate(request, c.root, c.key)
	c.Put("/"+name+".pem", pemOf(leaf))
	return &Carrier{"https://" + CertificateHost + "/" + name + ".pem", pemOf(leaf), c.t, key}
}

// certificate makes one, signed by parent or by itself.
func (c *Carriers) certificate(request, parent *x509.Certificate, by *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey) {
	c.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		c.t.Fatal(err)
	}
	if parent == nil {
		parent, by = request, key
	}
	c.serial++
	request.SerialNumber = big.NewInt(c.serial)
	request.Subject.CommonName = fmt.Sprintf("SHAKEN %d", c.serial)
	if request.NotAfter.IsZero() {
		request.NotBefore, request.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	}
	der, err := x509.CreateCertificate(rand.Reader, request, parent, &key.PublicKey, by)
	if err != nil {
		c.t.Fatal(err)
	}
	made, err := x509.ParseCertificate(der)
	if err != nil {
		c.t.Fatal(err)
	}
	return made, key
}

func pemOf(c *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
}

// Sign writes the value of an Identity header for a call from orig to dest, as
// SHAKEN has it.
func (c *Carrier) Sign(attest, orig, dest string, at time.Time) string {
	return c.SignAny(
		map[string]any{"alg": "ES256", "ppt": "shaken", "typ": "passport", "x5u": c.Source},
		map[string]any{"attest": attest, "dest": map[string]any{"tn": []string{dest}}, "iat": at.Unix(), "orig": map[string]any{"tn": orig}, "origid": "123e4567-e89b-12d3-a456-426655440000"},
	)
}

// SignAny signs any header and payload.
func (c *Carrier) SignAny(header, payload map[string]any) string {
	c.t.Helper()
	signed := c.part(header) + "." + c.part(payload)
	hash := sha256.Sum256([]byte(signed))
	r, s, err := ecdsa.Sign(rand.Reader, c.key, hash[:])
	if err != nil {
		c.t.Fatal(err)
	}
	signature := make([]byte, 64)
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	return fmt.Sprintf("%s.%s;info=<%s>;alg=ES256;ppt=%q", signed, base64.RawURLEncoding.EncodeToString(signature), c.Source, header["ppt"])
}

func (c *Carrier) part(v map[string]any) string {
	text, err := json.Marshal(v) // keys in order, no white space
	if err != nil {
		c.t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

// Whom a certificate of RFC 8226 speaks for, in DER: tag 0 is a carrier's code,
// 2 a single number.
func numbered(tag int, text string) []byte {
	inner, _ := asn1.MarshalWithParams(text, "ia5")
	entry, _ := asn1.Marshal(asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: tag, IsCompound: true, Bytes: inner})
	return entry
}

func list(entries ...[]byte) []byte {
	var all []byte
	for _, e := range entries {
		all = append(all, e...)
	}
	der, _ := asn1.Marshal(asn1.RawValue{Class: asn1.ClassUniversal, Tag: asn1.TagSequence, IsCompound: true, Bytes: all})
	return der
}

// CarrierCode is the list of a carrier by its code.
func CarrierCode(code string) []byte { return list(numbered(0, code)) }

// NumberRange is the list of count numbers from first on, and one more.
func NumberRange(first string, count int, other string) []byte {
	inner, _ := asn1.Marshal(struct {
		First string `asn1:"ia5"`
		Count int
	}{first, count})
	entry, _ := asn1.Marshal(asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 1, IsCompound: true, Bytes: inner})
	return list(entry, numbered(2, other))
}
