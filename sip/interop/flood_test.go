package interop

import (
	"bytes"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/einwahl/einwahl/sip"
	"github.com/einwahl/einwahl/sip/siptest"
)

// A trusted peer that has gone mad fills neither the log nor the memory, and its
// calls still go through. The seed makes each run the same.
func TestTwentyThousandMutatedDatagrams(t *testing.T) {
	t.Parallel()
	g := start(t, func(s *settings) { s.trunk.MaxCalls = 20 })
	seeds := mutants(t)
	random := rand.New(rand.NewPCG(3, 1))
	conn, err := net.Dial("udp", g.address("udp"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	before := len(g.log.String())
	for i := range 20000 {
		_, _ = conn.Write(mutate(random, seeds[random.IntN(len(seeds))]))
		if i%200 == 199 {
			// Not faster than it is read: what the system throws away tests nothing.
			settle(t, conn, i)
		}
	}
	if n := len(g.log.String()) - before; n > 200_000 {
		t.Errorf("the log has grown by %d bytes", n)
	}
	stats := g.server.Stats()
	if stats.Panics != 0 || stats.Malformed < 1000 {
		t.Errorf("%+v", stats)
	}
	for _, c := range g.server.Calls() { // those that were whole enough
		go c.Hangup(sip.Cause{Q850: 16})
	}
	eventually(t, "calls of nobody are left", func() bool { return g.server.Stats().Calls == 0 })
	phone := siptest.New(t, siptest.Config{Gateway: g.address("udp")})
	phone.Call("en").Hangup()
}

// settle waits until the gateway has read what was sent: what comes after it is
// answered.
func settle(t *testing.T, conn net.Conn, i int) {
	t.Helper()
	mark := "settled-" + siptest.Token()
	message := strings.Replace(options("UDP "+conn.LocalAddr().String()+";rport"), "Call-ID: ", "Call-ID: "+mark, 1)
	buf := make([]byte, 1<<16)
	for end := time.Now().Add(siptest.Patience); time.Now().Before(end); {
		_, _ = conn.Write([]byte(message))
		_ = conn.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
		for {
			n, err := conn.Read(buf)
			if err != nil {
				break
			}
			if bytes.Contains(buf[:n], []byte(mark)) {
				return
			}
		}
	}
	t.Fatalf("after %d datagrams nothing is answered", i)
}

// mutants are the messages that are changed: those of the torture tests and
// ordinary ones.
func mutants(t *testing.T) [][]byte {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "testdata", "torture", "*.sip"))
	if err != nil || len(files) == 0 {
		t.Fatal("no messages to change")
	}
	var all [][]byte
	for _, file := range files {
		message, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, message)
	}
	for _, method := range []string{"OPTIONS", "INVITE", "ACK", "BYE", "CANCEL", "INFO", "UPDATE", "PRACK", "REGISTER"} {
		all = append(all, []byte(strings.ReplaceAll(options("UDP 127.0.0.1;rport"), "OPTIONS", method)))
	}
	return all
}

// mutate changes a message in a few places.
func mutate(random *rand.Rand, message []byte) []byte {
	out := bytes.Clone(message)
	for range 1 + random.IntN(8) {
		at := random.IntN(len(out))
		switch random.IntN(5) {
		case 0:
			out[at] = byte(random.IntN(256))
		case 1:
			out[at] ^= 1 << random.IntN(8)
		case 2:
			out = append(out[:at], out[min(len(out), at+random.IntN(20)):]...)
		case 3:
			from := random.IntN(len(out))
			piece := bytes.Clone(out[from:min(len(out), from+random.IntN(60))])
			out = append(out[:at:at], append(piece, out[at:]...)...)
		case 4:
			out = append(out[:at:at], append([]byte(":;,<>\"\r\n\x00 =@[]"[random.IntN(14):][:1]), out[at:]...)...)
		}
		if len(out) == 0 {
			return []byte{0}
		}
	}
	return out
}

// Half-open connections of every kind leave nothing behind when they go.
func TestHalfOpenConnectionsLeaveNothing(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	g := start(t, func(s *settings) { a.encrypt(s); s.sip.Listen = append(s.sip.Listen, "ws://127.0.0.1:0") })
	for range 10 {
		var open []net.Conn
		for _, tt := range []struct{ kind, first string }{
			{"tcp", ""}, {"tcp", "INVITE sip:en"}, {"tls", ""}, {"tls", "\x16\x03\x01\x02"}, {"ws", ""}, {"ws", "GET / HT"}, {"wss", "\x16"},
		} {
			conn, err := net.Dial("tcp", g.address(tt.kind))
			if err != nil {
				t.Fatal(err)
			}
			_, _ = conn.Write([]byte(tt.first))
			open = append(open, conn)
		}
		for _, conn := range open {
			_ = conn.Close()
		}
	}
	// A place that was not given back would be missing now.
	eventually(t, "connections are counted that are gone", func() bool {
		for range 70 {
			conn, err := net.Dial("tcp", g.address("tcp"))
			if err != nil {
				return false
			}
			_, _ = conn.Write([]byte("\r\n\r\n"))
			_ = conn.SetReadDeadline(time.Now().Add(siptest.Patience))
			n, _ := conn.Read(make([]byte, 2))
			_ = conn.Close()
			if n == 0 {
				return false
			}
		}
		return true
	})
}

// A keep-alive gets its answer, also when it comes in two pieces.
func TestKeepAlives(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	g := start(t, a.encrypt)
	plain, err := net.Dial("tcp", g.address("tcp"))
	if err != nil {
		t.Fatal(err)
	}
	secured, err := g.overTLS(a)
	if err != nil {
		t.Fatal(err)
	}
	for _, conn := range []net.Conn{plain, secured} {
		defer conn.Close()
		for _, pieces := range [][]string{{"\r\n\r\n"}, {"\r\n", "\r\n"}, {"\r", "\n\r", "\n"}} {
			for _, piece := range pieces {
				_, _ = conn.Write([]byte(piece))
				time.Sleep(5 * time.Millisecond) // so that they come apart
			}
			buf := make([]byte, 10)
			_ = conn.SetReadDeadline(time.Now().Add(siptest.Patience))
			if n, err := conn.Read(buf); err != nil || string(buf[:n]) != "\r\n" {
				t.Errorf("%q: %q, %v", pieces, buf[:n], err)
			}
		}
	}
	phone := siptest.New(t, siptest.Config{Gateway: g.address("udp")})
	phone.Send("\r\n\r\n")
	phone.Send("\x00")
	if !phone.Silence(20 * time.Millisecond) {
		t.Error("an answer over UDP")
	}
	if n := g.server.Stats().Malformed; n != 0 {
		t.Errorf("%d keep-alives are called malformed", n)
	}
}
