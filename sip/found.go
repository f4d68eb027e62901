package sip

import (
	"net/netip"
	"slices"
	"sync/atomic"
)

// found are addresses of a trunk that stand in no file: those that names in it
// resolve to. They may call as if they stood in peers, but take no address away
// from a trunk that has it there: the file counts for more than a name server.
type found struct {
	by  map[string][]netip.Prefix // by the name that led to them; under gate.mu
	all atomic.Pointer[[]netip.Prefix]
}

// networks are those of all names.
func (f *found) networks() []netip.Prefix {
	if all := f.all.Load(); all != nil {
		return *all
	}
	return nil
}

// set replaces those of one name; none forgets it. gate.mu is held.
func (f *found) set(name string, addresses []netip.Addr) {
	if f.by == nil {
		f.by = map[string][]netip.Prefix{}
	}
	delete(f.by, name)
	for _, a := range addresses {
		a = a.Unmap().WithZone("")
		f.by[name] = append(f.by[name], netip.PrefixFrom(a, a.BitLen()))
	}
	var all []netip.Prefix
	for _, networks := range f.by {
		for _, n := range networks {
			if !slices.Contains(all, n) {
				all = append(all, n)
			}
		}
	}
	f.all.Store(&all)
}

// keep forgets the names that are not among these. gate.mu is held.
func (f *found) keep(names []string) {
	for name := range f.by {
		if !slices.Contains(names, name) {
			f.set(name, nil)
		}
	}
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

// learnServer does the same for one of a trunk's servers, while it is in the
// file.
func (g *gate) learnServer(trunk, server string, addresses []netip.Addr) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if t, ok := g.trunks[trunk]; ok && slices.Contains(t.Servers, server) {
		t.use.servers.set(server, addresses)
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
