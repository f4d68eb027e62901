package sip

import (
	"context"
	"fmt"
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
}

// set puts the accounts of the file in force. Those that have not changed are
// not disturbed; one that has takes leave before it registers anew, since both
// would do so with the same Contact.
func (a *accounts) set(s *Server, trunks []TrunkConfig) {
	a.mu.Lock()
	defer a.mu.Unlock()
	type name struct{ trunk, account string }
	old := map[name]*member{}
	for _, m := range a.members {
		old[name{m.trunk.Name, m.config.key()}] = m
	}
	var now []*member
	for i, t := range trunks {
		for j, c := range t.Register {
			key := fmt.Sprintf("trunks[%d].register[%d]", i, j)
			id := name{t.Name, c.key()}
			before := old[id]
			delete(old, id)
			if before != nil && before.config == c && before.sameWay(t) {
				before.rename(key)
				now = append(now, before)
				continue
			}
			m := s.newMember(key, t, c)
			now = append(now, m)
			a.start(m, before)
		}
	}
	for _, m := range old {
		if m.leave != nil {
			m.leave()
		}
	}
	a.members = now
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

// start lets a member run, once before has ended. a.mu is held.
func (a *accounts) start(m, before *member) {
	var over <-chan struct{}
	if before != nil && before.leave != nil {
		before.leave()
		over = before.gone
	}
	if a.launch == nil {
		return
	}
	m.leave = a.launch(func(ctx context.Context) {
		if over != nil {
			<-over
		}
		m.run(ctx)
	})
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
		a.start(m, nil)
	}
}

// end waits until all have taken leave, after the context of begin has ended.
func (a *accounts) end() {
	a.mu.Lock()
	a.launch = nil
	a.mu.Unlock()
	a.running.Wait()
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
