package interop

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/einwahl/einwahl/gateway/peertest"
	"github.com/einwahl/einwahl/sip"
	"github.com/einwahl/einwahl/sip/siptest"
)

// The scanners that every public address meets find nothing: they come from
// 127.0.0.1, and the trunk is at 127.0.0.5.
func TestScannersFindNothing(t *testing.T) {
	t.Parallel()
	g := start(t, func(s *settings) { s.trunk.Peers = []string{"127.0.0.5"} })
	words := t.TempDir() + "/passwords"
	if err := os.WriteFile(words, []byte("1234\nsecret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var running []*exec.Cmd
	var said []*strings.Builder
	for _, args := range [][]string{
		{"svmap", "-p", g.port("udp"), "127.0.0.1"},
		{"svmap", "-m", "INVITE", "-p", g.port("udp"), "127.0.0.1"},
		{"svwar", "--maximumtime=2", "-p", g.port("udp"), "-e", "100-110", "-m", "INVITE", "127.0.0.1"},
		{"svcrack", "--maximumtime=2", "-p", g.port("udp"), "-u", "100", "-d", words, "127.0.0.1"},
	} {
		if _, err := exec.LookPath(args[0]); err != nil {
			t.Fatalf("%s is not installed: run `make deps`", args[0])
		}
		out := new(strings.Builder)
		// Their own port would be 5060, to which answers without rport go.
		cmd := exec.Command(args[0], append([]string{"-P", strconv.Itoa(peertest.Port(t))}, args[1:]...)...)
		cmd.Dir, cmd.Stdout, cmd.Stderr = t.TempDir(), out, out
		cmd.Env = append(os.Environ(), "HOME="+cmd.Dir)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		running, said = append(running, cmd), append(said, out)
	}
	for i, cmd := range running {
		ended := time.AfterFunc(20*time.Second, func() { _ = cmd.Process.Kill() })
		_ = cmd.Wait()
		ended.Stop()
		for _, found := range []string{"SIP/2.0", "reqauth", "noauth", "| 127.0.0.1", "The password"} {
			if strings.Contains(said[i].String(), found) {
				t.Errorf("%s found something:\n%s", cmd.Path, said[i])
			}
		}
	}
	stats := g.server.Stats()
	if stats.Strangers < 4 || stats.Answers != [7]uint64{} || stats.Calls != 0 || len(g.calls) != 0 {
		t.Errorf("%+v", stats)
	}
	if n := len(g.log.String()); n > 2000 {
		t.Errorf("%d bytes of log", n)
	}
}

// Whatever the transport, a stranger's connection is closed before a byte of it
// is read, and gets none.
func TestStrangersGetSilenceOnEveryTransport(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	g := start(t, func(s *settings) {
		a.encrypt(s)
		s.sip.Listen = append(s.sip.Listen, "ws://127.0.0.1:0")
		s.trunk.Peers = []string{"127.0.0.5"}
	})
	for _, kind := range []string{"tcp", "tls", "ws", "wss"} {
		conn, err := net.Dial("tcp", g.address(kind))
		if err != nil {
			continue // reset before we knew that we were in
		}
		_, _ = conn.Write([]byte("GET / HTTP/1.1\r\nHost: a\r\n\r\n" + options("TCP a.invalid")))
		_ = conn.SetReadDeadline(time.Now().Add(siptest.Patience))
		n, err := conn.Read(make([]byte, 100))
		if n > 0 || err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%s: %d bytes, %v", kind, n, err)
		}
		_ = conn.Close()
	}
	phone := siptest.New(t, siptest.Config{Gateway: g.address("udp")})
	phone.Send(options("UDP " + phone.Addr().String()))
	if !phone.Silence(50 * time.Millisecond) {
		t.Error("UDP is answered")
	}
	eventually(t, "not all are counted", func() bool { return g.server.Stats().Strangers == 5 })
}

// Nothing that we send says what we are.
func TestNothingTellsWhatAnswers(t *testing.T) {
	t.Parallel()
	g := start(t, nil)
	phone := siptest.New(t, siptest.Config{Gateway: g.address("udp")})
	var heard []*siptest.Message
	for _, method := range []string{"OPTIONS", "REGISTER", "NONSENSE", "BYE"} {
		phone.Send(strings.ReplaceAll(options("UDP "+phone.Addr().String()+";rport"), "OPTIONS", method))
		heard = append(heard, phone.Reply())
	}
	call := phone.Call("en")
	go (<-g.calls).Hangup(sip.Cause{Q850: 16})
	call.WaitEnd()
	for _, m := range append(heard, call.Trace()...) {
		for _, name := range []string{"Server", "User-Agent", "Organization"} {
			if m.Has(name) && m.Get("From") != "" && !strings.Contains(m.Get("User-Agent"), "siptest") {
				t.Errorf("%s in %s", name, m)
			}
		}
		if strings.Contains(strings.ToLower(m.String()+string(m.Body)), "einwahl") || strings.Contains(strings.ToLower(m.String()), "sipgo") {
			t.Errorf("a name of ours in %s", m)
		}
	}
}

func TestConnectionsAreLimited(t *testing.T) {
	t.Parallel()
	g := start(t, func(s *settings) {
		s.sip.MaxConnections, s.sip.MaxConnectionsPerAddress = 5, 3
		s.trunk.Peers = []string{"127.0.0.0/8"}
		s.sip.Listen = append(s.sip.Listen, "ws://127.0.0.1:0")
	})
	open := func(local, kind, hello string) bool {
		d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(local)}}
		conn, err := d.Dial("tcp", g.address(kind))
		if err != nil {
			return false
		}
		t.Cleanup(func() { _ = conn.Close() })
		if hello == "" {
			return true
		}
		_, _ = conn.Write([]byte(hello))
		_ = conn.SetReadDeadline(time.Now().Add(siptest.Patience))
		n, _ := conn.Read(make([]byte, 100))
		return n > 0
	}
	asks, get := options("TCP a.invalid"), "GET / HTTP/1.1\r\nHost: a.invalid\r\n\r\n"
	for i, tt := range []struct {
		local, kind, hello string
		ok                 bool
	}{
		// Who says nothing is counted all the same; the answer to who came after
		// them at the same door shows that they have been.
		{"127.0.0.1", "ws", "", true},
		{"127.0.0.1", "ws", get, true},
		{"127.0.0.1", "tcp", asks, true},
		{"127.0.0.1", "tcp", asks, false},
		{"127.0.0.2", "tcp", asks, true},
		{"127.0.0.2", "tcp", asks, true},
		{"127.0.0.3", "tcp", asks, false},
	} {
		if got := open(tt.local, tt.kind, tt.hello); got != tt.ok {
			t.Errorf("connection %d, %s from %s: %v, want %v", i, tt.kind, tt.local, got, tt.ok)
		}
	}
	if n := g.server.Stats().Shed; n != 2 {
		t.Errorf("%d connections were turned away, want 2", n)
	}
}

// What a caller writes into headers ends neither a header of ours nor a line of
// the log.
func TestInjectionEndsNoHeaderAndNoLogLine(t *testing.T) {
	t.Parallel()
	g := start(t, nil)
	for i, evil := range []string{"a\rEvil: 1", "a\nEvil: 1", "a\x00Evil: 1", "a\x1b[2JEvil: 1", "a\u2028Evil: 1", "a%0d%0aEvil: 1"} {
		phone := siptest.New(t, siptest.Config{Gateway: g.address("udp")})
		message := options(fmt.Sprintf("UDP %s;rport;x=\"%s\"", phone.Addr(), evil))
		message = strings.Replace(message, "From: <sip:tester@", "From: \""+evil+"\" <sip:"+evil+"@", 1)
		message = strings.Replace(message, "sip:en@127.0.0.1 SIP", "sip:"+strings.ReplaceAll(evil, " ", "")+"@127.0.0.1 SIP", 1)
		phone.Send(strings.ReplaceAll(message, "OPTIONS", "INVITE"))
		phone.Send(message)
		select {
		case <-time.After(20 * time.Millisecond):
		case call := <-g.calls:
			go call.Hangup(sip.Cause{Q850: 16, Text: call.To() + call.From().Display})
		}
		for !phone.Silence(20 * time.Millisecond) {
		}
		plain := siptest.New(t, siptest.Config{Gateway: g.address("udp"), Display: strings.NewReplacer("\r", "", "\n", "").Replace(evil)})
		call := plain.Call("en")
		go (<-g.calls).Hangup(sip.Cause{Q850: 16, Text: evil})
		call.WaitEnd()
		for _, m := range call.Trace() {
			if m.Has("Evil") {
				t.Errorf("%d: %s", i, m)
			}
		}
	}
	for _, b := range []byte(g.log.String()) {
		if b < ' ' && b != '\n' || b == 0x7f {
			t.Fatalf("byte %x in the log", b)
		}
	}
	for line := range strings.Lines(g.log.String()) {
		if !strings.HasPrefix(line, "{") {
			t.Errorf("a line that we did not write: %q", line)
		}
	}
}
