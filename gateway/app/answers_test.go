package app_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite" // the disk of the records

	"github.com/einwahl/einwahl/announcements"
	"github.com/einwahl/einwahl/conference"
	"github.com/einwahl/einwahl/conference/embedded"
	"github.com/einwahl/einwahl/gateway/config"
	"github.com/einwahl/einwahl/gateway/records"
)

// TestSilenceIsNoConsentOnATelephone has callers give no answer.
func TestSilenceIsNoConsentOnATelephone(t *testing.T) {
	t.Parallel()
	walks(t, records.KindRecording, silentPaths(), func(c *config.Config) {
		hasty(c)
		c.Limits.Consent = 3 * time.Second
	})
}

func silentPaths() []answering {
	listens := []move{asked(announcements.ConsentRepeat, ""), asked(announcements.ConsentNone, ""), hears(announcements.EnterListening), mute}
	return []answering{
		{"silence", asks("required", "listen"), "", listens, "declined"},
		{"silence behind a yes keyed ahead", asks("required", "listen"), "1111", listens, "declined"},
		{"silence where a no means leaving", asks("required", "leave"), "", []move{asked(announcements.ConsentRepeat, ""), asked(announcements.RefuseNoConsent, ""), gone, mute}, "declined"},
	}
}

// TestEachPathOfProcessingIsHeardOnATelephone has callers be asked for consent to
// being connected at all.
func TestEachPathOfProcessingIsHeardOnATelephone(t *testing.T) {
	t.Parallel()
	walks(t, records.KindProcessing, processingPaths(), func(c *config.Config) {
		hasty(c)
		c.Privacy.Consent, c.Limits.Consent = true, 3*time.Second
	})
}

func processingPaths() []answering {
	away := []move{hears(announcements.RefuseProcessing), gone, mute}
	return []answering{
		{"a yes", unrecorded, "", []move{asked(announcements.ProcessAgree, "1"), hears(announcements.ProcessYes), hears(announcements.Enter), audible}, "agreed 1"},
		{"a no", unrecorded, "", slices.Concat([]move{asked(announcements.ProcessLeave, "2")}, away), "declined 2"},
		{"silence behind a yes keyed ahead", unrecorded, "1111", slices.Concat([]move{asked(announcements.ProcessLeave, "")}, away), "declined"},
	}
}

// TestAYesThatCannotBeWrittenIsToldOnATelephone has somebody else hold the records
// while callers agree.
func TestAYesThatCannotBeWrittenIsToldOnATelephone(t *testing.T) {
	t.Parallel()
	g := startGateway(t, func(c *config.Config) {
		hasty(c)
		c.Limits.Consent = time.Minute
		for i := range 2 {
			m := embedded.DefaultMeetingConfig()
			m.ID = meetingOf(i)
			asks("required", "listen")(&m)
			c.Meetings = append(c.Meetings, m)
		}
	})
	callers := []*caller{g.sets(nil, "de", meetingOf(0), ""), g.sets(nil, "en", meetingOf(1), "")}
	each := func(m move) {
		for _, c := range callers {
			m(c)
		}
	}
	each(asked(announcements.ConsentAgree, ""))
	letGo := g.holdRecords()
	each(presses("1"))
	each(hears(announcements.Fault))
	letGo()
	each(gone)
	each(mute)
	g.settle()
	for _, c := range callers {
		if got := c.written(records.KindRecording); len(got) > 0 {
			t.Errorf("the evidence is %q, want none", got)
		}
	}
	if n, seats := g.metric("einwahl_calls_total", `outcome="fault"`), g.metric("einwahl_seats_total"); n != 2 || seats != 0 {
		t.Errorf("%v calls ended with a fault and %v seats were opened, want 2 and none", n, seats)
	}
	g.verifyRecords()
}

// holdRecords lets nobody write records until it is told to let go.
func (g *gateway) holdRecords() (letGo func()) {
	g.t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(g.conf.Records.Directory, "records.db")+"?_txlock=immediate&_pragma=busy_timeout(5000)")
	if err != nil {
		g.t.Fatal(err)
	}
	g.t.Cleanup(func() { db.Close() })
	held, err := db.BeginTx(g.t.Context(), nil)
	if err != nil {
		g.t.Fatal(err)
	}
	return func() { _ = held.Rollback() }
}

// TestEachAnswerHasATelephone looks for a telephone above for every answer that
// there is to a recording, for all that can be asked, and for all that a no can mean.
func TestEachAnswerHasATelephone(t *testing.T) {
	given, asked, refused := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, p := range slices.Concat(consentPaths(), silentPaths()) {
		m := embedded.DefaultMeetingConfig()
		p.meeting(&m)
		asked[m.Consent] = true
		for entry := range strings.SplitSeq(p.written, ", ") {
			answer, _, _ := strings.Cut(entry, " ")
			given[answer] = true
			if answer == conference.Declined.String() {
				refused[m.AfterNo] = true
			}
		}
	}
	for _, want := range []struct {
		what  string
		names []string
		there map[string]bool
	}{
		{"answer", names(conference.Unanswered)[1:], given},
		{"consent", names(conference.ConsentOff), asked},
		{"no", names(conference.AfterNoListen), refused},
	} {
		if len(want.names) < 2 {
			t.Errorf("only %q of %s were looked for", want.names, want.what)
		}
		for _, name := range want.names {
			if !want.there[name] {
				t.Errorf("no telephone goes through the %s %q", want.what, name)
			}
		}
	}
}

// names are those of all values from one on: what is none has the name of another.
func names[T interface {
	~int
	fmt.Stringer
}](from T) (all []string) {
	for v := from; !slices.Contains(all, v.String()); v++ {
		all = append(all, v.String())
	}
	return all
}
