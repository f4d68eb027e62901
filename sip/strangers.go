package sip

import (
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/rs/zerolog"
)

const (
	// tellStrangersEvery bounds how much of the log strangers can fill.
	tellStrangersEvery = time.Minute
	// maxStrangers is how many addresses stand in one line.
	maxStrangers = 8
)

// strangers remembers who was met with silence, so that an operator whose own
// trunk is not heard finds its address in the log.
type strangers struct {
	mu        sync.Mutex
	addresses [maxStrangers]netip.Addr
	known     int    // of addresses
	packets   uint64 // and connections, since the last line
	told      time.Time
}

// strangersMet is one line of the log.
type strangersMet struct {
	addresses []netip.Addr
	more      bool // there may have been others
	packets   uint64
}

// meet notes a packet or connection from address.
func (s *strangers) meet(address netip.Addr) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.packets++
	if s.known < maxStrangers && !slices.Contains(s.addresses[:s.known], address) {
		s.addresses[s.known] = address
		s.known++
	}
}

// due returns what is to be told now, if anything: the first stranger at once,
// the others at most once in tellStrangersEvery.
func (s *strangers) due(now time.Time) (strangersMet, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.packets == 0 || !s.told.IsZero() && now.Sub(s.told) < tellStrangersEvery {
		return strangersMet{}, false
	}
	m := strangersMet{slices.Clone(s.addresses[:s.known]), s.known == maxStrangers, s.packets}
	s.known, s.packets, s.told = 0, 0, now
	return m, true
}

// stranger counts what came from no trunk, and tells of it when it is time.
func (s *Server) stranger(address netip.Addr) {
	s.counts.strangers.Add(1)
	s.strangers.meet(address)
	s.tellStrangers(time.Now())
}

func (s *Server) tellStrangers(now time.Time) {
	if met, ok := s.strangers.due(now); ok {
		met.log(s.log, ownAddresses(), s.gate.nameOf)
	}
}

// log writes one line, with the way out: most who read it are the operator,
// whose own telephone is not answered.
func (m strangersMet) log(log zerolog.Logger, own []netip.Addr, trunkOf func(netip.Addr) string) {
	names := make([]string, len(m.addresses))
	advice := "if one of these may call, add it to the peers of a trunk"
	for i, a := range m.addresses {
		names[i] = a.String()
	}
	for _, a := range m.addresses {
		if name := trunkOf(a); name != "" {
			advice = a.String() + " is an address of trunk " + text(name) + ", but not by the transport that it used: add that to the transports of the trunk, or give up its clients, which come by tls and wss only"
			break
		}
		if slices.Contains(own, a) {
			advice = "this machine itself called from " + a.String() + ", which belongs to no trunk: add it to the peers of a trunk, or let the telephone use 127.0.0.1 as its own address"
		}
	}
	log.Warn().Strs("from", names).Bool("and_more", m.more).Uint64("packets", m.packets).Str("advice", advice).
		Msg("dropped unanswered: no trunk comes from there")
}

// ownAddresses are those of this machine.
func ownAddresses() []netip.Addr {
	all, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	own := make([]netip.Addr, 0, len(all))
	for _, a := range all {
		if n, ok := a.(*net.IPNet); ok {
			if address, ok := netip.AddrFromSlice(n.IP); ok {
				own = append(own, address.Unmap())
			}
		}
	}
	return own
}
