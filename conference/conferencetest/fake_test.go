package conferencetest

import (
	"slices"
	"testing"

	"github.com/einwahl/einwahl/conference"
	"github.com/einwahl/einwahl/transcode/pace"
)

// TestFakeKeepsThePromises: what stands in for a service must be one.
func TestFakeKeepsThePromises(t *testing.T) {
	Run(t, startFake)
}

func startFake(t *testing.T) Service {
	clock := &pace.Manual{}
	base := conference.State{
		Encryption: conference.Transport, Recording: conference.NotRecording,
		Consent: conference.ConsentRequired, JoinBeforeHost: true,
	}
	with := func(f func(*conference.State)) conference.State {
		st := base
		f(&st)
		return st
	}
	recorded := func(c conference.Consent) conference.State {
		return with(func(st *conference.State) {
			st.Recording, st.RecordingRun, st.Consent = conference.RecordingOn, 1, c
		})
	}
	meetings := map[Kind]*FakeMeeting{
		Open:      {Number: "1", State: base},
		Secret:    {Number: "2", PIN: PIN, HostPIN: HostPIN, State: base},
		Sealed:    {Number: "3", State: with(func(st *conference.State) { st.Encryption = conference.EndToEnd })},
		Locked:    {Number: "4", HostPIN: HostPIN, State: with(func(st *conference.State) { st.Locked = true })},
		Lobby:     {Number: "5", HostPIN: HostPIN, State: with(func(st *conference.State) { st.Lobby = true })},
		HostFirst: {Number: "6", HostPIN: HostPIN, State: with(func(st *conference.State) { st.JoinBeforeHost = false })},
		Notice:    {Number: "7", State: recorded(conference.ConsentNotice)},
		Consent:   {Number: "8", State: recorded(conference.ConsentRequired)},
		Small:     {Number: "9", State: with(func(st *conference.State) { st.Capacity = 1 })},
		Closed:    {Number: "10", State: with(func(st *conference.State) { st.PhonesRefused = true })},
	}
	fake := NewFake(clock)
	for _, m := range meetings {
		m.clock = clock
		fake.meetings[m.Number] = m
	}
	change := func(number string, f func(*conference.State)) { fake.meetings[number].Change(f) }
	changeYou := func(number, label string, f func(*conference.You)) {
		m := fake.meetings[number]
		visits := m.Visits()
		i := slices.IndexFunc(visits, func(v *FakeVisit) bool { return v.Guest.Label == label })
		if i < 0 {
			t.Fatalf("no visit of %q", label)
		}
		m.ChangeYou(visits[i], f)
	}
	return Service{
		Backend: fake,
		Number:  func(k Kind) string { return meetings[k].Number },
		Step:    clock.Step,
		Encrypt: func(n string, level conference.Encryption) {
			change(n, func(st *conference.State) { st.Encryption = level })
		},
		Admit:   func(n, l string) { changeYou(n, l, func(y *conference.You) { y.Admitted = true }) },
		Decline: func(n, l string) { changeYou(n, l, func(y *conference.You) { y.Declined = true }) },
		Remove:  func(n, l string) { changeYou(n, l, func(y *conference.You) { y.Removed = true }) },
		Mute:    func(n, l string) { changeYou(n, l, func(y *conference.You) { y.Muted = true }) },
		Ask:     func(n, l string) { changeYou(n, l, func(y *conference.You) { y.SpeakRequests++ }) },
		Record: func(n string, on bool) {
			change(n, func(st *conference.State) {
				if st.Recording = conference.NotRecording; on {
					st.Recording = conference.RecordingOn
					st.RecordingRun++
				}
			})
		},
		End: func(n string) { change(n, func(st *conference.State) { st.Ended = true }) },
	}
}
