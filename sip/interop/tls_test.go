package interop

import (
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/einwahl/einwahl/gateway/peertest"
	"github.com/einwahl/einwahl/sip"
	"github.com/einwahl/einwahl/sip/siptest"
)

func TestTLSTakesCallsOfVersion12AndUp(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	g := start(t, a.encrypt)
	conn, err := g.overTLS(a)
	if err != nil {
		t.Fatal(err)
	}
	call := g.phone("tls", conn).Dial("en")
	contact := call.Final().Get("Contact")
	if _, port, _ := net.SplitHostPort(g.address("tls")); !strings.Contains(contact, ":"+port+";transport=tls") {
		t.Errorf("Contact %s", contact)
	}
	old := &tls.Config{RootCAs: a.pool(), ServerName: "127.0.0.1", MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
	if conn, err := tls.Dial("tcp", g.address("tls"), old); err == nil {
		conn.Close()
		t.Error("TLS 1.1 is spoken")
	}
}

func TestTLSOfOpenSSL(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Fatal("openssl is not installed: run `make deps`")
	}
	a := newAuthority(t)
	g := start(t, a.encrypt)
	for _, version := range []string{"-tls1_2", "-tls1_3"} {
		cmd := exec.Command("openssl", "s_client", "-quiet", "-verify_return_error", "-no_ign_eof", "-CAfile", a.file, version, "-servername", "gateway.example", "-connect", g.address("tls"))
		in, _ := cmd.StdinPipe()
		out, _ := cmd.StdoutPipe()
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		_, _ = in.Write([]byte(options("TLS openssl.invalid;rport")))
		buf := make([]byte, 4096)
		n, _ := out.Read(buf)
		if !strings.HasPrefix(string(buf[:n]), "SIP/2.0 200 ") {
			t.Errorf("%s: %q", version, buf[:n])
		}
		_ = in.Close()
		_ = cmd.Wait()
	}
}

// A telephone that others have written, which verifies us and is verified; its
// sound is encrypted too, so the whole call is.
func TestMutualTLSWithBaresip(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	own, both := filepath.Join(a.dir, "phone.pem"), filepath.Join(a.dir, "phone-both.pem")
	a.issue(own, own+".key", "phone.example")
	var pem []byte
	for _, file := range []string{own, own + ".key"} {
		part, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		pem = append(pem, part...)
	}
	if err := os.WriteFile(both, pem, 0o600); err != nil {
		t.Fatal(err)
	}
	g := start(t, func(s *settings) {
		a.encrypt(s)
		s.trunk.Clients, s.trunk.SRTP = []string{"phone.example"}, "required"
	})
	phone := peertest.StartBaresip(t, peertest.Tone(t, 8000, 440, -20, 60), "PCMA", "mediaenc=srtp-mand", "transport=tls",
		"sip_certificate "+both, "sip_cafile "+a.file, "sip_verify_server yes")
	phone.Dial("sip:en@127.0.0.1:" + g.port("tls") + ";transport=tls")
	call := <-g.calls
	if !call.Secure() {
		t.Error("TLS and SRTP do not count as encrypted")
	}
	call.Hangup(sip.Cause{Q850: 16})
	phone.Wait("CALL_CLOSED")
}

// As Teams Direct Routing has it: both sides show a certificate.
func TestMutualTLS(t *testing.T) {
	t.Parallel()
	a, foreign := newAuthority(t), newAuthority(t)
	pinned := foreign.pair("pbx.invalid")
	fingerprint := fmt.Sprintf("sha256:%X", sha256.Sum256(pinned.Certificate[0]))
	g := start(t, func(s *settings) {
		a.encrypt(s)
		s.trunk.Clients = []string{"sip.carrier.example", fingerprint}
	})
	for _, tt := range []struct {
		name   string
		client []tls.Certificate
		ok     bool
	}{
		{"the carrier's name", []tls.Certificate{a.pair("other.example", "SIP.carrier.example")}, true},
		{"the carrier's SIP address", []tls.Certificate{a.pair("sip:sip.carrier.example", "host.example")}, true},
		{"a pinned certificate of an unknown authority", []tls.Certificate{pinned}, true},
		{"no certificate", nil, false},
		{"another name", []tls.Certificate{a.pair("sip.carrier.example.org")}, false},
		{"a wildcard", []tls.Certificate{a.pair("*.carrier.example")}, false},
		{"a host name beside another SIP address", []tls.Certificate{a.pair("sip:evil.example", "sip.carrier.example")}, false},
		{"the name from another authority", []tls.Certificate{foreign.pair("sip.carrier.example")}, false},
	} {
		conn, err := g.overTLS(a, tt.client...)
		if (err == nil) != tt.ok {
			t.Errorf("%s: %v", tt.name, err)
		}
		if err == nil {
			wantCall(t, g, g.phone("tls", conn))
		}
	}
	// A trunk that shows certificates cannot come without.
	if phone := siptest.New(t, siptest.Config{Gateway: g.address("udp")}); true {
		phone.Send(options("UDP " + phone.Addr().String()))
		if !phone.Silence(50 * time.Millisecond) {
			t.Error("UDP is answered")
		}
	}
	if n := g.server.Stats().Handshakes; n != 5 {
		t.Errorf("%d handshakes are counted as failed, want 5", n)
	}
}

func TestCertificateIsReadAgainWhenItChanges(t *testing.T) {
	t.Parallel()
	a, next := newAuthority(t), newAuthority(t)
	var cert, key string
	g := start(t, func(s *settings) { a.encrypt(s); cert, key = s.sip.TLS.Certificate, s.sip.TLS.Key })
	if _, err := g.overTLS(a); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(cert, []byte("half a file"), 0o600); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a broken file is not told of", func() bool {
		if conn, err := g.overTLS(a); err != nil {
			t.Fatalf("the old certificate is gone: %v", err)
		} else {
			_ = conn.Close()
		}
		return strings.Contains(g.log.String(), "mend sip.tls")
	})
	next.issue(cert, key, "127.0.0.1")
	eventually(t, "the new certificate is not shown", func() bool {
		conn, err := g.overTLS(next)
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	})
}

// Our own requests go to a proxy that wants TLS, if it is the one it says.
func TestOutgoingTLSIsVerified(t *testing.T) {
	t.Parallel()
	a, foreign := newAuthority(t), newAuthority(t)
	for _, tt := range []struct {
		name  string
		shown tls.Certificate
		ok    bool
	}{
		{"the address", a.pair("127.0.0.1"), true},
		{"another address", a.pair("127.0.0.9"), false},
		{"another authority", foreign.pair("127.0.0.1"), false},
	} {
		l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{tt.shown}, ClientAuth: tls.RequireAnyClientCert})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = l.Close() })
		g := start(t, a.encrypt)
		phone := siptest.New(t, siptest.Config{Gateway: g.address("udp")})
		phone.Dial("en", siptest.WithHeader("Record-Route", "<sip:"+l.Addr().String()+";transport=tls;lr>")).Final()
		call := <-g.calls
		got := make(chan string, 1)
		go func() {
			conn, err := l.Accept()
			if err != nil {
				got <- err.Error()
				return
			}
			defer conn.Close()
			_ = conn.SetDeadline(time.Now().Add(siptest.Patience))
			buf := make([]byte, 4096)
			n, _ := conn.Read(buf)
			got <- string(buf[:n])
		}()
		go call.Hangup(sip.Cause{Q850: 16})
		if first := <-got; strings.HasPrefix(first, "BYE ") != tt.ok {
			t.Errorf("%s: got %q", tt.name, first)
		}
	}
}

func TestStalledHandshakesAreClosed(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	g := start(t, func(s *settings) { a.encrypt(s); s.sip.Listen = append(s.sip.Listen, "ws://127.0.0.1:0") })
	for _, tt := range []struct{ kind, first string }{
		{"tls", ""},
		{"tls", "\x16\x03\x01"},
		{"wss", ""},
		{"ws", "GET / HTTP/1.1\r\nHost: a\r\nX-Slow: "},
		{"ws", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nthe rest never comes"},
		{"ws", "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n"},
	} {
		t.Run(tt.kind, func(t *testing.T) {
			t.Parallel()
			conn, err := net.Dial("tcp", g.address(tt.kind))
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			_, _ = conn.Write([]byte(tt.first))
			_ = conn.SetReadDeadline(time.Now().Add(siptest.Patience))
			buf := make([]byte, 512)
			for {
				if _, err := conn.Read(buf); err != nil {
					if errors.Is(err, os.ErrDeadlineExceeded) {
						t.Error("the connection stays")
					}
					return
				}
			}
		})
	}
}

// We show our one certificate whatever name is asked for, and ask those that we
// connect to for the name that we know them by.
func TestServerNames(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	g := start(t, a.encrypt)
	for _, name := range []string{"gateway.example", "elsewhere.example", ""} {
		conn, err := tls.Dial("tcp", g.address("tls"), &tls.Config{ServerName: name, InsecureSkipVerify: true})
		if err != nil {
			t.Errorf("%q: %v", name, err)
			continue
		}
		if shown := conn.ConnectionState().PeerCertificates[0].DNSNames; len(shown) != 1 || shown[0] != "gateway.example" {
			t.Errorf("%q: shown %v", name, shown)
		}
		_ = conn.Close()
	}
	asked := make(chan string, 1)
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{
		Certificates: []tls.Certificate{a.pair("localhost")},
		GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			select {
			case asked <- hello.ServerName:
			default:
			}
			return nil, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	serving := make(chan struct{})
	go func() {
		defer close(serving)
		if conn, err := l.Accept(); err == nil {
			_ = conn.(*tls.Conn).Handshake()
			_ = conn.Close()
		}
	}()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	start(t, func(s *settings) {
		a.encrypt(s)
		s.trunk.Register = []sip.RegisterConfig{{Server: "sip:localhost:" + port + ";transport=tls", User: "a", Password: "b", Expires: time.Hour}}
	})
	select {
	case name := <-asked:
		if name != "localhost" {
			t.Errorf("asked for %q", name)
		}
	case <-time.After(siptest.Patience):
		t.Error("nobody connects")
	}
	_ = l.Close()
	<-serving
}

// A host that we meant to reach, and that has shown its own name, is believed for
// as long as the connection lasts: clients are those who come to us.
func TestHostThatWasMeantIsBelieved(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	plain, err := net.Listen("tcp", "127.0.0.2:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = plain.(*net.TCPListener).SetDeadline(time.Now().Add(siptest.Patience))
	l := tls.NewListener(plain, &tls.Config{Certificates: []tls.Certificate{a.pair("127.0.0.2")}})
	defer l.Close()
	g := start(t, func(s *settings) {
		a.encrypt(s)
		s.trunk.Peers, s.trunk.Clients = []string{"127.0.0.0/24"}, []string{"pbx.example"}
	})
	conn, err := g.overTLS(a, a.pair("pbx.example"))
	if err != nil {
		t.Fatal(err)
	}
	phone := g.phone("tls", conn)
	phone.Dial("en", siptest.WithHeader("Record-Route", "<sip:"+l.Addr().String()+";transport=tls;lr>")).Final()
	go (<-g.calls).Hangup(sip.Cause{Q850: 16})
	there, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer there.Close()
	_ = there.SetDeadline(time.Now().Add(siptest.Patience))
	buf := make([]byte, 4096)
	if n, err := there.Read(buf); !strings.HasPrefix(string(buf[:n]), "BYE ") {
		t.Fatalf("%q, %v", buf[:n], err)
	}
	_, _ = there.Write([]byte(options("TLS there.invalid")))
	if n, err := there.Read(buf); !strings.HasPrefix(string(buf[:n]), "SIP/2.0 200 ") {
		t.Errorf("%q, %v", buf[:n], err)
	}
}
