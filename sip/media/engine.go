// Package media is the sound of telephone calls on the wire: ports, offer and
// answer, RTP and RTCP, and the keys that callers press.
//
// An [Engine] owns the ports; a [Leg] is one call's share of it. A leg looks
// to the rest of the gateway like everything else on the audio path: it is
// connected to a source that it sends and a sink that it feeds, and moves on
// their beat. That is also when its sockets are read: nobody is woken by a packet,
// and the kernel tells when it came (see package udp). The beat never waits for
// anything.
//
// Nothing on the wire is believed. Packets count only from the source that has
// won the line (see latch), a broken one is thrown away and counted, and a
// port stays bound for a while after its call, so that nobody hears the rest
// of somebody else's words.
package media

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/einwahl/einwahl/transcode/pace"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// ErrClosed reports that the engine, or the leg, is closed.
var ErrClosed = errors.New("media closed")

// Engine owns the media ports and all legs on them. Its methods may be called
// from several goroutines.
type Engine struct {
	config   Config
	said     netip.Addr // Config.Advertise
	group    func() pcm.Clock
	now      func() time.Time
	arrival  func(waited time.Duration) time.Time
	desks    desks
	every    time.Duration // between RTCP reports
	ports    *ports
	identity func() (identity, error) // towards browsers
	log      zerolog.Logger

	alive sync.WaitGroup // legs whose ports have not rested, and what attends to browsers

	mu     sync.Mutex
	closed bool
	legs   map[*Leg]struct{} // until they are closed
	rests  map[*resting]struct{}
	past   Stats // of legs that are closed
}

// New makes an engine whose legs move on clock.
func New(c Config, clock *pace.Clock, log zerolog.Logger) (*Engine, error) {
	return newEngine(c, func() pcm.Clock { return clock.Group() }, log)
}

func newEngine(c Config, group func() pcm.Clock, log zerolog.Logger) (*Engine, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("media: %w", err)
	}
	e := &Engine{
		config:   c,
		group:    group,
		now:      time.Now,
		arrival:  arrived,
		desks:    newDesks(),
		every:    reportEvery,
		ports:    newPorts(c.Ports),
		identity: sync.OnceValues(newIdentity),
		log:      log,
		legs:     make(map[*Leg]struct{}),
		rests:    make(map[*resting]struct{}),
	}
	if c.Advertise != "" {
		e.said = netip.MustParseAddr(c.Advertise).Unmap()
	}
	return e, nil
}

// Free is how many more legs there are ports for.
func (e *Engine) Free() int { return e.ports.free() }

// Close ends all legs, without letting their ports rest, and returns when
// nothing of them is left. It is safe to call twice.
func (e *Engine) Close() {
	e.mu.Lock()
	e.closed = true
	legs := slices.Collect(maps.Keys(e.legs))
	e.mu.Unlock()
	for _, l := range legs {
		l.Close()
	}
	e.mu.Lock()
	rests := slices.Collect(maps.Keys(e.rests))
	e.mu.Unlock()
	for _, r := range rests {
		r.disturb()
	}
	e.alive.Wait()
}

// NewLeg opens a pair of ports for a call. It returns ErrNoPorts or ErrClosed,
// or why the address cannot be bound.
func (e *Engine) NewLeg(c LegConfig) (*Leg, error) {
	c.Signalling = c.Signalling.Unmap()
	bind, said, err := e.addresses(c)
	if err != nil {
		return nil, fmt.Errorf("address for media towards %v: %w", c.Signalling, err)
	}
	both, err := e.ports.open(bind)
	if err != nil {
		return nil, err
	}
	l := newLeg(e, c, both, said)
	if err := e.enter(l); err != nil {
		both.close()
		e.ports.give(both.port)
		return nil, err
	}
	return l, nil
}

// enter takes note of a leg.
func (e *Engine) enter(l *Leg) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return ErrClosed
	}
	e.legs[l] = struct{}{}
	e.alive.Add(1)
	return nil
}

// addresses finds the address to bind and the one to write into SDP.
func (e *Engine) addresses(c LegConfig) (bind, said netip.Addr, err error) {
	bind = c.Bind.Unmap()
	if !bind.IsValid() {
		bind = netip.IPv6Unspecified()
		if c.Signalling.Is4() {
			bind = netip.IPv4Unspecified()
		}
	}
	public := c.Advertise.Unmap()
	switch {
	case public.IsValid() && public.Is4() == c.Signalling.Is4():
		return bind, public, nil
	case e.said.IsValid() && e.said.Is4() == c.Signalling.Is4():
		return bind, e.said, nil
	case !bind.IsUnspecified():
		return bind, bind, nil
	}
	said, err = route(c.Signalling)
	return bind, said, err
}

// route tells from which of the machine's addresses a packet to a leaves. No
// packet is sent.
func route(a netip.Addr) (netip.Addr, error) {
	const discard = 9
	conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(a, discard)))
	if err != nil {
		return netip.Addr{}, err
	}
	defer conn.Close()
	return conn.LocalAddr().(*net.UDPAddr).AddrPort().Addr().Unmap(), nil
}

// lay takes note that the ports of a leg rest.
func (e *Engine) lay(l *Leg, r *resting) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.past.add(l.tally())
	delete(e.legs, l)
	e.rests[r] = struct{}{}
}

// forget takes note that ports have rested.
func (e *Engine) forget(r *resting) {
	r.pair.close()
	e.mu.Lock()
	delete(e.rests, r)
	e.mu.Unlock()
	e.ports.give(r.pair.port)
}
