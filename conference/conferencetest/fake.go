package conferencetest

import (
	"context"
	"sync"

	"github.com/einwahl/einwahl/conference"
	"github.com/einwahl/einwahl/conference/mixer"
	"github.com/einwahl/einwahl/transcode/pcm"
)

var (
	_ conference.Backend = (*Fake)(nil)
	_ conference.Meeting = (*FakeMeeting)(nil)
	_ conference.Visit   = (*FakeVisit)(nil)
	_ conference.Seat    = (*FakeSeat)(nil)
)

// Fake is a conference service in memory. What it does where a function field
// is nil keeps every promise of package conference; a test sets the field of
// the one thing that it wants otherwise.
type Fake struct {
	FindFunc func(ctx context.Context, number string) (conference.Meeting, error)
	Can      conference.Capabilities

	meetings map[string]*FakeMeeting
}

// NewFake makes a service with these meetings, whose rooms live on clock.
func NewFake(clock pcm.Clock, meetings ...*FakeMeeting) *Fake {
	f := &Fake{
		Can:      conference.Capabilities{Encryption: true, Recording: true, Consent: true, Lobby: true, Hosts: true, Region: true, Keys: true},
		meetings: map[string]*FakeMeeting{},
	}
	for _, m := range meetings {
		m.clock = clock
		f.meetings[m.Number] = m
	}
	return f
}

// Find looks a meeting up.
func (f *Fake) Find(ctx context.Context, number string) (conference.Meeting, error) {
	if f.FindFunc != nil {
		return f.FindFunc(ctx, number)
	}
	if m, ok := f.meetings[number]; ok {
		return m, nil
	}
	return nil, conference.ErrNoMeeting
}

// Capabilities returns Can.
func (f *Fake) Capabilities() conference.Capabilities { return f.Can }

// FakeMeeting is a meeting of a Fake. The fields are set before its first use.
type FakeMeeting struct {
	Number, PIN, HostPIN string
	// State is what visitors are told; Change changes it later.
	State conference.State

	IdentifyFunc func(ctx context.Context, pin string) (conference.Identity, error)
	VisitFunc    func(ctx context.Context, who conference.Guest) (conference.Visit, error)
	OpenFunc     func(ctx context.Context, v *FakeVisit) (conference.Seat, error)
	CommandFunc  func(ctx context.Context, v *FakeVisit, c conference.Command, who uint64) error

	clock pcm.Clock

	mu     sync.Mutex
	room   *mixer.Room
	visits []*FakeVisit
	before conference.Passage // who came in before State.Joined
}

// ID is the meeting's number.
func (m *FakeMeeting) ID() string { return m.Number }

// NeedsPIN reports whether there is a PIN.
func (m *FakeMeeting) NeedsPIN() bool { return m.PIN != "" }

// Identify compares with both PINs.
func (m *FakeMeeting) Identify(ctx context.Context, pin string) (conference.Identity, error) {
	switch {
	case m.IdentifyFunc != nil:
		return m.IdentifyFunc(ctx, pin)
	case m.HostPIN != "" && pin == m.HostPIN:
		return conference.Identity{Host: true}, nil
	case pin == m.PIN:
		return conference.Identity{}, nil
	}
	return conference.Identity{}, conference.ErrWrongPIN
}

// Visit puts a caller at the door.
func (m *FakeMeeting) Visit(ctx context.Context, who conference.Guest) (conference.Visit, error) {
	if m.VisitFunc != nil {
		return m.VisitFunc(ctx, who)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.State.Ended {
		return nil, conference.ErrGone
	}
	v := &FakeVisit{Guest: who, meeting: m, states: make(chan conference.State, 1)}
	m.visits = append(m.visits, v)
	m.settle()
	return v, nil
}

// Change changes the meeting, and tells every visitor.
func (m *FakeMeeting) Change(f func(*conference.State)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f(&m.State)
	m.settle()
}

// ChangeYou changes what concerns one visitor alone, and tells them.
func (m *FakeMeeting) ChangeYou(v *FakeVisit, f func(*conference.You)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f(&v.you)
	m.settle()
}

// Visits are the visits that are not over, in the order they came.
func (m *FakeMeeting) Visits() []*FakeVisit {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]*FakeVisit(nil), m.visits...)
}

func (m *FakeMeeting) sealed() bool {
	e := m.State.Encryption
	return !e.Valid() || e == conference.Unknown || e == conference.EndToEnd
}

// settle makes voices and visits what the state says. m.mu is held.
func (m *FakeMeeting) settle() {
	if m.sealed() && m.room != nil {
		m.room.Silence()
	}
	m.State.People = 0
	for _, v := range m.visits {
		if v.seat != nil {
			v.seat.port.SetVoice(m.heard(v))
			m.State.People++
			m.State.HostPresent = m.State.HostPresent || v.Guest.Host
		}
	}
	kept := m.visits[:0:0]
	for _, v := range m.visits {
		v.push(m.seen(v))
		if m.over(v) {
			v.finish()
		} else {
			kept = append(kept, v)
		}
	}
	if gone := len(kept) < len(m.visits); gone {
		m.visits = kept
		m.settle() // the others are told
	}
}

// heard reports whether v's voice reaches the meeting.
func (m *FakeMeeting) heard(v *FakeVisit) bool {
	s := v.seat
	if m.sealed() || !s.microphone || v.you.Muted || v.you.Removed {
		return false
	}
	if !m.State.Recording.Active() || m.State.Consent == conference.ConsentOff {
		return true
	}
	if s.run != m.State.RecordingRun {
		return false
	}
	return s.answer == conference.Agreed || (s.answer == conference.Informed && m.State.Consent == conference.ConsentNotice)
}

// waits reports whether v comes in only once a host has admitted them.
func (m *FakeMeeting) waits(v *FakeVisit) bool {
	return (m.State.Lobby || v.Guest.Held) && v.seat == nil && !v.you.Admitted && !v.Guest.Host && !v.Guest.Looks
}

func (m *FakeMeeting) over(v *FakeVisit) bool {
	return m.State.Ended || v.you.Removed || v.you.Declined || (m.sealed() && v.seat != nil)
}

func (m *FakeMeeting) seen(v *FakeVisit) conference.State {
	st := m.State
	st.You, st.Lobby = v.you, st.Lobby || v.Guest.Held
	if last := m.lastGuest(v); v.Guest.Host && last != nil {
		st.You.Last = last.entry
	}
	switch v.entry { // nobody is told of their own coming
	case 0:
	case st.Joined.Count:
		st.Joined = m.before
	default:
		st.Joined.Count--
	}
	if v.Guest.Host {
		for _, other := range m.visits {
			if m.waits(other) {
				st.You.Waiting++
			}
		}
	}
	return st
}

// lastGuest is who came in last, other than hosts and by.
func (m *FakeMeeting) lastGuest(by *FakeVisit) (last *FakeVisit) {
	for _, v := range m.visits {
		if v.seat != nil && v != by && !v.Guest.Host && (last == nil || v.entry > last.entry) {
			last = v
		}
	}
	return last
}
