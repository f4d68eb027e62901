package sip

import (
	"context"
	"net/netip"
	"sync"
	"time"
)

// watch asks the peers of the trunks whether they are there.
type watch struct {
	mu      sync.Mutex
	launch  func(*probe) // nil unless the server runs
	running sync.WaitGroup
	probes  []*probe
}

// set asks those peers of the file that are single addresses, servers and
// registrars. One that is asked already goes on.
func (w *watch) set(s *Server, trunks []TrunkConfig) {
	w.mu.Lock()
	defer w.mu.Unlock()
	type name struct {
		trunk, address string
		every          time.Duration
		account        *member
	}
	idOf := func(p *probe) name { return name{p.trunk.Name, p.shown.Address, p.trunk.Ping, p.account} }
	old := map[name]*probe{}
	for _, p := range w.probes {
		old[idOf(p)] = p
	}
	w.probes = nil
	for _, p := range s.probesOf(trunks) {
		id := idOf(p)
		if before, stays := old[id]; stays && before.account.sameTrunk(p.trunk) {
			delete(old, id)
			w.probes = append(w.probes, before)
			continue
		}
		w.probes = append(w.probes, p)
		if w.launch != nil {
			w.launch(p)
		}
	}
	for _, p := range old {
		if p.leave != nil {
			p.leave()
		}
	}
}

// sameTrunk reports whether nothing else about the way there has changed.
func (m *member) sameTrunk(t TrunkConfig) bool { return m == nil || m.sameWay(t) }

// probesOf are those that the file asks for. Servers are looked for also where
// nobody is to be asked: they may call.
func (s *Server) probesOf(trunks []TrunkConfig) []*probe {
	var all []*probe
	add := func(t TrunkConfig, shown string, p *probe) {
		p.server, p.trunk = s, t
		p.shown = Peer{Trunk: t.Name, Address: shown, State: peerUnknown, Since: time.Now()}
		all = append(all, p)
	}
	for _, t := range trunks {
		for _, server := range t.Servers {
			add(t, server, &probe{finder: s.newFinder(server, func(a []netip.Addr) { s.gate.learnServer(t.Name, server, a) })})
		}
		if t.Ping == 0 {
			continue
		}
		for _, n := range networksOf(t.Peers) {
			if n.IsSingleIP() {
				add(t, n.Addr().String(), &probe{address: n.Addr()})
			}
		}
		for _, m := range s.accounts.of(t.Name) {
			add(t, m.config.Server, &probe{account: m})
		}
	}
	return all
}

// begin asks until ctx ends.
func (w *watch) begin(ctx context.Context) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.launch = func(p *probe) {
		var own context.Context
		own, p.leave = context.WithCancel(ctx)
		w.running.Go(func() {
			defer p.leave()
			p.run(own)
		})
	}
	for _, p := range w.probes {
		w.launch(p)
	}
}

// end waits until nobody is asked any more.
func (w *watch) end() {
	w.mu.Lock()
	w.launch = nil
	w.mu.Unlock()
	w.running.Wait()
}

// list is what came of asking. What is only looked for is not in it.
func (w *watch) list() []Peer {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []Peer
	for _, p := range w.probes {
		if p.trunk.Ping > 0 {
			p.mu.Lock()
			all = append(all, p.shown)
			p.mu.Unlock()
		}
	}
	return all
}
