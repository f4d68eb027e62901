package app_test

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/einwahl/einwahl/announcements"
	"github.com/einwahl/einwahl/conference"
	"github.com/einwahl/einwahl/conference/embedded"
	"github.com/einwahl/einwahl/gateway/admission"
	"github.com/einwahl/einwahl/gateway/call"
	"github.com/einwahl/einwahl/gateway/config"
)

// TestEachWaitHasItsEndOnATelephone has telephones wait until something ends it.
func TestEachWaitHasItsEndOnATelephone(t *testing.T) {
	t.Parallel()
	inBoth(t, endsAtTheDoor(), func(c *config.Config) {
		hasty(c)
		c.Limits.Wait = 30 * time.Second
	})
}

// TestEachEndIsHeardOnATelephone has telephones talk in meetings until something
// ends it.
func TestEachEndIsHeardOnATelephone(t *testing.T) {
	t.Parallel()
	inBoth(t, slices.Concat(endsInside(), turnsInside()), hasty)
}

// TestEachLimitIsHeardOnATelephone has telephones be asked for consent to the
// processing of their data, where calls are short.
func TestEachLimitIsHeardOnATelephone(t *testing.T) {
	t.Parallel()
	inBoth(t, limits(), func(c *config.Config) {
		hasty(c)
		c.Privacy.Consent, c.Limits.Length = true, 40*time.Second
	})
}

// endsAtTheDoor come to those who wait.
func endsAtTheDoor() []sentAway {
	lobby := func(m *embedded.MeetingConfig) { m.Lobby = true }
	declined := func(c *caller) { c.control(c.meeting, map[string]any{"decline": c.waiting(c.meeting)}) }
	ended := func(c *caller) {
		c.waiting(c.meeting)
		control("end", true)(c)
	}
	warned := []move{hears(announcements.TimeWarn)}
	return []sentAway{
		{name: "turned away from the waiting room", meeting: lobby, happens: []move{declined}, says: announcements.RefuseDeclined, outcome: outcomeOf(admission.Declined)},
		{name: "a meeting that ends while one waits", meeting: lobby, happens: []move{ended}, says: announcements.RefuseEnded, outcome: outcomeOf(admission.Ended)},
		{name: "nobody opens the waiting room", meeting: lobby, happens: warned, says: announcements.WaitEnd, outcome: call.NotLetIn},
		{
			name: "no host comes", meeting: func(m *embedded.MeetingConfig) { m.HostPIN, m.JoinBeforeHost = "815815", false },
			happens: warned, says: announcements.WaitHostEnd, outcome: call.NoHostCame,
		},
	}
}

// endsInside are what people and callers do to end it.
func endsInside() []sentAway {
	removed := func(c *caller) { c.control(c.meeting, map[string]any{"remove": c.phones(c.meeting)[0].ID}) }
	return []sentAway{
		{name: "a meeting that ends", inside: true, happens: []move{audible, control("end", true)}, says: announcements.Ended, outcome: outcomeOf(admission.Ended)},
		{name: "a meeting that turns end-to-end encrypted", inside: true, happens: []move{audible, control("encryption", "e2ee")}, says: announcements.RefuseE2EENow, outcome: outcomeOf(admission.EndToEnd)},
		{name: "taken out by a host", inside: true, happens: []move{audible, removed}, says: announcements.Removed, outcome: outcomeOf(admission.Removed)},
		{
			name: "a yes taken back where a no means leaving", meeting: leavers, inside: true, says: announcements.RefuseNoConsent, outcome: outcomeOf(admission.RecordingDeclined),
			happens: []move{asked(announcements.ConsentAgree, "1"), hears(announcements.Enter), audible, presses("*2")},
		},
		{
			name: "leaving a recording that begins", inside: true, says: announcements.Leave, outcome: call.NoConsent,
			happens: []move{audible, control("recording", "start"), hears(announcements.RecordingStart), shut, asked(announcements.ConsentLeave, "3")},
		},
		{
			name: "a gateway that closes", last: true, inside: true, says: announcements.Drain, outcome: call.Drained,
			happens: []move{audible, func(c *caller) { c.app.Drain(0) }},
		},
	}
}

// turnsInside are what a service says of a meeting in mid-call that takes no
// telephone any more.
func turnsInside() []sentAway {
	turned := func(name string, into func(*conference.State), says announcements.Prompt, why admission.Reason) sentAway {
		return sentAway{name: name, inside: true, happens: []move{audible, becomes(into)}, says: says, outcome: outcomeOf(why)}
	}
	moved := turned("sound that moves to another region", func(s *conference.State) { s.Region = "us-east" }, announcements.RefuseRegion, admission.RegionPolicy)
	moved.meeting, moved.policy = func(m *embedded.MeetingConfig) { m.Region = "eu-west" }, admission.Override{Regions: []string{"eu*"}}
	left := turned("a no that means leaving from now on", func(s *conference.State) { s.AfterNo = conference.AfterNoLeave }, announcements.RefuseNoConsent, admission.RecordingDeclined)
	left.meeting, left.happens = asks("required", "listen"), append([]move{asked(announcements.ConsentListen, "2"), hears(announcements.EnterListening)}, left.happens[1:]...)
	return []sentAway{
		moved, left,
		turned("encryption that is taken away", func(s *conference.State) { s.Encryption = conference.None }, announcements.RefusePolicy, admission.EncryptionPolicy),
		turned("encryption that nobody knows of any more", func(s *conference.State) { s.Encryption = conference.Unknown }, announcements.RefuseUnknown, admission.EncryptionUnknown),
		turned("a meeting that takes no telephones any more", func(s *conference.State) { s.PhonesRefused = true }, announcements.RefusePhone, admission.NoPhones),
		turned("a recording that nobody knows of any more", func(s *conference.State) { s.Recording = conference.RecordingUnknown }, announcements.RefuseRecording, admission.RecordingUnknown),
		turned("turned away after having been let in", func(s *conference.State) { s.You.Declined = true }, announcements.RefuseDeclined, admission.Declined),
	}
}

func limits() []sentAway {
	return []sentAway{
		{name: "no consent to the processing", happens: []move{asked(announcements.ProcessLeave, "2")}, says: announcements.RefuseProcessing, outcome: call.NoProcessing},
		{name: "a call that lasts too long", says: announcements.LengthEnd, outcome: call.TooLong},
		{
			name: "a call that lasts too long, in the meeting", inside: true, says: announcements.LengthEnd, outcome: call.TooLong,
			happens: []move{asked(announcements.ProcessAgree, "1"), hears(announcements.Enter), audible},
		},
	}
}

// heardAt are the words for which telephones wait above, at the door or inside.
func heardAt(t *testing.T, inside bool) map[call.Outcome][]announcements.Prompt {
	t.Helper()
	heard := map[call.Outcome][]announcements.Prompt{}
	for _, r := range slices.Concat(refusals(t), endsAtTheDoor(), endsInside(), turnsInside(), limits()) {
		if r.inside == inside {
			heard[r.outcome] = append(heard[r.outcome], r.says)
		}
	}
	return heard
}

// TestEachOutcomeHasATelephone looks for a telephone above for every way in which
// the program sends a caller away, and for one inside wherever it can happen there.
func TestEachOutcomeHasATelephone(t *testing.T) {
	outside, within, inside := heardAt(t, false), heardAt(t, true), refusedInside(t)
	for _, o := range call.Outcomes() {
		door, room := o.Words()
		compared(t, o, "at the door", outside[o], door)
		compared(t, o, "inside", within[o], room)
		switch {
		case len(door) == 0: // the call is gone, and nobody hears anything
		case o == outcomeOf(admission.NotProven):
			// Nothing is decided before a PIN was right: who has none ends as
			// call.Wrong, in these words.
			if wrong, _ := call.Wrong.Words(); !slices.Equal(door, wrong) {
				t.Errorf("%s says %v, and a wrong PIN %v", o, door, wrong)
			}
		case inside[o] && len(within[o]) == 0:
			t.Errorf("no telephone in a meeting goes through %s", o)
		case len(outside[o])+len(within[o]) == 0:
			t.Errorf("no telephone goes through %s", o)
		}
		delete(outside, o)
		delete(within, o)
	}
	for _, heard := range []map[call.Outcome][]announcements.Prompt{outside, within} {
		for o := range heard {
			t.Errorf("a telephone goes through %s, which is no outcome", o)
		}
	}
}

// compared wants every word that a telephone waits for to be one that is said.
func compared(t *testing.T, o call.Outcome, where string, heard, said []announcements.Prompt) {
	t.Helper()
	for _, p := range heard {
		if !slices.Contains(said, p) {
			t.Errorf("a telephone waits %s for %s as its %s, which says %v there", where, p, o, said)
		}
	}
}

// refusedInside are the outcomes of callers in a meeting of which one thing changes:
// each field of its state, to each value it can have and to some that it cannot.
func refusedInside(t *testing.T) map[call.Outcome]bool {
	t.Helper()
	policy := admission.DefaultConfig()
	policy.Regions = []string{"eu"}
	in := admission.Facts{
		Proven: true, Seated: true, Answer: conference.Declined, Policy: admission.NewPolicy(policy, admission.DefaultRecordingConfig()),
		Meeting: conference.State{Encryption: conference.Transport, Recording: conference.RecordingOn, Region: "eu", HostPresent: true, Capacity: 5},
	}
	if d := admission.Decide(in); d.Verdict != admission.Admit {
		t.Fatalf("who is in is not: %v %v", d.Verdict, d.Reason)
	}
	refused := map[call.Outcome]bool{}
	changed := func(field func(*conference.State) reflect.Value, value any) {
		now := in
		f := field(&now.Meeting)
		f.Set(reflect.ValueOf(value).Convert(f.Type()))
		if d := admission.Decide(now); d.Verdict == admission.Refuse {
			refused[outcomeOf(d.Reason)] = true
		}
	}
	for _, of := range []func(*conference.State) reflect.Value{
		func(s *conference.State) reflect.Value { return reflect.ValueOf(s).Elem() },
		func(s *conference.State) reflect.Value { return reflect.ValueOf(&s.You).Elem() },
	} {
		for i := range of(new(conference.State)).NumField() {
			field := func(s *conference.State) reflect.Value { return of(s).Field(i) }
			switch field(new(conference.State)).Kind() {
			case reflect.Bool:
				changed(field, true)
				changed(field, false)
			case reflect.Int, reflect.Uint64:
				for n := range 8 {
					changed(field, n)
				}
			case reflect.String:
				changed(field, "elsewhere")
			}
		}
	}
	return refused
}
