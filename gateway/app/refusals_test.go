package app_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/einwahl/einwahl/announcements"
	"github.com/einwahl/einwahl/conference/embedded"
	"github.com/einwahl/einwahl/gateway/admission"
	"github.com/einwahl/einwahl/gateway/config"
	"github.com/einwahl/einwahl/gateway/peertest"
)

// refused is one way to be kept out, as an operator or a host sets it up, and what
// becomes of the caller. Each has a meeting of its own.
type refused struct {
	name    string
	meeting func(*embedded.MeetingConfig)
	policy  admission.Override
	number  string // other than the language
	keys    string // after the meeting's number
	says    announcements.Prompt
	outcome string
}

// pin is none that anybody would try first.
const pin = "730264"

func refusals(t *testing.T) []refused {
	t.Helper()
	no, yes, least := false, true, 6
	// A day that is neither today nor tomorrow, wherever this runs.
	day := strings.ToLower(time.Now().AddDate(0, 0, 3).Weekday().String()[:3])
	never, err := admission.ParseHours(day + " 08:00-18:00 Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	return []refused{
		{"end-to-end encryption", func(m *embedded.MeetingConfig) { m.Encryption = "e2ee" }, admission.Override{}, "", "", announcements.RefuseE2EE, "e2ee"},
		{"a number for end-to-end encryption", nil, admission.Override{}, "sealed", "", announcements.RefuseE2EENumber, "e2ee_number"},
		{
			"a level that the operator does not admit", func(m *embedded.MeetingConfig) { m.Encryption = "enhanced" },
			admission.Override{Encryption: admission.LevelOverride{Enhanced: admission.ChoiceRefuse}},
			"", "", announcements.RefusePolicy, "policy",
		},
		{"another region", func(m *embedded.MeetingConfig) { m.Region = "us-east" }, admission.Override{Regions: []string{"eu*"}}, "", "", announcements.RefuseRegion, "region"},
		{"a region nobody knows of", nil, admission.Override{Regions: []string{"eu*"}}, "", "", announcements.RefuseRegion, "region"},
		{"no telephones, says the meeting", func(m *embedded.MeetingConfig) { m.Phones = false }, admission.Override{}, "", "", announcements.RefusePhone, "phone"},
		{"no telephones, says the operator", nil, admission.Override{Phones: &no}, "", "", announcements.RefusePhone, "phone"},
		{"a line in clear", nil, admission.Override{SecureLeg: &yes}, "", "", announcements.RefuseInsecure, "insecure"},
		{"a number that nobody vouches for", nil, admission.Override{Caller: admission.CallerOverride{Attestation: "B"}}, "", "", announcements.RefuseUnattested, "unattested"},
		{"a PIN that is too short", func(m *embedded.MeetingConfig) { m.PIN = "8271" }, admission.Override{MinPIN: &least}, "", "8271#", announcements.RefusePIN, "pin"},
		{"no PIN where one is wanted", nil, admission.Override{MinPIN: &least}, "", "", announcements.RefusePIN, "pin"},
		{"another day", nil, admission.Override{Hours: []admission.Hours{never}}, "", "", announcements.RefuseHours, "hours"},
		{"a meeting that has not begun", func(m *embedded.MeetingConfig) { m.Start = embedded.When{Time: time.Now().Add(time.Hour)} }, admission.Override{}, "", "", announcements.RefuseEarly, "not_started"},
		{"nobody on the guest list", func(m *embedded.MeetingConfig) {
			m.PIN, m.RegisteredOnly, m.Registrants = pin, true, []embedded.Registrant{{Name: "Ada", PIN: "590148"}}
		}, admission.Override{}, "", pin + "#", announcements.RefuseRegistered, "registered"},
		{"a locked meeting", func(m *embedded.MeetingConfig) { m.Locked = true }, admission.Override{}, "", "", announcements.RefuseLocked, "locked"},
		{
			"no host, and nobody waits for one", func(m *embedded.MeetingConfig) { m.HostPIN, m.JoinBeforeHost = "815815", false },
			admission.Override{Host: admission.ChoiceRefuse},
			"", "", announcements.RefuseNoHost, "host_absent",
		},
		{
			"a no to the recording", func(m *embedded.MeetingConfig) { m.Recording, m.Consent, m.AfterNo = "on", "required", "leave" },
			admission.Override{},
			"", "", announcements.RefuseNoConsent, "recording_declined",
		},
	}
}

// TestEachRefusalIsHeardOnATelephone has real telephones be refused in each way, in
// German and in English, and looks in their recordings for the words. None of them
// ever has a place in a meeting.
func TestEachRefusalIsHeardOnATelephone(t *testing.T) {
	for _, language := range []string{"de", "en"} {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			rows := refusals(t)
			g := startGateway(t, func(c *config.Config) {
				sealed := config.DefaultNumber()
				sealed.Number, sealed.Trunks, sealed.Languages, sealed.Admission.EndToEnd = "sealed", []string{"loopback"}, []string{language}, true
				c.Numbers = append(c.Numbers, sealed)
				for i, r := range rows {
					m := embedded.DefaultMeetingConfig()
					m.ID = meetingOf(i)
					if r.meeting != nil {
						r.meeting(&m)
					}
					c.Meetings = append(c.Meetings, m)
					c.Admission.Meetings = append(c.Admission.Meetings, admission.MeetingOverride{Meeting: m.ID, Override: r.policy})
				}
			})
			want := map[string]int{}
			phones := make([]*peertest.Baresip, len(rows))
			for i, r := range rows {
				want[r.outcome]++
				phones[i] = g.phone(440)
				if r.number != "" { // it is never answered
					phones[i].Try(g.uri(r.number))
					continue
				}
				phones[i].Dial(g.uri(language))
				phones[i].Key(meetingOf(i) + "#" + r.keys + "#") // and over the privacy notice
			}
			for i, r := range rows {
				t.Run(r.name, func(t *testing.T) {
					if r.outcome == "recording_declined" {
						g.heard(phones[i], language, announcements.ConsentAgree)
						phones[i].Key("2")
					}
					g.heard(phones[i], language, r.says)
					phones[i].Wait("CALL_CLOSED")
				})
			}
			g.settle()
			for outcome, n := range want {
				if got := g.metric("einwahl_calls_total", fmt.Sprintf("outcome=%q", outcome)); got != float64(n) {
					t.Errorf("%v calls ended for %s, want %d", got, outcome, n)
				}
			}
			if n := g.metric("einwahl_seats_total"); n != 0 {
				t.Errorf("%v seats were opened, want none", n)
			}
		})
	}
}

func meetingOf(i int) string { return fmt.Sprintf("2%08d", i) }
