package sip

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
)

// widest is the length of the widest network that belongs to somebody, fc00::/7.
const widest = 7

// everybody reports whether a network is the world, or too much of it.
func everybody(n netip.Prefix) bool { return n.Bits() < widest }

// public reports whether anybody may knock at a trunk.
func (t *trunk) public() bool { return slices.ContainsFunc(t.networks, everybody) }

// knows reports whether address belongs to a trunk by more than being one: where
// everybody may come, a host that only a header names is no part of the trunk.
func (t *trunk) knows(address netip.Addr) bool {
	theirs := func(n netip.Prefix) bool { return !everybody(n) && n.Contains(address) }
	return slices.ContainsFunc(t.networks, theirs) || slices.ContainsFunc(t.use.found(), theirs)
}

// validatePublic refuses a trunk at which everybody may call unasked.
func (c TrunkConfig) validatePublic() []error {
	if len(c.Auth.Users) > 0 || len(c.Clients) > 0 {
		return nil
	}
	var errs []error
	for i, peer := range c.Peers {
		if n, err := parsePeer(peer); err == nil && everybody(n) {
			errs = append(errs, fmt.Errorf("peers[%d]: %s is everybody on the internet: name the networks that may call, or have callers prove themselves by auth.users or clients", i, n))
		}
	}
	return errs
}

// neighbourhood is what is counted as one address: with IPv6 everybody has at
// least a network of 64 bits, and could take a new address for each try.
func neighbourhood(address netip.Addr) netip.Addr {
	if n, err := address.Prefix(64); err == nil && address.Is6() {
		return n.Addr()
	}
	return address
}

// These say why a connection found no place.
var (
	errFull       = errors.New("sip.max_connections is reached")
	errFullOfOne  = errors.New("sip.max_connections_per_address is reached")
	errFullPublic = errors.New("half of sip.max_connections, which is what trunks may take that are open to everybody, is reached")
)
