package mux

import (
	"bytes"
	"net/netip"
	"time"

	"github.com/pion/stun/v4"
)

// run takes packets until the Mux is closed.
func (m *Mux) run() {
	timer := time.NewTimer(every)
	defer timer.Stop()
	for next := time.Now(); ; {
		if m.empty() {
			select {
			case <-m.done:
				return
			case <-m.wake:
			}
			next = time.Now()
		}
		next = after(next, time.Now())
		timer.Reset(time.Until(next))
		select {
		case <-m.done:
			return
		case <-timer.C:
			m.take()
		}
	}
}

// after is the next time to take packets. One that was missed is not made up
// for: all that has come since is taken in one go.
func after(last, now time.Time) time.Time {
	if next := last.Add(every); next.After(now) {
		return next
	}
	return now.Add(every)
}

// empty reports whether nobody is there to take packets for.
func (m *Mux) empty() bool {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return len(m.conns) == 0
}

// take gives out all that has come.
func (m *Mux) take() {
	for _, p := range m.ports {
		for {
			n, err := p.socket.Read(m.batch)
			if err != nil {
				break // it is about one packet at most
			}
			m.deal(p, n)
			if n < m.batch.Size() {
				break
			}
		}
	}
}

// deal gives each of n packets that have come at a port to its connection.
func (m *Mux) deal(p *port, n int) {
	now := time.Now()
	for i := range n {
		packet, from, _ := m.batch.Packet(i)
		c := m.find(p, packet, from)
		if c == nil || c.first != nil && c.first(packet, now) {
			continue
		}
		c.push(packet, way{from, p})
	}
}

// find is whose packet it is, nil if it is nobody's.
func (m *Mux) find(p *port, packet []byte, from netip.AddrPort) *conn {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if c := p.from[from]; c != nil {
		return c
	}
	conns := m.conns[string(m.nameIn(packet))]
	for _, c := range conns {
		if c.home == p {
			return c
		}
	}
	// Where addresses of ours are told to pages as one, only one of them has a
	// connection.
	for _, c := range conns {
		if c.home.at.Addr().Is4() == p.at.Addr().Is4() {
			return c
		}
	}
	return nil
}

// nameIn is our part of the user name in a connectivity check, empty if the
// packet is none. It is good until the next call.
func (m *Mux) nameIn(packet []byte) []byte {
	if !stun.IsMessage(packet) {
		return nil
	}
	m.check.Raw = append(m.check.Raw[:0], packet...)
	if m.check.Decode() != nil {
		return nil
	}
	name, err := m.check.Get(stun.AttrUsername)
	if err != nil {
		return nil
	}
	ours, _, _ := bytes.Cut(name, []byte(":"))
	return ours
}
