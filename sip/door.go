package sip

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	stdlog "log"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"
)

// door is a listener for connections of one kind.
type door struct {
	net.Listener
	kind string // TCP, TLS, WS, WSS
	// web leads those that have come in by HTTP to their WebSocket; nil for TCP
	// and TLS.
	web   *http.Server
	lobby *lobby
}

func (s *Server) newDoor(l net.Listener, kind string) *door {
	d := &door{Listener: l, kind: kind}
	if kind != "WS" && kind != "WSS" {
		return d
	}
	d.lobby = &lobby{address: l.Addr(), conns: make(chan net.Conn), closed: make(chan struct{})}
	d.web = &http.Server{
		Handler:        s.WebSocket(),
		ReadTimeout:    s.timing.handshake, // also of a body that is announced and never comes
		WriteTimeout:   s.timing.handshake,
		MaxHeaderBytes: 16 << 10,
		TLSNextProto:   map[string]func(*http.Server, *tls.Conn, http.Handler){}, // a WebSocket needs HTTP/1.1
		ErrorLog:       stdlog.New(io.Discard, "", 0),
		ConnContext: func(ctx context.Context, conn net.Conn) context.Context {
			if secured, ok := conn.(*tls.Conn); ok {
				conn = secured.NetConn()
			}
			return context.WithValue(ctx, counted{}, conn)
		},
	}
	return d
}

// Addr names the kind as the operator's file does.
func (d *door) Addr() net.Addr {
	if d.kind == "TCP" {
		return d.Listener.Addr()
	}
	return doorAddr{d.Listener.Addr(), strings.ToLower(d.kind)}
}

type doorAddr struct {
	net.Addr
	network string
}

func (a doorAddr) Network() string { return a.network }

// Close takes the door away; who is inside stays.
func (d *door) Close() error {
	if d.web != nil {
		_ = d.web.Close()
	}
	return d.Listener.Close()
}

// openDoor begins to let connections in.
func (s *Server) openDoor(d *door) {
	if d.web != nil {
		s.running.Go(func() { _ = d.web.Serve(d.lobby) })
	}
	s.running.Go(func() { s.admitAll(d) })
}

// admitAll accepts until the listener is closed. Strangers, and what is too
// much, are closed before a byte is read.
func (s *Server) admitAll(d *door) {
	for {
		conn, err := d.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			s.counts.errors.Add(1)
			time.Sleep(10 * time.Millisecond) // out of file descriptors: do not spin
			continue
		}
		peer := addrPort(conn.RemoteAddr())
		t := s.gate.trunkOf(peer.Addr(), d.kind)
		if t == nil {
			s.stranger(peer.Addr())
			reset(conn)
			continue
		}
		g, err := s.streams.admit(conn, peer.Addr(), t)
		if err != nil {
			s.noRoom(peer, err)
			reset(conn)
			continue
		}
		s.running.Go(func() { s.welcome(d, g, peer) })
	}
}

// noRoom counts a connection for which there is no place.
func (s *Server) noRoom(peer netip.AddrPort, why error) {
	s.counts.drop(&s.counts.shed, func() string { return fmt.Sprintf("a connection from %v: %v", peer.Addr(), why) })
}

// welcome brings a connection as far as its first message.
func (s *Server) welcome(d *door, g *guest, peer netip.AddrPort) {
	var conn net.Conn = g
	st := &stream{kind: d.kind, peer: peer, home: addrPort(d.Listener.Addr())}
	if st.secure() {
		secured, err := s.shake(g, d.kind)
		if err != nil {
			_ = g.Close()
			return
		}
		conn, st.certificates = secured, secured.ConnectionState().PeerCertificates
	}
	if d.lobby != nil {
		d.lobby.put(conn)
		return
	}
	st.pipe = &octets{conn: conn}
	if !s.streams.begin(s, st) {
		_ = st.Close()
	}
}

// shake is the TLS handshake with a peer that has connected.
func (s *Server) shake(conn net.Conn, kind string) (*tls.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), s.timing.handshake)
	defer cancel()
	secured := tls.Server(conn, s.keys.forPeers(&s.gate, kind))
	err := secured.HandshakeContext(ctx)
	if err != nil && !wasClosed(err) && !errors.Is(err, io.EOF) {
		s.counts.drop(&s.counts.handshakes, func() string { return fmt.Sprintf("%s from %v: %v", kind, conn.RemoteAddr(), err) })
	}
	return secured, err
}

// lobby hands connections that have been let in to a web server.
type lobby struct {
	address net.Addr
	conns   chan net.Conn
	closed  chan struct{}
	once    sync.Once
}

func (l *lobby) put(conn net.Conn) {
	select {
	case l.conns <- conn:
	case <-l.closed:
		_ = conn.Close()
	}
}

func (l *lobby) Accept() (net.Conn, error) {
	select {
	case conn := <-l.conns:
		return conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *lobby) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *lobby) Addr() net.Addr { return l.address }
