package sip

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/time/rate"
)

// trunk is a trunk of the operator's file at work. It is replaced as a whole
// when the file is read again; its use goes on.
type trunk struct {
	TrunkConfig
	networks []netip.Prefix
	ways     []string       // UDP, TCP, TLS, WS, WSS: by which it may come
	media    []netip.Prefix // where its sound may come from besides
	order    int            // its place in the file
	use      *use
}

// use is what a trunk takes up, across changes of the file.
type use struct {
	// retired trunks are no longer in the file: they may end their calls and
	// bring no new ones.
	retired atomic.Bool
	calls   atomic.Int64
	dialogs atomic.Int64 // outlive their calls until BYE is settled
	refused atomic.Uint64
	rate    *rate.Limiter
	// registrars and servers may call besides the trunk's peers.
	registrars, servers found
}

// lives reports whether there is anything to be said to a trunk.
func (u *use) lives() bool {
	return !u.retired.Load() || u.dialogs.Load() > 0 || len(u.registrars.networks()) > 0
}

// found are the addresses that names of the trunk have led to.
func (u *use) found() []netip.Prefix {
	return slices.Concat(u.registrars.networks(), u.servers.networks())
}

// begin takes a place for a call, or says why there is none.
func (t *trunk) begin() *Cause {
	var full *Cause
	switch taken := t.use.calls.Add(1); {
	case t.use.retired.Load():
		full = &causeRetired
	case taken > int64(t.MaxCalls):
		full = &causeTooMany
	case !t.use.rate.Allow():
		full = &causeTooFast
	default:
		t.use.dialogs.Add(1)
		return nil
	}
	t.use.calls.Add(-1)
	t.use.refused.Add(1)
	return full
}

// TrunkUse is what a trunk takes up.
type TrunkUse struct {
	Calls   int    // now
	Refused uint64 // for want of a place, since the start
}

// inUse tells it of every trunk, by its name.
func (g *gate) inUse() map[string]TrunkUse {
	g.mu.Lock()
	defer g.mu.Unlock()
	all := make(map[string]TrunkUse, len(g.trunks))
	for name, t := range g.trunks {
		all[name] = TrunkUse{Calls: int(t.use.calls.Load()), Refused: t.use.refused.Load()}
	}
	return all
}

// advertise is our public address towards this trunk; invalid: none of its own.
func (t *trunk) advertise() netip.Addr {
	a, _ := netip.ParseAddr(t.Advertise)
	return a.Unmap()
}

// end gives the place back.
func (t *trunk) end() { t.use.calls.Add(-1) }

// leave says that there is nothing more to be said about a call.
func (t *trunk) leave() { t.use.dialogs.Add(-1) }

// has reports whether address belongs to the trunk.
func (t *trunk) has(address netip.Addr) bool {
	contains := func(p netip.Prefix) bool { return p.Contains(address) }
	return slices.ContainsFunc(t.networks, contains) || slices.ContainsFunc(t.use.found(), contains)
}

// comes reports whether the trunk may come by a transport, as Via names it.
func (t *trunk) comes(way string) bool { return slices.Contains(t.ways, way) }

// gate knows which address belongs to which trunk. It is asked once for every
// packet, before anything else is done with it.
type gate struct {
	rows atomic.Pointer[[]row]

	mu     sync.Mutex
	trunks map[string]*trunk
}

type row struct {
	network netip.Prefix
	trunk   *trunk
	found   bool // by a name server; it stands in no file
}

// trunkOf finds the trunk with the narrowest network around address among those
// that come this way, as Via names it; nil for a stranger. Networks are few: a
// walk is faster than a tree.
func (g *gate) trunkOf(address netip.Addr, way string) *trunk {
	rows := g.rows.Load()
	if rows == nil {
		return nil
	}
	for i := range *rows {
		r := &(*rows)[i]
		if r.network.Contains(address) && r.trunk.comes(way) && r.trunk.use.lives() {
			return r.trunk
		}
	}
	return nil
}

// nameOf is the name of a trunk that has address, by whatever way; empty for
// none.
func (g *gate) nameOf(address netip.Addr) string {
	if rows := g.rows.Load(); rows != nil {
		for _, r := range *rows {
			if r.network.Contains(address) && !r.trunk.use.retired.Load() {
				return r.trunk.Name
			}
		}
	}
	return ""
}

// set replaces the trunks. Those that are gone from the file stay, retired,
// while they have dialogs, so that these can be ended from either side, and
// until their accounts have taken leave.
func (g *gate) set(configs []TrunkConfig) {
	g.mu.Lock()
	defer g.mu.Unlock()
	trunks := make(map[string]*trunk, len(configs))
	for i, c := range configs {
		trunks[c.Name] = newTrunk(c, g.trunks[c.Name])
		trunks[c.Name].order = i
	}
	for name, old := range g.trunks {
		if _, stays := trunks[name]; stays {
			continue
		}
		if old.use.retired.Store(true); old.use.lives() {
			trunks[name] = old
		}
	}
	g.trunks = trunks
	g.arrange()
}

// arrange writes the rows anew. g.mu is held.
func (g *gate) arrange() {
	var rows []row
	for _, t := range g.trunks {
		for _, n := range t.networks {
			rows = append(rows, row{network: n, trunk: t})
		}
		for _, n := range t.use.found() {
			rows = append(rows, row{network: n, trunk: t, found: true})
		}
	}
	slices.SortFunc(rows, before)
	g.rows.Store(&rows)
}

// newTrunk makes a trunk of what the file says and what it was before, if it
// was.
func newTrunk(c TrunkConfig, old *trunk) *trunk {
	t := &trunk{TrunkConfig: c}
	limit := rate.Limit(c.MaxCallsPerSecond)
	if old != nil {
		t.use = old.use
		t.use.retired.Store(false)
		t.use.rate.SetBurst(c.MaxCallsPerSecond)
		t.use.rate.SetLimit(limit)
		t.use.servers.keep(c.Servers)
	} else {
		t.use = &use{rate: rate.NewLimiter(limit, c.MaxCallsPerSecond)}
	}
	t.ways = waysOf(c)
	t.networks, t.media = networksOf(c.Peers), networksOf(c.Media)
	return t
}

// waysOf are the transports by which a trunk may come. One that must show a
// certificate can do so over TLS only.
func waysOf(c TrunkConfig) []string {
	if len(c.Transports) == 0 && len(c.Clients) > 0 {
		return []string{"TLS", "WSS"}
	}
	if len(c.Transports) == 0 {
		return []string{"UDP", "TCP", "TLS", "WS", "WSS"}
	}
	ways := make([]string, len(c.Transports))
	for i, way := range c.Transports {
		ways[i] = strings.ToUpper(way)
	}
	return ways
}

// networksOf reads what Validate has found good.
func networksOf(peers []string) []netip.Prefix {
	var networks []netip.Prefix
	for _, peer := range peers {
		if n, err := parsePeer(peer); err == nil {
			networks = append(networks, n)
		}
	}
	return networks
}

// before orders rows: those of the file first, what it says itself before what
// was found, the narrower before the wider, and of those that several trunks
// share the first in the file before others.
func before(a, b row) int {
	return cmp.Or(
		last(a.trunk.use.retired.Load(), b.trunk.use.retired.Load()),
		last(a.found, b.found),
		b.network.Bits()-a.network.Bits(),
		a.trunk.order-b.trunk.order,
	)
}

// last compares a and b where what is true comes last.
func last(a, b bool) int {
	switch {
	case a && !b:
		return 1
	case b && !a:
		return -1
	}
	return 0
}
