package sip

import (
	"net/netip"
	"slices"
	"sync/atomic"
)

// registrars are the addresses of a trunk that are known by their names only:
// those that the servers of its accounts resolve to. They are found at run time
// and may call as if they stood in peers.
type registrars struct {
	of  map[string][]netip.Prefix // by the key of the account; under gate.mu
	all atomic.Pointer[[]netip.Prefix]
}

// networks are those of all accounts.
func (r *registrars) networks() []netip.Prefix {
	if all := r.all.Load(); all != nil {
		return *all
	}
	return nil
}

// set replaces those of one account; none forgets it. gate.mu is held.
func (r *registrars) set(account string, addresses []netip.Addr) {
	if r.of == nil {
		r.of = map[string][]netip.Prefix{}
	}
	delete(r.of, account)
	for _, a := range addresses {
		a = a.Unmap().WithZone("")
		r.of[account] = append(r.of[account], netip.PrefixFrom(a, a.BitLen()))
	}
	var all []netip.Prefix
	for _, networks := range r.of {
		for _, n := range networks {
			if !slices.Contains(all, n) {
				all = append(all, n)
			}
		}
	}
	r.all.Store(&all)
}

// learn lets the addresses of an account's registrar in, and those that it had
// before out.
func (g *gate) learn(trunk, account string, addresses []netip.Addr) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if t, ok := g.trunks[trunk]; ok {
		t.use.registrars.set(account, addresses)
		g.arrange()
	}
}

// named is a trunk of the file, nil where there is none.
func (g *gate) named(name string) *trunk {
	g.mu.Lock()
	defer g.mu.Unlock()
	if t, ok := g.trunks[name]; ok && !t.use.retired.Load() {
		return t
	}
	return nil
}

// sharing are the trunks of the file that address belongs to and that come this
// way, in its order.
func (g *gate) sharing(address netip.Addr, way string) []*trunk {
	var trunks []*trunk
	for _, r := range *g.rows.Load() {
		if r.network.Contains(address) && r.trunk.comes(way) && !r.trunk.use.retired.Load() && !slices.Contains(trunks, r.trunk) {
			trunks = append(trunks, r.trunk)
		}
	}
	return trunks
}
