package sip

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

const (
	// maxStreams and maxStreamsOfOne bound the connections of all peers and of
	// one address. Trunks need a handful.
	maxStreams      = 1024
	maxStreamsOfOne = 64
	// writeTime is how long a peer may take to read what we send.
	writeTime = 5 * time.Second
	// dialTime is how long a connection of ours may take to come about.
	dialTime = 5 * time.Second
)

// streams holds the TCP connections of a server, in both directions.
type streams struct {
	gate *gate

	mu     sync.Mutex
	closed bool
	all    map[*stream]struct{} // two calls may have dialled one peer at once
	of     map[netip.Addr]int
}

func newStreams(g *gate) *streams {
	return &streams{gate: g, all: map[*stream]struct{}{}, of: map[netip.Addr]int{}}
}

// stream is one TCP connection.
type stream struct {
	held
	conn net.Conn
	peer netip.AddrPort
	// home is where we listen for TCP, for our Contact; zero if nowhere.
	home netip.AddrPort
}

// listen accepts until the listener is closed. Strangers, and what is too
// much, are closed before a byte is read.
func (c *streams) listen(s *Server, l net.Listener) {
	home := addrPort(l.Addr())
	for {
		conn, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			s.counts.errors.Add(1)
			time.Sleep(10 * time.Millisecond) // out of file descriptors: do not spin
			continue
		}
		st := &stream{conn: conn, peer: addrPort(conn.RemoteAddr()), home: home}
		if c.gate.trunkOf(st.peer.Addr()) == nil {
			s.stranger(st.peer.Addr())
			reset(conn)
			continue
		}
		if !c.add(st) {
			s.counts.shed.Add(1)
			reset(conn)
			continue
		}
		s.running.Go(func() { c.serve(s, st) })
	}
}

// reset closes without leaving a TIME_WAIT behind.
func reset(conn net.Conn) {
	if t, ok := conn.(*net.TCPConn); ok {
		_ = t.SetLinger(0)
	}
	_ = conn.Close()
}

func (c *streams) add(st *stream) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || len(c.all) >= maxStreams || c.of[st.peer.Addr()] >= maxStreamsOfOne {
		return false
	}
	c.all[st] = struct{}{}
	c.of[st.peer.Addr()]++
	return true
}

func (c *streams) remove(st *stream) {
	_ = st.conn.Close()
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.all, st)
	if c.of[st.peer.Addr()]--; c.of[st.peer.Addr()] <= 0 {
		delete(c.of, st.peer.Addr())
	}
}

// find is the connection to peer, if there is one.
func (c *streams) find(peer netip.AddrPort) (*stream, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for st := range c.all {
		if st.peer == peer {
			return st, true
		}
	}
	return nil, false
}

// dial makes a connection to a trunk.
func (c *streams) dial(ctx context.Context, s *Server, peer, home netip.AddrPort) (*stream, error) {
	if c.gate.trunkOf(peer.Addr()) == nil {
		return nil, fmt.Errorf("dial %v: %w", peer, errStranger)
	}
	d := net.Dialer{Timeout: dialTime}
	conn, err := d.DialContext(ctx, "tcp", peer.String())
	if err != nil {
		return nil, fmt.Errorf("dial trunk: %w", err)
	}
	st := &stream{conn: conn, peer: peer, home: home}
	if !c.add(st) {
		reset(conn)
		return nil, fmt.Errorf("dial %v: too many connections", peer)
	}
	s.running.Go(func() { c.serve(s, st) })
	return st, nil
}

// close ends all connections, and every one to come.
func (c *streams) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	for st := range c.all {
		_ = st.conn.Close()
	}
}

// serve reads messages until the peer has gone or broken the rules: after a
// framing error there is no boundary to go on from.
func (c *streams) serve(s *Server, st *stream) {
	defer c.remove(st)
	err := st.read(s.parser, s.timing, func(msg sipmsg.Message) bool {
		t := c.gate.trunkOf(st.peer.Addr())
		if t == nil {
			return false // its trunk has left the operator's file
		}
		msg.SetTransport(st.network())
		msg.SetSource(st.peer.String())
		s.receive(msg, arrival{wire: st, source: st.peer, trunk: t})
		return true
	})
	switch {
	case err == nil, errors.Is(err, io.EOF), errors.Is(err, net.ErrClosed):
	case errors.Is(err, os.ErrDeadlineExceeded):
		s.counts.stalled.Add(1)
	default:
		s.counts.malformed.Add(1)
	}
}

// read takes the stream apart until take says no.
func (st *stream) read(p *sipmsg.Parser, limits timing, take func(sipmsg.Message) bool) error {
	var f frames
	buf := make([]byte, 16<<10)
	_ = st.conn.SetReadDeadline(time.Now().Add(limits.idle))
	for {
		n, err := st.conn.Read(buf)
		if err != nil {
			return fmt.Errorf("read: %w", err)
		}
		begun := f.pending()
		f.add(buf[:n])
		more, whole, err := st.takeWhole(&f, p, take)
		if err != nil || !more {
			return err
		}
		switch {
		case !f.pending():
			_ = st.conn.SetReadDeadline(time.Now().Add(limits.idle))
		case whole || !begun: // the time of this message begins
			_ = st.conn.SetReadDeadline(time.Now().Add(limits.message))
		}
	}
}

// takeWhole gives away the messages that have come whole, and answers
// keep-alives. more is whether there is to be more, whole whether there was one.
func (st *stream) takeWhole(f *frames, p *sipmsg.Parser, take func(sipmsg.Message) bool) (more, whole bool, err error) {
	for {
		if f.skip() > 0 {
			_ = st.write([]byte("\r\n"))
		}
		data, err := f.next()
		if err != nil || data == nil {
			return true, whole, err
		}
		msg, err := parse(p, data)
		if err != nil {
			return false, whole, err
		}
		whole = true
		if !take(msg) {
			return false, whole, nil
		}
	}
}

func (st *stream) secure() bool    { return false }
func (st *stream) network() string { return "TCP" }

func (st *stream) local() netip.AddrPort {
	own := addrPort(st.conn.LocalAddr())
	if st.home.Port() != 0 {
		return netip.AddrPortFrom(own.Addr(), st.home.Port())
	}
	return own
}

// LocalAddr is part of sipgo's Connection.
func (st *stream) LocalAddr() net.Addr { return st.conn.LocalAddr() }

// Close is part of sipgo's Connection.
func (st *stream) Close() error { return st.conn.Close() }

// WriteMsg sends msg to the peer and to nobody else: when the connection is
// gone the answer is lost, wherever its Via would like to have it.
func (st *stream) WriteMsg(msg sipmsg.Message) error {
	data, err := marshal(msg)
	if err != nil {
		return err
	}
	return st.write(data)
}

func (st *stream) write(data []byte) error {
	_ = st.conn.SetWriteDeadline(time.Now().Add(writeTime))
	if _, err := st.conn.Write(data); err != nil {
		_ = st.conn.Close() // a message may be half out: nothing can follow it
		return fmt.Errorf("send to %v: %w", st.peer, err)
	}
	return nil
}
