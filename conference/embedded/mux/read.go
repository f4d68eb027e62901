package mux

import (
	"bytes"
	"net/netip"
	"time"

	"github.com/pion/stun/v4"

	"github.com/einwahl/einwahl/transcode/pcm"
)

// run takes packets until the Mux is closed. Where beats take them, it only sees
// to it that none waits for long.
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
		next = after(next, time.Now(), m.pause())
		timer.Reset(time.Until(next))
		select {
		case <-m.done:
			return
		case <-m.wake:
			m.take(backlog, true)
		case <-timer.C:
			if m.sinceTaken() >= m.patience() {
				m.take(backlog, true)
			}
		}
	}
}

// call wakes who takes packets beside the beats.
func (m *Mux) call() {
	select {
	case m.wake <- struct{}{}:
	default: // it will look anyway
	}
}

// pause is how long to rest.
func (m *Mux) pause() time.Duration {
	beats := m.sinceTaken() < m.patience()
	switch hurry := m.hurries(); {
	case beats && hurry:
		return seldom
	case beats:
		return watchful
	case hurry:
		return every
	}
	return unhurried
}

// patience is for how long beats may take no packets before somebody else does.
func (m *Mux) patience() time.Duration {
	if m.hurries() {
		return every
	}
	return watchful
}

// hurries reports whether somebody waits for packets beside the beats.
func (m *Mux) hurries() bool {
	return m.waiting.Load() > 0 || time.Since(m.begun) < time.Duration(m.settled.Load())
}

// sinceTaken is how long ago a beat has taken packets.
func (m *Mux) sinceTaken() time.Duration {
	return time.Since(m.begun) - time.Duration(m.taken.Load())
}

// after is the next time to take packets. One that was missed is not made up
// for: all that has come since is taken in one go.
func after(last, now time.Time, pause time.Duration) time.Time {
	if next := last.Add(pause); next.After(now) {
		return next
	}
	return now.Add(pause)
}

// Beat takes packets before the rooms look for them, so that a wake-up of its own
// is not needed, and none that is there already has to wait for the next beat. A
// Mux may be on the clocks of all rooms.
func (m *Mux) Beat(p pcm.Phase) {
	if p != pcm.TakeIn || m.sinceTaken() < apart || m.empty() {
		return
	}
	if !m.take(1, false) {
		m.call()
		return
	}
	m.taken.Store(int64(time.Since(m.begun)))
}

// empty reports whether nobody is there to take packets for.
func (m *Mux) empty() bool {
	if !m.mu.TryRLock() {
		return false // somebody comes or goes
	}
	defer m.mu.RUnlock()
	return len(m.conns) == 0
}

// take gives out what has come, at most so many batches at each address. It
// reports whether that was all, and nobody else was at it. Who cannot wait leaves
// it where a connection begins or ends: that may be any room's.
func (m *Mux) take(batches int, wait bool) (all bool) {
	if !m.taking.TryLock() {
		return false
	}
	defer m.taking.Unlock()
	all = true
	for _, p := range m.ports {
		all = m.takeFrom(p, batches, wait) && all
	}
	return all
}

func (m *Mux) takeFrom(p *port, batches int, wait bool) (all bool) {
	for range batches {
		n, ok := m.read(p, wait)
		if !ok {
			return false
		}
		m.deal(p, n)
		if n < m.batch.Size() {
			return true
		}
	}
	return false
}

// read takes a batch of n packets and finds whose each is. It reports false if it
// would have had to wait.
func (m *Mux) read(p *port, wait bool) (n int, ok bool) {
	if wait {
		m.mu.RLock()
	} else if !m.mu.TryRLock() {
		return 0, false
	}
	defer m.mu.RUnlock()
	n, err := p.socket.Read(m.batch)
	if err != nil { // it is about one packet at most
		return 0, true
	}
	for i := range n {
		packet, from, _ := m.batch.Packet(i)
		m.owners[i] = m.find(p, packet, from)
	}
	return n, true
}

// deal gives each of n packets that have come at a port to its connection.
func (m *Mux) deal(p *port, n int) {
	now := time.Now()
	for i := range n {
		packet, from, waited := m.batch.Packet(i)
		c := m.owners[i]
		m.owners[i] = nil
		if c == nil || c.first != nil && c.first(packet, now.Add(-waited)) {
			continue
		}
		c.push(packet, way{from, p})
	}
}

// find is whose packet it is, nil if it is nobody's. A check tells it, whoever
// was at that address before. m.mu must be held.
func (m *Mux) find(p *port, packet []byte, from netip.AddrPort) *conn {
	if c := m.named(p, m.nameIn(packet)); c != nil && c.takesFrom(way{from, p}) {
		return c
	}
	return p.from[from]
}

// named is the connection of a user name whose check has come at a port, or nil.
// m.mu must be held.
func (m *Mux) named(p *port, name []byte) *conn {
	conns := m.conns[string(name)]
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
