package conferencetest

import (
	"context"
	"slices"

	"github.com/einwahl/einwahl/conference"
	"github.com/einwahl/einwahl/conference/mixer"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// FakeVisit is a visit to a FakeMeeting.
type FakeVisit struct {
	Guest conference.Guest

	meeting *FakeMeeting
	states  chan conference.State
	you     conference.You
	told    conference.State
	begun   bool
	seat    *FakeSeat
	entry   uint64 // which of those who came in
	ended   bool
}

// States delivers the newest state.
func (v *FakeVisit) States() <-chan conference.State { return v.states }

func (v *FakeVisit) push(st conference.State) {
	if v.begun && st == v.told {
		return
	}
	v.begun, v.told = true, st
	select {
	case <-v.states:
	default:
	}
	v.states <- st
}

func (v *FakeVisit) finish() {
	if v.ended {
		return
	}
	v.ended = true
	if v.seat != nil {
		v.seat.port.Close()
		v.meeting.State.Left = v.passage(v.meeting.State.Left.Count + 1)
	}
	close(v.states)
}

// passage is how others are told that the caller comes or goes.
func (v *FakeVisit) passage(count uint64) conference.Passage {
	who := v.Guest
	return conference.Passage{Count: count, Name: who.Name, Phone: who.Name == "", Nickname: who.Nickname}
}

// Open takes the seat.
func (v *FakeVisit) Open(ctx context.Context) (conference.Seat, error) {
	m := v.meeting
	if m.OpenFunc != nil {
		return m.OpenFunc(ctx, v)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if v.ended {
		return nil, conference.ErrGone
	}
	st, host := m.State, v.Guest.Host
	switch {
	case v.seat != nil:
		return v.seat, nil
	case m.sealed(), st.PhonesRefused, v.Guest.Looks,
		st.Locked && !host,
		m.waits(v),
		!st.JoinBeforeHost && !host && !st.HostPresent,
		st.Capacity > 0 && st.People >= st.Capacity:
		return nil, conference.ErrNotAdmitted
	}
	if m.room == nil {
		m.room = mixer.NewRoom(m.clock)
	}
	v.seat = &FakeSeat{port: m.room.Join(nil), visit: v}
	v.seat.port.SetHears(true)
	m.before = m.State.Joined
	m.State.Joined = v.passage(m.before.Count + 1)
	v.entry = m.State.Joined.Count
	m.settle()
	return v.seat, nil
}

// Command does what a host has keyed.
func (v *FakeVisit) Command(ctx context.Context, c conference.Command, who uint64) error {
	m := v.meeting
	if m.CommandFunc != nil {
		return m.CommandFunc(ctx, v, c, who)
	}
	if !v.Guest.Host {
		return conference.ErrNotAdmitted
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	switch c {
	case conference.ToggleLock:
		m.State.Locked = !m.State.Locked
	case conference.MuteAll:
		for _, other := range m.visits {
			other.you.Muted = other.you.Muted || !other.Guest.Host
		}
	case conference.AdmitNext:
		if i := slices.IndexFunc(m.visits, m.waits); i >= 0 {
			m.visits[i].you.Admitted = true
		}
	case conference.ToggleRecording:
		if m.State.Recording.Active() {
			m.State.Recording = conference.NotRecording
			break
		}
		m.State.Recording = conference.RecordingOn
		m.State.RecordingRun++
	case conference.RemoveLast:
		i := slices.IndexFunc(m.visits, func(o *FakeVisit) bool { return o.seat != nil && o.entry == who && !o.Guest.Host })
		if i < 0 {
			return conference.ErrGone
		}
		m.visits[i].you.Removed = true
	case conference.EndMeeting:
		m.State.Ended = true
	default:
		return conference.ErrUnavailable
	}
	m.settle()
	return nil
}

// Leave ends the visit.
func (v *FakeVisit) Leave() {
	m := v.meeting
	m.mu.Lock()
	defer m.mu.Unlock()
	v.finish()
	m.visits = slices.DeleteFunc(m.visits, func(o *FakeVisit) bool { return o == v })
	m.settle()
}

// FakeSeat is a seat in a FakeMeeting.
type FakeSeat struct {
	port  *mixer.Port
	visit *FakeVisit

	microphone bool
	hand       bool
	answer     conference.Answer
	run        uint64
}

// ReadFrame gives what the others say.
func (s *FakeSeat) ReadFrame(f pcm.Frame) bool { return s.port.ReadFrame(f) }

// WriteFrame takes what the caller says.
func (s *FakeSeat) WriteFrame(f pcm.Frame) { s.port.WriteFrame(f) }

// Clock is the room's.
func (s *FakeSeat) Clock() pcm.Clock { return s.port.Clock() }

// SetMicrophone opens or shuts the microphone.
func (s *FakeSeat) SetMicrophone(on bool) {
	s.change(func() {
		s.microphone = on
		s.visit.you.Muted = s.visit.you.Muted && !on
	})
}

// SetHand raises or lowers the hand.
func (s *FakeSeat) SetHand(up bool) { s.change(func() { s.hand = up }) }

// Answer tells how the caller stands to a recording.
func (s *FakeSeat) Answer(run uint64, a conference.Answer) {
	s.change(func() { s.run, s.answer = run, a })
}

// Microphone reports whether the session has opened the microphone.
func (s *FakeSeat) Microphone() (on bool) {
	s.change(func() { on = s.microphone })
	return on
}

// Hand reports whether the hand is up.
func (s *FakeSeat) Hand() (up bool) {
	s.change(func() { up = s.hand })
	return up
}

// Answered is the last answer, and the recording that it belongs to.
func (s *FakeSeat) Answered() (run uint64, a conference.Answer) {
	s.change(func() { run, a = s.run, s.answer })
	return run, a
}

func (s *FakeSeat) change(f func()) {
	m := s.visit.meeting
	m.mu.Lock()
	defer m.mu.Unlock()
	f()
	m.settle()
}
