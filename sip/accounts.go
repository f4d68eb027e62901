package sip

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"sync"
)

// accounts are those of ours with registrars, in the order of the file. They
// follow the file while the server runs.
type accounts struct {
	mu      sync.Mutex
	launch  func(run func(context.Context)) context.CancelFunc // nil unless the server runs
	running sync.WaitGroup
	members []*member
	// last is who has worked last for an account, and may still take leave.
	last map[accountName]*member
}

// accountName tells an account from others, in the file and over its changes.
type accountName struct{ trunk, account string }

func (m *member) name() accountName { return accountName{m.trunk.Name, m.config.key()} }

// set puts the accounts of the file in force. Those that have not changed are
// not disturbed; one that has takes leave before it registers anew, since both
// would do so with the same Contact.
func (a *accounts) set(s *Server, trunks []TrunkConfig) {
	a.mu.Lock()
	defer a.mu.Unlock()
	old := map[accountName]*member{}
	for _, m := range a.members {
		old[m.name()] = m
	}
	var now []*member
	for i, t := range trunks {
		for j, c := range t.Register {
			key := fmt.Sprintf("trunks[%d].register[%d]", i, j)
			id := accountName{t.Name, c.key()}
			before := old[id]
			delete(old, id)
			if before != nil && before.config == c && before.sameWay(t) {
				before.rename(key)
				now = append(now, before)
				continue
			}
			m := s.newMember(key, t, c)
			now = append(now, m)
			a.start(m)
		}
	}
	for _, m := range old {
		if m.leave != nil {
			m.leave()
		}
	}
	a.members = now
	maps.DeleteFunc(a.last, func(_ accountName, m *member) bool { return m.over() })
}

// over reports whether a member has taken leave.
func (m *member) over() bool {
	select {
	case <-m.gone:
		return true
	default:
		return false
	}
}

// sameWay reports whether a trunk still has what a registration depends on.
func (m *member) sameWay(t TrunkConfig) bool {
	return m.trunk.Advertise == t.Advertise && reflect.DeepEqual(m.trunk.Transports, t.Transports) && reflect.DeepEqual(m.trunk.Clients, t.Clients)
}

func (m *member) rename(key string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.key = key
}

// start lets a member run, once who worked for its account before has taken
// leave: both would do it in the name of one Contact. a.mu is held.
func (a *accounts) start(m *member) {
	if a.launch == nil {
		return
	}
	before := a.last[m.name()]
	if before != nil {
		before.leave()
	}
	m.leave = a.launch(func(ctx context.Context) {
		if before != nil {
			<-before.gone
		}
		m.run(ctx)
	})
	if a.last == nil {
		a.last = map[accountName]*member{}
	}
	a.last[m.name()] = m
}

// begin lets the accounts register, until ctx ends.
func (a *accounts) begin(ctx context.Context) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.launch = func(run func(context.Context)) context.CancelFunc {
		ctx, cancel := context.WithCancel(ctx)
		a.running.Go(func() {
			defer cancel()
			run(ctx)
		})
		return cancel
	}
	for _, m := range a.members {
		a.start(m)
	}
}

// end waits until all have taken leave, after the context of begin has ended.
func (a *accounts) end() {
	a.mu.Lock()
	a.launch = nil
	a.mu.Unlock()
	a.running.Wait()
}

// of are the accounts of a trunk.
func (a *accounts) of(trunk string) []*member {
	a.mu.Lock()
	defer a.mu.Unlock()
	var all []*member
	for _, m := range a.members {
		if m.trunk.Name == trunk {
			all = append(all, m)
		}
	}
	return all
}

// home is the way to the registrar that has brought a call to an account of
// ours. It knows at which address a NAT lets the registrar reach us.
func (a *accounts) home(in incoming) (way, bool) {
	if in.account == "" {
		return way{}, false
	}
	for _, m := range a.of(in.trunk.Name) {
		if m.config.User != in.account {
			continue
		}
		if w, _, ok := m.wayHome(); ok && w.wire == in.wire && w.to.Addr() == in.source.Addr() {
			return w, true
		}
	}
	return way{}, false
}

// list is what the members show.
func (a *accounts) list() []Registration {
	a.mu.Lock()
	defer a.mu.Unlock()
	all := make([]Registration, len(a.members))
	for i, m := range a.members {
		all[i] = m.registration()
	}
	return all
}
