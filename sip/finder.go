package sip

import (
	"context"
	"maps"
	"net/netip"
	"slices"
	"time"

	"github.com/einwahl/einwahl/sip/resolve"
)

const (
	// foundFor is for how long an address may call that its name no longer leads
	// to: names change faster than calls end.
	foundFor = 2 * time.Hour
	// maxFound bounds the addresses of one name.
	maxFound = 128
)

// finder looks for a server of the file, and lets the addresses call that its
// name leads to. It belongs to one goroutine.
type finder struct {
	server resolve.Server
	search func(context.Context, resolve.Server) ([]resolve.Target, error)
	learn  func([]netip.Addr)
	seen   map[netip.Addr]time.Time // when the name last led there
}

// newFinder makes one for a server that Validate has found good.
func (s *Server) newFinder(server string, learn func([]netip.Addr)) *finder {
	whom, _ := serverOf(server)
	return &finder{server: whom, search: s.resolver.Targets, learn: learn}
}

// find lists the places of the server, the first to try first.
func (f *finder) find(ctx context.Context) ([]resolve.Target, error) {
	targets, err := f.search(ctx, f.server)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	if f.seen == nil || len(f.seen) > maxFound-len(targets) {
		f.seen = map[netip.Addr]time.Time{}
	}
	maps.DeleteFunc(f.seen, func(_ netip.Addr, at time.Time) bool { return now.Sub(at) > foundFor })
	for _, t := range targets {
		f.seen[t.Address.Addr()] = now
	}
	f.learn(slices.Collect(maps.Keys(f.seen)))
	return targets, nil
}
