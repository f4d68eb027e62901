package interop

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/einwahl/einwahl/sip"
	"github.com/einwahl/einwahl/sip/siptest"
)

func TestWebSocketTakesCalls(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	g := start(t, func(s *settings) { a.encrypt(s); s.sip.Listen = append(s.sip.Listen, "ws://127.0.0.1:0") })
	for _, tt := range []struct {
		kind   string
		binary bool
	}{{"ws", false}, {"ws", true}, {"wss", false}} {
		conn, err := g.overWebSocket(tt.kind, &tls.Config{RootCAs: a.pool()}, tt.binary)
		if err != nil {
			t.Fatal(err)
		}
		// A client that cannot be dialled hears our own requests where it called.
		phone := g.phone(tt.kind, conn)
		call := phone.Dial("en", siptest.WithHeader("Contact", "<sip:tester@df7jal23ls0d.invalid;transport=ws>"))
		if contact := call.Final().Get("Contact"); !strings.Contains(contact, ";transport=ws") {
			t.Errorf("%s: Contact %s", tt.kind, contact)
		}
		call.Ack()
		go (<-g.calls).Hangup(sip.Cause{Q850: 16})
		if why := call.WaitEnd(); !strings.Contains(why, "16") {
			t.Errorf("%s: ended with %q", tt.kind, why)
		}
		_ = conn.Close()
	}
}

func TestWebSocketRefusesWhatIsNotSIP(t *testing.T) {
	t.Parallel()
	g := start(t, func(s *settings) { s.sip.Listen = append(s.sip.Listen, "ws://127.0.0.1:0") })
	ctx, cancel := context.WithTimeout(context.Background(), siptest.Patience)
	defer cancel()
	for _, protocols := range [][]string{nil, {"chat"}} {
		ws, _, err := websocket.Dial(ctx, "ws://"+g.address("ws"), &websocket.DialOptions{Subprotocols: protocols})
		if err != nil {
			continue // refused at once
		}
		if _, _, err := ws.Read(ctx); err == nil || ctx.Err() != nil {
			t.Errorf("%v: the connection stays", protocols)
		}
		_ = ws.CloseNow()
	}
	ws, _, err := websocket.Dial(ctx, "ws://"+g.address("ws"), &websocket.DialOptions{Subprotocols: []string{"sip"}})
	if err != nil {
		t.Fatal(err)
	}
	defer ws.CloseNow()
	_ = ws.Write(ctx, websocket.MessageText, []byte(options("WS a.invalid", "Subject: "+strings.Repeat("x", 1<<16))))
	if _, _, err := ws.Read(ctx); websocket.CloseStatus(err) != websocket.StatusMessageTooBig {
		t.Errorf("a message without end: %v", err)
	}
	res, err := http.Get("http://" + g.address("ws"))
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode < 400 || res.Header.Get("Server") != "" {
		t.Errorf("a browser that looks in gets %s and %v", res.Status, res.Header)
	}
}

// A web server of the operator's takes telephones that come by WebSocket to the
// page's own address; strangers get no SIP there.
func TestWebSocketAtAPage(t *testing.T) {
	t.Parallel()
	g := start(t, func(s *settings) { s.trunk.Transports = []string{"ws", "udp"} })
	page := httptest.NewServer(g.server.WebSocket())
	defer page.Close()
	ctx, cancel := context.WithTimeout(context.Background(), siptest.Patience)
	defer cancel()
	ws, _, err := websocket.Dial(ctx, strings.Replace(page.URL, "http", "ws", 1), &websocket.DialOptions{Subprotocols: []string{"sip"}})
	if err != nil {
		t.Fatal(err)
	}
	wantCall(t, g, siptest.New(t, siptest.Config{Network: "ws", Conn: browser{websocket.NetConn(context.Background(), ws, websocket.MessageText)}}))

	apart := start(t, func(s *settings) { s.trunk.Peers = []string{"127.0.0.5"} })
	other := httptest.NewServer(apart.server.WebSocket())
	defer other.Close()
	_, res, err := websocket.Dial(ctx, strings.Replace(other.URL, "http", "ws", 1), &websocket.DialOptions{Subprotocols: []string{"sip"}})
	if err == nil || res == nil || res.StatusCode != http.StatusForbidden {
		t.Errorf("a stranger: %v", err)
	}
	if n := apart.server.Stats().Strangers; n != 1 {
		t.Errorf("%d strangers", n)
	}
}

// Browsers anywhere in the world may ring, and still nothing else answers.
func TestTrunkOfBrowsersOpensNoOtherTransport(t *testing.T) {
	t.Parallel()
	g := start(t, func(s *settings) {
		s.sip.Listen = append(s.sip.Listen, "ws://127.0.0.1:0")
		s.trunk.Peers, s.trunk.Transports = []string{"0.0.0.0/0", "::/0"}, []string{"ws", "wss"}
		withAuth(s)
	})
	phone := siptest.New(t, siptest.Config{Gateway: g.address("udp")})
	phone.Send(options("UDP " + phone.Addr().String()))
	if !phone.Silence(50 * time.Millisecond) {
		t.Error("UDP is answered")
	}
	conn, err := net.Dial("tcp", g.address("tcp"))
	if err == nil {
		_, _ = conn.Write([]byte(options("TCP a.invalid")))
		_ = conn.SetReadDeadline(time.Now().Add(siptest.Patience))
		if n, err := conn.Read(make([]byte, 1)); n > 0 || err == nil {
			t.Error("TCP is answered")
		}
		_ = conn.Close()
	}
	ws, err := g.overWebSocket("ws", nil, false)
	if err != nil {
		t.Fatal(err)
	}
	wantStatus(t, g.phone("ws", ws).Dial("en").Final(), 401)
}

// A browser calls for whatever page it looks at: where its address is all that a
// trunk asks for, only pages of the gateway's own host may have it do so.
func TestPagesOfOthersDoNotCall(t *testing.T) {
	t.Parallel()
	listen := func(s *settings) { s.sip.Listen = append(s.sip.Listen, "ws://127.0.0.1:0") }
	open := start(t, listen)
	proven := start(t, func(s *settings) { listen(s); withAuth(s) })
	for _, tt := range []struct {
		page string
		g    *gateway
		ok   bool
	}{
		{"https://evil.example", open, false},
		{"null", open, false},
		{"http://127.0.0.1.evil.example", open, false},
		{"http://127.0.0.1:8080", open, true},
		{"", open, true}, // no browser
		{"https://phone.example", proven, true},
	} {
		header := http.Header{}
		if tt.page != "" {
			header.Set("Origin", tt.page)
		}
		ws, res, err := websocket.Dial(t.Context(), "ws://"+tt.g.address("ws"), &websocket.DialOptions{HTTPHeader: header, Subprotocols: []string{"sip"}})
		if (err == nil) != tt.ok || err != nil && (res == nil || res.StatusCode != http.StatusForbidden) {
			t.Errorf("%q: %v", tt.page, err)
		}
		if err == nil {
			_ = ws.CloseNow()
		}
	}
}

// What a hostile page can do with a WebSocket costs us what it sends, and its own
// connection only.
func TestHostileWebSockets(t *testing.T) {
	t.Parallel()
	g := start(t, func(s *settings) { s.sip.Listen = append(s.sip.Listen, "ws://127.0.0.1:0") })
	const upgrade = "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
		"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: sip\r\n"
	const mask = "\x00\x00\x00\x00"
	for _, tt := range []struct {
		name, header, frames string
	}{
		{"compression is not agreed to", "Sec-WebSocket-Extensions: permessage-deflate\r\n", "\xc1\x80" + mask},
		{"a frame without a mask", "", "\x81\x01a"},
		{"a frame of an unknown kind", "", "\x83\x80" + mask},
		{"a piece of nothing", "", "\x80\x80" + mask},
		{"a frame that says it is endless", "", "\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff" + mask + strings.Repeat("x", 70000)},
		{"a thousand pings", "", strings.Repeat("\x89\x80"+mask, 1000) + "\x88\x80" + mask},
		{"ten thousand pieces of nothing", "", "\x01\x80" + mask + strings.Repeat("\x00\x80"+mask, 10000) + "\x88\x80" + mask},
	} {
		conn, err := net.Dial("tcp", g.address("ws"))
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetDeadline(time.Now().Add(siptest.Patience))
		go func() { _, _ = conn.Write([]byte(upgrade + tt.header + "\r\n" + tt.frames)) }()
		said, err := io.ReadAll(conn)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%s: the connection stays", tt.name)
		}
		if head := string(said); len(said) > 0 && !strings.HasPrefix(head, "HTTP/1.1 101 ") || strings.Contains(head, "deflate") {
			t.Errorf("%s: %s", tt.name, head)
		}
		_ = conn.Close()
	}
	ws, err := g.overWebSocket("ws", nil, false)
	if err != nil {
		t.Fatal(err)
	}
	wantCall(t, g, g.phone("ws", ws))
	if n := g.server.Stats().Panics; n != 0 {
		t.Errorf("%d panics", n)
	}
}
