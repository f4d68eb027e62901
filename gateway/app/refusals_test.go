package app_test

import (
	"strings"
	"testing"
	"time"

	"github.com/einwahl/einwahl/announcements"
	"github.com/einwahl/einwahl/conference"
	"github.com/einwahl/einwahl/conference/embedded"
	"github.com/einwahl/einwahl/conference/embedded/webtest"
	"github.com/einwahl/einwahl/gateway/admission"
	"github.com/einwahl/einwahl/gateway/call"
	"github.com/einwahl/einwahl/gateway/config"
)

// pin is none that anybody would try first.
const pin = "730264"

// full is how a call to a full meeting ends.
var full = outcomeOf(admission.Full)

func outcomeOf(r admission.Reason) call.Outcome { return call.Outcome(r.String()) }

// TestEachRefusalIsHeardOnATelephone has real telephones be refused at the door in
// each way. None of them ever has a place in a meeting.
func TestEachRefusalIsHeardOnATelephone(t *testing.T) {
	t.Parallel()
	inBoth(t, refusals(t), func(c *config.Config) {
		hasty(c)
		c.Limits.Tries, c.Limits.Rounds, c.Limits.FirstDigit = 1, 1, time.Second
	})
}

// refusals are those that admission decides by what operator and host have said,
// and then those of a dialogue that leads nowhere.
func refusals(t *testing.T) []sentAway {
	t.Helper()
	return append(append(refusalsOfTheOperator(t), refusalsOfTheMeeting()...), deadEnds()...)
}

func refusalsOfTheOperator(t *testing.T) []sentAway {
	t.Helper()
	no, yes, least := false, true, 6
	// A day that is neither today nor tomorrow, wherever this runs.
	day := strings.ToLower(time.Now().AddDate(0, 0, 3).Weekday().String()[:3])
	never, err := admission.ParseHours(day + " 08:00-18:00 Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	european := admission.Override{Regions: []string{"eu*"}}
	refuses := func(name string, o admission.Override, says announcements.Prompt, why admission.Reason) sentAway {
		return sentAway{name: name, policy: o, says: says, outcome: outcomeOf(why)}
	}
	anonymous := refuses("no number shown", admission.Override{Caller: admission.CallerOverride{Anonymous: admission.ChoiceRefuse}}, announcements.RefuseAnonymous, admission.Anonymous)
	anonymous.from = "<sip:anonymous@anonymous.invalid>"
	level := refuses("a level that the operator does not admit", admission.Override{Encryption: admission.LevelOverride{Enhanced: admission.ChoiceRefuse}}, announcements.RefusePolicy, admission.EncryptionPolicy)
	level.meeting = func(m *embedded.MeetingConfig) { m.Encryption = "enhanced" }
	region := refuses("another region", european, announcements.RefuseRegion, admission.RegionPolicy)
	region.meeting = func(m *embedded.MeetingConfig) { m.Region = "us-east" }
	short := refuses("a PIN that is too short", admission.Override{MinPIN: &least}, announcements.RefusePIN, admission.WeakPIN)
	short.meeting, short.keys = func(m *embedded.MeetingConfig) { m.PIN = "8271" }, "8271#"
	hostless := refuses("no host, and nobody waits for one", admission.Override{Host: admission.ChoiceRefuse}, announcements.RefuseNoHost, admission.HostAbsent)
	hostless.meeting = func(m *embedded.MeetingConfig) { m.HostPIN, m.JoinBeforeHost = "815815", false }
	return []sentAway{
		{name: "a number for end-to-end encryption", number: "sealed", says: announcements.RefuseE2EENumber, outcome: outcomeOf(admission.EndToEndNumber)},
		anonymous, level, region, short, hostless,
		refuses("a region nobody knows of", european, announcements.RefuseRegion, admission.RegionPolicy),
		refuses("no telephones, says the operator", admission.Override{Phones: &no}, announcements.RefusePhone, admission.NoPhones),
		refuses("a line in clear", admission.Override{SecureLeg: &yes}, announcements.RefuseInsecure, admission.InsecureLeg),
		refuses("a number that nobody vouches for", admission.Override{Caller: admission.CallerOverride{Attestation: "B"}}, announcements.RefuseUnattested, admission.NotAttested),
		refuses("no PIN where one is wanted", admission.Override{MinPIN: &least}, announcements.RefusePIN, admission.WeakPIN),
		refuses("another day", admission.Override{Hours: []admission.Hours{never}}, announcements.RefuseHours, admission.OutOfHours),
	}
}

func refusalsOfTheMeeting() []sentAway {
	refuses := func(name string, meeting func(*embedded.MeetingConfig), says announcements.Prompt, why admission.Reason) sentAway {
		return sentAway{name: name, meeting: meeting, says: says, outcome: outcomeOf(why)}
	}
	listed := refuses("nobody on the guest list", func(m *embedded.MeetingConfig) {
		m.PIN, m.RegisteredOnly, m.Registrants = pin, true, []embedded.Registrant{{Name: "Ada", PIN: "590148"}}
	}, announcements.RefuseRegistered, admission.NotRegistered)
	listed.keys = pin + "#"
	declined := refuses("a no to the recording", leavers, announcements.RefuseNoConsent, admission.RecordingDeclined)
	declined.happens = []move{asked(announcements.ConsentAgree, "2")}
	return []sentAway{
		listed, declined,
		refuses("end-to-end encryption", func(m *embedded.MeetingConfig) { m.Encryption = "e2ee" }, announcements.RefuseE2EE, admission.EndToEnd),
		refuses("no telephones, says the meeting", func(m *embedded.MeetingConfig) { m.Phones = false }, announcements.RefusePhone, admission.NoPhones),
		refuses("a meeting that has not begun", func(m *embedded.MeetingConfig) { m.Start = embedded.When{Time: time.Now().Add(time.Hour)} }, announcements.RefuseEarly, admission.NotStarted),
		refuses("a locked meeting", func(m *embedded.MeetingConfig) { m.Locked = true }, announcements.RefuseLocked, admission.Locked),
		refuses("a full meeting", func(m *embedded.MeetingConfig) { m.Capacity = 1 }, announcements.RefuseFull, admission.Full),
		{
			name: "encryption nobody knows of", service: oddity{forgets: func(s *conference.State) { s.Encryption = conference.Unknown }},
			says: announcements.RefuseUnknown, outcome: outcomeOf(admission.EncryptionUnknown),
		},
		{
			name: "a recording nobody knows of", service: oddity{forgets: func(s *conference.State) { s.Recording = conference.RecordingUnknown }},
			says: announcements.RefuseRecording, outcome: outcomeOf(admission.RecordingUnknown),
		},
	}
}

// deadEnds are calls that come to no decision, or to one that the meeting does not
// share.
func deadEnds() []sentAway {
	return []sentAway{
		{name: "a wrong PIN", meeting: func(m *embedded.MeetingConfig) { m.PIN = pin }, keys: "111111#", says: announcements.WrongLast, outcome: call.Wrong},
		{name: "no key at all", silent: true, says: announcements.TimeOut, outcome: call.Silent},
		{name: "leaving the question", meeting: recorded, happens: []move{asked(announcements.ConsentLeave, "3")}, says: announcements.Goodbye, outcome: call.NoConsent},
		{name: "a service that does not answer", service: oddity{find: conference.ErrUnavailable}, says: announcements.Fault, outcome: call.Faulty},
		{name: "a seat that is not given", service: oddity{seats: conference.ErrNotAdmitted}, says: announcements.RefuseSeat, outcome: call.SeatRefused},
	}
}

// recorded makes a meeting one that is recorded with consent; leavers one where a
// no to that means leaving.
func recorded(m *embedded.MeetingConfig) { m.Recording, m.Consent = "on", "required" }

func leavers(m *embedded.MeetingConfig) {
	recorded(m)
	m.AfterNo = "leave"
}

// takesPlace has a browser be in a meeting.
func (g *gateway) takesPlace(meeting string) {
	g.t.Helper()
	webtest.Dial(g.t, "http://"+g.app.HTTP().String(), meeting, webtest.Join{Name: "Ada"}).Joined()
}
