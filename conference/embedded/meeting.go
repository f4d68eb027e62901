package embedded

import (
	"context"
	"runtime/debug"
	"slices"
	"sync"
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

// meeting is one meeting. Its state and all that hangs on it belong to the
// goroutine of run; others hand it what to do.
type meeting struct {
	id    string
	pins  atomic.Pointer[pins]
	net   *network
	group func() pcm.Clock
	pool  *opus.Pool
	log   zerolog.Logger

	orders chan order
	done   chan struct{}

	configured policy // as it was told last; the backend's

	// Owned by run.
	state    *state
	members  map[string]*member
	room     *mixer.Room
	recorder *recorder
	speaking []string
	hurries  bool // pages hear each other

	archive    archive        // of recordings
	keep       int            // days that they are kept
	reason     string         // why so long
	recordings sync.WaitGroup // that are being written
}

// order is something for the meeting's owner to do. finished, where it is not
// nil, is closed when the world is in line with it.
type order struct {
	do       func()
	finished chan struct{}
}

func newMeeting(p policy, n *network, group func() pcm.Clock, cfg Config, log zerolog.Logger) *meeting {
	m := &meeting{
		id: p.id, net: n, group: group, pool: cfg.Encoders, log: log.With().Str("meeting", p.id).Logger(),
		orders: make(chan order), done: make(chan struct{}), configured: p,
		state: newState(p), members: map[string]*member{}, archive: cfg.archive(), keep: cfg.Keep, reason: cfg.Reason,
	}
	m.pins.Store(newPINs(p))
	m.state.clock(time.Now())
	return m
}

// run owns the meeting until ctx ends or the operator takes it away.
func (m *meeting) run(ctx context.Context) {
	defer m.recordings.Wait()
	defer close(m.done)
	defer m.hurry(false)
	defer func() {
		if fault := recover(); fault != nil {
			m.log.Error().Interface("fault", fault).Bytes("stack", debug.Stack()).Msg("meeting ended by a fault")
			m.abandon()
		}
	}()
	step := time.NewTimer(nextStep(time.Now()))
	defer step.Stop()
	begin := time.NewTimer(0)
	defer begin.Stop()
	for !m.state.ended {
		var tick <-chan time.Time
		if len(m.members) > 0 {
			tick = step.C
		}
		if !m.state.begun {
			begin.Reset(time.Until(m.state.policy.start))
		}
		var o order
		select {
		case <-ctx.Done():
			o.do = m.state.close
		case o = <-m.orders:
		case now := <-begin.C:
			o.do = func() { m.state.clock(now) }
		case now := <-tick:
			m.tellSpeaking(now)
			step.Reset(nextStep(time.Now()))
			continue
		}
		o.do()
		m.bringInLine()
		if o.finished != nil {
			close(o.finished)
		}
	}
}

// nextStep is how long it is until browsers are told next who speaks. It is at
// one time for all meetings: one waking serves them together.
func nextStep(now time.Time) time.Duration {
	return speakingInterval - time.Duration(now.UnixNano())%speakingInterval
}

// abandon lets go of everybody without asking the state, which cannot be
// relied on any more: nobody is heard, and the other meetings go on.
func (m *meeting) abandon() {
	if m.room != nil {
		m.room.Silence()
		m.closeRoom()
	}
	for _, mb := range m.members {
		if mb.voice != nil {
			mb.voice.shut()
			mb.stopDecoding()
		}
		if mb.visit != nil {
			mb.visit.push(conference.State{Ended: true})
			mb.visit.finish()
		}
		if mb.browser != nil {
			mb.browser.cut()
			mb.browser.out.bye(partGone)
		}
		if mb.port != nil {
			mb.port.Close()
			mb.encoder.close()
		}
		if mb.voice != nil {
			mb.voice.close()
		}
	}
	if m.recorder != nil {
		m.unplugMix()
		close(m.recorder.stopped)
	}
}

// do has the owner run f and bring the world in line with what it has done. It
// reports false when the meeting is over, and f was not run.
func (m *meeting) do(f func()) bool {
	o := order{f, make(chan struct{})}
	select {
	case m.orders <- o:
	case <-m.done:
		return false
	}
	select {
	case <-o.finished:
		return true
	case <-m.done:
		return m.completed(o)
	}
}

// completed reports whether an order was carried out before the meeting ended.
func (m *meeting) completed(o order) bool {
	select {
	case <-o.finished:
		return true
	default:
		return false
	}
}

// post is do for who is not to wait until it is done.
func (m *meeting) post(f func()) {
	select {
	case m.orders <- order{do: f}:
	case <-m.done:
	}
}

func (m *meeting) configure(p policy) {
	m.pins.Store(newPINs(p))
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
		v.person = m.state.arrive(newcomer{Identity: who.Identity, name: who.Label, phone: true, language: who.Language, secure: who.Secure, held: who.Held})
		m.members[v.person.id] = &member{person: v.person, visit: v}
	})
	if !ok {
		return nil, conference.ErrGone
	}
	return v, nil
}

// tellSpeaking tells browsers who speaks, when that has changed.
func (m *meeting) tellSpeaking(now time.Time) {
	var speaking []string
	for _, p := range m.state.people {
		if mb := m.members[p.id]; mb != nil && p.place == inside && mb.speaks(now) {
			speaking = append(speaking, p.id)
		}
	}
	if slices.Equal(speaking, m.speaking) {
		return
	}
	m.speaking = speaking
	for _, mb := range m.members {
		if mb.browser != nil && mb.person.place == inside {
			mb.browser.out.speaking(speaking)
		}
	}
}
