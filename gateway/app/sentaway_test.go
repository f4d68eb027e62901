package app_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/einwahl/einwahl/announcements"
	"github.com/einwahl/einwahl/conference/embedded"
	"github.com/einwahl/einwahl/gateway/admission"
	"github.com/einwahl/einwahl/gateway/call"
	"github.com/einwahl/einwahl/gateway/config"
	"github.com/einwahl/einwahl/gateway/peertest"
)

// sentAway is one way to be kept out of a meeting or to be taken out of it: how an
// operator or a host has set it up, what happens, what the caller hears, and what
// becomes of the call. Each has a meeting of its own.
type sentAway struct {
	name    string
	meeting func(*embedded.MeetingConfig)
	policy  admission.Override
	service oddity

	number string // other than the language
	from   string // other than an ordinary address
	silent bool   // presses no key
	keys   string // after the meeting's number

	happens func(g *gateway, phone *peertest.Baresip, language, meeting string)
	last    bool // it happens to all, and so when all else was heard
	inside  bool // there was a seat before
	says    announcements.Prompt
	outcome call.Outcome
}

// meetingOf is the meeting of the i-th of them.
func meetingOf(i int) string { return fmt.Sprintf("2%08d", i) }

// inBoth has a German and an English telephone go through each of some rows, at two
// gateways, and looks in their recordings for the words. Nobody has a seat in a
// meeting who is not to have one.
func inBoth(t *testing.T, rows []sentAway, tweak func(*config.Config)) {
	for _, language := range []string{"de", "en"} {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			goesThrough(t, language, rows, tweak)
		})
	}
}

func goesThrough(t *testing.T, language string, rows []sentAway, tweak func(*config.Config)) {
	service := &forgetful{odd: map[string]oddity{}}
	for i, r := range rows {
		service.odd[meetingOf(i)] = r.service
	}
	g := startBefore(t, service.before, func(c *config.Config) {
		setUp(c, language, rows)
		tweak(c)
	})
	phones := make([]*peertest.Baresip, len(rows))
	for i, r := range rows {
		if r.outcome == full {
			g.takesPlace(meetingOf(i))
		}
		phones[i] = g.phoneOf(440, r.from)
		if r.number != "" { // it is never answered
			phones[i].Try(g.uri(r.number))
			continue
		}
		g.reaches(phones[i], language)
		if !r.silent {
			phones[i].Key(meetingOf(i) + "#" + r.keys + "#") // and over the privacy notice
		}
	}
	for i, r := range rows {
		if r.happens != nil && !r.last {
			r.happens(g, phones[i], language, meetingOf(i))
		}
	}
	for i, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			if r.last {
				r.happens(g, phones[i], language, meetingOf(i))
			}
			g.heard(phones[i], language, r.says)
			phones[i].Wait("CALL_CLOSED")
		})
	}
	g.settle()
	g.sentAway(rows, service)
}

// setUp writes the rows into the operator's file.
func setUp(c *config.Config, language string, rows []sentAway) {
	sealed := config.DefaultNumber()
	sealed.Number, sealed.Trunks, sealed.Languages, sealed.Admission.EndToEnd = "sealed", []string{"loopback"}, []string{language}, true
	c.Numbers = append(c.Numbers, sealed)
	c.Limits.Consent = time.Minute // others are listened to meanwhile
	for i, r := range rows {
		m := embedded.DefaultMeetingConfig()
		m.ID = meetingOf(i)
		if r.meeting != nil {
			r.meeting(&m)
		}
		c.Meetings = append(c.Meetings, m)
		c.Admission.Meetings = append(c.Admission.Meetings, admission.MeetingOverride{Meeting: m.ID, Override: r.policy})
	}
}

// sentAway compares how the calls have ended, and who had a seat.
func (g *gateway) sentAway(rows []sentAway, service *forgetful) {
	g.t.Helper()
	want := map[call.Outcome]int{}
	for i, r := range rows {
		want[r.outcome]++
		if got := service.seated(meetingOf(i)) > 0; got != r.inside {
			g.t.Errorf("%s: a seat in the meeting: %v, want %v", r.name, got, r.inside)
		}
	}
	for outcome, n := range want {
		if got := g.metric("einwahl_calls_total", fmt.Sprintf("outcome=%q", outcome)); got != float64(n) {
			g.t.Errorf("%v calls ended for %s, want %d", got, outcome, n)
		}
	}
}
