package sip

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/einwahl/einwahl/sip/siptest"
)

func overWebSocket(t *testing.T, b *bench) *websocket.Conn {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), siptest.Patience)
	defer cancel()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	ws, _, err := websocket.Dial(ctx, "ws://"+b.addr("ws"), &websocket.DialOptions{HTTPClient: client, Subprotocols: []string{subprotocol}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ws.CloseNow() })
	return ws
}

func (b *bench) wantNoStreams() {
	b.t.Helper()
	b.until("a connection is left", func() bool {
		b.streams.mu.Lock()
		defer b.streams.mu.Unlock()
		return len(b.streams.all)+len(b.streams.guests)+len(b.streams.of) == 0
	})
}

// A client whose network is gone says nothing, not even to a ping.
func TestWebSocketThatAnswersNoPingIsClosed(t *testing.T) {
	b := start(t, func(s *setup) {
		s.config.Listen = []string{"ws://127.0.0.1:0"}
		s.timing.ping, s.timing.pong = 5*time.Millisecond, 50*time.Millisecond
	})
	ws := overWebSocket(t, b) // which answers pings only while it is read
	b.until("nobody came", func() bool { b.streams.mu.Lock(); defer b.streams.mu.Unlock(); return len(b.streams.all) == 1 })
	b.wantNoStreams()
	_ = ws.CloseNow()
}

func TestWebSocketThatAnswersPingsStays(t *testing.T) {
	b := start(t, func(s *setup) {
		s.config.Listen = []string{"ws://127.0.0.1:0"}
		s.timing.ping, s.timing.pong = time.Millisecond, time.Second
	})
	ws := overWebSocket(t, b)
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if _, _, err := ws.Read(ctx); ctx.Err() == nil {
		t.Errorf("closed: %v", err)
	}
}

func TestSlowWebSocketMessagesAreCutOff(t *testing.T) {
	b := start(t, func(s *setup) {
		s.config.Listen = []string{"ws://127.0.0.1:0"}
		s.timing.message = 30 * time.Millisecond
	})
	ws := overWebSocket(t, b)
	w, err := ws.Writer(context.Background(), websocket.MessageText)
	if err != nil {
		t.Fatal(err)
	}
	for begun := time.Now(); ; time.Sleep(time.Millisecond) {
		if _, err := io.WriteString(w, strings.Repeat("x", 8)); err != nil {
			break
		}
		if time.Since(begun) > siptest.Patience {
			t.Fatal("still connected")
		}
	}
	b.wantNoStreams()
	b.until("not counted", func() bool { return b.Stats().Stalled == 1 })
}

func TestNothingIsDialledOverWebSocket(t *testing.T) {
	b := start(t, nil)
	for _, kind := range []string{"WS", "WSS", "UDP"} {
		if _, err := b.streams.dial(t.Context(), b.Server, kind, addrPort(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 9}), ""); err == nil {
			t.Errorf("%s was dialled", kind)
		}
	}
	b.wantNoStreams()
}
