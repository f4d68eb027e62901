// Package embedded is the conference service that comes with the gateway:
// meetings out of the operator's file, on pion/webrtc, with a page that any
// browser opens.
//
// Each meeting is owned by one goroutine, which is there while somebody is at the
// meeting. What happens to it (somebody comes, a host locks, a recording fails) is
// an event; the rules that answer it are
// in the type state and touch neither clock nor socket; afterwards the owner
// brings the world in line with what the state now says, shutting voices
// before it tells anybody and opening them last.
//
// Sound takes two ways. Browsers hear each other: their Opus packets are
// forwarded as they are. Telephones are mixed: a browser's voice is decoded
// once per meeting, and only while a telephone or a recording listens and it is
// among the loudest; a telephone's voice is encoded once, on the beat and while
// it speaks, and forwarded like a browser's. Where the telephone has encoded it
// itself, and nothing has to be changed in it, its packets are forwarded. In an
// end-to-end encrypted meeting nothing is decoded and no telephone has a place.
package embedded

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"sync"
	"sync/atomic"

	"github.com/rs/zerolog"

	"github.com/einwahl/einwahl/conference"
	"github.com/einwahl/einwahl/transcode/pace"
	"github.com/einwahl/einwahl/transcode/pcm"
)

var _ conference.Backend = (*Backend)(nil)

// Backend is the embedded conference service.
type Backend struct {
	cfg   Config
	group func() pcm.Clock // a new place on the clock, for one room
	log   zerolog.Logger
	doors *doors
	crowd *crowd
	page  http.Handler
	ready chan struct{} // closed once Run has opened the meetings
	once  sync.Once

	made *ledger // locked before mu

	mu       sync.Mutex
	configs  []MeetingConfig // of the operator's file
	kept     []MeetingConfig // that were made
	consent  string          // where a meeting does not say it, and likewise:
	afterNo  string
	numbers  func(id string) []string // that telephones dial, as people read them
	meetings map[string]*meeting
	inOrder  []*meeting // in that of the lists; replaced, never changed
	running  *running   // nil while Run does not run

	fallen atomic.Uint64 // meetings, by a fault
}

// running is what exists only while Run does.
type running struct {
	ctx context.Context // ends with Run; each session and meeting derives from it
	net *network
	wg  sync.WaitGroup // owners of meetings, recordings and sessions

	fallen *atomic.Uint64 // meetings, by a fault
}

// New checks its settings and builds the service. It starts nothing.
func New(cfg Config, meetings []MeetingConfig, clock *pace.Clock, log zerolog.Logger) (*Backend, error) {
	return newBackend(cfg, meetings, func() pcm.Clock { return clock.Group() }, log)
}

func newBackend(cfg Config, meetings []MeetingConfig, group func() pcm.Clock, log zerolog.Logger) (*Backend, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if len(cfg.SealRecordingsTo) > 0 && cfg.SealTo == nil {
		return nil, errors.New("seal_recordings_to: nothing is there that seals")
	}
	if err := ValidateMeetings(meetings); err != nil {
		return nil, err
	}
	made, err := openLedger(cfg)
	if err != nil {
		return nil, err
	}
	b := &Backend{
		cfg: cfg, group: group, log: log, made: made, kept: made.configs(), consent: cfg.Consent, afterNo: cfg.AfterNo,
		numbers: func(string) []string { return nil }, meetings: map[string]*meeting{}, ready: make(chan struct{}),
	}
	if err := Apart(meetings, b.kept); err != nil {
		return nil, err
	}
	b.configs = meetings
	b.doors, b.crowd = newDoors(), newCrowd()
	b.page = b.newHandler()
	return b, nil
}

// Run opens the media socket and serves meetings until ctx ends. Nothing that
// it started is left when it returns.
func (b *Backend) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	n, err := openNetwork(b.cfg.WebRTC)
	if err != nil {
		return fmt.Errorf("open the media socket of the meetings: %w", err)
	}
	r := &running{ctx: ctx, net: n, fallen: &b.fallen}

	b.mu.Lock()
	if b.running != nil {
		b.mu.Unlock()
		return errors.Join(errors.New("embedded conference runs already"), n.Close())
	}
	b.running = r
	b.reconcile()
	b.mu.Unlock()
	b.once.Do(func() { close(b.ready) })

	<-ctx.Done()

	b.mu.Lock()
	b.running = nil
	for _, m := range b.meetings {
		m.close()
	}
	clear(b.meetings)
	b.inOrder = nil
	b.mu.Unlock()
	r.wg.Wait()
	return n.Close()
}

// Ready is closed once Run has opened the meetings.
func (b *Backend) Ready() <-chan struct{} { return b.ready }

// SetMeetings puts another list of meetings in force. A meeting that is gone
// ends; one whose settings have changed takes them on, and keeps its people
// and what its hosts have set.
func (b *Backend) SetMeetings(meetings []MeetingConfig) error {
	return b.SetMeetingsWith(meetings, func() error { return nil })
}

// SetMeetingsWith is SetMeetings for a list that goes with something else, which do
// puts in force. Where either cannot be, neither is.
func (b *Backend) SetMeetingsWith(meetings []MeetingConfig, do func() error) error {
	if err := ValidateMeetings(meetings); err != nil {
		return err
	}
	b.made.mu.Lock() // no meeting is made meanwhile that has the number of one
	defer b.made.mu.Unlock()
	if err := Apart(meetings, b.made.configs()); err != nil {
		return err
	}
	if err := do(); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.configs = meetings
	b.reconcile()
	return nil
}

// SetPolicy puts another policy of recordings in force for meetings that leave it
// to the operator.
func (b *Backend) SetPolicy(consent, afterNo string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.consent, b.afterNo = consent, afterNo
	b.reconcile()
}

// SetNumbers tells which telephone numbers lead to a meeting, by its own number;
// the page's invitation shows them. It is asked again whenever a meeting changes.
func (b *Backend) SetNumbers(numbers func(id string) []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.numbers = numbers
	b.reconcile()
}

// Fallen is how many meetings have fallen by a fault so far.
func (b *Backend) Fallen() uint64 { return b.fallen.Load() }

// reconcile opens, changes and ends meetings so that they are those of the
// list. Those that stay as they are are left alone: there may be thousands, and
// callers who look for a meeting wait meanwhile. b.mu is held.
func (b *Backend) reconcile() {
	if b.running == nil {
		return
	}
	all := b.listed()
	listed := make(map[string]bool, len(all))
	b.inOrder = make([]*meeting, 0, len(all))
	for i, c := range all {
		listed[c.ID] = true
		m, ok := b.meetings[c.ID]
		if p := b.policy(c); !ok {
			m = newMeeting(p, i >= len(b.configs), b.running, b.group, b.cfg, b.log)
			b.meetings[c.ID] = m
		} else if !reflect.DeepEqual(p, *m.settings.Load()) {
			m.configure(p)
		}
		b.inOrder = append(b.inOrder, m)
	}
	for id, m := range b.meetings {
		if !listed[id] {
			m.takeAway()
			delete(b.meetings, id)
		}
	}
}

// policy is what is in force for a meeting. b.mu is held.
func (b *Backend) policy(c MeetingConfig) policy {
	now := b.cfg
	now.Consent, now.AfterNo = b.consent, b.afterNo
	p := now.policy(c)
	p.numbers = b.numbers(c.ID)
	return p
}

// Find looks a meeting up by its number.
func (b *Backend) Find(_ context.Context, number string) (conference.Meeting, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.running == nil {
		return nil, conference.ErrUnavailable
	}
	m, ok := b.meetings[number]
	if !ok {
		return nil, conference.ErrNoMeeting
	}
	return m, nil
}

// Capabilities are all there are: the service knows everything of its own
// meetings.
func (b *Backend) Capabilities() conference.Capabilities {
	return conference.Capabilities{Encryption: true, Recording: true, Consent: true, Lobby: true, Hosts: true, Region: true, Keys: true}
}

// Handler serves the meeting page and its signalling below /meet/.
func (b *Backend) Handler() http.Handler { return b.page }

// session registers a browser's session with Run. It reports false while
// nothing runs.
func (b *Backend) session() (*running, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.running == nil {
		return nil, false
	}
	b.running.wg.Add(1)
	return b.running, true
}

func (b *Backend) meeting(id string) *meeting {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.meetings[id]
}
