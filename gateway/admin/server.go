package admin

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	stdlog "log"
	"net"
	"net/http"
	"time"

	"github.com/rs/zerolog"
)

// Sources is what the server shows and what it hands requests to. What is nil
// is shown as empty.
type Sources struct {
	Calls    calls
	Meetings meetings
	Trunks   trunks
	Drain    drains
	Guesses  guesses
	Keeping  keeping // nil: nothing can be erased
	Metrics  *Metrics
	// Meet serves the meeting pages below /meet/, without the operator's token.
	Meet http.Handler
	// Phone takes SIP over a WebSocket from the telephone at /phone, without
	// the operator's token: a trunk lets its calls in.
	Phone http.Handler
	// Version is shown in the dashboard.
	Version string
}

// Server is the operator's HTTP server.
type Server struct {
	token    [sha256.Size]byte // a digest, so that comparing tells no length
	sources  Sources
	log      zerolog.Logger
	listener net.Listener
	http     *http.Server
	started  time.Time
}

// Times a client has for a request. Streams and WebSockets set their own.
const (
	headerTimeout = 5 * time.Second
	readTimeout   = 10 * time.Second
	writeTimeout  = 15 * time.Second
	idleTimeout   = 60 * time.Second
	shutdownLimit = 3 * time.Second
	maxHeader     = 16 << 10
)

// New binds the address, so that a port in use is reported before anything
// runs. It serves nothing yet.
func New(config Config, token string, sources Sources, log zerolog.Logger) (*Server, error) {
	if token == "" {
		return nil, errors.New("admin: want a token")
	}
	if sources.Metrics == nil {
		sources.Metrics = NewMetrics(MediaCounters{})
	}
	l, err := net.Listen("tcp", config.Listen)
	if err != nil {
		return nil, fmt.Errorf("admin.listen: %w", err)
	}
	if a, ok := l.Addr().(*net.TCPAddr); ok && !a.IP.IsLoopback() {
		log.Warn().Str("listen", a.String()).
			Msg("http is reachable from other machines and not encrypted: put a proxy with TLS before it")
	}
	s := &Server{
		token:    sha256.Sum256([]byte(token)),
		sources:  sources,
		log:      log,
		listener: l,
		started:  time.Now(),
	}
	s.http = &http.Server{
		Handler:           s.Handler(),
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          stdlog.New(log.With().Str("level", "warn").Logger(), "http: ", 0),
	}
	return s, nil
}

// Addr is where the server listens.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// Run serves until ctx ends, and leaves nothing running.
func (s *Server) Run(ctx context.Context) error {
	// Requests that stream end with ctx.
	s.http.BaseContext = func(net.Listener) context.Context { return ctx }
	done := make(chan error, 1)
	go func() { done <- s.http.Serve(s.listener) }()
	select {
	case err := <-done:
		return fmt.Errorf("serve http on %s: %w", s.listener.Addr(), err)
	case <-ctx.Done():
	}
	limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownLimit)
	defer cancel()
	if err := s.http.Shutdown(limit); err != nil {
		_ = s.http.Close() // what did not end in time ends now
	}
	if err := <-done; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve http on %s: %w", s.listener.Addr(), err)
	}
	return nil
}

// Close releases the address of a server that was never run. It is safe to
// call twice, and after Run.
func (s *Server) Close() error {
	if err := s.listener.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("admin: %w", err)
	}
	return nil
}
