package call

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/einwahl/einwahl/conference"
	"github.com/einwahl/einwahl/gateway/admission"
	"github.com/einwahl/einwahl/gateway/records"
	"github.com/einwahl/einwahl/sip"
)

func testTerms() *terms {
	return &terms{
		limits:    DefaultConfig(),
		policy:    admission.NewPolicy(admission.DefaultConfig(), admission.DefaultRecordingConfig()),
		languages: []string{"en"},
	}
}

// openMeeting is a meeting that anybody may enter.
func openMeeting(change ...func(*conference.State)) conference.State {
	m := conference.State{
		Encryption:  conference.Transport,
		Recording:   conference.NotRecording,
		HostPresent: true,
		People:      2,
	}
	for _, c := range change {
		c(&m)
	}
	return m
}

func recorded(c conference.Consent) func(*conference.State) {
	return func(m *conference.State) {
		m.Recording, m.RecordingRun, m.Consent = conference.RecordingOn, 1, c
	}
}

func sealed(m *conference.State) { m.Encryption = conference.EndToEnd }
func ending(m *conference.State) { m.Ended = true }
func lobby(m *conference.State)  { m.Lobby = true }
func letIn(m *conference.State)  { m.You.Admitted = true }
func locked(m *conference.State) { m.Locked = true }
func noHost(m *conference.State) { m.HostPresent = false }
func muted(m *conference.State)  { m.You.Muted = true }
func asked(m *conference.State)  { m.You.SpeakRequests++ }
func paused(m *conference.State) { m.Recording = conference.RecordingPaused }
func prepared(m *conference.State) {
	m.Recording, m.RecordingRun = conference.RecordingPrepared, m.RecordingRun+1
}

func again(m *conference.State) {
	m.Recording, m.RecordingRun = conference.RecordingOn, m.RecordingRun+1
}
func off(m *conference.State) { m.Recording = conference.NotRecording }

// begin is a call that nothing has happened to.
func begin(change ...func(*terms)) state {
	t := testTerms()
	for _, c := range change {
		c(t)
	}
	return state{terms: t}
}

// after lets events happen and forgets what is done about them.
func after(s state, events ...event) state {
	for _, ev := range events {
		s, _ = happens(s, ev)
	}
	return s
}

// happens lets an event happen. That the privacy notice was heard is on paper at
// once; what a disk may do otherwise has tests of its own.
func happens(s state, ev event) (state, []action) {
	s, acts := next(s, written(s, ev))
	if s.phase != testifying || s.about != records.KindNotice {
		return s, acts
	}
	s, more := next(s, written(s, testified{}))
	return s, append(acts, more...)
}

// written lets testified{} be about what is being written.
func written(s state, ev event) event {
	if t, ok := ev.(testified); ok {
		t.about = cmp.Or(t.about, s.about)
		t.answer = cmp.Or(t.answer, s.pending.String())
		return t
	}
	return ev
}

func keys(row string) []event {
	var events []event
	for _, key := range row {
		events = append(events, digit{key: key})
	}
	return events
}

// The stations of a call, each reached by what leads there.
func welcomed() state { return after(begin(), answered{}, spoken{}) }
func numbered() state { return after(welcomed(), keys("100#")...) }
func askedPIN() state { return after(numbered(), found{needsPIN: true}, spoken{}) }
func provedTo(id conference.Identity) state {
	return after(numbered(), found{}, proved{identity: id}, visited{})
}

func atDoor(m conference.State) state {
	return after(provedTo(conference.Identity{}), changed{m}, spoken{})
}

func inRoom(m conference.State) state { return enter(atDoor(m)) }

func hostInRoom(m conference.State) state {
	return enter(after(provedTo(conference.Identity{Host: true}), changed{m}, spoken{}))
}

func enter(s state) state { return after(s, opened{}, spoken{}) }

// agreedIn is in a recorded meeting and has agreed.
func agreedIn() state {
	return enter(after(atDoor(openMeeting(recorded(conference.ConsentRequired))), spoken{}, digit{key: '1'}, testified{}))
}

// declinedIn is in a recorded meeting and only listens.
func declinedIn() state {
	return enter(after(atDoor(openMeeting(recorded(conference.ConsentRequired))), digit{key: '2'}, testified{}))
}

// with changes the meeting that a state knows.
func with(s state, change ...func(*conference.State)) changed {
	m := s.meeting
	for _, c := range change {
		c(&m)
	}
	return changed{m}
}

// describe writes actions down so that a table can hold them.
func describe(actions []action) string {
	var all []string
	for _, a := range actions {
		switch a := a.(type) {
		case say:
			text := []string{"say"}
			for _, w := range a.words {
				text = append(text, string(w.prompt))
			}
			all = append(all, strings.Join(text, " "))
		case arm:
			all = append(all, fmt.Sprintf("arm %s %v", timerNames[a.timer], a.d))
		case disarm:
			continue // never wrong; a missing one shows in the rows on time
		case testify:
			about := strings.TrimPrefix(a.about+" ", "recording ")
			all = append(all, strings.TrimRight(fmt.Sprintf("testify %s%s %c", about, a.answer, max(a.key, ' ')), " "))
		case hangup:
			all = append(all, "hangup "+string(a.why))
		case note:
			all = append(all, fmt.Sprintf("note %v %v", a.decision.Verdict, a.decision.Reason))
		case find:
			all = append(all, "find "+a.number)
		case prove:
			all = append(all, strings.TrimSpace("prove "+a.pin))
		case render:
			all = append(all, "render "+a.text)
		case pronounce:
			all = append(all, "pronounce "+a.name)
		case command:
			all = append(all, fmt.Sprintf("command %d", a.command))
		default:
			all = append(all, strings.TrimSuffix(strings.TrimPrefix(fmt.Sprintf("%T", a), "call."), "{}"))
		}
	}
	return strings.Join(all, "; ")
}

var timerNames = [timers]string{"patience", "bound", "reminder", "length"}

var errDown = errors.New("down")

type step struct {
	name  string
	from  state
	event event
	phase phase
	does  string
}

func checkSteps(t *testing.T, steps []step) {
	t.Helper()
	for _, tt := range steps {
		t.Run(tt.name, func(t *testing.T) {
			s, actions := happens(tt.from, tt.event)
			if s.phase != tt.phase {
				t.Errorf("phase = %v, want %v", s.phase, tt.phase)
			}
			if got := describe(actions); got != tt.does {
				t.Errorf("does\n\t%s\nwant\n\t%s", got, tt.does)
			}
		})
	}
}

const wholeQuestion = "recording.on consent.intro consent.agree consent.listen consent.leave consent.repeat"

func TestTheEnd(t *testing.T) {
	in := inRoom(openMeeting())
	going := after(in, with(in, ending))
	checkSteps(t, []step{
		{"after the last word we hang up", going, spoken{}, ended, "leave; hush; hangup ended"},
		{"also when nobody hears it", going, expired{bound}, ended, "leave; hush; hangup ended"},
		{"not when another timer ends", going, expired{patience}, leaving, ""},
		{"keys mean nothing any more", going, digit{key: '6'}, leaving, ""},
		{"changes mean nothing any more", going, changed{openMeeting()}, leaving, ""},
		{"a first reason stays", going, draining{}, leaving, ""},
		{"who hangs up meanwhile has ended for the first reason", going, gone{}, ended, "leave; hush; hangup ended"},
		{"who hangs up in the meeting is gone", in, gone{}, ended, "leave; hush; hangup hung_up"},
		{"who has never acknowledged the answer has not hung up", in, gone{sip.ErrNoAcknowledgement}, ended, "leave; hush; hangup not_acknowledged"},
		{"who is not heard any more has not hung up", in, gone{sip.ErrNoMedia}, ended, "leave; hush; hangup no_sound"},
		{"who has not refreshed the call has not hung up", in, gone{sip.ErrExpired}, ended, "leave; hush; hangup not_refreshed"},
		{"who does not reply any more has not hung up", in, gone{sip.ErrNoReply}, ended, "leave; hush; hangup no_reply"},
		{"an offer that does not fit is no hanging up", begin(), gone{fmt.Errorf("call: %w", sip.ErrOffer)}, ended, "leave; hush; hangup no_common_sound"},
		{"who hangs up before the answer is gone", begin(), gone{}, ended, "leave; hush; hangup hung_up"},
		{"a gateway that closes says so", in, draining{}, leaving, "leave; say drain goodbye lead.out; arm bound 45s"},
		{"a gateway that closes says so at the door", welcomed(), draining{}, leaving, "leave; say drain goodbye lead.out; arm bound 45s"},
		{"a call that is not answered yet is ended", begin(), draining{}, ended, "leave; hush; hangup drain"},
		{"nothing happens after the end", after(in, gone{}), changed{openMeeting()}, ended, ""},
		{"nobody hangs up twice", after(in, gone{}), gone{}, ended, ""},
	})
}
