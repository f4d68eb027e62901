package sip

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
	"github.com/rs/zerolog"
)

// reportEvery is how often what was dropped is told, if there was anything.
const reportEvery = 10 * time.Second

// counts are what is counted instead of logged: all of it can be caused from
// outside, as often as somebody likes.
type counts struct {
	strangers   atomic.Uint64          // packets and connections from no trunk
	malformed   atomic.Uint64          // messages that were no SIP
	shed        atomic.Uint64          // what was too much
	aShed       atomic.Pointer[string] // a call among it since the last line, and the rule
	stalled     atomic.Uint64          // connections that took too long over a message
	handshakes  atomic.Uint64          // that came to nothing, of TLS and WebSocket
	unproven    atomic.Uint64          // wrong names and passwords
	lastDropped atomic.Pointer[string] // one of what was dropped since the last line
	errors      atomic.Uint64          // of our sockets
	panics      atomic.Uint64
	answers     [7]atomic.Uint64 // by the first digit of the status
}

func (c *counts) answered(status int) {
	if class := status / 100; class > 0 && class < len(c.answers) {
		c.answers[class].Add(1)
	}
}

// drop counts what was dropped, and keeps why for the next line of the log where
// that has none yet.
func (c *counts) drop(which *atomic.Uint64, why func() string) {
	which.Add(1)
	if c.lastDropped.Load() == nil {
		words := text(why())
		c.lastDropped.CompareAndSwap(nil, &words)
	}
}

// Stats are figures of a server since it was made.
type Stats struct {
	// Calls are those that are there now.
	Calls int
	// Strangers counts packets and connections from no trunk, Malformed
	// messages that were no SIP, Shed what was too much, Stalled connections
	// that took too long over a message, Handshakes connections that came to nothing
	// before their first message, Unproven wrong names and passwords of callers,
	// Errors those of our own sockets, Panics what was
	// lost to our mistakes.
	Strangers, Malformed, Shed, Stalled, Handshakes, Unproven, Errors, Panics uint64
	// Answers counts our answers by their class, 1 to 6.
	Answers [7]uint64
}

func (c *counts) stats() Stats {
	s := Stats{
		Strangers:  c.strangers.Load(),
		Malformed:  c.malformed.Load(),
		Shed:       c.shed.Load(),
		Stalled:    c.stalled.Load(),
		Handshakes: c.handshakes.Load(),
		Unproven:   c.unproven.Load(),
		Errors:     c.errors.Load(),
		Panics:     c.panics.Load(),
	}
	for i := range c.answers {
		s.Answers[i] = c.answers[i].Load()
	}
	return s
}

// report tells what was dropped, until ctx ends.
func (s *Server) report(ctx context.Context) {
	tick := time.NewTicker(reportEvery)
	defer tick.Stop()
	var last Stats
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		last = s.tellDropped(last)
		s.tellStrangers(time.Now())
	}
}

// tellDropped tells of what was dropped since last, if there was anything, and
// returns what there has been until now.
func (s *Server) tellDropped(last Stats) Stats {
	now := s.counts.stats()
	if now.Malformed == last.Malformed && now.Shed == last.Shed && now.Stalled == last.Stalled && now.Handshakes == last.Handshakes && now.Unproven == last.Unproven && now.Errors == last.Errors {
		return now
	}
	line := s.log.Warn()
	if why := s.counts.aShed.Swap(nil); why != nil {
		line.Str("call_refused", *why)
	}
	if why := s.counts.lastDropped.Swap(nil); why != nil {
		line.Str("for_example", *why)
	}
	line.
		Uint64("malformed", now.Malformed-last.Malformed).
		Uint64("shed", now.Shed-last.Shed).
		Uint64("stalled", now.Stalled-last.Stalled).
		Uint64("handshakes", now.Handshakes-last.Handshakes).
		Uint64("wrong_passwords", now.Unproven-last.Unproven).
		Uint64("socket_errors", now.Errors-last.Errors).
		Msg("trunks sent what was not served")
	return now
}

// hush is sipgo's logger: it tells that something happened, at most once in
// reportEvery, and never what a message contained.
type hush struct {
	log  zerolog.Logger
	last *atomic.Int64
}

func newHush(log zerolog.Logger) *slog.Logger {
	return slog.New(hush{log, new(atomic.Int64)})
}

func (h hush) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelWarn }

func (h hush) Handle(_ context.Context, r slog.Record) error {
	last, now := h.last.Load(), r.Time.UnixNano()
	if now-last < int64(reportEvery) || !h.last.CompareAndSwap(last, now) {
		return nil
	}
	h.log.Debug().Str("from", "sipgo").Msg(text(r.Message))
	return nil
}

func (h hush) WithAttrs([]slog.Attr) slog.Handler { return h }
func (h hush) WithGroup(string) slog.Handler      { return h }

// hushLibrary silences what in sipgo logs past the logger it is given. It can
// be said once in a process only.
var hushLibrary = sync.OnceFunc(func() {
	sipmsg.SetDefaultLogger(slog.New(slog.DiscardHandler))
})
