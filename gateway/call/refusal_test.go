package call

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/einwahl/einwahl/announcements"
	"github.com/einwahl/einwahl/conference"
	"github.com/einwahl/einwahl/gateway/admission"
)

// refused is a call that is refused for a reason.
type refused struct {
	meeting conference.State
	setup   func(*Setup)
	keys    string // that are pressed once the call is answered
	as      Outcome
}

// refusedCalls are calls for each reason for which admission sends anybody away.
func refusedCalls() map[admission.Reason]refused {
	of := func(change ...func(*conference.State)) refused { return refused{meeting: openMeeting(change...)} }
	under := func(change func(*admission.Policy), also ...func(*conference.State)) refused {
		r := of(also...)
		r.setup = func(s *Setup) { change(&s.Policy) }
		return r
	}
	wrong := of()
	wrong.setup = func(s *Setup) { s.Service.(*stage).meeting.pins = map[string]conference.Identity{"4711": {}} }
	wrong.keys, wrong.as = "0000#0001#0002#", Wrong
	no := under(func(p *admission.Policy) { p.AfterNo = conference.AfterNoLeave }, recorded(conference.ConsentRequired))
	no.keys = "2"
	return map[admission.Reason]refused{
		admission.NotProven:         wrong,
		admission.EndToEndNumber:    under(func(p *admission.Policy) { p.EndToEnd = true }),
		admission.Ended:             of(ending),
		admission.Removed:           of(func(m *conference.State) { m.You.Removed = true }),
		admission.Declined:          of(func(m *conference.State) { m.You.Declined = true }),
		admission.EndToEnd:          of(sealed),
		admission.EncryptionUnknown: of(func(m *conference.State) { m.Encryption = conference.Unknown }),
		admission.EncryptionPolicy:  of(func(m *conference.State) { m.Encryption = conference.None }),
		admission.RegionPolicy:      under(func(p *admission.Policy) { p.Regions = []string{"eu"} }),
		admission.NoPhones:          of(func(m *conference.State) { m.PhonesRefused = true }),
		admission.InsecureLeg:       under(func(p *admission.Policy) { p.SecureLeg = true }),
		admission.Anonymous: {meeting: openMeeting(), setup: func(s *Setup) {
			s.Policy.Anonymous, s.Known.Anonymous = admission.ChoiceRefuse, true
		}},
		admission.NotAttested:       under(func(p *admission.Policy) { p.Attestation = admission.FullyAttested }),
		admission.WeakPIN:           under(func(p *admission.Policy) { p.MinPIN = 6 }),
		admission.OutOfHours:        under(func(p *admission.Policy) { p.Hours = []admission.Hours{{}} }),
		admission.NotStarted:        of(func(m *conference.State) { m.NotStarted = true }),
		admission.NotRegistered:     of(func(m *conference.State) { m.RegisteredOnly = true }),
		admission.Locked:            of(locked),
		admission.Full:              of(func(m *conference.State) { m.Capacity, m.People = 2, 2 }),
		admission.HostAbsent:        under(func(p *admission.Policy) { p.Host = admission.ChoiceRefuse }, noHost),
		admission.RecordingUnknown:  of(func(m *conference.State) { m.Recording = conference.RecordingUnknown }),
		admission.RecordingDeclined: no,
	}
}

// TestARefusalIsOneThingEverywhere leads a call into each refusal, and holds
// against each other what the caller hears, what the trunk is told, what is decided,
// what is recorded, what the dashboard and what the guide says. The words are there in
// every language. What is counted then is for the whole program to show.
func TestARefusalIsOneThingEverywhere(t *testing.T) {
	guide, err := os.ReadFile("../../docs/admission.md")
	if err != nil {
		t.Fatal(err)
	}
	library, err := announcements.Open(announcements.DefaultConfig(), zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	dashboard, err := os.ReadFile("../admin/dashboard/draw.js")
	if err != nil {
		t.Fatal(err)
	}
	_, labels, _ := strings.Cut(string(dashboard), "const reasons = {")
	labels, _, _ = strings.Cut(labels, "\n};")
	calls := refusedCalls()
	for _, why := range admission.Reasons() {
		if !strings.Contains(labels, " "+why.String()+": \"") {
			t.Errorf("the dashboard has no words for %v", why)
		}
		row, cause, known := Farewell(why)
		how, there := calls[why]
		if known != there {
			t.Errorf("%v: a farewell %v, a call %v", why, known, there)
		}
		if !known || !there {
			continue
		}
		t.Run(why.String(), func(t *testing.T) {
			st := playRefusal(t, how)
			said := []string{}
			for _, p := range row {
				said = append(said, "hears "+string(p))
				for _, language := range library.Languages() {
					if !library.Has(language, p) {
						t.Errorf("%s is not said in %s", p, language)
					}
				}
			}
			outcome := why.String()
			if how.as != "" {
				outcome = string(how.as) // of somebody who must not learn more
			} else {
				st.order("decided refuse " + outcome)
			}
			st.order(append(said, "bye "+cause.String(), "call "+outcome, "ended "+outcome)...)
			st.never("open", "voice opens")
			line := fmt.Sprintf("| `%s` | `%s` | %d | %d | %s |\n", why, row[0], cause.Status, cause.Q850, cause.Text)
			if !strings.Contains(string(guide), line) {
				t.Errorf("the guide lacks: %s", line)
			}
		})
	}
	if n := strings.Count(string(guide), " | 403 | ") + strings.Count(string(guide), " | 404 | ") + strings.Count(string(guide), " | 48"); n != len(calls) {
		t.Errorf("the guide has %d refusals, want %d", n, len(calls))
	}
}

// playRefusal leads the call to its end.
func playRefusal(t *testing.T, how refused) *stage {
	t.Helper()
	return play(t, how.meeting, func(st *stage) {
		time.Sleep(10 * time.Second)
		for _, key := range how.keys {
			st.press(string(key))
			if key == '#' {
				time.Sleep(15 * time.Second)
			}
		}
		time.Sleep(time.Minute)
	}, func(s *Setup) {
		s.Meeting = "100"
		if how.setup != nil {
			how.setup(s)
		}
	})
}
