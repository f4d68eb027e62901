package embedded

import (
	"context"
	"slices"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"github.com/einwahl/einwahl/conference"
	"github.com/einwahl/einwahl/conference/mixer"
	"github.com/einwahl/einwahl/transcode/opus"
	"github.com/einwahl/einwahl/transcode/pcm"
)

var _ conference.Meeting = (*meeting)(nil)

// speakingInterval is how often browsers are told who speaks, at most.
const speakingInterval = 200 * time.Millisecond

// meeting is one meeting. Its state and all that hangs on it belong to its owner,
// the goroutine that leads it; others hand it what to do, and who only looks reads
// what the owner has published.
type meeting struct {
	id      string
	pins    atomic.Pointer[pins]
	service *running
	net     *network
	group   func() pcm.Clock
	pool    *opus.Pool
	log     zerolog.Logger

	desk
	settings atomic.Pointer[policy] // as it was told last
	made     bool                   // while the gateway ran
	view     atomic.Pointer[Info]   // as it was last, for who only looks

	// Owned by whoever leads it.
	fell     bool // by a fault; it begins anew with the next order
	state    *state
	members  map[string]*member
	room     *mixer.Room
	recorder *recorder
	speaking []string // as was told last
	heard    []string // as was found last: kept for its memory
	hurries  bool     // pages hear each other

	archive archive // of recordings
	keep    int     // days that they are kept
	reason  string  // why so long
}

func newMeeting(p policy, made bool, service *running, group func() pcm.Clock, cfg Config, log zerolog.Logger) *meeting {
	m := &meeting{
		id: p.id, made: made, service: service, net: service.net, group: group, pool: cfg.Encoders,
		log:   log.With().Str("meeting", p.id).Logger(),
		desk:  desk{orders: make(chan order)},
		state: newState(p), members: map[string]*member{}, archive: cfg.archive(), keep: cfg.Keep, reason: cfg.Reason,
	}
	m.settle(p)
	m.state.clock(time.Now())
	m.publish(m.state.hostView())
	return m
}

// settle keeps the settings for who does not ask the owner.
func (m *meeting) settle(p policy) {
	m.settings.Store(&p)
	m.pins.Store(newPINs(p))
}

// nextStep is how long it is until browsers are told next who speaks. It is at
// one time for all meetings: one waking serves them together.
func nextStep(now time.Time) time.Duration {
	return speakingInterval - time.Duration(now.UnixNano())%speakingInterval
}

func (m *meeting) configure(p policy) {
	m.settle(p)
	m.do(func() {
		m.state.configure(p)
		m.state.clock(time.Now())
	})
}

// takeAway ends the meeting for good.
func (m *meeting) takeAway() {
	m.do(func() {
		m.state.end(partEnded)
		m.state.close()
	})
	m.close() // also where that fell
}

// ID is the meeting's number.
func (m *meeting) ID() string { return m.id }

// NeedsPIN reports whether there is a PIN.
func (m *meeting) NeedsPIN() bool { return m.pins.Load().asked }

// Identify compares with all PINs, whichever is right.
func (m *meeting) Identify(_ context.Context, pin string) (conference.Identity, error) {
	return m.pins.Load().identify(pin)
}

// Visit announces a telephone. Nobody sees it but hosts, where it waits in the
// lobby.
func (m *meeting) Visit(_ context.Context, who conference.Guest) (conference.Visit, error) {
	v := &visit{meeting: m, states: make(chan conference.State, 1), call: who.Call}
	ok := m.do(func() {
		v.person = m.state.arrive(newcomer{
			Identity: who.Identity, name: who.Label, phone: true, nickname: who.Nickname,
			language: who.Language, secure: who.Secure, held: who.Held, looks: who.Looks,
		})
		m.members[v.person.id] = &member{person: v.person, visit: v}
	})
	if !ok {
		return nil, conference.ErrGone
	}
	return v, nil
}

// tellSpeaking tells browsers who speaks, when that has changed.
func (m *meeting) tellSpeaking(now time.Time) {
	m.heard = m.heard[:0]
	for _, p := range m.state.people {
		if mb := m.members[p.id]; mb != nil && p.place == inside && mb.speaks(now) {
			m.heard = append(m.heard, p.id)
		}
	}
	if slices.Equal(m.heard, m.speaking) {
		return
	}
	m.speaking = append([]string(nil), m.heard...) // browsers and views keep it
	m.publishSpeaking()
	for _, mb := range m.members {
		if mb.browser != nil && mb.person.place == inside {
			mb.browser.out.speaking(m.speaking)
		}
	}
}
