package sip

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"net/netip"
	"slices"
	"sync"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// Peer is whether a peer that we ask by OPTIONS is there.
type Peer struct {
	Trunk   string
	Address string // of the peer, or the server as the file names it
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

// validatePing checks how often peers are asked, and the names among them.
func (c TrunkConfig) validatePing() []error {
	var errs []error
	if c.Ping != 0 && (c.Ping < minPing || c.Ping > maxExpires) {
		errs = append(errs, fmt.Errorf("ping: want 0 for never, or %v to %v, not %v", minPing, maxExpires, c.Ping))
	}
	for i, server := range c.Servers {
		if err := validateServer(server, c.Transports); err != nil {
			errs = append(errs, fmt.Errorf("servers[%d]: %w", i, err))
		}
		if slices.Contains(c.Servers[:i], server) {
			errs = append(errs, fmt.Errorf("servers[%d]: %s is there twice", i, text(server)))
		}
	}
	return errs
}

const (
	// lookAgain is how often a server is looked for that is not asked.
	lookAgain = time.Minute
	// maxPlaces is how many places of a server are asked before it counts as
	// unreachable.
	maxPlaces = 4
)

// probe asks one peer.
type probe struct {
	server  *Server
	trunk   TrunkConfig
	address netip.Addr // of a peer; invalid for the others
	account *member    // whose registrar is asked; nil for the others
	finder  *finder    // of a server of the trunk; nil for the others
	leave   context.CancelFunc

	mu    sync.Mutex
	shown Peer
}

// errNotYet is why an account's registrar is not asked: it does not know us.
var errNotYet = errors.New("not registered")

// run asks every so often, and less often where the peer wants to be left alone.
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
		rest.Reset(p.pause(later))
	}
}

// pause is how long to leave the peer alone: a tenth more or less than the file
// says, or as long as the peer has asked for.
func (p *probe) pause(later time.Duration) time.Duration {
	every := cmp.Or(p.trunk.Ping, lookAgain)
	return max(every-every/10+mathrand.N(every/5+1), later)
}

// ask finds out whether the peer is there. later is for how long it wants to be
// left alone.
func (p *probe) ask(ctx context.Context) (later time.Duration, err error) {
	s := p.server
	defer s.survive(&err, "answer")
	t := s.gate.named(p.trunk.Name)
	switch {
	case t == nil:
		return 0, errNotYet
	case p.finder != nil:
		return p.askServer(ctx, t)
	case p.account != nil:
		return p.send(ctx, func(context.Context) (errand, error) { return toRegistrar(p.account) })
	}
	return p.send(ctx, func(ctx context.Context) (errand, error) { return s.toPeer(ctx, t, p.address) })
}

// askServer asks the places of a server until one of them answers (RFC 3263
// section 4.3).
func (p *probe) askServer(ctx context.Context, t *trunk) (later time.Duration, err error) {
	places, err := p.finder.find(ctx)
	if err != nil || p.trunk.Ping == 0 {
		return 0, err
	}
	for _, place := range places[:min(len(places), maxPlaces)] {
		var wait time.Duration
		wait, err = p.send(ctx, func(ctx context.Context) (errand, error) {
			return p.server.toServer(ctx, t, p.finder.server, place)
		})
		if err == nil {
			return 0, nil
		}
		if wait > 0 && (later == 0 || wait < later) {
			later = wait
		}
		err = fmt.Errorf("%v over %s: %w", place.Address, place.Transport, err)
	}
	return later, err
}

// send sends one OPTIONS. Every answer shows that somebody is there, but 503
// that they want no calls (RFC 3261 section 11).
func (p *probe) send(ctx context.Context, prepare func(context.Context) (errand, error)) (later time.Duration, err error) {
	s := p.server
	ctx, cancel := context.WithTimeout(ctx, s.timing.attempt)
	defer cancel()
	e, err := prepare(ctx)
	if err != nil {
		return 0, err
	}
	res, err := s.ask(ctx, e.way, e.request())
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
	switch {
	case err == nil && p.trunk.Ping == 0:
		log.Info().Msg("server of the trunk is found")
	case err == nil:
		log.Info().Msg("peer answers")
	case p.trunk.Ping == 0:
		log.Warn().Str("err", p.shown.Error).Msg("server of the trunk is not found: it is looked for on; see servers of the trunk, and sip.dns")
	default:
		log.Warn().Str("err", p.shown.Error).Msg("peer does not answer: it is asked on, as ping of the trunk says")
	}
}
