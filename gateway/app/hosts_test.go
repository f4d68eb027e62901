package app_test

import (
	"slices"
	"testing"

	"github.com/einwahl/einwahl/announcements"
	"github.com/einwahl/einwahl/conference/embedded"
	"github.com/einwahl/einwahl/gateway/config"
	"github.com/einwahl/einwahl/gateway/peertest"
)

const hostPIN, adasPIN, gracesPIN = "815815", "590148", "482915"

// saying waits for something that is put together of several recordings.
func saying(name string, row ...announcements.Item) move {
	return func(c *caller) {
		c.t.Helper()
		c.heardSound(c.phone, name, c.spoken(c.language, row...), 0)
	}
}

// callsWith has a telephone call a meeting with a PIN, empty where it has none.
func (g *gateway) callsWith(language, meeting, pin string) *caller {
	g.t.Helper()
	c := &caller{gateway: g, language: language, meeting: meeting, phone: g.phone(440)}
	g.reaches(c.phone, language)
	if pin != "" {
		pin += "#"
	}
	c.phone.Key(meeting + "#" + pin + "#") // over the privacy notice
	return c
}

// both are a German and an English telephone, each in a meeting of its own.
type both []*caller

func (g *gateway) bothCall(pin string) both {
	g.t.Helper()
	return both{g.callsWith("de", meetingOf(0), pin), g.callsWith("en", meetingOf(1), pin)}
}

// do goes through moves, one after the other.
func (b both) do(moves ...move) {
	for _, m := range moves {
		for _, c := range b {
			c.t.Helper()
			m(c)
		}
	}
}

// TestEachKeyOfAHostIsHeardOnATelephone has hosts lead a meeting by telephone, with
// two guests in it.
func TestEachKeyOfAHostIsHeardOnATelephone(t *testing.T) {
	t.Parallel()
	g := startGateway(t, func(c *config.Config) {
		hasty(c)
		speaks(t, c)
		for i := range 2 {
			m := embedded.DefaultMeetingConfig()
			m.ID, m.PIN, m.HostPIN, m.Lobby, m.Announce, m.Consent = meetingOf(i), pin, hostPIN, true, "names", "notice"
			m.Registrants = []embedded.Registrant{{Name: "Ada", PIN: adasPIN}, {Name: "Grace", PIN: gracesPIN}}
			c.Meetings = append(c.Meetings, m)
		}
	})
	hosts := g.bothCall(hostPIN)
	hosts.do(hears(announcements.EnterFirst))
	adas := g.bothCall(adasPIN)
	adas.do(hears(announcements.WaitRoom))
	graces := g.bothCall(gracesPIN)
	hosts.do(
		saying("that two wait", announcements.Waiting(2)),
		presses("*8"), hears(announcements.AdmittedOne), saying("that one waits", announcements.Waiting(1)),
		saying("that somebody comes", announcements.Sound(announcements.Came)), tells(announcements.AdmittedOne), hears(announcements.Joined),
	)
	adas.do(hears(announcements.Enter), saying("that one is there", announcements.Others(1)))
	hosts.do(presses("*8"))
	graces.do(hears(announcements.Enter), saying("that two are there", announcements.Others(2)))
	hosts.do(presses("*8"), hears(announcements.AdmitNone))

	hosts.do(presses("*4"), hears(announcements.MuteAll))
	adas.do(hears(announcements.MuteHost))
	hosts.do(presses("*5"), hears(announcements.LockOn), presses("*5"), hears(announcements.LockOff))
	hosts.do(presses("*7"), hears(announcements.RecordingStart))
	graces.do(hears(announcements.RecordingStart))
	hosts.do(presses("*7"), hears(announcements.RecordingStop))
	graces.do(hears(announcements.RecordingStop), presses("*5"), hears(announcements.NotHost))

	hosts.do(presses("*3"), hears(announcements.RemoveAsk), presses("1"), hears(announcements.RemovedLast))
	graces.do(hears(announcements.Removed), gone)
	hosts.do(saying("that somebody goes", announcements.Sound(announcements.Went)), hears(announcements.Left))

	hosts.do(presses("**"), hears(announcements.EndAsk), presses("1"), hears(announcements.Ended), gone)
	adas.do(hears(announcements.Ended), gone)
	g.settle()
	g.verifyRecords()
}

// TestWhoComesInHearsHowManyAreThere calls a meeting of five people, and has all of
// the privacy notice read there, and once more from its beginning.
func TestWhoComesInHearsHowManyAreThere(t *testing.T) {
	t.Parallel()
	meeting := meetingOf(0)
	g := startGateway(t, func(c *config.Config) {
		hasty(c)
		m := embedded.DefaultMeetingConfig()
		m.ID, m.Announce = meeting, "tones"
		c.Meetings = append(c.Meetings, m)
	})
	for range 5 {
		g.takesPlace(meeting)
	}
	german := both{g.callsWith("de", meeting, "")}
	german.do(hears(announcements.EnterMuted), saying("that five are there", announcements.Others(5)))
	english := both{g.callsWith("en", meeting, "")}
	english.do(hears(announcements.EnterMuted), saying("that six are there", announcements.Others(6)))
	german.do(saying("that somebody comes", announcements.Sound(announcements.Came)))
	slices.Concat(german, english).do(presses("*0"), hears(announcements.PrivacyLong), presses("0"), again(announcements.PrivacyLong, "#"))
	english[0].phone.Hangup()
	german.do(saying("that somebody goes", announcements.Sound(announcements.Went)))
	german[0].phone.Hangup()
	g.settle()
}

// TestEachLanguageIsHeardOnATelephone has a telephone call in each language that
// there is, and hears no other.
func TestEachLanguageIsHeardOnATelephone(t *testing.T) {
	t.Parallel()
	library := announcementsOf(t)
	languages := library.Languages()
	if len(languages) < 7 {
		t.Fatalf("the languages are %q", languages)
	}
	g := startGateway(t, func(c *config.Config) {
		hasty(c)
		n := c.Numbers[0]
		c.Numbers = nil
		for _, language := range languages {
			n.Number, n.Languages = "number-"+language, []string{language}
			c.Numbers = append(c.Numbers, n)
		}
	})
	said := []announcements.Prompt{announcements.Welcome, announcements.AskNumber, announcements.RefuseE2EE}
	phones := map[string]*peertest.Baresip{}
	for _, language := range languages {
		phones[language] = g.phone(440)
		phones[language].Dial(g.uri("number-" + language))
	}
	for language, phone := range phones {
		for _, p := range said[:2] {
			g.heard(phone, language, p)
		}
		phone.Key("100000006#")
	}
	for language, phone := range phones {
		g.heard(phone, language, announcements.RefuseE2EE)
		phone.Wait("CALL_CLOSED")
		heard := phone.Heard()
		for _, other := range languages {
			if other == language {
				continue
			}
			for _, p := range said[1:] {
				if match, _ := peertest.Match(heard, g.prompt(other, p)); match > .5 {
					t.Errorf("who calls in %s has heard %s in %s with a correlation of %.2f", language, p, other, match)
				}
			}
		}
	}
	g.settle()
}
