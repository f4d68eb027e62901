package sip

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/coder/websocket"
)

// subprotocol is what a SIP client asks for (RFC 7118 section 4.1).
const subprotocol = "sip"

// WebSocket takes SIP over WebSocket (RFC 7118) at whatever address of a web
// server it is mounted. A client must come from an address of a trunk that
// takes ws, or wss where the web server speaks TLS itself; everybody else gets
// 403 and no SIP. So do pages of another host than ours where callers need no
// password: a browser of the trunk's would call for whatever page it looks at.
func (s *Server) WebSocket() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		kind := "WS"
		if r.TLS != nil {
			kind = "WSS"
		}
		peer, _ := netip.ParseAddrPort(r.RemoteAddr)
		peer = unmap(peer)
		t := s.gate.trunkOf(peer.Addr(), kind)
		if t == nil {
			s.stranger(peer.Addr())
			http.Error(w, "Forbidden", http.StatusForbidden)
			return
		}
		if len(t.Auth.Users) == 0 && fromAfar(r) {
			s.counts.drop(&s.counts.handshakes, func() string {
				return fmt.Sprintf("%s from %v: a page of %s may call only where callers prove an account: see auth.users of trunk %s", kind, peer, r.Header.Get("Origin"), t.Name)
			})
			http.Error(w, "Forbidden", http.StatusForbidden)
			return
		}
		st := &stream{kind: kind, peer: peer}
		if r.TLS != nil {
			st.certificates = r.TLS.PeerCertificates
		}
		if err := s.keys.vouch(t, st.certificates, ""); err != nil {
			s.counts.drop(&s.counts.handshakes, func() string { return fmt.Sprintf("%s from %v: %v", kind, peer, err) })
			http.Error(w, "Forbidden", http.StatusForbidden)
			return
		}
		s.upgrade(w, r, st, t)
	})
}

// fromAfar reports a page of another host than the one that it asks, at whatever
// port. What is no browser names no page.
func fromAfar(r *http.Request) bool {
	page := r.Header.Get("Origin")
	if page == "" {
		return false
	}
	origin, err := url.Parse(page)
	ours := url.URL{Host: r.Host}
	return err != nil || origin.Hostname() == "" || !strings.EqualFold(origin.Hostname(), ours.Hostname())
}

// upgrade makes a WebSocket of an HTTP request whose sender may have one.
func (s *Server) upgrade(w http.ResponseWriter, r *http.Request, st *stream, t *trunk) {
	place, ours := r.Context().Value(counted{}).(*guest)
	if ours {
		st.home = s.home(st.kind)
	} else {
		var err error
		if place, err = s.streams.admit(nil, st.peer.Addr(), t); err != nil {
			s.noRoom(st.peer, err)
			http.Error(w, "Service Unavailable", http.StatusServiceUnavailable)
			return
		}
	}
	ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{
		Subprotocols:       []string{subprotocol},
		InsecureSkipVerify: true, // of the origin, which fromAfar has looked at
		CompressionMode:    websocket.CompressionDisabled,
	})
	if err != nil {
		s.counts.drop(&s.counts.handshakes, func() string { return fmt.Sprintf("%s from %v: %v", st.kind, st.peer, err) })
		if !ours { // the web server closes what is its own, after it has answered
			_ = place.Close()
		}
		return
	}
	local, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	st.pipe = &talk{ws: ws, local: local, place: place}
	if ws.Subprotocol() != subprotocol {
		_ = ws.Close(websocket.StatusPolicyViolation, "want the subprotocol sip (RFC 7118)")
		_ = st.Close()
		return
	}
	ws.SetReadLimit(maxMessage)
	if !s.streams.begin(s, st) {
		_ = st.Close()
	}
}

// counted is the key under which an HTTP request of a listener of ours carries
// its connection, which has its place already.
type counted struct{}

// talk is a pipe of messages: one in each WebSocket message (RFC 7118 section
// 5), text or binary.
type talk struct {
	ws     *websocket.Conn
	local  net.Addr
	place  *guest
	binary atomic.Bool // so came the last message, and so we answer
}

func (t *talk) LocalAddr() net.Addr { return t.local }

func (t *talk) abort() error {
	_ = t.place.Close()
	return t.ws.CloseNow()
}

func (t *talk) write(data []byte) error {
	ctx, cancel := context.WithTimeout(context.Background(), writeTime)
	defer cancel()
	kind := websocket.MessageText
	if t.binary.Load() || !utf8.Valid(data) {
		kind = websocket.MessageBinary
	}
	return t.ws.Write(ctx, kind, data)
}

// read takes messages, and asks now and then whether the client is there: its
// network may be gone without a word, and nothing else would tell.
func (t *talk) read(limits timing, take func([]byte) bool) error {
	ctx, cancel := context.WithCancel(context.Background())
	var asking sync.WaitGroup
	defer asking.Wait()
	defer cancel()
	asking.Go(func() { t.ask(ctx, limits) })
	for {
		data, err := t.message(ctx, limits.message)
		if err != nil {
			return err
		}
		if len(bytes.Trim(data, "\r\n\x00")) == 0 {
			continue // a keep-alive for other transports: here the frames do it
		}
		if !take(data) {
			return nil
		}
	}
}

// message waits for a message and reads it within limit.
func (t *talk) message(ctx context.Context, limit time.Duration) ([]byte, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	kind, r, err := t.ws.Reader(ctx)
	if err != nil {
		return nil, closing(err)
	}
	t.binary.Store(kind == websocket.MessageBinary)
	late := time.AfterFunc(limit, func() { cancel(os.ErrDeadlineExceeded) })
	defer late.Stop()
	data, err := io.ReadAll(r)
	switch {
	case err == nil:
		return data, nil
	case errors.Is(context.Cause(ctx), os.ErrDeadlineExceeded):
		return nil, os.ErrDeadlineExceeded
	}
	return nil, closing(err)
}

// closing makes the usual ends of a WebSocket the end of a stream.
func closing(err error) error {
	switch websocket.CloseStatus(err) {
	case websocket.StatusNormalClosure, websocket.StatusGoingAway, websocket.StatusNoStatusRcvd:
		return io.EOF
	}
	return fmt.Errorf("read: %w", err)
}

// ask pings until ctx ends. Who does not answer has gone.
func (t *talk) ask(ctx context.Context, limits timing) {
	tick := time.NewTicker(limits.ping)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		waiting, cancel := context.WithTimeout(ctx, limits.pong)
		err := t.ws.Ping(waiting)
		cancel()
		if err != nil {
			_ = t.ws.CloseNow()
			return
		}
	}
}
