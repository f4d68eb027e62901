package app_test

import (
	"slices"
	"testing"
	"time"

	"github.com/einwahl/einwahl/announcements"
	"github.com/einwahl/einwahl/conference/embedded"
	"github.com/einwahl/einwahl/gateway/admission"
	"github.com/einwahl/einwahl/gateway/call"
	"github.com/einwahl/einwahl/gateway/config"
	"github.com/einwahl/einwahl/gateway/peertest"
)

// TestEachEndIsHeardOnATelephone has telephones wait and talk until something ends
// it.
func TestEachEndIsHeardOnATelephone(t *testing.T) {
	t.Parallel()
	inBoth(t, ends(), func(c *config.Config) {
		hasty(c)
		c.Limits.Wait = 30 * time.Second
	})
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

// ends are in the order in which they happen.
func ends() []sentAway {
	control := func(what string, how any) func(*gateway, *peertest.Baresip, string, string) {
		return func(g *gateway, _ *peertest.Baresip, _, meeting string) {
			g.waitPhones(meeting, 1)
			g.control(meeting, map[string]any{what: how})
		}
	}
	atDoor := func(do func(g *gateway, meeting, person string)) func(*gateway, *peertest.Baresip, string, string) {
		return func(g *gateway, _ *peertest.Baresip, _, meeting string) {
			do(g, meeting, g.waiting(meeting))
		}
	}
	warned := func(g *gateway, phone *peertest.Baresip, language, _ string) {
		g.heard(phone, language, announcements.TimeWarn)
	}
	lobby := func(m *embedded.MeetingConfig) { m.Lobby = true }
	return []sentAway{
		{
			name: "turned away from the waiting room", meeting: lobby, says: announcements.RefuseDeclined, outcome: outcomeOf(admission.Declined),
			happens: atDoor(func(g *gateway, meeting, person string) { g.control(meeting, map[string]any{"decline": person}) }),
		},
		{
			name: "a meeting that ends while one waits", meeting: lobby, says: announcements.RefuseEnded, outcome: outcomeOf(admission.Ended),
			happens: atDoor(func(g *gateway, meeting, _ string) { g.control(meeting, map[string]any{"end": true}) }),
		},
		{name: "a meeting that ends", inside: true, happens: control("end", true), says: announcements.Ended, outcome: outcomeOf(admission.Ended)},
		{name: "a meeting that turns end-to-end encrypted", inside: true, happens: control("encryption", "e2ee"), says: announcements.RefuseE2EENow, outcome: outcomeOf(admission.EndToEnd)},
		{
			name: "taken out by a host", inside: true, says: announcements.Removed, outcome: outcomeOf(admission.Removed),
			happens: func(g *gateway, _ *peertest.Baresip, _, meeting string) {
				g.waitPhones(meeting, 1)
				g.control(meeting, map[string]any{"remove": g.phones(meeting)[0].ID})
			},
		},
		{
			name: "a yes taken back where a no means leaving", meeting: leavers, inside: true, says: announcements.RefuseNoConsent, outcome: outcomeOf(admission.RecordingDeclined),
			happens: func(g *gateway, phone *peertest.Baresip, language, _ string) {
				answers(announcements.ConsentAgree, "1")(g, phone, language, "")
				answers(announcements.Enter, "*2")(g, phone, language, "")
			},
		},
		{
			name: "leaving a recording that begins", inside: true, says: announcements.Leave, outcome: call.NoConsent,
			happens: func(g *gateway, phone *peertest.Baresip, language, meeting string) {
				control("recording", "start")(g, phone, language, meeting)
				answers(announcements.ConsentLeave, "3")(g, phone, language, meeting)
			},
		},
		{name: "nobody opens the waiting room", meeting: lobby, happens: warned, says: announcements.WaitEnd, outcome: call.NotLetIn},
		{
			name: "no host comes", meeting: func(m *embedded.MeetingConfig) { m.HostPIN, m.JoinBeforeHost = "815815", false },
			happens: warned, says: announcements.WaitHostEnd, outcome: call.NoHostCame,
		},
		{
			name: "a gateway that closes", last: true, inside: true, says: announcements.Drain, outcome: call.Drained,
			happens: func(g *gateway, _ *peertest.Baresip, _, _ string) { g.app.Drain(0) },
		},
	}
}

func limits() []sentAway {
	return []sentAway{
		{name: "no consent to the processing", happens: answers(announcements.ProcessLeave, "2"), says: announcements.RefuseProcessing, outcome: call.NoProcessing},
		{name: "a call that lasts too long", says: announcements.LengthEnd, outcome: call.TooLong},
	}
}

// TestEachOutcomeHasATelephone looks for a telephone above for every way in which
// the program sends a caller away.
func TestEachOutcomeHasATelephone(t *testing.T) {
	heard := map[call.Outcome][]announcements.Prompt{}
	for _, r := range slices.Concat(refusals(t), ends(), limits()) {
		heard[r.outcome] = append(heard[r.outcome], r.says)
	}
	for _, o := range call.Outcomes() {
		door, room := o.Words()
		switch said := heard[o]; {
		case len(door) == 0: // the call is gone, and nobody hears anything
		case o == outcomeOf(admission.NotProven):
			// Nothing is decided before a PIN was right: who has none ends as
			// call.Wrong, in these words.
			if wrong, _ := call.Wrong.Words(); !slices.Equal(door, wrong) {
				t.Errorf("%s says %v, and a wrong PIN %v", o, door, wrong)
			}
		case len(said) == 0:
			t.Errorf("no telephone goes through %s", o)
		default:
			for _, says := range said {
				if !slices.Contains(door, says) && !slices.Contains(room, says) {
					t.Errorf("a telephone waits for %s as its %s, which says %v or %v", says, o, door, room)
				}
			}
		}
		delete(heard, o)
	}
	for o := range heard {
		t.Errorf("a telephone goes through %s, which is no outcome", o)
	}
}
