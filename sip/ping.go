package sip

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"net/netip"
	"sync"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// Peer is whether a peer that we ask by OPTIONS is there.
type Peer struct {
	Trunk   string
	Address string // of the peer, or the server of an account
	// State is reachable, unreachable, or unknown before the first answer.
	State string
	Since time.Time // of the state
	Error string    // of the last attempt; empty: it went well
}

// The states of a Peer.
const (
	peerUnknown     = "unknown"
	peerReachable   = "reachable"
	peerUnreachable = "unreachable"
)

// minPing is how often a peer may be asked at most.
const minPing = 5 * time.Second

// Peers tells of all that are asked whether they are there.
func (s *Server) Peers() []Peer { return s.watch.list() }

// validatePing checks how often peers are asked.
func (c TrunkConfig) validatePing() []error {
	if c.Ping != 0 && (c.Ping < minPing || c.Ping > maxExpires) {
		return []error{fmt.Errorf("ping: want 0 for never, or %v to %v, not %v", minPing, maxExpires, c.Ping)}
	}
	return nil
}

// watch asks the peers of the trunks whether they are there.
type watch struct {
	mu      sync.Mutex
	launch  func(*probe) // nil unless the server runs
	running sync.WaitGroup
	probes  []*probe
}

// probe asks one peer.
type probe struct {
	server  *Server
	trunk   TrunkConfig
	address netip.Addr // of the peer; invalid: that of account's registrar
	account *member
	leave   context.CancelFunc

	mu    sync.Mutex
	shown Peer
}

// set asks those peers of the file that are single addresses, and registrars.
// One that is asked already goes on.
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

// probesOf are those that the file asks for.
func (s *Server) probesOf(trunks []TrunkConfig) []*probe {
	var all []*probe
	add := func(t TrunkConfig, address netip.Addr, m *member, shown string) {
		all = append(all, &probe{server: s, trunk: t, address: address, account: m, shown: Peer{
			Trunk: t.Name, Address: shown, State: peerUnknown, Since: time.Now(),
		}})
	}
	for _, t := range trunks {
		if t.Ping == 0 {
			continue
		}
		for _, n := range networksOf(t.Peers) {
			if n.IsSingleIP() {
				add(t, n.Addr(), nil, n.Addr().String())
			}
		}
		for _, m := range s.accounts.of(t.Name) {
			add(t, netip.Addr{}, m, m.config.Server)
		}
	}
	return all
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

func (w *watch) list() []Peer {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := make([]Peer, len(w.probes))
	for i, p := range w.probes {
		p.mu.Lock()
		all[i] = p.shown
		p.mu.Unlock()
	}
	return all
}

// errNotYet is why an account's registrar is not asked: it does not know us.
var errNotYet = errors.New("not registered")

// run asks every so often, spread a little, and less often where the peer wants
// to be left alone.
func (p *probe) run(ctx context.Context) {
	rest := time.NewTimer(0)
	defer rest.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-rest.C:
		}
		later, err := p.ask(ctx)
		if ctx.Err() != nil {
			return
		}
		if !errors.Is(err, errNotYet) {
			p.tell(err)
		}
		every := p.trunk.Ping
		rest.Reset(max(every-every/10+time.Duration(mathrand.Int64N(int64(every/5)+1)), later))
	}
}

// ask sends one OPTIONS. Every answer shows that somebody is there, but 503
// that they want no calls (RFC 3261 section 11).
func (p *probe) ask(ctx context.Context) (later time.Duration, err error) {
	s := p.server
	ctx, cancel := context.WithTimeout(ctx, s.timing.attempt)
	defer cancel()
	w, req, err := p.request(ctx)
	if err != nil {
		return 0, err
	}
	res, err := s.ask(ctx, w, req)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return 0, fmt.Errorf("no answer to OPTIONS within %v", s.timing.attempt)
	case err != nil:
		return 0, err
	case res.StatusCode == sipmsg.StatusServiceUnavailable || res.StatusCode == sipmsg.StatusRequestTimeout:
		return min(seconds(res, "Retry-After"), refusedMost), fmt.Errorf("it answers OPTIONS with %d %s", res.StatusCode, text(res.Reason))
	}
	return 0, nil
}

// request makes an OPTIONS and finds its way.
func (p *probe) request(ctx context.Context) (way, *sipmsg.Request, error) {
	s := p.server
	t := s.gate.named(p.trunk.Name)
	if t == nil {
		return way{}, nil, errNotYet
	}
	var routes []string
	var w way
	var err error
	target := sipmsg.Uri{Scheme: "sip"}
	if p.account != nil {
		home, through, ok := p.account.wayHome()
		if !ok {
			return way{}, nil, errNotYet
		}
		routes, w = through, home
		target.Host = hostOf(p.account.config.domain())
	} else {
		kind := t.preferred()
		to := netip.AddrPortFrom(p.address, portOf(kind))
		if w, err = s.wayTo(ctx, t, kind, to, ""); err != nil {
			return way{}, nil, err
		}
		target.Host, target.Port = hostOf(p.address.String()), int(to.Port())
	}
	req := sipmsg.NewRequest(sipmsg.OPTIONS, target)
	hops := sipmsg.MaxForwardsHeader(70)
	req.AppendHeader(&hops)
	for _, r := range routes {
		req.AppendHeader(sipmsg.NewHeader("Route", r))
	}
	tag := sipmsg.NewParams()
	tag.Add("tag", rand.Text())
	id := sipmsg.CallIDHeader(rand.Text())
	own := sipmsg.Uri{Scheme: "sip", Host: hostOf(w.host)}
	if p.account != nil {
		own.User, own.Host = escapeUser(p.account.config.User), target.Host
	}
	req.AppendHeader(&sipmsg.FromHeader{Address: own, Params: tag})
	req.AppendHeader(&sipmsg.ToHeader{Address: target, Params: sipmsg.NewParams()})
	req.AppendHeader(&id)
	req.AppendHeader(&sipmsg.CSeqHeader{SeqNo: 1, MethodName: sipmsg.OPTIONS})
	req.AppendHeader(sipmsg.NewHeader("Contact", w.contact("", "")))
	req.AppendHeader(sipmsg.NewHeader("Accept", sessionType))
	req.SetBody(nil)
	return w, req, nil
}

// wayHome is how requests of ours reach the registrar, while it knows us.
func (m *member) wayHome() (w way, routes []string, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.home == nil {
		return way{}, nil, false
	}
	return *m.home, m.routes, true
}

// preferred is the transport by which we speak first to a peer of which we know
// the address only.
func (t *trunk) preferred() string {
	for _, kind := range t.ways {
		if kind == "UDP" || kind == "TCP" || kind == "TLS" {
			return kind
		}
	}
	return "UDP"
}

func portOf(kind string) uint16 {
	if kind == "TLS" {
		return 5061
	}
	return 5060
}

// tell makes the state known, and logs it where it has changed.
func (p *probe) tell(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	before := p.shown.State
	p.shown.State, p.shown.Error = peerReachable, ""
	if err != nil {
		p.shown.State, p.shown.Error = peerUnreachable, text(err.Error())
	}
	if p.shown.State == before {
		return
	}
	p.shown.Since = time.Now()
	log := p.server.log.With().Str("trunk", p.trunk.Name).Str("peer", text(p.shown.Address)).Logger()
	if err != nil {
		log.Warn().Str("err", p.shown.Error).Msg("peer does not answer: it is asked on, as ping of the trunk says")
		return
	}
	log.Info().Msg("peer answers")
}
