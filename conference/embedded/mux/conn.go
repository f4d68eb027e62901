package mux

import (
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"slices"
	"sync/atomic"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/stun/v4"
)

const (
	// queued is how many packets may wait for one connection: the sound of a
	// second and more. One that does not take them is stuck.
	queued = 64
	// mostWays is how many a connection may have. A page has a handful.
	mostWays = 256
)

var (
	_ net.PacketConn           = (*conn)(nil)
	_ ice.AddrPortReaderWriter = (*conn)(nil)
)

// conn is the connection of one user name at one address of ours. One goroutine
// reads from it; several may write. Who takes packets for it may be on the beat of any
// meeting, and so waits for none of them.
type conn struct {
	mux   *Mux
	name  string
	home  *port
	first First // nil where nobody is before who reads

	waiting chan *packet
	newest  atomic.Pointer[way]   // of the packet that was read last; nil before
	known   atomic.Pointer[[]way] // those that were written to; replaced with the Mux's lock held
	done    chan struct{}         // closed at the end, likewise
}

// way is how a packet came, and its answer goes.
type way struct {
	remote netip.AddrPort
	port   *port
}

// packet waits for its connection to be read.
type packet struct {
	from way
	size int
	data [longest]byte
}

func newConn(m *Mux, name string, home *port, first First) *conn {
	c := &conn{mux: m, name: name, home: home, first: first, waiting: make(chan *packet, queued), done: make(chan struct{})}
	c.known.Store(new([]way))
	return c
}

// push leaves a packet for who reads.
func (c *conn) push(b []byte, from way) {
	p := c.mux.spare()
	p.from, p.size = from, copy(p.data[:], b)
	select {
	case c.waiting <- p:
	default:
		c.mux.giveBack(p)
	}
}

// ReadFromAddrPort waits for the next packet.
func (c *conn) ReadFromAddrPort(b []byte) (int, netip.AddrPort, error) {
	if c.ended() {
		return 0, netip.AddrPort{}, net.ErrClosed
	}
	select {
	case <-c.done:
		return 0, netip.AddrPort{}, net.ErrClosed
	case p := <-c.waiting:
		defer c.mux.giveBack(p)
		if newest := c.newest.Load(); newest == nil || *newest != p.from {
			from := p.from
			c.newest.Store(&from)
		}
		if p.size > len(b) {
			return 0, netip.AddrPort{}, io.ErrShortBuffer
		}
		return copy(b, p.data[:p.size]), p.from.remote, nil
	}
}

func (c *conn) ended() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// WriteToAddrPort sends a packet. From the first on, what comes from there is
// for this connection; where another has the address, from the first that is not
// itself a connectivity check.
func (c *conn) WriteToAddrPort(b []byte, to netip.AddrPort) (int, error) {
	to = unmapped(to)
	p, err := c.through(to, isProof(b))
	if err != nil {
		return 0, err
	}
	if err := p.socket.Send(b, to); err != nil {
		return 0, err
	}
	return len(b), nil
}

// isProof reports whether a packet goes only to who has shown to be there: all
// but checks, which go to any address that a page names.
func isProof(packet []byte) bool {
	return !stun.IsMessage(packet) || binary.BigEndian.Uint16(packet) == stun.BindingSuccess.Value()
}

// through is the port that a packet to an address goes through.
func (c *conn) through(to netip.AddrPort, proof bool) (*port, error) {
	w, known, err := c.wayTo(to)
	if err == nil && !known {
		err = c.learn(w, proof)
	}
	return w.port, err
}

func (c *conn) wayTo(to netip.AddrPort) (w way, known bool, err error) {
	if c.ended() {
		return way{}, false, io.ErrClosedPipe
	}
	if newest := c.newest.Load(); newest != nil && newest.remote == to {
		return *newest, c.knows(*newest), nil // the way it came
	}
	for _, k := range slices.Backward(c.ways()) {
		if k.remote == to {
			return k, true, nil
		}
	}
	return way{to, c.home}, false, nil
}

// learn notes whom the packets that come by a way are for. Who was there before
// is no more, if there is proof: addresses are given to others.
func (c *conn) learn(w way, proof bool) error {
	c.mux.mu.Lock()
	defer c.mux.mu.Unlock()
	if c.ended() {
		return io.ErrClosedPipe
	}
	if before := w.port.from[w.remote]; before != nil {
		if !proof {
			return nil
		}
		before.unlearn(w)
	}
	known := append(slices.Clone(c.ways()), w)
	c.known.Store(&known)
	w.port.from[w.remote] = c
	return nil
}

// unlearn forgets a way. The Mux's lock must be held.
func (c *conn) unlearn(w way) {
	known := slices.DeleteFunc(slices.Clone(c.ways()), func(k way) bool { return k == w })
	c.known.Store(&known)
}

// takesFrom reports whether packets that come by a way may be this connection's:
// it is known, or there is room for one more.
func (c *conn) takesFrom(w way) bool { return len(c.ways()) < mostWays || c.knows(w) }

func (c *conn) knows(w way) bool { return slices.Contains(c.ways(), w) }

// ways are those that are known. They are not to be changed.
func (c *conn) ways() []way { return *c.known.Load() }

// Close ends the connection. Who reads is told.
func (c *conn) Close() error {
	c.mux.mu.Lock()
	defer c.mux.mu.Unlock()
	c.mux.forget(c)
	c.end()
	left := slices.DeleteFunc(c.mux.conns[c.name], func(other *conn) bool { return other == c })
	if len(left) == 0 {
		delete(c.mux.conns, c.name)
	} else {
		c.mux.conns[c.name] = left
	}
	return nil
}

// end tells who reads. The Mux's lock must be held.
func (c *conn) end() {
	if !c.ended() {
		close(c.done)
	}
}

// ReadFrom is ReadFromAddrPort for who knows no netip.
func (c *conn) ReadFrom(b []byte) (int, net.Addr, error) {
	n, from, err := c.ReadFromAddrPort(b)
	if err != nil {
		return 0, nil, err
	}
	return n, net.UDPAddrFromAddrPort(from), nil
}

// WriteTo is WriteToAddrPort for who knows no netip.
func (c *conn) WriteTo(b []byte, to net.Addr) (int, error) {
	u, ok := to.(*net.UDPAddr)
	if !ok {
		return 0, net.InvalidAddrError(to.String())
	}
	return c.WriteToAddrPort(b, u.AddrPort())
}

// LocalAddr is our address.
func (c *conn) LocalAddr() net.Addr { return net.UDPAddrFromAddrPort(c.home.at) }

// SetDeadline does nothing: writing never waits, and who no longer wants to
// read closes.
func (c *conn) SetDeadline(time.Time) error { return nil }

// SetReadDeadline does nothing, like SetDeadline.
func (c *conn) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline does nothing, like SetDeadline.
func (c *conn) SetWriteDeadline(time.Time) error { return nil }
