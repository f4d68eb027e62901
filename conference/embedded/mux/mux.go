// Package mux brings the pages of all meetings over one UDP port.
//
// It is the socket under pion's ICE. pion's own wakes a thread for each packet,
// and a second goroutine for each that passes it on; with the sound of many
// pages that is more work than all else that happens to a packet. Here the
// packets of all pages are taken together on the beats of rooms, and by a goroutine
// that looks where beats do not come or are not often enough. What is sent goes at
// once, and is dropped where there is no room: late sound is worth nothing.
//
// Who sends is known by the user name in their connectivity checks (RFC 8445
// section 7.2.2), and for all else by the address they have been answered at.
package mux

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/stun/v4"

	"github.com/einwahl/einwahl/transcode/pcm"
	"github.com/einwahl/einwahl/transcode/udp"
)

const (
	// every is how often packets are taken that somebody waits for. They come on
	// average every 20 ms from each page.
	every = 5 * time.Millisecond
	// seldom is how often they are looked for beside beats that take them.
	seldom = 10 * time.Millisecond
	// unhurried is how often packets are taken that nobody waits for: as often as
	// a beat would.
	unhurried = pcm.FrameDuration
	// watchful is how often it is looked whether beats still take those.
	watchful = 50 * time.Millisecond
	// settling is for how long the packets of a new connection are waited for:
	// handshakes go to and fro.
	settling = 10 * time.Second
	// apart is the least between two beats that take packets: rooms that beat
	// one after the other need not all look.
	apart = time.Millisecond
	// together is how many packets one call of the kernel takes.
	together = 64
	// longest is above every packet of sound, and every part of a handshake that
	// is not split on its way.
	longest = 1600
	// backlog is how many such calls are made in a row. More is a flood.
	backlog = 32
	// spares is how many packets are kept for later. Sound is taken before it would
	// wait, so few do: checks, reports and handshakes.
	spares = 16
	// room is for what comes between two times, and while the machine is busy
	// with something else.
	room = 1 << 20
)

var (
	errNotOurs = errors.New("not an address of the port")
	errTaken   = errors.New("this connection is there already")

	_ ice.UDPMux = (*Mux)(nil)
	_ pcm.Member = (*Mux)(nil)
)

// Mux is a UDP port that connections share. It is safe for concurrent use.
type Mux struct {
	ports []*port
	wake  chan struct{} // told when there is more to do than before
	done  chan struct{} // closed with the Mux
	ended sync.WaitGroup

	mu     sync.RWMutex
	conns  map[string][]*conn // by user name, one for each address of ours
	closed bool

	free chan *packet // those that nobody uses

	begun   time.Time
	taken   atomic.Int64 // when a beat has taken all packets, in nanoseconds since then
	settled atomic.Int64 // when the newest connection will stand, likewise
	waiting atomic.Int32 // those who wait for packets beside the beats

	taking sync.Mutex // held by who takes packets; guards what follows
	batch  *udp.Batch
	owners [together]*conn // of the packets in it
	check  stun.Message
}

// port is the port at one address of ours.
type port struct {
	socket *udp.Socket
	at     netip.AddrPort
	from   map[netip.AddrPort]*conn // who sends; guarded by the Mux
}

// Listen opens a port at all these addresses. With 0 the system chooses one for
// each.
func Listen(addresses []netip.Addr, number uint16) (*Mux, error) {
	m := &Mux{
		wake: make(chan struct{}, 1), done: make(chan struct{}), begun: time.Now(),
		conns: map[string][]*conn{}, batch: udp.NewBatch(together, longest), free: make(chan *packet, spares),
	}
	for _, a := range addresses {
		s, err := udp.Listen(netip.AddrPortFrom(a, number))
		if err != nil {
			return nil, errors.Join(fmt.Errorf("%v: %w", a, err), m.closeSockets())
		}
		s.Room(room)
		s.Expedite()
		m.ports = append(m.ports, &port{socket: s, at: s.LocalAddr(), from: map[netip.AddrPort]*conn{}})
	}
	m.ended.Go(m.run)
	return m, nil
}

// GetListenAddresses are those that candidates are made of.
func (m *Mux) GetListenAddresses() []net.Addr {
	addresses := make([]net.Addr, len(m.ports))
	for i, p := range m.ports {
		addresses[i] = net.UDPAddrFromAddrPort(p.at)
	}
	return addresses
}

// First takes a packet that has come at a time, or reports that it is not for it.
// It may change its bytes, but not keep them, and must not wait: all pages do.
type First func(packet []byte, at time.Time) (taken bool)

// With is the port for one who wants to see the packets of its connections
// first, before pion does.
func (m *Mux) With(first First) ice.UDPMux { return view{m, first} }

type view struct {
	*Mux
	first First
}

// GetConn is that of the Mux.
func (v view) GetConn(name string, at net.Addr) (net.PacketConn, error) {
	return v.begin(name, at, v.first)
}

// GetConn begins the connection that a user name has at one of our addresses.
// pion asks once for each.
func (m *Mux) GetConn(name string, at net.Addr) (net.PacketConn, error) {
	return m.begin(name, at, nil)
}

func (m *Mux) begin(name string, at net.Addr, first First) (net.PacketConn, error) {
	home := m.portAt(at)
	if home == nil {
		return nil, fmt.Errorf("%v: %w", at, errNotOurs)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return nil, net.ErrClosed
	}
	for _, c := range m.conns[name] {
		if c.home == home {
			return nil, fmt.Errorf("%v: %w", at, errTaken)
		}
	}
	c := newConn(m, name, home, first)
	m.conns[name] = append(m.conns[name], c)
	m.settled.Store(int64(time.Since(m.begun) + settling))
	m.call()
	return c, nil
}

// Hurry says that somebody waits for packets beside the beats, because what pages
// say goes on to other pages. Each call with true wants one with false.
func (m *Mux) Hurry(yes bool) {
	if !yes {
		m.waiting.Add(-1)
		return
	}
	m.waiting.Add(1)
	m.call()
}

func (m *Mux) portAt(at net.Addr) *port {
	u, ok := at.(*net.UDPAddr)
	if !ok {
		return nil
	}
	for _, p := range m.ports {
		if p.at == unmapped(u.AddrPort()) {
			return p
		}
	}
	return nil
}

// RemoveConnByUfrag takes no more packets for a user name.
func (m *Mux) RemoveConnByUfrag(name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range m.conns[name] {
		m.forget(c)
	}
	delete(m.conns, name)
}

// Close ends all connections and gives the port back.
func (m *Mux) Close() error {
	m.mu.Lock()
	if m.closed {
		m.mu.Unlock()
		return nil
	}
	m.closed = true
	for name, conns := range m.conns {
		for _, c := range conns {
			m.forget(c)
			c.end()
		}
		delete(m.conns, name)
	}
	m.mu.Unlock()
	close(m.done)
	m.ended.Wait()
	return m.closeSockets()
}

func (m *Mux) closeSockets() error {
	var errs []error
	for _, p := range m.ports {
		errs = append(errs, p.socket.Close())
	}
	return errors.Join(errs...)
}

// spare is a packet that nobody uses. None is allocated as long as they are read in
// time.
func (m *Mux) spare() *packet {
	select {
	case p := <-m.free:
		return p
	default:
		return new(packet)
	}
}

func (m *Mux) giveBack(p *packet) {
	select {
	case m.free <- p:
	default:
	}
}

// forget takes the ways to a connection away. m.mu must be held.
func (m *Mux) forget(c *conn) {
	for _, w := range c.ways() {
		if w.port.from[w.remote] == c {
			delete(w.port.from, w.remote)
		}
	}
}

// unmapped is the one form of an address.
func unmapped(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}
