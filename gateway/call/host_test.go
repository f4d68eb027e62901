package call

import (
	"fmt"
	"testing"

	"github.com/einwahl/einwahl/announcements"
	"github.com/einwahl/einwahl/conference"
)

func TestWhatAHostConfirms(t *testing.T) {
	guests := func(last uint64) func(*conference.State) { return func(m *conference.State) { m.You.Last = last } }
	host := hostInRoom(openMeeting(guests(7)))
	star := func(s state) state { return after(s, digit{key: '*'}) }
	removing := after(host, keys("*3")...)
	ending := after(host, keys("**")...)
	checkSteps(t, []step{
		{"star three asks first", star(host), digit{key: '3'}, talking, "say remove.ask; arm patience 10s"},
		{"one removes who came last", removing, digit{key: '1'}, talking, fmt.Sprintf("hush; command %d", conference.RemoveLast)},
		{"where nobody has come nobody is asked", star(hostInRoom(openMeeting())), digit{key: '3'}, talking, "say remove.none"},
		{"another key leaves all as it is", removing, digit{key: '2'}, talking, "say unchanged"},
		{"a star is another key", removing, digit{key: '*'}, talking, "say unchanged; arm patience 5s"},
		{"silence leaves all as it is", after(removing, spoken{}), expired{patience}, talking, "say unchanged"},
		{"a one after that means nothing", after(removing, spoken{}, expired{patience}, spoken{}), digit{key: '1'}, talking, ""},
		{"two stars ask first", star(host), digit{key: '*'}, talking, "say end.ask; arm patience 10s"},
		{"one ends the meeting", ending, digit{key: '1'}, talking, fmt.Sprintf("hush; command %d", conference.EndMeeting)},
		{"a question of the meeting forgets it", after(ending, with(ending, recorded(conference.ConsentRequired))), digit{key: '1'}, asking, ""},
		{"only hosts remove", star(inRoom(openMeeting())), digit{key: '3'}, talking, "say not.host"},
		{"for others two stars are one", star(star(inRoom(openMeeting()))), digit{key: '#'}, talking, "say state.people state.not_recording state.transport state.leg state.unmuted"},
		{"a removal is told", host, obeyed{command: conference.RemoveLast}, talking, "say removed.last"},
		{"that nobody can be removed is told", host, obeyed{conference.RemoveLast, conference.ErrGone}, talking, "say remove.none"},
	})
}

func TestWhoIsAdmittedIsCounted(t *testing.T) {
	many := hostInRoom(openMeeting(func(m *conference.State) { m.You.Waiting = 3 }))
	asked := after(many, keys("*8")...)
	checkSteps(t, []step{
		{"two are left of three", asked, obeyed{command: conference.AdmitNext}, talking, "say admitted.one waiting.count"},
		{
			"nobody is left of one", after(hostInRoom(openMeeting(func(m *conference.State) { m.You.Waiting = 1 })), keys("*8")...),
			obeyed{command: conference.AdmitNext},
			talking, "say admitted.one",
		},
	})
	_, acts := next(asked, obeyed{command: conference.AdmitNext})
	if n := acts[len(acts)-1].(say).words[1].count; n != 2 {
		t.Errorf("%d wait, want 2", n)
	}
}

func TestWhoComesAndGoesIsHeard(t *testing.T) {
	tones := func(m *conference.State) { m.Announce = conference.AnnounceTones }
	comes := func(m *conference.State) { m.Joined.Count++ }
	goes := func(m *conference.State) { m.Left.Count++ }
	telephone := func(m *conference.State) { m.Joined.Phone, m.Left.Phone = true, true }
	quiet, in := inRoom(openMeeting()), inRoom(openMeeting(tones))
	named := inRoom(openMeeting(func(m *conference.State) { m.Announce = conference.AnnounceNames }))
	checkSteps(t, []step{
		{"who comes is heard", in, with(in, comes), talking, "say signal.came"},
		{"who goes is heard", in, with(in, goes), talking, "say signal.went"},
		{"several at once are one sound", in, with(in, comes, comes, goes), talking, "say signal.came signal.went"},
		{"nobody new is silence", in, with(in), talking, ""},
		{"where the meeting wants no tones there are none", quiet, with(quiet, comes, goes), talking, ""},
		{"names follow the sound", named, with(named, comes, func(m *conference.State) { m.Joined.Name = "Ada" }), talking, "say signal.came; pronounce Ada"},
		{"a telephone is told in words of ours", named, with(named, comes, telephone), talking, "say signal.came phone.came"},
		{"and so when it goes", named, with(named, goes, telephone), talking, "say signal.went phone.went"},
		{"but not where tones are enough", in, with(in, comes, telephone), talking, "say signal.came"},
		{"a name that was spoken is said", named, pronounced{name: "Ada", has: announcements.Joined}, talking, "say text joined"},
		{"a name that nobody can speak is left out", named, pronounced{"Ada", announcements.Joined, errDown}, talking, ""},
		{"somebody without a name is a sound", named, with(named, goes), talking, "say signal.went"},
		{"a service that counts anew is no arrival", after(in, with(in, comes), spoken{}), with(in), talking, ""},
	})
}

func TestWhoEntersHearsWhoIsThere(t *testing.T) {
	for _, tt := range []struct {
		name   string
		people int
		seated bool
		want   int
	}{
		{"alone", 0, false, 0},
		{"alone, and counted already", 1, true, 0},
		{"with three others, and counted already", 4, true, 3},
		{"with five others", 5, false, 5},
		{"with five others, and counted already", 6, true, 5},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := openMeeting(func(m *conference.State) {
				m.Announce, m.People, m.You.Seated = conference.AnnounceTones, tt.people, tt.seated
			})
			_, acts := next(atDoor(m), opened{})
			hello := "say enter others.count"
			if tt.want >= DefaultConfig().MutedFrom {
				hello = "say enter.muted others.count"
			}
			if got := describe(acts); got != hello {
				t.Fatalf("does %s, want %s", got, hello)
			}
			for _, a := range acts {
				if s, ok := a.(say); ok && s.words[1].count != tt.want {
					t.Errorf("%d others, want %d", s.words[1].count, tt.want)
				}
			}
		})
	}
}

// TestWhoIsRemovedIsWhoWasLastWhenAsked: somebody else may come while the host
// makes up their mind.
func TestWhoIsRemovedIsWhoWasLastWhenAsked(t *testing.T) {
	last := func(who uint64) func(*conference.State) { return func(m *conference.State) { m.You.Last = who } }
	asked := after(hostInRoom(openMeeting(last(7))), keys("*3")...)
	since := after(asked, with(asked, last(8)))
	_, acts := next(since, digit{key: '1'})
	if got := acts[len(acts)-1]; got != (command{conference.RemoveLast, 7}) {
		t.Errorf("does %+v", got)
	}
	_, acts = next(after(since, append([]event{digit{key: '2'}}, keys("**")...)...), digit{key: '1'})
	if got := acts[len(acts)-1]; got != (command{command: conference.EndMeeting}) {
		t.Errorf("does %+v", got)
	}
}
