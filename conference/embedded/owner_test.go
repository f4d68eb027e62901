package embedded

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/einwahl/einwahl/conference"
	"github.com/einwahl/einwahl/transcode/pace"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// quietMeeting is a meeting without a service, until stop.
func quietMeeting(change func(*MeetingConfig)) (m *meeting, stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	r := &running{ctx: ctx, net: &network{}, fallen: new(atomic.Uint64)}
	m = newMeeting(DefaultConfig().policy(meetingOf("1", change)), false, r, func() pcm.Clock { return &pace.Manual{} }, DefaultConfig(), zerolog.Nop())
	return m, func() {
		cancel()
		m.close()
		r.wg.Wait()
	}
}

func TestMeetingHasAnOwnerOnlyWhileSomebodyIsThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, stop := quietMeeting(nil)
		defer stop()
		for range 2 {
			v, err := m.Visit(t.Context(), conference.Guest{Label: "Phone"})
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Hour)
			if _, err := v.Open(t.Context()); err != nil {
				t.Fatal(err)
			}
			v.Leave()
			m.service.wg.Wait() // would wait for good
		}
	})
}

func TestMeetingAtRestBeginsInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now().Add(time.Hour)
		m, stop := quietMeeting(func(c *MeetingConfig) { c.Start.Time = start })
		defer stop()
		before := m.info(time.Now())
		time.Sleep(time.Hour)
		if now := m.info(time.Now()); !before.NotStarted || now.NotStarted {
			t.Errorf("not begun before: %v, at the time: %v", before.NotStarted, now.NotStarted)
		}
		v, err := m.Visit(t.Context(), conference.Guest{Label: "Phone"})
		if err != nil {
			t.Fatal(err)
		}
		if st := <-v.States(); st.NotStarted {
			t.Error("who comes is told that it has not begun")
		}
	})
}

func TestMeetingBeginsForWhoWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, stop := quietMeeting(func(c *MeetingConfig) { c.Start.Time = time.Now().Add(time.Hour) })
		defer stop()
		v, err := m.Visit(t.Context(), conference.Guest{Label: "Phone"})
		if err != nil {
			t.Fatal(err)
		}
		for _, early := range []bool{true, false} {
			if st := <-v.States(); st.NotStarted != early {
				t.Errorf("not begun: %v, want %v", st.NotStarted, early)
			}
		}
	})
}

func TestWhatHasNotChangedIsTheSameInfo(t *testing.T) {
	b := start(t, testConfig(t), &pace.Manual{}, meetingOf("1", nil), meetingOf("2", nil))
	before := b.Meetings()
	lock := true
	if err := b.Control("2", Control{Lock: &lock}); err != nil {
		t.Fatal(err)
	}
	now := b.Meetings()
	if before[0] != now[0] || before[1] == now[1] || !now[1].Locked || before[1].Locked {
		t.Errorf("before %+v, now %+v", before, now)
	}
}

// TestCallersComeWhileTheOwnerGoes has many come and go at once, until the
// service ends.
func TestCallersComeWhileTheOwnerGoes(t *testing.T) {
	m, stop := quietMeeting(nil)
	var callers sync.WaitGroup
	var visits atomic.Int64
	for range 8 {
		callers.Go(func() {
			for {
				v, err := m.Visit(context.Background(), conference.Guest{Label: "Phone"})
				if err != nil {
					if !errors.Is(err, conference.ErrGone) {
						t.Error(err)
					}
					return
				}
				if v.Leave(); visits.Add(1) == 2000 {
					go stop()
				}
			}
		})
	}
	callers.Wait()
	stop()
	if m.Visit(context.Background(), conference.Guest{}); len(m.info(time.Now()).People) > 0 {
		t.Error("somebody is still there")
	}
}

func TestWhoGoesOnSpeakingCostsNothing(t *testing.T) {
	now := time.Now()
	m := &meeting{state: &state{}, members: map[string]*member{}}
	m.view.Store(&Info{})
	for _, id := range []string{"p1", "p2", "p3"} {
		v := &voice{began: now.Add(-time.Second)}
		v.heard.Store(int64(time.Second))
		p := &person{id: id, place: inside}
		m.state.people = append(m.state.people, p)
		m.members[id] = &member{person: p, voice: v}
	}
	m.tellSpeaking(now)
	if told := m.view.Load().Speaking; len(told) != 3 {
		t.Fatalf("%q speak", told)
	}
	if n := testing.AllocsPerRun(100, func() { m.tellSpeaking(now) }); n > 0 {
		t.Errorf("%.1f allocations each time", n)
	}
	if m.tellSpeaking(now.Add(time.Minute)); m.view.Load().Speaking != nil {
		t.Error("somebody speaks on")
	}
}
