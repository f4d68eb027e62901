package interop

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/einwahl/einwahl/sip/siptest"
)

// authority signs certificates for a test.
type authority struct {
	t    testing.TB
	dir  string
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
	file string // PEM
}

func newAuthority(t testing.TB) *authority {
	t.Helper()
	a := &authority{t: t, dir: t.TempDir(), key: newKey(t)}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &a.key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	a.cert, _ = x509.ParseCertificate(der)
	a.file = filepath.Join(a.dir, "authority.pem")
	writePEM(t, a.file, "CERTIFICATE", der)
	return a
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// issue writes a certificate for names, which are hosts, addresses or sip: URIs,
// and its key.
func (a *authority) issue(certFile, keyFile string, names ...string) {
	a.t.Helper()
	key := newKey(a.t)
	serial, _ := rand.Int(rand.Reader, big.NewInt(1<<60))
	template := &x509.Certificate{SerialNumber: serial, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else if strings.HasPrefix(name, "sip:") {
			u, _ := url.Parse(name)
			template.URIs = append(template.URIs, u)
		} else {
			template.DNSNames = append(template.DNSNames, name)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	private, _ := x509.MarshalPKCS8PrivateKey(key)
	writePEM(a.t, keyFile, "PRIVATE KEY", private)
	writePEM(a.t, certFile, "CERTIFICATE", der)
}

// pair is issue, as a client of ours uses it.
func (a *authority) pair(names ...string) tls.Certificate {
	a.t.Helper()
	cert, key := filepath.Join(a.dir, "c.pem"), filepath.Join(a.dir, "k.pem")
	a.issue(cert, key, names...)
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		a.t.Fatal(err)
	}
	return pair
}

func (a *authority) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return pool
}

// encrypt gives a gateway a certificate for 127.0.0.1 and listeners for TLS.
func (a *authority) encrypt(s *settings) {
	s.sip.TLS.Certificate, s.sip.TLS.Key = filepath.Join(a.dir, "gateway.pem"), filepath.Join(a.dir, "gateway.key")
	s.sip.TLS.Authorities = a.file
	a.issue(s.sip.TLS.Certificate, s.sip.TLS.Key, "127.0.0.1", "gateway.example")
	s.sip.Listen = append(s.sip.Listen, "tls://127.0.0.1:0", "wss://127.0.0.1:0")
}

func writePEM(t testing.TB, path, kind string, der []byte) {
	t.Helper()
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
}

// overTLS connects to the gateway; what it shows, if anything, is client.
func (g *gateway) overTLS(a *authority, client ...tls.Certificate) (*tls.Conn, error) {
	d := tls.Dialer{Config: &tls.Config{RootCAs: a.pool(), ServerName: "127.0.0.1", Certificates: client}}
	conn, err := d.Dial("tcp", g.address("tls"))
	if err != nil {
		return nil, err
	}
	// With TLS 1.3 it shows only now whether the other side is content.
	secured := conn.(*tls.Conn)
	if _, err := secured.Write([]byte("\r\n\r\n")); err != nil {
		return nil, err
	}
	_ = secured.SetReadDeadline(time.Now().Add(siptest.Patience))
	if _, err := secured.Read(make([]byte, 2)); err != nil {
		_ = secured.Close()
		return nil, err
	}
	_ = secured.SetReadDeadline(time.Time{})
	return secured, nil
}

// overWebSocket connects as a browser would that shows a page of the same host.
func (g *gateway) overWebSocket(kind string, config *tls.Config, binary bool) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), siptest.Patience)
	defer cancel()
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: config, DisableKeepAlives: true}}
	ws, _, err := websocket.Dial(ctx, kind+"://"+g.address(kind)+"/", &websocket.DialOptions{
		HTTPClient: client, Subprotocols: []string{"sip"}, HTTPHeader: http.Header{"Origin": {"https://127.0.0.1"}},
	})
	if err != nil {
		return nil, err
	}
	messages := websocket.MessageText
	if binary {
		messages = websocket.MessageBinary
	}
	return browser{websocket.NetConn(context.Background(), ws, messages)}, nil
}

// browser is a connection of one who does not know its own address (RFC 7118
// section 5).
type browser struct{ net.Conn }

func (browser) LocalAddr() net.Addr { return unknown{} }

type unknown struct{}

func (unknown) Network() string { return "ws" }
func (unknown) String() string  { return "df7jal23ls0d.invalid" }

// phone is a telephone on a connection of its own.
func (g *gateway) phone(network string, conn net.Conn) *siptest.Phone {
	g.t.Helper()
	return siptest.New(g.t, siptest.Config{Gateway: g.address(network), Network: network, Conn: conn})
}

// options is an OPTIONS request; more are header lines.
func options(via string, more ...string) string {
	lines := append([]string{
		"OPTIONS sip:en@127.0.0.1 SIP/2.0", "Via: SIP/2.0/" + via + ";branch=z9hG4bK" + siptest.Token(),
		"From: <sip:tester@127.0.0.1>;tag=" + siptest.Token(), "To: <sip:en@127.0.0.1>", "Call-ID: " + siptest.Token(),
		"CSeq: 1 OPTIONS", "Max-Forwards: 70",
	}, more...)
	return strings.Join(lines, "\r\n") + "\r\nContent-Length: 0\r\n\r\n"
}

// wantCall makes a call, hears itself, and hangs up.
func wantCall(t testing.TB, g *gateway, phone *siptest.Phone) *siptest.Call {
	t.Helper()
	call := phone.Call("en")
	select {
	case <-g.calls:
	case <-time.After(siptest.Patience):
		t.Fatal("no call came")
	}
	call.Hangup()
	return call
}

// eventually waits for a condition.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(siptest.Patience); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal(what)
		}
	}
}

func wantStatus(t testing.TB, m *siptest.Message, status int) {
	t.Helper()
	if m.Status() != status {
		t.Errorf("got %s, want %s", m.Start, fmt.Sprint(status))
	}
}
