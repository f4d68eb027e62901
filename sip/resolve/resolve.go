// Package resolve finds where a SIP server is by its name: transport, port and
// addresses, in the order in which they are to be tried (RFC 3263). What a name
// stands for may change at any time: ask again before each attempt. Answers are
// kept for a moment, so nobody need be shy of it.
//
// Whoever answers for a name may be anybody. What they say is bounded in number
// and time, leads one step from NAPTR to SRV and one from there to addresses, and
// is worth no more than a hint: TLS is for the name that was looked for.
package resolve

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
)

// Transports that a server may be reached by.
const (
	UDP = "udp"
	TCP = "tcp"
	TLS = "tls"
)

// maxTargets bounds what a name may stand for: who answers for it may be
// anybody, and each address may call us later.
const maxTargets = 32

// ErrNothing reports that a name stands for no address.
var ErrNothing = errors.New("no address for this name")

// Server is whom we look for.
type Server struct {
	Host string
	// Port is 0 where none is given, and then looked for.
	Port uint16
	// Transport is empty where none is given, and then looked for.
	Transport string
}

// Target is a place to try.
type Target struct {
	Transport string
	Address   netip.AddrPort
	// Priority is that of its SRV record: those with the lowest are tried first.
	Priority uint16
}

// port is the default of a transport (RFC 3261 section 19.1.2).
func port(transport string) uint16 {
	if transport == TLS {
		return 5061
	}
	return 5060
}

// service is the name of the SRV records of a transport below a domain.
func service(transport, domain string) string {
	switch transport {
	case TLS:
		return "_sips._tcp." + domain
	case TCP:
		return "_sip._tcp." + domain
	}
	return "_sip._udp." + domain
}

// Targets lists the places of a server, the first to try first. Records of one
// priority are shuffled by their weight, so that many clients spread.
func (r *Resolver) Targets(ctx context.Context, s Server) ([]Target, error) {
	s.Host = strings.ToLower(strings.Trim(s.Host, "[]"))
	if a, err := netip.ParseAddr(s.Host); err == nil {
		transport := cmp.Or(s.Transport, UDP)
		return []Target{{transport, netip.AddrPortFrom(a.Unmap(), cmp.Or(s.Port, port(transport))), 0}}, nil
	}
	return r.answers.get(ctx, s, func() ([]Target, error) {
		ctx, cancel := context.WithTimeout(ctx, searchTime)
		defer cancel()
		return r.search(ctx, s)
	})
}

// search asks the name servers.
func (r *Resolver) search(ctx context.Context, s Server) ([]Target, error) {
	transport := cmp.Or(s.Transport, UDP)
	if s.Port != 0 {
		return r.hosts(ctx, s.Host, s.Port, transport, 0)
	}
	targets, err := r.records(ctx, s.Host, s.Transport)
	if len(targets) > 0 || err != nil {
		return targets, err
	}
	return r.hosts(ctx, s.Host, port(transport), transport, 0)
}

// records follows NAPTR, where the transport is open, and SRV. No records are
// no error: the name may be a host's.
func (r *Resolver) records(ctx context.Context, host, transport string) ([]Target, error) {
	wanted := []query{{service(transport, host), transport}}
	if transport == "" {
		wanted = r.naptr(ctx, host)
		for _, t := range []string{UDP, TCP, TLS} {
			if q := (query{service(t, host), t}); !slices.Contains(wanted, q) {
				wanted = append(wanted, q)
			}
		}
	}
	for _, q := range wanted {
		services, err := r.services(ctx, q.name)
		if err != nil {
			return nil, err
		}
		if targets := r.follow(ctx, services, q.transport); len(targets) > 0 {
			return targets, nil
		}
	}
	return nil, nil
}

// follow finds the addresses of services, in their order. One whose host cannot
// be found is left out.
func (r *Resolver) follow(ctx context.Context, services []*net.SRV, transport string) []Target {
	var targets []Target
	for _, s := range services {
		if s.Target == "." || s.Port == 0 {
			continue // this service is decidedly not there (RFC 2782)
		}
		more, err := r.hosts(ctx, s.Target, s.Port, transport, s.Priority)
		if err != nil {
			continue
		}
		targets = append(targets, more...)
		if len(targets) >= maxTargets {
			return targets[:maxTargets]
		}
	}
	return targets
}

// hosts are the addresses of one host.
func (r *Resolver) hosts(ctx context.Context, host string, port uint16, transport string, priority uint16) ([]Target, error) {
	addresses, err := r.addresses(ctx, host)
	if err != nil {
		return nil, err
	}
	var targets []Target
	for _, a := range addresses {
		if a = a.Unmap().WithZone(""); a.IsUnspecified() || a.IsMulticast() || !a.IsValid() {
			continue
		}
		targets = append(targets, Target{transport, netip.AddrPortFrom(a, port), priority})
	}
	if len(targets) == 0 {
		return nil, fmt.Errorf("%s: %w", host, ErrNothing)
	}
	return targets[:min(len(targets), maxTargets)], nil
}
