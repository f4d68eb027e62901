package sip

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"net/netip"
	"slices"
	"sync"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"github.com/einwahl/einwahl/sip/digest"
	"github.com/einwahl/einwahl/sip/resolve"
)

// member is one account at work: a goroutine that does what [enrol] says.
type member struct {
	server *Server
	trunk  TrunkConfig
	config RegisterConfig
	line   string
	callID string
	tag    string
	gone   chan struct{} // closed when its goroutine has ended
	leave  context.CancelFunc

	// The goroutine's own.
	state   enrolment
	seq     uint32
	finder  *finder
	targets []resolve.Target
	proofs  [2]digest.Client
	way     way
	public  netip.AddrPort // where the registrar sees us; invalid: where we are
	former  string         // our Contact of before, which leads nowhere now; empty: none

	mu     sync.Mutex
	key    string // in the file
	shown  Registration
	routes []string // Service-Route
	home   *way     // to the registrar while registered; nil otherwise
}

// newMember makes an account that has not begun.
func (s *Server) newMember(key string, t TrunkConfig, c RegisterConfig) *member {
	proof := digest.Client{User: c.authUser(), Password: string(c.Password)}
	return &member{
		server: s, trunk: t, config: c, key: key,
		line:   s.line(t.Name, c),
		callID: rand.Text(),
		tag:    rand.Text(),
		gone:   make(chan struct{}),
		finder: s.newFinder(c.Server, func(a []netip.Addr) { s.gate.learn(t.Name, c.key(), a) }),
		state:  enrolment{asked: c.Expires},
		proofs: [2]digest.Client{proof, proof},
		shown:  Registration{Trunk: t.Name, User: c.User, Server: c.Server, State: stateRegistering, Since: time.Now()},
	}
}

// run leads the account until ctx ends and it has taken leave.
func (m *member) run(ctx context.Context) {
	defer close(m.gone)
	defer m.server.gate.learn(m.trunk.Name, m.config.key(), nil)
	var ev any = enrolDue{}
	for m.state.phase != enrolOver {
		if ctx.Err() != nil && m.state.phase != enrolLeaving {
			ev = enrolDismissed{}
		}
		var steps []any
		m.state, steps = enrol(m.state, ev)
		ev = nil
		for _, step := range steps {
			ev = m.do(ctx, step)
		}
		if ev == nil && m.state.phase != enrolOver {
			ev = m.rest(ctx, enrolRest{retryFirst, retryMost}) // never spin
		}
	}
}

// do takes one step and returns what came of it.
func (m *member) do(ctx context.Context, step any) any {
	switch step := step.(type) {
	case enrolSeek:
		return m.seek(ctx)
	case enrolAsk:
		return m.ask(ctx, step)
	case enrolRest:
		return m.rest(ctx, step)
	case enrolTell:
		m.tell(step)
	}
	return nil
}

// seek looks up where the registrar is.
func (m *member) seek(ctx context.Context) any {
	targets, err := m.finder.find(ctx)
	if err != nil {
		return enrolLost{text(err.Error())}
	}
	first := 0
	if m.state.bound && m.state.target < len(m.targets) {
		// The one that knows us, unless a better one has come back.
		now := m.targets[m.state.target]
		if i := slices.Index(targets, now); i >= 0 && now.Priority == targets[0].Priority {
			first = i
		}
	}
	m.targets = targets
	return enrolFound{len(targets), first}
}

// ask sends one REGISTER and waits for the answer.
func (m *member) ask(ctx context.Context, step enrolAsk) any {
	if step.target >= len(m.targets) {
		return enrolSilence{"nothing to ask"}
	}
	patience := m.server.timing.patience()
	switch {
	case step.expires == 0:
		ctx, patience = context.WithoutCancel(ctx), m.server.timing.farewell
	case !step.last:
		patience = m.server.timing.attempt
	}
	inTime, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	reply, err := m.exchange(inTime, m.targets[step.target], step.expires)
	if err != nil {
		if errors.Is(err, context.DeadlineExceeded) {
			err = fmt.Errorf("no answer within %v", patience)
		}
		return enrolSilence{text(fmt.Sprintf("%v over %s: %v", m.targets[step.target].Address, m.targets[step.target].Transport, err))}
	}
	return reply
}

func (m *member) exchange(ctx context.Context, to resolve.Target, expires time.Duration) (reply enrolReply, err error) {
	defer m.server.survive(&err, "answer")
	t := m.server.gate.named(m.trunk.Name)
	if t == nil {
		t = newTrunk(m.trunk, nil) // it has left the file: we say goodbye
	}
	w, err := m.server.wayTo(ctx, t, to.Transport, to.Address, m.finder.server.Host)
	if err != nil {
		return enrolReply{}, err
	}
	if w.to != m.way.to {
		m.public, m.former = netip.AddrPort{}, ""
		m.proofs[0].Forget()
		m.proofs[1].Forget()
	}
	m.way = w
	req := m.register(m.contact(), expires)
	if m.former != "" {
		req.AppendHeader(sipmsg.NewHeader("Contact", m.former+";expires=0"))
	}
	if err := m.prove(req); err != nil {
		return enrolReply{}, err
	}
	res, err := m.server.ask(ctx, w, req)
	if err != nil {
		return enrolReply{}, err
	}
	return m.read(res, expires), nil
}

// prove adds what was asked for before: a nonce serves for many requests.
func (m *member) prove(req *sipmsg.Request) error {
	for i, name := range []string{"Authorization", "Proxy-Authorization"} {
		if !m.proofs[i].Ready() {
			continue
		}
		value, err := m.proofs[i].Answer(string(req.Method), req.Recipient.String())
		if err != nil {
			return err
		}
		req.AppendHeader(sipmsg.NewHeader(name, value))
	}
	return nil
}

// read takes in what an answer tells besides its status.
func (m *member) read(res *sipmsg.Response, asked time.Duration) enrolReply {
	reply := readReply(res, m.line, m.config.User, asked)
	switch res.StatusCode {
	case sipmsg.StatusUnauthorized, sipmsg.StatusProxyAuthRequired:
		i, name := 0, "WWW-Authenticate"
		if res.StatusCode == sipmsg.StatusProxyAuthRequired {
			i, name = 1, "Proxy-Authenticate"
		}
		var values []string
		for _, h := range res.GetHeaders(name) {
			values = append(values, h.Value())
		}
		stale, err := m.proofs[i].Challenged(values)
		reply.stale, reply.readable = stale, err == nil
	}
	if res.StatusCode < 300 {
		m.former = ""
	}
	reply.elsewhere = m.look(res)
	if res.StatusCode < 300 && asked > 0 {
		m.mu.Lock()
		m.routes = serviceRoute(res)
		m.mu.Unlock()
	}
	return reply
}

// look finds out whether a NAT gives us another address than we have told, over
// UDP and where the operator has not said what it is. What was told is taken back
// where it was taken in: calls would be sent there, too.
func (m *member) look(res *sipmsg.Response) (elsewhere bool) {
	if m.way.wire.network() != "UDP" || m.trunk.Advertise != "" || m.server.config.Advertise != "" {
		return false
	}
	seen, ok := seenAs(res)
	if !ok {
		return false
	}
	told := m.contact()
	m.public = seen
	if told == m.contact() {
		return false
	}
	if res.StatusCode < 300 {
		m.former = told
	}
	return true
}

// reached is the way to the registrar, with our address as the registrar sees
// it.
func (m *member) reached() way {
	w := m.way
	if m.public.IsValid() {
		w.host, w.port = m.public.Addr().String(), m.public.Port()
	}
	return w
}

// contact is the value of our Contact header.
func (m *member) contact() string {
	return m.reached().contact(escapeUser(m.config.User)+"@", ";"+lineParam+"="+m.line)
}

// rest waits, and keeps the way to the registrar open meanwhile.
func (m *member) rest(ctx context.Context, r enrolRest) any {
	due := time.NewTimer(r.from + time.Duration(mathrand.Int64N(int64(r.to-r.from)+1)))
	defer due.Stop()
	tick := time.NewTicker(m.server.timing.keepOpen)
	defer tick.Stop()
	open := m.state.holds()
	var cut <-chan struct{}
	if open {
		cut = m.way.cut()
	}
	for {
		select {
		case <-ctx.Done():
			return enrolDismissed{}
		case <-due.C:
			return enrolDue{}
		case <-cut:
			return enrolCut{}
		case <-tick.C:
			if open && m.way.keepOpen() != nil && cut != nil {
				return enrolCut{}
			}
		}
	}
}

// tell makes a state known, and logs it where it is another than before.
func (m *member) tell(step enrolTell) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	before := m.shown.State
	if before != step.state {
		m.shown.State, m.shown.Since = step.state, now
	}
	m.shown.Error = step.why
	switch step.state {
	case stateRegistered:
		m.shown.Expires = now.Add(step.granted)
		home := m.reached()
		m.home = &home
	case stateStopped:
		m.shown.Expires, m.home = time.Time{}, nil
	default:
		m.home = nil
	}
	if before == step.state {
		return
	}
	log := m.server.log.With().Str("trunk", m.trunk.Name).Str("key", m.key).Str("server", text(m.config.Server)).Logger()
	switch {
	case step.state == stateRegistered:
		log.Info().Stringer("registrar", m.way.to).Str("transport", m.way.wire.network()).Dur("expires", step.granted).Msg("registered")
	case step.state == stateStopped:
		log.Info().Msg("no longer registered")
	case step.serious:
		log.Error().Str("err", step.why).Msg("registration refused: this account takes no calls until the settings under its key are right")
	default:
		log.Warn().Str("err", step.why).Msg("registration failed: it is tried again")
	}
}

// state of the account as others see it.
func (m *member) registration() Registration {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.shown
	if !r.Expires.IsZero() && !r.Expires.After(time.Now()) {
		r.Expires = time.Time{}
	}
	return r
}
