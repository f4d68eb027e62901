package sip

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"
)

const (
	// writeTime is how long a peer may take to read what we send.
	writeTime = 5 * time.Second
	// dialTime is how long a connection of ours may take to come about.
	dialTime = 5 * time.Second
)

// streams holds the connections of a server, TCP, TLS and WebSocket, in both
// directions. A trunk needs a handful.
type streams struct {
	gate *gate
	// most and mostOfOne bound the connections of all peers and of one address,
	// also those that have not said anything yet. Half of them are kept free of
	// trunks that are open to everybody.
	most, mostOfOne int

	mu     sync.Mutex
	closed bool
	guests map[*guest]struct{}
	of     map[netip.Addr]int   // guests, by their neighbourhood
	public int                  // guests of trunks that are open to everybody
	all    map[*stream]struct{} // two calls may have dialled one peer at once
}

func newStreams(g *gate, most, mostOfOne int) *streams {
	return &streams{
		gate: g, most: most, mostOfOne: mostOfOne,
		guests: map[*guest]struct{}{}, of: map[netip.Addr]int{}, all: map[*stream]struct{}{},
	}
}

// guest is a connection that is counted until it is closed.
type guest struct {
	net.Conn // nil: somebody else's, whose place is counted only
	address  netip.Addr
	public   bool
	table    *streams
	once     sync.Once
}

// Close closes the connection and gives its place back.
func (g *guest) Close() error {
	g.once.Do(func() { g.table.leave(g) })
	if g.Conn == nil {
		return nil
	}
	return g.Conn.Close()
}

// admit takes a place for a connection with t, or says why there is none.
func (c *streams) admit(conn net.Conn, address netip.Addr, t *trunk) (*guest, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	g := &guest{Conn: conn, address: neighbourhood(address), public: t.public(), table: c}
	switch {
	case c.closed:
		return nil, net.ErrClosed
	case len(c.guests) >= c.most:
		return nil, errFull
	case c.of[g.address] >= c.mostOfOne:
		return nil, errFullOfOne
	case g.public && c.public >= (c.most+1)/2:
		return nil, errFullPublic
	}
	c.guests[g] = struct{}{}
	c.of[g.address]++
	if g.public {
		c.public++
	}
	return g, nil
}

func (c *streams) leave(g *guest) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.guests, g)
	if c.of[g.address]--; c.of[g.address] <= 0 {
		delete(c.of, g.address)
	}
	if g.public {
		c.public--
	}
}

// begin reads from a connection in a goroutine of its own. It reports false
// when the server is closing.
func (c *streams) begin(s *Server, st *stream) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return false
	}
	c.all[st] = struct{}{}
	st.gone = make(chan struct{})
	s.running.Go(func() {
		defer c.remove(st)
		s.converse(st)
	})
	return true
}

func (c *streams) remove(st *stream) {
	_ = st.Close()
	close(st.gone)
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.all, st)
}

// find is the connection of a kind to peer, if there is one. name is the host
// that we mean to reach, empty for any: over TLS the peer has shown that it is the
// one that was meant then, and no other.
func (c *streams) find(kind string, peer netip.AddrPort, name string) (*stream, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for st := range c.all {
		if st.peer == peer && st.kind == kind && (kind != "TLS" || name == "" || st.meant == name) {
			return st, true
		}
	}
	return nil, false
}

// dismiss ends the connections of those who may not come any more.
func (c *streams) dismiss(k *keyring) {
	c.mu.Lock()
	all := slices.Collect(maps.Keys(c.all))
	c.mu.Unlock()
	for _, st := range all {
		if t := c.gate.trunkOf(st.peer.Addr(), st.kind); t == nil || k.vouch(t, st.certificates, st.meant) != nil {
			_ = st.Close()
		}
	}
}

// close ends all connections, and every one to come.
func (c *streams) close() {
	c.mu.Lock()
	c.closed = true
	all, guests := slices.Collect(maps.Keys(c.all)), slices.Collect(maps.Keys(c.guests))
	c.mu.Unlock()
	for _, st := range all {
		_ = st.Close()
	}
	for _, g := range guests {
		_ = g.Close()
	}
}

// dial makes a connection of a kind, TCP or TLS, to a trunk. name is the host
// that its certificate is to show, empty where only an address is known.
func (c *streams) dial(ctx context.Context, s *Server, kind string, peer netip.AddrPort, name string) (*stream, error) {
	t := c.gate.trunkOf(peer.Addr(), kind)
	if t == nil {
		return nil, fmt.Errorf("dial %v over %s: %w", peer, kind, errStranger)
	}
	if kind != "TCP" && kind != "TLS" {
		return nil, fmt.Errorf("dial %v: over %s the other side has to begin", peer, kind)
	}
	d := net.Dialer{Timeout: dialTime}
	conn, err := d.DialContext(ctx, "tcp", peer.String())
	if err != nil {
		return nil, fmt.Errorf("dial trunk: %w", err)
	}
	g, err := c.admit(conn, peer.Addr(), t)
	if err != nil {
		reset(conn)
		return nil, fmt.Errorf("dial %v: %w", peer, err)
	}
	st := &stream{kind: kind, peer: peer, meant: name, home: s.home(kind), pipe: &octets{conn: g}}
	if kind == "TLS" {
		secured, err := s.secureTo(ctx, g, t, name)
		if err != nil {
			_ = g.Close()
			return nil, err
		}
		st.certificates, st.pipe = secured.ConnectionState().PeerCertificates, &octets{conn: secured}
	}
	if !c.begin(s, st) {
		_ = st.Close()
		return nil, fmt.Errorf("dial %v: %w", peer, net.ErrClosed)
	}
	return st, nil
}

// secureTo makes TLS of a connection of ours.
func (s *Server) secureTo(ctx context.Context, conn net.Conn, t *trunk, name string) (*tls.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timing.handshake)
	defer cancel()
	secured := tls.Client(conn, s.keys.towards(t, name))
	if err := secured.HandshakeContext(ctx); err != nil {
		err = fmt.Errorf("trunk %s: TLS to %v: %w", t.Name, conn.RemoteAddr(), err)
		s.counts.drop(&s.counts.handshakes, err.Error)
		return nil, err
	}
	return secured, nil
}

// reset closes without leaving a TIME_WAIT behind.
func reset(conn net.Conn) {
	if t, ok := conn.(*net.TCPConn); ok {
		_ = t.SetLinger(0)
	}
	_ = conn.Close()
}

// wasClosed reports that a connection has come to its end in an ordinary way.
func wasClosed(err error) bool {
	return err == nil || errors.Is(err, net.ErrClosed) || errors.Is(err, context.Canceled)
}
