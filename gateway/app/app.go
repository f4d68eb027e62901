package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"github.com/einwahl/einwahl/announcements"
	"github.com/einwahl/einwahl/conference"
	"github.com/einwahl/einwahl/conference/embedded"
	"github.com/einwahl/einwahl/gateway/admin"
	"github.com/einwahl/einwahl/gateway/config"
	"github.com/einwahl/einwahl/gateway/lockout"
	"github.com/einwahl/einwahl/gateway/overload"
	"github.com/einwahl/einwahl/gateway/records"
	"github.com/einwahl/einwahl/sip"
	"github.com/einwahl/einwahl/sip/media"
	"github.com/einwahl/einwahl/transcode/opus"
	"github.com/einwahl/einwahl/transcode/pace"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// Options are what does not stand in the operator's file.
type Options struct {
	Log     zerolog.Logger
	Version string // for the dashboard and the evidence
	Token   string // the operator's token
	// Conference, if not nil, puts a service before the built-in one: that is what
	// calls come to then.
	Conference func(conference.Backend) conference.Backend
}

// App is the gateway: all of its rooms, wired.
type App struct {
	log      zerolog.Logger
	version  string
	settings atomic.Pointer[settings] // what new calls use

	clock    *pace.Clock
	encoders *opus.Pool
	media    *media.Engine
	phones   *sip.Server
	meet     *embedded.Backend
	service  conference.Backend // what calls come to
	library  *announcements.Library
	book     *records.Book
	metrics  *admin.Metrics
	web      *admin.Server
	guesses  *lockout.Guard
	load     *overload.Meter
	calls    calls
	kept     embedded.Config // for how long recordings are
	places   places
	named    nicknames
	drain    drain
}

// New builds the gateway and binds the address of its pages; those of the phones
// are bound by Run. It starts nothing, so what is wrong shows before anybody is
// answered.
//
// It is straight-line wiring: every room is made of the rooms before it, and
// what has been made is closed again when a later one cannot be.
func New(c config.Config, o Options) (_ *App, err error) {
	a := &App{log: o.Log, version: o.Version, clock: pace.New(0), encoders: opus.NewPool()}
	a.settings.Store(newSettings(c))
	c.Conference.Embedded = c.BuiltIn()
	a.kept = c.Conference.Embedded
	c.Media.Encoders, c.Conference.Embedded.Encoders = a.encoders, a.encoders
	a.clock.OnFall(a.fell)

	var made []func() error
	defer func() {
		if err != nil {
			for i := len(made) - 1; i >= 0; i-- {
				_ = made[i]() // the first error is the one to tell
			}
		}
	}()

	if a.library, err = announcements.Open(c.Announcements, o.Log); err != nil {
		return nil, fmt.Errorf("announcements: %w", err)
	}
	if err = a.library.Keep(context.Background(), c.Phrases(a.library)...); err != nil {
		return nil, fmt.Errorf("announcements: %w", err)
	}
	if a.book, err = records.Open(c.Records, o.Log); err != nil {
		return nil, fmt.Errorf("records: %w", err)
	}
	made = append(made, a.book.Close)
	if a.guesses, err = lockout.Open(filepath.Join(c.Records.Directory, lockout.File), c.Limits.Guessing, o.Log); err != nil {
		return nil, fmt.Errorf("records: %w", err)
	}
	if a.media, err = media.New(c.Media, a.clock, o.Log); err != nil {
		return nil, fmt.Errorf("media: %w", err)
	}
	made = append(made, func() error { a.media.Close(); return nil })
	if c.Conference.Embedded.SealTo, err = sealer(c.Conference.Embedded.SealRecordingsTo); err != nil {
		return nil, fmt.Errorf("conference.embedded.seal_recordings_to: %w", err)
	}
	c.Conference.Embedded.Witness = witness{a}
	if a.meet, err = embedded.New(c.Conference.Embedded, c.Meetings, a.clock, o.Log); err != nil {
		return nil, fmt.Errorf("conference.embedded: %w", err)
	}
	a.meet.SetNumbers(invitations(c))
	if a.service = a.meet; o.Conference != nil {
		a.service = o.Conference(a.meet)
	}
	a.metrics = admin.NewMetrics(a.counters())
	if a.phones, err = sip.New(c.SIP, c.Trunks, a.media, o.Log, a.answer); err != nil {
		return nil, fmt.Errorf("sip: %w", err)
	}
	a.metrics.WatchTrunks(trunks{a}.Trunks)
	a.metrics.WatchSignalling(a.dropped())
	a.load = overload.New(c.Overload, overload.Sources{Calls: a.calls.count, Waiting: a.phones.Waiting, Beats: a.late, Effort: a.encodeAt})
	a.phones.SetOverload(sip.Overload{Full: a.limit(a.load.Refuse), Turn: a.limit(a.load.Turn)})
	a.metrics.Watch(guesses{a.guesses}.Guessing, a.busy)
	a.web, err = admin.New(c.Admin, o.Token, admin.Sources{
		Calls:    &a.calls,
		Drain:    drains{a},
		Guesses:  guesses{a.guesses},
		Keeping:  keeping{a},
		Meetings: meetings{a, a.meet, &shown{}},
		Trunks:   trunks{a},
		Metrics:  a.metrics,
		Meet:     a.meet.Handler(),
		Phone:    a.phones.WebSocket(),
		Version:  o.Version,
	}, o.Log)
	if err != nil {
		return nil, err
	}
	return a, nil
}

// Run leads the gateway until ctx ends, and then to its end: new calls are
// turned away, those in progress run on for a while (limits.drain), callers hear
// that the gateway closes, and nothing is left when Run returns.
func (a *App) Run(ctx context.Context) error {
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	rooms, running := errgroup.WithContext(running)
	open := func(name string, run func(context.Context) error) {
		rooms.Go(func() error {
			if err := run(running); err != nil && !errors.Is(err, context.Canceled) {
				return fmt.Errorf("%s: %w", name, err)
			}
			return nil
		})
	}
	// Records outlast the calls, which are written down as they end.
	writing, ended := context.WithCancel(context.WithoutCancel(ctx))
	defer ended()
	written := make(chan error, 1)
	go func() { written <- a.book.Run(writing) }()
	open("audio clock", a.clock.Run)
	open("conference", a.meet.Run)
	open("guessing", a.guesses.Run)
	open("overload", a.load.Run)
	open("memory", a.giveBack)
	open("retention", a.retain)
	select {
	case <-a.meet.Ready(): // before anybody is let near it
		open("sip", a.phones.Run)
		open("http", a.web.Run)
	case <-running.Done():
	}
	select {
	case <-ctx.Done():
		a.end(running.Done())
	case <-running.Done(): // a room has failed
	}
	stop()
	err := rooms.Wait()
	ended()
	err = errors.Join(err, <-written)
	a.media.Close()
	a.encoders.Close()
	return errors.Join(err, a.web.Close(), a.book.Close())
}

// Reload puts another file in force, or nothing of it. Calls in progress keep
// their settings; what needs a restart is named in the log and left as it is.
func (a *App) Reload(c config.Config) error {
	old := a.settings.Load()
	changes := config.Diff(old.Config, c)
	// Calls in progress still need the texts of the file before.
	texts := append(c.Phrases(a.library), old.Phrases(a.library)...)
	if err := a.library.Keep(context.Background(), texts...); err != nil {
		return fmt.Errorf("announcements: %w", err)
	}
	err := a.meet.SetMeetingsWith(c.Meetings, func() error {
		if err := a.phones.SetTrunks(c.Trunks); err != nil {
			return fmt.Errorf("trunks: %w", err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	a.meet.SetPolicy(c.Recording.Consent, c.Recording.AfterNo)
	a.meet.SetNumbers(invitations(c))
	a.guesses.Set(c.Limits.Guessing)
	a.load.Set(c.Overload)
	a.settings.Store(newSettings(c))
	for _, key := range config.NeedRestart(changes) {
		a.log.Warn().Str("key", key).Msg("this setting takes effect at the next start")
	}
	a.log.Info().Int("changes", len(changes)).Msg("operator's file read again")
	return nil
}

// Ready is closed once phones can call.
func (a *App) Ready() <-chan struct{} { return a.phones.Ready() }

// SIP is where phones reach the gateway, once it runs.
func (a *App) SIP() []net.Addr { return a.phones.Addrs() }

// HTTP is where the dashboard and the meeting pages are.
func (a *App) HTTP() net.Addr { return a.web.Addr() }

// fell logs that something on the audio path has failed. The clock has dropped
// it; everybody else goes on.
func (a *App) fell(_ pcm.Member, value any, stack []byte) {
	a.log.Error().Interface("panic", value).Bytes("stack", stack).Msg("dropped from the audio clock; please report this")
}

func (a *App) counters() admin.MediaCounters {
	return admin.MediaCounters{
		PacketsIn:  func() uint64 { return a.media.Stats().PacketsIn },
		PacketsOut: func() uint64 { return a.media.Stats().PacketsOut },
		Lost:       func() uint64 { return a.media.Stats().Lost },
		Foreign:    func() uint64 { return a.media.Stats().Foreign },
		Forged:     func() uint64 { return a.media.Stats().Forged },
		Broken:     func() uint64 { return a.media.Stats().Broken },
		PortsFree:  a.media.Free,
		Clock:      a.lateness,
		Fallen:     a.meet.Fallen,
	}
}

// dropped counts what was not served of the signalling.
func (a *App) dropped() map[string]func() uint64 {
	count := func(of func(sip.Stats) uint64) func() uint64 {
		return func() uint64 { return of(a.phones.Stats()) }
	}
	return map[string]func() uint64{
		"stranger":       count(func(s sip.Stats) uint64 { return s.Strangers }),
		"malformed":      count(func(s sip.Stats) uint64 { return s.Malformed }),
		"shed":           count(func(s sip.Stats) uint64 { return s.Shed }),
		"stalled":        count(func(s sip.Stats) uint64 { return s.Stalled }),
		"handshake":      count(func(s sip.Stats) uint64 { return s.Handshakes }),
		"wrong_password": count(func(s sip.Stats) uint64 { return s.Unproven }),
		"socket_error":   count(func(s sip.Stats) uint64 { return s.Errors }),
		"fault":          count(func(s sip.Stats) uint64 { return s.Panics }),
	}
}

// limit words and counts why a call cannot be taken, where reached names a key.
func (a *App) limit(reached func() string) func() string {
	return func() string {
		key := reached()
		if key == "" {
			return ""
		}
		a.metrics.Shed(key)
		return key + " is reached"
	}
}

// busy is how busy the gateway is.
func (a *App) busy() admin.Load {
	cpu, heap, late := a.load.Load()
	return admin.Load{CPU: cpu, Heap: heap, Late: late, Share: a.load.Share(), Complexity: a.load.Complexity()}
}

// encodeAt holds all encoders to a complexity.
func (a *App) encodeAt(complexity int) {
	cpu, _, late := a.load.Load()
	a.encoders.SetComplexity(complexity)
	a.log.Info().Int("complexity", complexity).Float64("cpu", cpu).Float64("late", late).Msg("encoders held to another complexity")
}

// late counts the beats of the audio clock, and those that were later than
// limit.
func (a *App) late(limit time.Duration) (all, late uint64) {
	l := a.clock.Lateness()
	for _, step := range l.Steps {
		if step.Within == limit {
			return l.Beats, l.Beats - min(l.Beats, step.Beats)
		}
	}
	return 0, 0
}

// lateness is how punctual the audio clock is.
func (a *App) lateness() admin.Lateness {
	l := a.clock.Lateness()
	within := make(map[float64]uint64, len(l.Steps))
	for _, step := range l.Steps {
		within[step.Within.Seconds()] = step.Beats
	}
	return admin.Lateness{Beats: l.Beats, Skipped: l.Skipped, Fallen: l.Fallen, Sum: l.Sum, Within: within}
}
