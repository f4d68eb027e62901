package admission

import (
	"testing"

	"github.com/einwahl/einwahl/conference"
)

// callRow is a call before anything is keyed.
type callRow struct {
	name    string
	facts   Facts
	meeting string // that the number leads to
	want    Reason // NotProven: the call is welcome
}

// otherwise is an operator who says something else of some meetings.
func otherwise(all ...MeetingOverride) func(*Facts) {
	return func(f *Facts) {
		c := DefaultConfig()
		c.SecureLeg, c.Meetings = true, all
		f.Policy = NewPolicy(c, DefaultRecordingConfig())
	}
}

func inTheClear(meeting string) MeetingOverride {
	no := false
	return MeetingOverride{Meeting: meeting, Override: Override{SecureLeg: &no}}
}

// callTable is what is known of a call for what it is itself.
func callTable() []callRow {
	call := func(change ...func(*Facts)) Facts {
		return with(append([]func(*Facts){unproven, func(f *Facts) { f.Meeting = conference.State{} }}, change...)...)
	}
	return []callRow{
		{"a call is welcome", call(), "", NotProven},
		{"not at a number for end-to-end encryption", call(keptForEndToEnd), "", EndToEndNumber},
		{"nor where no telephones are taken", call(takesNone), "", NoPhones},
		{"nor in the clear where calls must be encrypted", call(wantsTLS), "", InsecureLeg},
		{"but encrypted", call(wantsTLS, overTLS), "", NotProven},
		{"nor without a number where one must be shown", call(wantsNames, unnamed), "", Anonymous},
		{"but where somebody may let them in", call(unnamed, canHold), "", NotProven},
		{"nor with a number that nobody vouches for", call(wantsProof(GatewayAttested)), "", NotAttested},
		{"nor out of hours", call(closed), "", OutOfHours},
		{"what a PIN would show is not asked", call(wantsPIN(6), wantsList), "", NotProven},
		{"nor what the meeting would", call(regions("eu"), nobodyWaits), "", NotProven},
		{"nothing of a meeting is asked", call(
			hasEnded, wasRemoved, wasDeclined, encrypted(conference.EndToEnd), noPhones, notBegun, guestList, isLocked, places(2, 2), hasLobby, allWait,
			noMeansLeave, recorded(conference.RecordingOn, conference.ConsentRequired), says(conference.Declined),
		), "", NotProven},
		{"nor what a no means there", call(meetingSays(conference.AfterNoTalk), recorded(conference.RecordingOn, conference.ConsentRequired), says(conference.Declined)), "", NotProven},
		{"nor whether a notice was given", call(recorded(conference.RecordingOn, conference.ConsentNotice)), "", NotProven},
		{"where a meeting takes it, no call is unwelcome", call(otherwise(inTheClear("1000*"))), "", NotProven},
		{"where all meetings refuse it, it is", call(otherwise(MeetingOverride{Meeting: "1000*"})), "", InsecureLeg},
		{"a meeting that refuses it says nothing of the others", call(func(f *Facts) {
			yes := true
			c := DefaultConfig()
			c.Meetings = []MeetingOverride{{Meeting: "10001", Override: Override{SecureLeg: &yes}}}
			f.Policy = NewPolicy(c, DefaultRecordingConfig()).Meeting("10001")
		}), "", NotProven},
		{"nor does it before its own PIN", call(func(f *Facts) {
			no, yes := false, true
			c := DefaultConfig()
			c.Meetings = []MeetingOverride{{Meeting: "10001", Override: Override{Phones: &no, SecureLeg: &yes, Hours: []Hours{}}}}
			f.Policy = NewPolicy(c, DefaultRecordingConfig())
		}), "10001", NotProven},
		{"it is welcome to the meeting that takes it", call(otherwise(inTheClear("1000*"))), "10001", NotProven},
		{"and to no other", call(otherwise(inTheClear("1000*"))), "20001", InsecureLeg},
	}
}

func TestUnwelcome(t *testing.T) {
	for _, tt := range callTable() {
		t.Run(tt.name, func(t *testing.T) {
			if got, refused := Unwelcome(tt.facts, tt.meeting); got != tt.want || refused != (tt.want != NotProven) {
				t.Errorf("Unwelcome = %v, %v; want %v", got, refused, tt.want)
			}
		})
	}
}

// TestWhoMustBeLetIn: a meeting is told of whom the operator holds, so that its
// host sees them, and only of those.
func TestWhoMustBeLetIn(t *testing.T) {
	for _, tt := range []struct {
		name  string
		facts Facts
		want  bool
	}{
		{"a caller need not", with(canHold), false},
		{"where the meeting wants it, it sees to that itself", with(canHold, hasLobby), false},
		{"a caller without a number must", with(canHold, unnamed), true},
		{"not where there is no waiting room", with(unnamed), false},
		{"nor where the operator takes them", with(canHold, unnamed, takesUnnamed), false},
		{"nor a host", with(canHold, unnamed, asHost), false},
		{"all must where the operator says so", with(allWait), true},
		{"but hosts", with(allWait, asHost), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := MustBeLetIn(tt.facts); got != tt.want {
				t.Errorf("MustBeLetIn = %v", got)
			}
			if d := Decide(tt.facts); tt.want && d != waits(InLobby) {
				t.Errorf("Decide = %+v", d)
			}
		})
	}
}
