package admission

import (
	"fmt"
	"strings"
	"testing"

	"github.com/einwahl/einwahl/conference"
)

// explained is an explanation, a line for each rule.
func explained(f Facts) []string {
	var lines []string
	for _, step := range Explain(f) {
		lines = append(lines, step.String())
	}
	return lines
}

// TestExplainTellsTheFactThatDecided asks for the last line of an explanation.
func TestExplainTellsTheFactThatDecided(t *testing.T) {
	under := func(p place, meeting string) func(*Facts) {
		return func(f *Facts) { f.Policy = p.policy().Meeting(meeting) }
	}
	recordingOn := recorded(conference.RecordingOn, conference.ConsentRequired)
	for _, tt := range []struct {
		facts Facts
		last  string
	}{
		{with(under(filed(func(p *place) { p.number = &NumberOverride{EndToEnd: true} }), "1")), "yes: a number may be kept for end-to-end encryption: the number is kept for end-to-end encryption (numbers[2].admission.e2ee: true)"},
		{with(unproven), "yes: without a right PIN nothing is told: no PIN was right"},
		{with(hasEnded), "yes: an ended meeting takes nobody: the meeting is over"},
		{with(wasRemoved), "yes: who was removed stays out: a host has taken the caller out"},
		{with(wasDeclined), "yes: who was turned away stays out: a host has turned the caller away"},
		{with(encrypted(conference.EndToEnd)), "yes: end-to-end encryption takes no telephone: the meeting's encryption is e2ee"},
		{with(encrypted(9)), "yes: unknown encryption counts as end-to-end: the meeting's encryption is unknown"},
		{with(encrypted(conference.None)), "yes: the operator decides about each level: the meeting's encryption is none (admission.encryption.none: refuse)"},
		{with(under(filed(atNumber(everything())), "1")), "yes: the operator decides about each level: the meeting's encryption is transport (numbers[2].admission.encryption.transport: refuse)"},
		{with(encrypted(conference.Enhanced), under(filed(of("1", Override{Encryption: LevelOverride{Enhanced: ChoiceRefuse}})), "1")), "yes: the operator decides about each level: the meeting's encryption is enhanced (admission.meetings[0].encryption.enhanced: refuse)"},
		{with(under(filed(of("1*", Override{Regions: []string{"eu*", "de"}})), "1")), "yes: the operator may name the regions: the meeting's region is unknown (admission.meetings[0].regions: eu*, de)"},
		{with(region("US"), under(filed(of("1*", Override{Regions: []string{"eu"}})), "1")), "yes: the operator may name the regions: the meeting's region is us (admission.meetings[0].regions: eu)"},
		{with(noPhones), "yes: a meeting may take no telephones: the meeting takes no telephones"},
		{with(under(filed(atNumber(Override{Phones: no()})), "1")), "yes: the operator may let no telephones in: the operator lets no telephones in (numbers[2].admission.phones: false)"},
		{with(under(filed(general(func(c *Config) { c.SecureLeg = true })), "1")), "yes: the operator may want an encrypted call: the call must be encrypted (admission.secure_leg: true); the call is not encrypted"},
		{with(unnamed, under(filed(atNumber(Override{Caller: CallerOverride{Anonymous: ChoiceRefuse}})), "1")), "yes: the operator may want callers to show a number: the caller shows no number; callers have to show one (numbers[2].admission.caller.anonymous: refuse)"},
		{with(attested(PartlyAttested), under(filed(atNumber(Override{Caller: CallerOverride{Attestation: "A"}})), "1")), "yes: the operator may want the number to be vouched for: attestation of the caller's number is B (numbers[2].admission.caller.attestation: A)"},
		{with(digits(4), under(filed(of("1", Override{MinPIN: some(6)})), "1")), "yes: the operator may want a better PIN: not any PIN will do (admission.meetings[0].min_pin: 6); the digits of the PIN are 4 (admission.meetings[0].min_pin: 6)"},
		{with(guessed, under(filed(of("1", Override{MinPIN: some(6)})), "1")), "yes: the operator may want a better PIN: not any PIN will do (admission.meetings[0].min_pin: 6); the PIN is one that anybody would try (admission.meetings[0].min_pin: 6)"},
		{with(under(filed(atNumber(Override{Hours: []Hours{hours("mon 08:00-09:00 UTC"), hours("tue 08:00-09:00 UTC")}})), "1")), "yes: the operator may keep hours: the caller is at the door; telephones may not come in at this time (numbers[2].admission.hours: mon 08:00-09:00 UTC, tue 08:00-09:00 UTC)"},
		{with(notBegun), "yes: a meeting that has not begun takes nobody: the caller is at the door; the meeting has not begun"},
		{with(guestList), "yes: a guest list admits whom it names, and hosts: the caller is at the door; the meeting has a guest list; the PIN is not the caller's own; the caller is no host"},
		{with(under(filed(atNumber(Override{Registered: yes()})), "1")), "yes: the operator's guest list admits known numbers too: the caller is at the door; the operator wants registered callers (numbers[2].admission.registered: true); the PIN is not the caller's own; the caller's number is not on the operator's list (admission.caller.numbers: []); the caller is no host"},
		{with(func(f *Facts) { f.Caller.Number = "+4930" }, under(filed(atNumber(Override{Registered: yes(), Caller: CallerOverride{Numbers: []string{"+49*"}}})), "1")), "yes: the operator's guest list admits known numbers too: the caller is at the door; the operator wants registered callers (numbers[2].admission.registered: true); the PIN is not the caller's own; the caller's number is on the operator's list, and nobody answers for it (numbers[2].admission.caller.numbers: +49*); the caller is no host"},
		{with(isLocked), "yes: a lock keeps out all but hosts: the caller is at the door; the meeting is locked; the caller is no host"},
		{with(places(5, 5)), "yes: a full room takes nobody: the caller is at the door; all places are taken"},
		{with(hostAway, under(filed(general(func(c *Config) { c.Host = ChoiceRefuse })), "1")), "yes: the operator may let nobody wait for a host: the caller is at the door; the caller is no host; no host is there; the meeting needs a host; callers may not wait for a host (admission.host: refuse)"},
		{with(hostAway), "yes: callers wait for the host: the caller is at the door; the caller is no host; no host is there; the meeting needs a host"},
		{with(hasLobby), "yes: callers wait to be let in: the caller is at the door; newcomers wait to be let in; the caller is no host; no host has let the caller in"},
		{with(under(filed(general(func(c *Config) { c.Lobby = LobbyAlways })), "1")), "yes: the operator may let all wait to be let in: the caller is at the door; all callers wait to be let in (admission.lobby: always); the caller is no host; no host has let the caller in"},
		{with(unnamed, canHold), "yes: callers without a number may have to wait to be let in: the caller is at the door; the conference service has a waiting room; the caller shows no number; callers who show none wait to be let in (admission.caller.anonymous: wait); the caller is no host; no host has let the caller in"},
		{with(recorded(conference.RecordingUnknown, conference.ConsentDefault)), "yes: what may be recorded in secret takes nobody: recording is unknown; what is asked before a recording is required (recording.consent: required)"},
		{with(recordingOn, says(conference.Declined), meetingSays(conference.AfterNoLeave)), "yes: a no to recording may be a goodbye: recording is on; the caller's answer to the recording is declined; who says no to a recording leaves"},
		{with(recordingOn, says(conference.Declined), under(filed(atNumber(Override{AfterNo: "leave"})), "1")), "yes: a no to recording may be a goodbye: recording is on; the caller's answer to the recording is declined; who says no to a recording leaves (numbers[2].admission.after_no: leave)"},
		{with(recordingOn, says(conference.Declined), meetingSays(conference.AfterNoTalk)), "yes: a no to recording may be talking outside of it: recording is on; the caller's answer to the recording is declined; who says no to a recording talks on outside of it"},
		{with(recordingOn, says(conference.Declined)), "yes: a no to recording is listening: recording is on; the caller's answer to the recording is declined"},
		{with(recordingOn), "yes: consent is asked first: recording is on; what is asked before a recording is required; the caller's answer to the recording is unanswered"},
		{with(recorded(conference.RecordingPaused, conference.ConsentNotice)), "yes: notice is given first: recording is paused; what is asked before a recording is notice; the caller's answer to the recording is unanswered"},
		{with(), "no: notice is given first: recording is off"},
	} {
		lines := explained(tt.facts)
		if got := lines[len(lines)-1]; got != tt.last {
			t.Errorf("explained:\n%s\nwant:\n%s", got, tt.last)
		}
	}
}

// TestExplainTellsWhyARuleDoesNotApply reads a whole explanation, of a caller in
// whose way nothing stands.
func TestExplainTellsWhyARuleDoesNotApply(t *testing.T) {
	f := with(unnamed, asRegistered, letIn, inside, recorded(conference.RecordingOn, conference.ConsentRequired), says(conference.Agreed))
	want := `no: a number may be kept for end-to-end encryption: the number is not kept for end-to-end encryption (numbers[].admission.e2ee: false)
no: without a right PIN nothing is told: the PIN is right, or none is needed
no: an ended meeting takes nobody: the meeting is not over
no: who was removed stays out: no host has taken the caller out
no: who was turned away stays out: no host has turned the caller away
no: end-to-end encryption takes no telephone: the meeting's encryption is transport
no: unknown encryption counts as end-to-end: the meeting's encryption is transport
no: the operator decides about each level: the meeting's encryption is transport (admission.encryption.transport: admit)
no: the operator may name the regions: the meeting's region is unknown (admission.regions: [])
no: a meeting may take no telephones: the meeting takes telephones
no: the operator may let no telephones in: the operator lets telephones in (admission.phones: true)
no: the operator may want an encrypted call: the call need not be encrypted (admission.secure_leg: false)
no: the operator may want callers to show a number: callers need show none (admission.caller.anonymous: wait)
no: the operator may want the number to be vouched for: attestation of the caller's number is off (admission.caller.attestation: off)
no: the operator may want a better PIN: any PIN will do (admission.min_pin: 0)
no: the operator may keep hours: the caller is in
no: a meeting that has not begun takes nobody: the caller is in
no: a guest list admits whom it names, and hosts: the caller is in
no: the operator's guest list admits known numbers too: the caller is in
no: a lock keeps out all but hosts: the caller is in
no: a full room takes nobody: the caller is in
no: the operator may let nobody wait for a host: the caller is in
no: callers wait for the host: the caller is in
no: callers wait to be let in: the caller is in
no: the operator may let all wait to be let in: the caller is in
no: callers without a number may have to wait to be let in: the caller is in
no: what may be recorded in secret takes nobody: recording is on
no: a no to recording may be a goodbye: the caller's answer to the recording is agreed
no: a no to recording may be talking outside of it: the caller's answer to the recording is agreed
no: a no to recording is listening: the caller's answer to the recording is agreed
no: consent is asked first: the caller's answer to the recording is agreed
no: notice is given first: what is asked before a recording is required`
	if got := strings.Join(explained(f), "\n"); got != want {
		t.Errorf("explained:\n%s\nwant:\n%s", got, want)
	}
}

// TestExplainAgreesWithDecide asks both over many facts.
func TestExplainAgreesWithDecide(t *testing.T) {
	house := rules()
	n := 0
	for f := range allFacts {
		if n++; n%257 != 0 { // of hundreds of thousands
			continue
		}
		f.Policy.parts = standard().parts
		d, steps := decide(house, f), Explain(f)
		last := steps[len(steps)-1]
		if last.Applies != (d != in) {
			t.Fatalf("explained by %v, decided %+v", last, d)
		}
		for i, r := range house[:len(steps)] {
			if r.name != steps[i].Rule || last.Applies && i == len(steps)-1 && r.then != d {
				t.Fatalf("step %d is %q, want %q", i, steps[i].Rule, r.name)
			}
		}
	}
	if n < 1000 {
		t.Error(fmt.Sprint("only ", n, " facts"))
	}
}
