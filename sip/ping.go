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
	defer s.survive(&err)
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
	w, target, routes, err := p.aim(ctx)
	if err != nil {
		return way{}, nil, err
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

// aim finds the way to the peer, what to call it, and the route there.
func (p *probe) aim(ctx context.Context) (way, sipmsg.Uri, []string, error) {
	target := sipmsg.Uri{Scheme: "sip"}
	t := p.server.gate.named(p.trunk.Name)
	if t == nil {
		return way{}, target, nil, errNotYet
	}
	if p.account != nil {
		home, routes, ok := p.account.wayHome()
		if !ok {
			return way{}, target, nil, errNotYet
		}
		target.Host = hostOf(p.account.config.domain())
		return home, target, routes, nil
	}
	kind := t.preferred()
	to := netip.AddrPortFrom(p.address, portOf(kind))
	target.Host, target.Port = hostOf(p.address.String()), int(to.Port())
	w, err := p.server.wayTo(ctx, t, kind, to, "")
	return w, target, nil, err
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
