package embedded

import (
	"context"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/einwahl/einwahl/conference"
	"github.com/einwahl/einwahl/conference/embedded/webtest"
	"github.com/einwahl/einwahl/transcode/pace"
)

// actions are all that a host can do from a page, and of whom, where it is done to
// somebody.
func actions() map[string]string {
	return map[string]string{
		"admit": "Carol", "decline": "Carol", "remove": "Phone 1", "mute": "Phone 1", "ask_to_speak": "Phone 1",
		"lock": "", "unlock": "", "mute_all": "", "encryption": "", "end": "",
		"record_start": "", "record_pause": "", "record_resume": "", "record_stop": "",
	}
}

// TestActionsOfHostsAreListed looks for all that order knows in the table of them.
func TestActionsOfHostsAreListed(t *testing.T) {
	f, err := parser.ParseFile(token.NewFileSet(), "control.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	table, known := actions(), 0
	for _, d := range f.Decls {
		if fn, ok := d.(*ast.FuncDecl); !ok || fn.Name.Name != "order" {
			continue
		}
		ast.Inspect(d, func(n ast.Node) bool {
			clause, ok := n.(*ast.CaseClause)
			if !ok {
				return true
			}
			for _, label := range clause.List {
				name, err := strconv.Unquote(label.(*ast.BasicLit).Value)
				if _, there := table[name]; err != nil || !there {
					t.Errorf("no guest tries %s", name)
				}
				known++
			}
			return true
		})
	}
	if known != len(table) {
		t.Errorf("a host can do %d things, and guests try %d", known, len(table))
	}
}

// TestOnlyHostsCommand has a guest try each action of a host, from a page and by key,
// before a recording, during one, and while it pauses.
func TestOnlyHostsCommand(t *testing.T) {
	b := start(t, testConfig(t), &pace.Manual{}, meetingOf("1", func(m *MeetingConfig) {
		m.HostPIN, m.Lobby = "815815", true
	}))
	server := serve(t, b)
	ada := webtest.Dial(t, server.URL, "1", webtest.Join{Name: "Ada", PIN: "815815"})
	ada.Joined()
	admitted := func(name string) {
		ada.Sees(name+" waits", named(name, func(p webtest.Person) bool { return p.Waiting }))
		if err := b.Control("1", Control{Admit: personID(t, b, "1", name)}); err != nil {
			t.Fatal(err)
		}
	}
	bob := webtest.Dial(t, server.URL, "1", webtest.Join{Name: "Bob"})
	admitted("Bob")
	bob.Joined()
	phone := waits(t, b, "Phone 1")
	admitted("Phone 1")
	if _, err := phone.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	webtest.Dial(t, server.URL, "1", webtest.Join{Name: "Carol"})
	ada.Sees("Carol waits", named("Carol", func(p webtest.Person) bool { return p.Waiting }))

	now := func() string {
		m, text := b.meeting("1"), []byte(nil)
		m.do(func() { text, _ = json.Marshal(m.state.hostView()) })
		return string(text)
	}
	refused, refusals := func(m webtest.Message) bool { return m.Code == "not_host" }, 0
	for _, recording := range []string{"", "start", "pause"} {
		if recording != "" {
			if err := b.Control("1", Control{Recording: recording}); err != nil {
				t.Fatal(err)
			}
			want := map[string]string{"start": "on", "pause": "paused"}[recording]
			ada.Sees("a recording is "+want, func(m webtest.Message) bool { return m.Meeting.Recording == want })
		}
		before := now()
		for action, person := range actions() {
			r := request{Type: "host", Action: action, Level: "e2ee"}
			if person != "" {
				r.Person = personID(t, b, "1", person)
			}
			bob.Say(r)
			refusals++
			bob.Await("no host does "+action, func(h webtest.History) bool { return count(h.Messages, refused) == refusals })
			if after := now(); after != before {
				t.Fatalf("a guest's %s has made\n%s\nof\n%s", action, after, before)
			}
		}
		for _, c := range []conference.Command{
			conference.ToggleLock, conference.MuteAll, conference.AdmitNext, conference.ToggleRecording, conference.RemoveLast, conference.EndMeeting,
		} {
			if err := phone.Command(t.Context(), c, 0); !errors.Is(err, conference.ErrNotAdmitted) || now() != before {
				t.Errorf("a guest's command %d: %v, and the meeting is\n%s\nof\n%s", c, err, now(), before)
			}
		}
	}
}

// waits puts a telephone at the door of meeting 1.
func waits(t *testing.T, b *Backend, label string) conference.Visit {
	t.Helper()
	m, err := b.Find(t.Context(), "1")
	if err != nil {
		t.Fatal(err)
	}
	v, err := m.Visit(context.WithoutCancel(t.Context()), conference.Guest{Call: "c", Label: label})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(v.Leave)
	return v
}

// listed looks whether the list of people that guests see has whoever has sound, and
// that those in it are in.
func listed(t *testing.T, s *state) {
	t.Helper()
	views := s.peopleViews(false)
	for _, p := range s.people {
		shown := slices.ContainsFunc(views, func(v Person) bool { return v.ID == p.id && v.Phone == p.phone })
		if shown != (p.place == inside) || s.audible(p) && !shown {
			t.Fatalf("in the list: %v: %+v", shown, p)
		}
	}
	if len(views) != s.inside() {
		t.Fatalf("%d in the list, and %d people are in", len(views), s.inside())
	}
}

// mutePage is one that joins meeting 1, and says nothing more.
func mutePage(t *testing.T, server string) {
	t.Helper()
	ws, _, err := websocket.Dial(t.Context(), "ws"+strings.TrimPrefix(server, "http")+"/meet/1/ws", nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ws.CloseNow() })
	if err := ws.Write(t.Context(), websocket.MessageText, []byte(`{"type":"join","name":"Ada"}`)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := ws.Read(t.Context()); err != nil {
		t.Fatal(err)
	}
	go func() { // until it is closed, here or there
		for err := error(nil); err == nil; {
			_, _, err = ws.Read(context.Background())
		}
	}()
}

// TestWhoHasSoundIsInTheList walks through a meeting at random, and compares who has a
// voice, a telephone's place in the room or a page's connection with the list of
// people.
func TestWhoHasSoundIsInTheList(t *testing.T) {
	b := start(t, testConfig(t), &pace.Manual{}, meetingOf("1", nil))
	server := serve(t, b)
	m, random := b.meeting("1"), rand.New(rand.NewPCG(1, 1))
	var pages, telephones int
	for n := range 400 {
		if n%40 == 0 {
			mutePage(t, server.URL)
		}
		if random.IntN(3) == 0 {
			_, _ = waits(t, b, "Phone 1").Open(t.Context()) // being refused is part of it
		}
		m.do(func() { step(m.state, random) })
		m.do(func() {
			listed(t, m.state)
			views := m.state.peopleViews(false)
			for id, mb := range m.members {
				page := mb.browser != nil && mb.browser.leg != nil
				if (page || mb.port != nil || mb.voice != nil) && !slices.ContainsFunc(views, func(v Person) bool { return v.ID == id }) {
					t.Errorf("has sound, and is not in the list: %+v", mb.person)
				}
				if page {
					pages++
				}
				if mb.port != nil {
					telephones++
				}
			}
		})
	}
	if pages == 0 || telephones == 0 {
		t.Errorf("seen %d times a page and %d times a telephone, want both", pages, telephones)
	}
}
