package embedded

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/einwahl/einwahl/conference"
	"github.com/einwahl/einwahl/conference/embedded/digits"
	"github.com/einwahl/einwahl/conference/embedded/webtest"
	"github.com/einwahl/einwahl/transcode/pace"
)

// wish is a meeting that somebody wants made.
func wish(change func(*MeetingConfig)) MeetingConfig {
	m := DefaultNewMeeting()
	if change != nil {
		change(&m)
	}
	return m
}

// makes makes a meeting that can be made.
func makes(t *testing.T, b *Backend, m MeetingConfig) MeetingConfig {
	t.Helper()
	made, err := b.Make(m, 0)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func TestAMeetingThatIsMadeIsGuarded(t *testing.T) {
	b := start(t, testConfig(t), &pace.Manual{})
	m := makes(t, b, wish(nil))
	if len(m.ID) != 10 || m.ID[0] == '0' || digits.Pattern(m.ID) != "" {
		t.Errorf("number %s", m.ID)
	}
	for _, pin := range []Secret{m.PIN, m.HostPIN} {
		if len(pin) != 6 || digits.WeakPIN(string(pin), m.ID) != "" {
			t.Errorf("a PIN of %d digits", len(pin))
		}
	}
	if m.PIN == m.HostPIN || !m.Lobby || m.JoinBeforeHost {
		t.Errorf("lobby %v, before the host %v", m.Lobby, m.JoinBeforeHost)
	}
	ctx := context.Background()
	found, err := b.Find(ctx, m.ID)
	if err != nil || !found.NeedsPIN() {
		t.Fatalf("found %v", err)
	}
	if who, err := found.Identify(ctx, string(m.HostPIN)); err != nil || !who.Host {
		t.Errorf("the host: %+v, %v", who, err)
	}
	v, err := found.Visit(ctx, conference.Guest{Label: "Phone 1"})
	if err != nil {
		t.Fatal(err)
	}
	defer v.Leave()
	if st := <-v.States(); !st.Lobby || st.JoinBeforeHost || st.HostPresent {
		t.Errorf("state %+v", st)
	}
	if _, err := v.Open(ctx); !errors.Is(err, conference.ErrNotAdmitted) {
		t.Errorf("a guest comes in by themselves: %v", err)
	}
}

func TestNumbersHaveAsManyDigitsAsAreWanted(t *testing.T) {
	b := start(t, testConfig(t), &pace.Manual{})
	for n, ok := range map[int]bool{8: false, 9: true, 10: true, 11: true, 12: false, -1: false} {
		m, err := b.Make(wish(nil), n)
		if (err == nil) != ok || ok && len(m.ID) != n {
			t.Errorf("%d digits: %q, %v", n, m.ID, err)
		}
	}
}

func TestWhatIsMadeOutlivesARestart(t *testing.T) {
	cfg := testConfig(t)
	first := start(t, cfg, &pace.Manual{}, meetingOf("1", nil))
	want := makes(t, first, wish(func(m *MeetingConfig) {
		m.Title, m.Purpose, m.Message = "Board", Texts{"de": "das Protokoll"}, Texts{"": "Patience"}
		m.Registrants = []Registrant{{Name: "Ada"}, {Name: "Bob", PIN: "91746035"}}
		m.Start.Time, m.Capacity, m.AfterNo = time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC), 7, "leave"
	}))
	gone := makes(t, first, wish(nil))
	if err := first.Unmake(gone.ID); err != nil {
		t.Fatal(err)
	}
	changed, err := first.Change(want.ID, func(m *MeetingConfig) error {
		m.Phones, m.HostPIN = false, ""
		return nil
	})
	if err != nil || changed.HostPIN == want.HostPIN || changed.PIN != want.PIN {
		t.Fatalf("change: %v", err)
	}

	if all, err := cfg.Made(); err != nil || len(all) != 1 || !reflect.DeepEqual(all[0], changed) {
		t.Errorf("made are %+v, %v", all, err)
	}
	second := start(t, cfg, &pace.Manual{}, meetingOf("1", nil))
	got, err := second.Settings(want.ID)
	if err != nil || !reflect.DeepEqual(got, changed) {
		t.Errorf("%v: PINs alike %v\n%+v\nwant\n%+v", err, got.PIN == changed.PIN && got.HostPIN == changed.HostPIN, got, changed)
	}
	if all := second.Meetings(); len(all) != 2 || all[0].Made || !all[1].Made || all[1].ID != want.ID {
		t.Errorf("meetings %+v", all)
	}
	if _, err := second.Make(wish(func(m *MeetingConfig) { m.ID = gone.ID }), 0); !errors.Is(err, ErrBadSettings) {
		t.Errorf("the number of a meeting that is gone is given again: %v", err)
	}
	text, err := os.ReadFile(filepath.Join(cfg.Directory, "meetings"))
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{string(changed.PIN), string(changed.HostPIN), "91746035", "Ada", "Board", want.ID} {
		if strings.Contains(string(text), secret) {
			t.Errorf("%q can be read from the disk", secret)
		}
	}
}

func TestRetiredNumbersAreFreeAfterAYear(t *testing.T) {
	l, err := openLedger(testConfig(t))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	for _, after := range []time.Duration{0, noReuse - time.Hour, noReuse} {
		if err := l.change(now.Add(after), func() {
			if after == 0 {
				l.retired["4829157730"] = now
			}
		}); err != nil {
			t.Fatal(err)
		}
		if _, kept := l.retired["4829157730"]; kept != (after < noReuse) {
			t.Errorf("after %v: kept %v", after, kept)
		}
	}
}

func TestMakingSaysWhatIsWrong(t *testing.T) {
	b := start(t, testConfig(t), &pace.Manual{}, meetingOf("48291577", nil))
	for name, tt := range map[string]struct {
		change func(*MeetingConfig)
		want   string
	}{
		"a number is not too short":        {func(m *MeetingConfig) { m.ID = "4829157" }, "id: a number of your own choice has 8 to 12 digits"},
		"nor too long":                     {func(m *MeetingConfig) { m.ID = "4829157730482" }, "id: a number of your own choice"},
		"nor easy to guess":                {func(m *MeetingConfig) { m.ID = "12345678" }, "id: is easy to guess"},
		"nor somebody else's":              {func(m *MeetingConfig) { m.ID = "48291577" }, "id: 48291577 is, or was within a year"},
		"nor letters":                      {func(m *MeetingConfig) { m.ID = "meeting-one" }, "id:"},
		"a chosen number has a lobby":      {func(m *MeetingConfig) { m.ID, m.Lobby = "60318527", false }, "lobby: a number of your own choice can be guessed"},
		"a PIN is not too short":           {func(m *MeetingConfig) { m.PIN = "471" }, "pin: want 4 to 12 digits"},
		"nor, without a lobby, with five":  {func(m *MeetingConfig) { m.PIN, m.Lobby = "47105", false }, "pin: want 6 to 12 digits"},
		"nor easy to guess either":         {func(m *MeetingConfig) { m.PIN = "123456" }, "pin: is easy to guess"},
		"a host's PIN has six digits":      {func(m *MeetingConfig) { m.HostPIN = "47105" }, "host_pin: want 6 to 12 digits"},
		"a PIN is no part of the number":   {func(m *MeetingConfig) { m.ID, m.PIN = "60318527", "318527" }, "pin: is easy to guess: a part of the meeting's number"},
		"a PIN of one's own has eight":     {func(m *MeetingConfig) { m.Registrants = []Registrant{{"Ada", "4711936"}} }, "registrants[0].pin: want 8 to 12 digits"},
		"not everybody is registered":      {func(m *MeetingConfig) { m.Registrants = crew(mostOwn + 1) }, "registrants: want at most 1000"},
		"a title is no part of the text":   {func(m *MeetingConfig) { m.Title = "Board\n\nBy telephone\n  Dial: +1900" }, "title: want one line"},
		"nor does it hide what follows":    {func(m *MeetingConfig) { m.Title = "Board \u202e" }, "title: want one line"},
		"a guest list has somebody":        {func(m *MeetingConfig) { m.RegisteredOnly = true }, "registered_only:"},
		"all else is checked as in a file": {func(m *MeetingConfig) { m.Encryption = "none" }, "encryption:"},
	} {
		t.Run(name, func(t *testing.T) {
			m, err := b.Make(wish(tt.change), 0)
			if !errors.Is(err, ErrBadSettings) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("made %q, %v, want %s", m.ID, err, tt.want)
			}
			for _, secret := range []string{"123456", "318527", "4711"} {
				if err != nil && strings.Contains(err.Error(), secret) && !strings.Contains(tt.want, "id:") {
					t.Errorf("a PIN is shown: %v", err)
				}
			}
		})
	}
	if n := len(b.Meetings()); n != 1 {
		t.Errorf("%d meetings", n)
	}
}

// crew are so many people.
func crew(n int) []Registrant {
	all := make([]Registrant, n)
	for i := range all {
		all[i].Name = fmt.Sprintf("P%d", i)
	}
	return all
}

// The PINs of many are together as hard to guess as that of all guests.
func TestPINsOfOnesOwnGrowWithTheirNumber(t *testing.T) {
	b := start(t, testConfig(t), &pace.Manual{})
	for n, want := range map[int]int{1: 8, manyOwn: 8, manyOwn + 1: 9} {
		m := makes(t, b, wish(func(m *MeetingConfig) { m.Registrants = crew(n) }))
		for _, r := range m.Registrants {
			if len(r.PIN) != want {
				t.Fatalf("of %d people one has a PIN of %d digits, want %d", n, len(r.PIN), want)
			}
		}
	}
}

func TestAChosenNumberIsPermanentAndGuarded(t *testing.T) {
	b := start(t, testConfig(t), &pace.Manual{})
	m := makes(t, b, wish(func(m *MeetingConfig) { m.ID = "60318527" }))
	if m.ID != "60318527" || m.PIN == "" || !m.Lobby {
		t.Fatalf("%+v", m)
	}
	if _, err := b.Change(m.ID, func(m *MeetingConfig) error { m.Lobby = false; return nil }); !errors.Is(err, ErrBadSettings) {
		t.Errorf("its waiting room is opened: %v", err)
	}
	if after, err := b.Settings(m.ID); err != nil || !after.Lobby {
		t.Errorf("lobby %v, %v", after.Lobby, err)
	}
}

func TestAMeetingThatCannotBeKeptIsNotMade(t *testing.T) {
	cfg := testConfig(t)
	cfg.Directory = filepath.Join(cfg.Directory, "a file")
	if err := os.WriteFile(cfg.Directory, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := newBackend(cfg, nil, nil, journal(t)); err == nil {
		t.Fatal("a folder that is none is taken")
	}
	cfg = testConfig(t)
	b := start(t, cfg, &pace.Manual{})
	m := makes(t, b, wish(nil))
	file := filepath.Join(cfg.Directory, "meetings")
	if err := os.Rename(file, file+".aside"); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(file, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Make(wish(nil), 0); !errors.Is(err, conference.ErrUnavailable) {
		t.Errorf("made: %v", err)
	}
	if err := b.Unmake(m.ID); !errors.Is(err, conference.ErrUnavailable) {
		t.Errorf("unmade: %v", err)
	}
	if all := b.Meetings(); len(all) != 1 || all[0].ID != m.ID {
		t.Errorf("meetings %+v, want that nothing has changed", all)
	}
}

func TestAnotherPINKeepsThoseWhoAreIn(t *testing.T) {
	b := start(t, testConfig(t), &pace.Manual{})
	m := makes(t, b, wish(func(m *MeetingConfig) { m.Registrants = []Registrant{{Name: "Ada"}} }))
	server := serve(t, b)
	host := webtest.Dial(t, server.URL, m.ID, webtest.Join{Name: "Eve", PIN: string(m.HostPIN)})
	host.Joined()
	after, err := b.Change(m.ID, func(m *MeetingConfig) error { m.PIN, m.HostPIN, m.Registrants[0].PIN = "", "", ""; return nil })
	if err != nil || after.PIN == m.PIN || after.HostPIN == m.HostPIN || after.Registrants[0].PIN == m.Registrants[0].PIN {
		t.Fatalf("%v: a PIN is the old one", err)
	}
	if m.Registrants[0].PIN == "" {
		t.Error("what was told before has changed")
	}
	found, err := b.Find(context.Background(), m.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, old := range []Secret{m.PIN, m.HostPIN, m.Registrants[0].PIN} {
		if _, err := found.Identify(context.Background(), string(old)); !errors.Is(err, conference.ErrWrongPIN) {
			t.Errorf("an old PIN: %v", err)
		}
	}
	host.Sees("the host is there", named("Eve", func(p webtest.Person) bool { return p.Host }))
}

func TestPagesComeInWithAPINOfTheirOwn(t *testing.T) {
	b := start(t, testConfig(t), &pace.Manual{})
	m := makes(t, b, wish(func(m *MeetingConfig) {
		m.Lobby, m.Registrants, m.Message = false, []Registrant{{Name: "Ada"}}, Texts{"en": "Patience"}
	}))
	server := serve(t, b)
	host := webtest.Dial(t, server.URL, m.ID, webtest.Join{Name: "Eve", PIN: string(m.HostPIN)})
	host.Joined()
	own := webtest.Join{Name: "somebody", PIN: string(m.Registrants[0].PIN)}
	ada := webtest.Dial(t, server.URL, m.ID, own)
	ada.Joined()
	host.Sees("Ada under her name", named("Ada", func(p webtest.Person) bool { return !p.Waiting }))
	again := webtest.Dial(t, server.URL, m.ID, own)
	again.Told("that it waits", func(m webtest.Message) bool { return m.Type == "waiting" })
	ada.Say(request{Type: "leave"})
	again.Joined()
	host.Say(request{Type: "host", Action: "remove", Person: personID(t, b, m.ID, "Ada")})
	again.Told("removed", bye("removed"))
	third := webtest.Dial(t, server.URL, m.ID, own)
	third.Told("that it waits for a host", func(m webtest.Message) bool { return m.Type == "waiting" })
	host.Say(request{Type: "host", Action: "admit", Person: personID(t, b, m.ID, "Ada")})
	third.Joined()
}

// Telephones hear a recording of the operator's; pages would show its file's name
// as what people agree to.
func TestPagesReadNoNamesOfRecordings(t *testing.T) {
	b := start(t, testConfig(t), &pace.Manual{}, meetingOf("1", func(m *MeetingConfig) {
		m.HostPIN, m.Lobby = "815463", true
		m.Purpose, m.Message = Texts{"de": "own.protokoll", "en": "the minutes"}, Texts{"de": "own.warten"}
	}))
	server := serve(t, b)
	waits := webtest.Dial(t, server.URL, "1", webtest.Join{Name: "Ada"})
	waits.Told("to wait, with no message", func(m webtest.Message) bool { return m.Type == "waiting" && len(m.Message) == 0 })
	host := webtest.Dial(t, server.URL, "1", webtest.Join{Name: "Eve", PIN: "815463"})
	host.Told("the purpose in words", func(m webtest.Message) bool {
		return m.Type == "state" && reflect.DeepEqual(m.Meeting.Purpose, map[string]string{"en": "the minutes"})
	})
	if info := b.Meetings()[0]; info.Purpose["de"] != "own.protokoll" || info.Message["de"] != "own.warten" {
		t.Errorf("the operator sees %v, %v", info.Purpose, info.Message)
	}
}

func TestAMeetingThatIsUnmadeSendsEverybodyOut(t *testing.T) {
	b := start(t, testConfig(t), &pace.Manual{}, meetingOf("1", nil))
	m := makes(t, b, wish(nil))
	server := serve(t, b)
	host := webtest.Dial(t, server.URL, m.ID, webtest.Join{Name: "Eve", PIN: string(m.HostPIN)})
	host.Joined()
	if err := b.Unmake(m.ID); err != nil {
		t.Fatal(err)
	}
	host.Told("ended", bye("ended"))
	if _, err := b.Find(context.Background(), m.ID); !errors.Is(err, conference.ErrNoMeeting) {
		t.Errorf("found: %v", err)
	}
	for id, want := range map[string]error{m.ID: conference.ErrNoMeeting, "1": ErrListed, "2": conference.ErrNoMeeting} {
		if err := b.Unmake(id); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", id, err, want)
		}
	}
}

func TestAFileCannotTakeTheNumberOfAMeetingThatWasMade(t *testing.T) {
	cfg := testConfig(t)
	b := start(t, cfg, &pace.Manual{})
	m := makes(t, b, wish(nil))
	same := []MeetingConfig{meetingOf("1", nil), meetingOf(m.ID, nil)}
	if err := b.SetMeetings(same); err == nil || !strings.HasPrefix(err.Error(), "meetings[1].id: "+m.ID) {
		t.Errorf("reload: %v", err)
	}
	if _, err := newBackend(cfg, same, nil, journal(t)); err == nil {
		t.Error("started")
	}
	if err := b.SetMeetings(nil); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Find(context.Background(), m.ID); err != nil {
		t.Errorf("a reload has taken it away: %v", err)
	}
}

func TestTheOperatorsPolicyHoldsForMeetingsThatWereMade(t *testing.T) {
	b := start(t, testConfig(t), &pace.Manual{})
	m := makes(t, b, wish(nil))
	own := makes(t, b, wish(func(m *MeetingConfig) { m.Consent, m.AfterNo = "off", "listen" }))
	b.SetPolicy("notice", "leave")
	consent := map[string]string{}
	for _, info := range b.Meetings() {
		consent[info.ID] = info.Consent + " " + info.AfterNo
	}
	if consent[m.ID] != "notice leave" || consent[own.ID] != "off listen" {
		t.Errorf("consent %v", consent)
	}
}

func FuzzDecodeKept(f *testing.F) {
	l := &ledger{retired: map[string]time.Time{"1": time.Unix(1, 0)}}
	l.all = []made{{MeetingConfig: wish(func(m *MeetingConfig) { m.ID, m.Registrants = "60318527", []Registrant{{"Ada", "4711"}} })}}
	text, err := l.encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"meetings":[{"settings":{"registrants":[{}]},"own":["1","2"]}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		l := &ledger{retired: map[string]time.Time{}}
		if l.decode(text) != nil {
			return
		}
		again, err := l.encode()
		if err != nil {
			t.Skip("a time that no JSON holds")
		}
		if err := (&ledger{retired: map[string]time.Time{}}).decode(again); err != nil {
			t.Errorf("%s: %v", again, err)
		}
	})
}
