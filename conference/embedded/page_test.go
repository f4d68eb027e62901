package embedded

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/einwahl/einwahl/conference"
	"github.com/einwahl/einwahl/conference/embedded/webtest"
	"github.com/einwahl/einwahl/transcode/pace"
)

func bye(reason string) func(webtest.Message) bool {
	return func(m webtest.Message) bool { return m.Type == "bye" && m.Reason == reason }
}

func named(name string, f func(webtest.Person) bool) func(webtest.Message) bool {
	return func(m webtest.Message) bool {
		for _, p := range m.Persons() {
			if p.Name == name && f(p) {
				return true
			}
		}
		return false
	}
}

func TestWrongNumberAndWrongPINLookAlike(t *testing.T) {
	b := start(t, testConfig(t), &pace.Manual{}, meetingOf("1", func(m *MeetingConfig) { m.PIN = "4711" }))
	server := serve(t, b)
	for _, tt := range []struct{ name, id, pin string }{
		{"a wrong number", "2", "4711"},
		{"a wrong PIN", "1", "4712"},
		{"no PIN", "1", ""},
		{"the words of the empty place", "2", "no such meeting"},
	} {
		begun := time.Now()
		p := webtest.Dial(t, server.URL, tt.id, webtest.Join{Name: "Eve", PIN: tt.pin})
		p.Told(tt.name, bye("wrong"))
		if took := time.Since(begun); took < answerTime {
			t.Errorf("%s: answered after %v", tt.name, took)
		}
	}
}

func TestGuessesAreLimitedAndWhoKnowsComesInAgain(t *testing.T) {
	b := start(t, testConfig(t), &pace.Manual{}, meetingOf("1", func(m *MeetingConfig) { m.PIN = "4711" }))
	server := serve(t, b)
	ada := webtest.Dial(t, server.URL, "1", webtest.Join{Name: "Ada", PIN: "4711"})
	key := ada.Told("joined", func(m webtest.Message) bool { return m.Type == "joined" }).Key
	guesses := make([]*webtest.Peer, wrongTries)
	for i := range guesses {
		guesses[i] = webtest.Dial(t, server.URL, "1", webtest.Join{Name: "Eve", PIN: "1111"})
	}
	for _, p := range guesses {
		p.Told("wrong", bye("wrong"))
	}
	webtest.Dial(t, server.URL, "1", webtest.Join{Name: "Eve", PIN: "4711"}).Told("too many", bye("rate"))
	webtest.Dial(t, server.URL, "1", webtest.Join{Name: "Eve", PIN: "4710", Key: key}).Told("a key is for one PIN", bye("rate"))
	webtest.Dial(t, server.URL, "1", webtest.Join{Name: "Ada again", PIN: "4711", Key: key}).Joined()
}

func TestLobbyOfPages(t *testing.T) {
	b := start(t, testConfig(t), &pace.Manual{}, meetingOf("1", func(m *MeetingConfig) { m.Lobby, m.HostPIN = true, "815815" }))
	server := serve(t, b)
	bob := webtest.Dial(t, server.URL, "1", webtest.Join{Name: "Bob"})
	bob.Told("waits", func(m webtest.Message) bool { return m.Type == "waiting" && m.Why == "lobby" })
	eve := webtest.Dial(t, server.URL, "1", webtest.Join{Name: "Eve"})
	ada := webtest.Dial(t, server.URL, "1", webtest.Join{Name: "Ada", PIN: "815815"})
	ada.Joined()
	waits := func(p webtest.Person) bool { return p.Waiting }
	ada.Sees("Bob waits", named("Bob", waits))
	ada.Sees("Eve waits", named("Eve", waits))
	ada.Say(request{Type: "host", Action: "admit", Person: personID(t, b, "1", "Bob")})
	bob.Joined()
	if len(bob.All(named("Eve", waits))) > 0 {
		t.Error("a guest sees who waits")
	}
	ada.Say(request{Type: "host", Action: "decline", Person: personID(t, b, "1", "Eve")})
	eve.Told("declined", bye("declined"))
	bob.Say(request{Type: "host", Action: "lock"})
	bob.Told("no host", func(m webtest.Message) bool { return m.Code == "not_host" })
	ada.Say(request{Type: "host", Action: "lock"})
	ada.Sees("locked", func(m webtest.Message) bool { return m.Meeting.Locked })
	webtest.Dial(t, server.URL, "1", webtest.Join{Name: "Late"}).Told("locked", bye("locked"))
	ada.Say(request{Type: "host", Action: "mute", Person: personID(t, b, "1", "Bob")})
	ada.Sees("Bob muted", named("Bob", func(p webtest.Person) bool { return p.Muted }))
	ada.Say(request{Type: "host", Action: "ask_to_speak", Person: personID(t, b, "1", "Bob")})
	bob.Told("asked", func(m webtest.Message) bool { return m.Type == "speak_request" })
	bob.Say(request{Type: "hand", Up: true})
	ada.Sees("Bob's hand", named("Bob", func(p webtest.Person) bool { return p.Hand && p.Muted }))
	ada.Say(request{Type: "host", Action: "remove", Person: personID(t, b, "1", "Bob")})
	bob.Told("removed", bye("removed"))
	ada.Say(request{Type: "host", Action: "end"})
	ada.Told("ended", bye("ended"))
}

func TestWhereNobodyHasAHostPINTheEldestPageIsHost(t *testing.T) {
	b := start(t, testConfig(t), &pace.Manual{}, meetingOf("1", func(m *MeetingConfig) { m.Lobby = true }))
	server := serve(t, b)
	ada := webtest.Dial(t, server.URL, "1", webtest.Join{Name: "Ada"})
	ada.Joined()
	bob := webtest.Dial(t, server.URL, "1", webtest.Join{Name: "Bob"})
	ada.Sees("Bob waits", named("Bob", func(p webtest.Person) bool { return p.Waiting }))
	ada.Say(request{Type: "host", Action: "admit", Person: personID(t, b, "1", "Bob")})
	bob.Joined()
	ada.Say(request{Type: "leave"})
	ada.Told("left", bye("left"))
	bob.Sees("Bob is host", named("Bob", func(p webtest.Person) bool { return p.Host }))
}

func TestMeetingsGoWithTheOperatorsFile(t *testing.T) {
	b := start(t, testConfig(t), &pace.Manual{}, meetingOf("1", nil), meetingOf("2", nil))
	server := serve(t, b)
	ada, bob := webtest.Dial(t, server.URL, "1", webtest.Join{Name: "Ada"}), webtest.Dial(t, server.URL, "2", webtest.Join{Name: "Bob"})
	ada.Joined()
	bob.Joined()
	if err := b.SetMeetings([]MeetingConfig{meetingOf("2", func(m *MeetingConfig) { m.Title = "Two" })}); err != nil {
		t.Fatal(err)
	}
	ada.Told("ended", bye("ended"))
	bob.Sees("title", func(m webtest.Message) bool { return m.Meeting.Title == "Two" })
	if _, err := b.Find(context.Background(), "1"); err == nil {
		t.Error("the meeting is still there")
	}
	if err := b.SetMeetings([]MeetingConfig{{ID: "x"}}); err == nil {
		t.Error("a list with mistakes is taken")
	}
	if err := b.Control("1", Control{}); !errors.Is(err, conference.ErrNoMeeting) {
		t.Errorf("control: %v", err)
	}
	if err := b.Control("2", Control{Recording: "pause"}); err == nil {
		t.Error("nothing to pause, and nobody says so")
	}
}

func TestSignallingIsForItsOwnPageOnly(t *testing.T) {
	b := start(t, testConfig(t), &pace.Manual{}, meetingOf("1", nil))
	server := serve(t, b)
	address := "ws" + strings.TrimPrefix(server.URL, "http") + "/meet/1/ws"
	ctx := context.Background()
	_, response, err := websocket.Dial(ctx, address, &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {"https://elsewhere.example"}}})
	if err == nil || response.StatusCode != http.StatusForbidden {
		t.Errorf("another origin: %v", err)
	}
	for _, bad := range []string{`{"type":"mute"}`, `not JSON`, `{"type":"join","name":"` + strings.Repeat("x", maxMessage) + `"}`} {
		ws, _, err := websocket.Dial(ctx, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := ws.Write(ctx, websocket.MessageText, []byte(bad)); err != nil {
			t.Fatal(err)
		}
		if _, _, err := ws.Read(ctx); err == nil {
			t.Errorf("%.20s: answered", bad)
		}
		_ = ws.CloseNow()
	}
	ada := webtest.Dial(t, server.URL, "1", webtest.Join{Name: "Ada"})
	ada.Joined()
	ada.Say(map[string]string{"type": "dance"})
	ada.Told("not understood", func(m webtest.Message) bool { return m.Code == "bad_message" })
	ada.Told("goodbye", bye("gone"))
}

func TestPageIsServedWithStrictHeaders(t *testing.T) {
	b := start(t, testConfig(t), &pace.Manual{}, meetingOf("1", nil))
	for _, path := range []string{"/meet/1", "/meet/2"} {
		w := httptest.NewRecorder()
		b.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		h := w.Result().Header
		if w.Code != http.StatusOK || !strings.Contains(h.Get("Content-Security-Policy"), "default-src 'none'") ||
			h.Get("Referrer-Policy") != "no-referrer" || !strings.Contains(h.Get("Permissions-Policy"), "microphone=(self)") ||
			h.Get("Cache-Control") == "" || h.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %d %v", path, w.Code, h)
		}
	}
}

func TestPageThatDoesNotReadIsDropped(t *testing.T) {
	o := newOutbox()
	for range outboxLength + 1 {
		o.send(plain{Type: "pong"})
	}
	if _, _, full := o.take(); !full {
		t.Error("a full box is not noticed")
	}
	o = newOutbox()
	for run := range uint64(1000) {
		o.state(snapshot{Meeting: meetingView{Run: run}})
	}
	messages, _, full := o.take()
	if len(messages) != 1 || full || messages[0].(snapshot).Meeting.Run != 999 {
		t.Errorf("%d messages wait", len(messages))
	}
	o.bye(partLeft)
	o.send(plain{Type: "pong"})
	if messages, last, _ := o.take(); len(messages) != 1 || !last {
		t.Errorf("after the last word: %v", messages)
	}
}

func TestAddressOfAPage(t *testing.T) {
	cfg := Config{Proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}
	for _, tt := range []struct{ name, remote, forwarded, want string }{
		{"its own", "192.0.2.1:1234", "", "192.0.2.1"},
		{"nobody believes a stranger's header", "192.0.2.1:1234", "203.0.113.9", "192.0.2.1"},
		{"a proxy is believed", "10.0.0.1:1234", "203.0.113.9", "203.0.113.9"},
		{"only as far as proxies go", "10.0.0.1:1234", "1.2.3.4, 203.0.113.9, 10.0.0.2", "203.0.113.9"},
		{"a /64 is one place", "[2001:db8:1:2:3:4:5:6]:1234", "", "2001:db8:1:2::"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.RemoteAddr = tt.remote
			if tt.forwarded != "" {
				r.Header.Set("X-Forwarded-For", tt.forwarded)
			}
			if got := cfg.address(r).String(); got != tt.want {
				t.Errorf("address %s, want %s", got, tt.want)
			}
		})
	}
}
