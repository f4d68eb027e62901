package embedded

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/einwahl/einwahl/conference"
	"github.com/einwahl/einwahl/conference/embedded/webtest"
)

// fells has a member in meeting m with whom nothing can be done.
func fells(t *testing.T, m *meeting) {
	t.Helper()
	if m.do(func() {
		p := m.state.arrive(newcomer{name: "Mallory"})
		m.members[p.id] = &member{person: p}
	}) {
		t.Error("what did not end well was reported done")
	}
}

func TestFaultInAMeetingLetsEverybodyGoAndItBeginsAnew(t *testing.T) {
	b := start(t, testConfig(t), beating(t), meetingOf("1", nil), meetingOf("2", nil))
	server := serve(t, b)
	ada, bob := webtest.Dial(t, server.URL, "1", webtest.Join{Name: "Ada"}), webtest.Dial(t, server.URL, "2", webtest.Join{Name: "Bob"})
	id := ada.Joined()
	bob.Joined()
	phone := call(t, b, "1")
	m1 := b.meeting("1")
	m1.do(func() { m1.members[id].voice.sendApart(true) }) // as to many pages
	if err := b.Control("1", Control{Recording: "start", Encryption: "enhanced"}); err != nil {
		t.Fatal(err)
	}

	fells(t, m1)
	ada.Told("gone", bye("gone"))
	var last conference.State
	for last = range phone.visit.States() {
	}
	if !last.Ended {
		t.Errorf("the telephone was told %+v", last)
	}
	bob.Say(request{Type: "hand", Up: true})
	bob.Sees("hand", named("Bob", func(p webtest.Person) bool { return p.Hand }))

	again := call(t, b, "1")
	if st := <-again.visit.States(); st.Recording.Active() || st.Encryption != conference.Transport || st.People != 1 {
		t.Errorf("the next caller comes into %+v", st)
	}
	if n := b.Fallen(); n != 1 {
		t.Errorf("%d faults counted", n)
	}
	if err := b.Control("1", Control{Recording: "start"}); err != nil {
		t.Fatal(err)
	}
	info, err := b.Meeting("1")
	if err != nil || len(info.People) != 1 || info.Run != 2 {
		t.Errorf("%v: the meeting is %+v", err, info)
	}
}

func TestWhoWasLetGoByAFaultIsNobodyOfThoseWhoComeAfter(t *testing.T) {
	b := start(t, testConfig(t), beating(t), meetingOf("1", nil))
	before := call(t, b, "1")
	fells(t, b.meeting("1"))
	after := call(t, b, "1")
	ctx := context.Background()
	if _, err := before.visit.Open(ctx); !errors.Is(err, conference.ErrGone) {
		t.Errorf("a seat for who was let go: %v", err)
	}
	before.seat.SetMicrophone(false)
	before.visit.Leave()
	info, err := b.Meeting("1")
	if err != nil || len(info.People) != 1 || info.People[0].Muted {
		t.Errorf("%v: %+v", err, info)
	}
	if _, err := after.visit.Open(ctx); err != nil {
		t.Errorf("who came after has lost the seat: %v", err)
	}
}

func TestMeetingMayFallAgainAndAgain(t *testing.T) {
	b := start(t, testConfig(t), beating(t), meetingOf("1", nil))
	for range 3 {
		fells(t, b.meeting("1"))
	}
	if n := b.Fallen(); n != 3 {
		t.Errorf("%d faults counted", n)
	}
	call(t, b, "1")
}

// TestARecorderEndsWhateverIsWrongWithItsMix: the service waits for it at its end.
func TestARecorderEndsWhateverIsWrongWithItsMix(t *testing.T) {
	b := start(t, testConfig(t), beating(t), meetingOf("1", func(m *MeetingConfig) { m.Consent = "off" }))
	call(t, b, "1")
	if err := b.Control("1", Control{Recording: "start"}); err != nil {
		t.Fatal(err)
	}
	m := b.meeting("1")
	var r *recorder
	for r == nil {
		if !m.do(func() {
			if m.mixes() {
				r = m.recorder
				r.mix.close()
				r.mix = nil
			}
		}) {
			t.Fatal("the meeting is over")
		}
	}
	fells(t, m)
	select {
	case <-r.stopped:
	default:
		t.Error("it goes on")
		close(r.stopped)
	}
}

// TestAllAreSilentBeforeAnybodyIsLetGo: letting somebody go takes its time, as with
// these two, whose last word has to be taken from them.
func TestAllAreSilentBeforeAnybodyIsLetGo(t *testing.T) {
	b := start(t, testConfig(t), beating(t), meetingOf("1", nil))
	m := b.meeting("1")
	said := []chan conference.State{make(chan conference.State), make(chan conference.State)}
	voices := []*voice{newVoice("a"), newVoice("b")}
	var fallen sync.WaitGroup
	fallen.Go(func() {
		m.do(func() {
			for i, v := range voices {
				v.open(nil, nil)
				p := m.state.arrive(newcomer{name: "Mallory"})
				m.members[p.id] = &member{person: p, voice: v, visit: &visit{meeting: m, person: p, states: said[i]}}
			}
			panic("a fault")
		})
	})
	first := 0
	select { // what is there yet is taken out before the last word is put in
	case said[0] <- conference.State{}:
	case said[1] <- conference.State{}:
		first = 1
	}
	for i, v := range voices {
		if v.outlet.Load().isOpen {
			t.Errorf("voice %d is open when somebody is told that it is over", i)
		}
	}
	<-said[first]
	<-said[1-first]
	fallen.Wait()
}
