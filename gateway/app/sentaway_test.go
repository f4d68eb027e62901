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

	happens []move
	last    bool // it happens to all, and so when all else was heard
	inside  bool // there was a seat before
	says    announcements.Prompt
	outcome call.Outcome
}

// meetingOf is the meeting of the i-th of them.
func meetingOf(i int) string { return fmt.Sprintf("2%08d", i) }

// inBoth has a German and an English telephone go through each of some rows, at two
// gateways, one after the other, as walks does, and looks in their recordings for the
// words. Nobody has a seat in a meeting who is not to have one, and of who had one
// nothing comes through any more.
func inBoth(t *testing.T, rows []sentAway, tweak func(*config.Config)) {
	for _, language := range []string{"de", "en"} {
		t.Run(language, func(t *testing.T) { goesThrough(t, language, rows, tweak) })
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
	callers, paths := make([]*caller, len(rows)), make([][]move, len(rows))
	for i, r := range rows {
		if r.outcome == full {
			g.takesPlace(meetingOf(i))
		}
		if !r.last {
			paths[i] = r.happens
		}
		callers[i] = r.calls(g, service, language, meetingOf(i))
	}
	take(callers, paths)
	for i, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			if r.last {
				take(callers[i:i+1], [][]move{r.happens})
			}
			r.ends(callers[i])
		})
	}
	g.settle()
	g.sentAway(rows, service)
}

// calls has a telephone call a meeting, and somebody listen in one to which the
// caller is to come.
func (r sentAway) calls(g *gateway, service *forgetful, language, meeting string) *caller {
	c := &caller{gateway: g, service: service, language: language, meeting: meeting, phone: g.phoneOf(440, r.from)}
	if r.number != "" { // it is never answered
		c.phone.Try(g.uri(r.number))
		return c
	}
	if r.inside {
		c.listened()
	}
	g.reaches(c.phone, language)
	if !r.silent {
		c.phone.Key(meeting + "#" + r.keys + "#") // and over the privacy notice
	}
	return c
}

// ends waits for the words, which nothing of the caller's is under, and for the end.
func (r sentAway) ends(c *caller) {
	if r.inside {
		begins(r.says)(c)
		shut(c)
	}
	hears(r.says)(c)
	gone(c)
	mute(c)
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

// sentAway compares how the calls have ended, what is counted as decided, and who had a
// seat.
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
	for _, why := range admission.Reasons() {
		if got := g.metric("einwahl_admissions_total", `decision="refuse"`, fmt.Sprintf("reason=%q", why)); got != float64(want[outcomeOf(why)]) {
			g.t.Errorf("%v refusals are counted for %s, want %d", got, why, want[outcomeOf(why)])
		}
	}
}
