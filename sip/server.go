package sip

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
	"github.com/rs/zerolog"

	"github.com/einwahl/einwahl/sip/digest"
	"github.com/einwahl/einwahl/sip/media"
	"github.com/einwahl/einwahl/sip/passport"
	"github.com/einwahl/einwahl/sip/resolve"
)

// Server takes calls from the trunks.
type Server struct {
	config Config
	timing timing
	log    zerolog.Logger
	handle func(context.Context, *Call)
	newLeg func(media.LegConfig) (leg, error)

	gate         gate
	streams      *streams
	keys         *keyring
	parser       *sipmsg.Parser
	transactions *transactions
	dialogs      *dialogs
	accounts     accounts
	watch        watch
	resolver     *resolve.Resolver
	guard        *digest.Guard
	calls        *calls
	counts       counts
	strangers    strangers
	secret       [32]byte
	stir         *passport.Verifier // nil: nothing is to be verified
	draining     atomic.Bool
	waiting      atomic.Int64 // calls that nobody has begun to deal with
	tooMuch      atomic.Pointer[Overload]
	dismissals   *dismissals
	ready        chan struct{}
	running      sync.WaitGroup // everything that Run has started

	mu      sync.Mutex
	closing bool
	sockets []*datagrams
	doors   []*door
}

// New makes a server that hands each call to handle, in a goroutine of its
// own. The context is cancelled when the caller is gone; when handle returns,
// the call is ended. Nothing is started and no port bound before [Server.Run].
func New(c Config, trunks []TrunkConfig, engine *media.Engine, log zerolog.Logger, handle func(ctx context.Context, c *Call)) (*Server, error) {
	return newServer(c, trunks, log, handle, func(lc media.LegConfig) (leg, error) {
		if media.IsWeb(lc.Offer) {
			return engine.NewWebLeg(lc)
		}
		return engine.NewLeg(lc)
	})
}

func newServer(c Config, trunks []TrunkConfig, log zerolog.Logger, handle func(context.Context, *Call), newLeg func(media.LegConfig) (leg, error)) (*Server, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("sip: %w", err)
	}
	hushLibrary()
	s := &Server{
		config:       c,
		timing:       standardTiming(),
		log:          log,
		handle:       handle,
		newLeg:       newLeg,
		parser:       newParser(),
		transactions: newTransactions(newHush(log)),
		dialogs:      newDialogs(),
		calls:        newCalls(),
		resolver:     resolve.New(c.nameServers()),
		guard:        digest.NewGuard(digest.DefaultLimits(), time.Now),
		dismissals:   newDismissals(),
		ready:        make(chan struct{}),
	}
	s.streams = newStreams(&s.gate, c.MaxConnections, c.MaxConnectionsPerAddress)
	var err error
	if s.keys, err = newKeyring(c.TLS, log); err != nil {
		return nil, fmt.Errorf("sip: %w", err)
	}
	if s.stir, err = c.STIR.verifier(); err != nil {
		return nil, fmt.Errorf("sip: %w", err)
	}
	_, _ = rand.Read(s.secret[:]) // never fails
	if err := s.SetTrunks(trunks); err != nil {
		return nil, err
	}
	return s, nil
}

// SetTrunks replaces the trunks. Calls of those that are gone go on, and so do
// the counts of those that stay. A mistake changes nothing.
func (s *Server) SetTrunks(trunks []TrunkConfig) error {
	var errs []error
	for i, t := range trunks {
		if err := t.Validate(); err != nil {
			errs = append(errs, fmt.Errorf("trunks[%d]: %w", i, err))
		}
	}
	if err := ValidateTrunks(trunks); err != nil {
		errs = append(errs, fmt.Errorf("trunks: %w", err))
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	if err := s.rereadRoots(); err != nil {
		return err
	}
	s.gate.set(trunks)
	s.streams.dismiss(s.keys)
	s.accounts.set(s, trunks)
	s.watch.set(s, trunks)
	return nil
}

// Run takes calls until ctx ends, then hangs up those that are left. Nothing
// it started is left when it returns. It is called once.
func (s *Server) Run(ctx context.Context) error {
	defer s.running.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if err := s.listen(ctx); err != nil {
		s.close()
		return err
	}
	close(s.ready)
	s.open()
	s.running.Go(func() { s.report(ctx) })
	s.accounts.begin(ctx)
	s.watch.begin(ctx)
	<-ctx.Done()
	s.Drain()
	s.hangUpAll()
	s.watch.end()
	s.accounts.end()
	s.close()
	return nil
}

// Ready is closed when the ports are bound.
func (s *Server) Ready() <-chan struct{} { return s.ready }

// Addrs are the addresses listened on, in the order of Config.Listen, first
// those of UDP and then the others; their networks are udp, tcp, tls, ws and wss.
// They are known when Ready is closed.
func (s *Server) Addrs() []net.Addr {
	s.mu.Lock()
	defer s.mu.Unlock()
	addrs := make([]net.Addr, 0, len(s.sockets)+len(s.doors))
	for _, d := range s.sockets {
		addrs = append(addrs, d.LocalAddr())
	}
	for _, d := range s.doors {
		addrs = append(addrs, d.Addr())
	}
	return addrs
}

// Calls are the calls that are there now, the oldest first.
func (s *Server) Calls() []*Call { return s.calls.list() }

// Use tells what each trunk takes up, by its name.
func (s *Server) Use() map[string]TrunkUse { return s.gate.inUse() }

// Stats counts since the server was made.
func (s *Server) Stats() Stats {
	st := s.counts.stats()
	st.Calls = s.calls.count()
	return st
}

// listen binds all ports or none.
func (s *Server) listen(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var lc net.ListenConfig
	for _, at := range s.config.Listen {
		e, err := parseEndpoint(at)
		if err != nil {
			return fmt.Errorf("sip: %w", err)
		}
		switch e.network {
		case "udp":
			conn, err := lc.ListenPacket(ctx, e.family(), e.address())
			if err != nil {
				return fmt.Errorf("listen on %s: %w", at, err)
			}
			socket := conn.(*net.UDPConn)
			_ = socket.SetReadBuffer(1 << 20) // a burst of calls; the system may give less
			s.sockets = append(s.sockets, &datagrams{conn: socket, gate: &s.gate})
		default:
			l, err := lc.Listen(ctx, e.family(), e.address())
			if err != nil {
				return fmt.Errorf("listen on %s: %w", at, err)
			}
			s.doors = append(s.doors, s.newDoor(l, strings.ToUpper(e.network)))
		}
	}
	return nil
}

// open begins to read from what is bound.
func (s *Server) open() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range s.sockets {
		s.running.Go(func() { d.serve(s) })
	}
	for _, d := range s.doors {
		s.openDoor(d)
	}
}

// hangUpAll ends every call and waits a while for the callers to agree.
func (s *Server) hangUpAll() {
	s.mu.Lock()
	s.closing = true
	s.mu.Unlock()
	timeout := time.NewTimer(s.timing.farewell)
	defer timeout.Stop()
	all := s.dialogs.all()
	for _, d := range all {
		d.post(ended{causeClosing, ErrHungUp})
	}
	for _, d := range all {
		select {
		case <-d.gone:
		case <-timeout.C:
			return
		}
	}
}

// close ends what is left: dialogs, transactions, sockets.
func (s *Server) close() {
	s.mu.Lock()
	s.closing = true
	s.mu.Unlock()
	for _, d := range s.dialogs.all() {
		d.post(abandoned{})
	}
	s.transactions.close()
	s.streams.close()
	for _, d := range s.sockets {
		_ = d.conn.Close()
	}
	for _, d := range s.doors {
		_ = d.Close()
	}
}

// socketFor is a UDP socket that reaches address, nil if there is none.
func (s *Server) socketFor(address netip.Addr) *datagrams {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range s.sockets {
		own := d.local().Addr()
		if own.Is4() == address.Is4() || own == netip.IPv6Unspecified() {
			return d
		}
	}
	return nil
}

// home is where we listen for connections of a kind, zero if nowhere.
func (s *Server) home(kind string) netip.AddrPort {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range s.doors {
		if d.kind == kind {
			return addrPort(d.Listener.Addr())
		}
	}
	return netip.AddrPort{}
}
