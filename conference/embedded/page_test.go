package embedded

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/pion/webrtc/v4"

	"github.com/einwahl/einwahl/conference"
	"github.com/einwahl/einwahl/transcode/pace"
)

func bye(reason string) func(message) bool {
	return func(m message) bool { return m.Type == "bye" && m.Reason == reason }
}

func named(name string, f func(Person) bool) func(message) bool {
	return func(m message) bool {
		for _, p := range m.people() {
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
		p := dial(t, server, tt.id, request{Name: "Eve", PIN: tt.pin}, webrtc.SettingEngine{})
		p.told(tt.name, bye("wrong"))
		if took := time.Since(begun); took < answerTime {
			t.Errorf("%s: answered after %v", tt.name, took)
		}
	}
}

func TestGuessesAreLimitedAndWhoKnowsComesInAgain(t *testing.T) {
	b := start(t, testConfig(t), &pace.Manual{}, meetingOf("1", func(m *MeetingConfig) { m.PIN = "4711" }))
	server := serve(t, b)
	ada := dial(t, server, "1", request{Name: "Ada", PIN: "4711"}, peerSettings())
	key := ada.told("joined", func(m message) bool { return m.Type == "joined" }).Key
	guesses := make([]*peer, wrongTries)
	for i := range guesses {
		guesses[i] = dial(t, server, "1", request{Name: "Eve", PIN: "1111"}, webrtc.SettingEngine{})
	}
	for _, p := range guesses {
		p.told("wrong", bye("wrong"))
	}
	dial(t, server, "1", request{Name: "Eve", PIN: "4711"}, webrtc.SettingEngine{}).told("too many", bye("rate"))
	dial(t, server, "1", request{Name: "Eve", PIN: "4710", Key: key}, webrtc.SettingEngine{}).told("a key is for one PIN", bye("rate"))
	dial(t, server, "1", request{Name: "Ada again", PIN: "4711", Key: key}, peerSettings()).joined()
}

func TestLobbyOfPages(t *testing.T) {
	b := start(t, testConfig(t), &pace.Manual{}, meetingOf("1", func(m *MeetingConfig) { m.Lobby, m.HostPIN = true, "815815" }))
	server := serve(t, b)
	bob := dial(t, server, "1", request{Name: "Bob"}, peerSettings())
	bob.told("waits", func(m message) bool { return m.Type == "waiting" && m.Why == "lobby" })
	eve := dial(t, server, "1", request{Name: "Eve"}, peerSettings())
	ada := dial(t, server, "1", request{Name: "Ada", PIN: "815815"}, peerSettings())
	ada.joined()
	waits := func(p Person) bool { return p.Waiting }
	ada.sees("Bob waits", named("Bob", waits))
	ada.sees("Eve waits", named("Eve", waits))
	ada.say(request{Type: "host", Action: "admit", Person: personID(t, b, "1", "Bob")})
	bob.joined()
	if len(bob.all(named("Eve", waits))) > 0 {
		t.Error("a guest sees who waits")
	}
	ada.say(request{Type: "host", Action: "decline", Person: personID(t, b, "1", "Eve")})
	eve.told("declined", bye("declined"))
	bob.say(request{Type: "host", Action: "lock"})
	bob.told("no host", func(m message) bool { return m.Code == "not_host" })
	ada.say(request{Type: "host", Action: "lock"})
	ada.sees("locked", func(m message) bool { return m.Meeting.Locked })
	dial(t, server, "1", request{Name: "Late"}, peerSettings()).told("locked", bye("locked"))
	ada.say(request{Type: "host", Action: "mute", Person: personID(t, b, "1", "Bob")})
	ada.sees("Bob muted", named("Bob", func(p Person) bool { return p.Muted }))
	ada.say(request{Type: "host", Action: "ask_to_speak", Person: personID(t, b, "1", "Bob")})
	bob.told("asked", func(m message) bool { return m.Type == "speak_request" })
	bob.say(request{Type: "hand", Up: true})
	ada.sees("Bob's hand", named("Bob", func(p Person) bool { return p.Hand && p.Muted }))
	ada.say(request{Type: "host", Action: "remove", Person: personID(t, b, "1", "Bob")})
	bob.told("removed", bye("removed"))
	ada.say(request{Type: "host", Action: "end"})
	ada.told("ended", bye("ended"))
}

func TestWhereNobodyHasAHostPINTheEldestPageIsHost(t *testing.T) {
	b := start(t, testConfig(t), &pace.Manual{}, meetingOf("1", func(m *MeetingConfig) { m.Lobby = true }))
	server := serve(t, b)
	ada := dial(t, server, "1", request{Name: "Ada"}, peerSettings())
	ada.joined()
	bob := dial(t, server, "1", request{Name: "Bob"}, peerSettings())
	ada.sees("Bob waits", named("Bob", func(p Person) bool { return p.Waiting }))
	ada.say(request{Type: "host", Action: "admit", Person: personID(t, b, "1", "Bob")})
	bob.joined()
	ada.say(request{Type: "leave"})
	ada.told("left", bye("left"))
	bob.sees("Bob is host", named("Bob", func(p Person) bool { return p.Host }))
}

func TestMeetingsGoWithTheOperatorsFile(t *testing.T) {
	b := start(t, testConfig(t), &pace.Manual{}, meetingOf("1", nil), meetingOf("2", nil))
	server := serve(t, b)
	ada, bob := dial(t, server, "1", request{Name: "Ada"}, peerSettings()), dial(t, server, "2", request{Name: "Bob"}, peerSettings())
	ada.joined()
	bob.joined()
	if err := b.SetMeetings([]MeetingConfig{meetingOf("2", func(m *MeetingConfig) { m.Title = "Two" })}); err != nil {
		t.Fatal(err)
	}
	ada.told("gone", bye("gone"))
	bob.sees("title", func(m message) bool { return m.Meeting.Title == "Two" })
	if _, err := b.Find(context.Background(), "1"); err == nil {
		t.Error("the meeting is still there")
	}
	if err := b.SetMeetings([]MeetingConfig{{ID: "x"}}); err == nil {
		t.Error("a list with mistakes is taken")
	}
	if err := b.Control("1", Control{}); err != conference.ErrNoMeeting {
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
	ada := dial(t, server, "1", request{Name: "Ada"}, peerSettings())
	ada.joined()
	ada.say(map[string]string{"type": "dance"})
	ada.told("not understood", func(m message) bool { return m.Code == "bad_message" })
	ada.told("goodbye", bye("gone"))
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

// TestFaultInAMeetingEndsOnlyThatMeeting: the process, and the others, go on.
func TestFaultInAMeetingEndsOnlyThatMeeting(t *testing.T) {
	b := start(t, testConfig(t), beating(t), meetingOf("1", nil), meetingOf("2", nil))
	server := serve(t, b)
	ada, bob := dial(t, server, "1", request{Name: "Ada"}, peerSettings()), dial(t, server, "2", request{Name: "Bob"}, peerSettings())
	ada.joined()
	bob.joined()
	phone := call(t, b, "1")
	if b.meeting("1").do(func() { panic("a fault of ours") }) {
		t.Error("what did not end well was reported done")
	}
	ada.told("gone", bye("gone"))
	for range phone.visit.States() {
	}
	bob.say(request{Type: "hand", Up: true})
	bob.sees("hand", named("Bob", func(p Person) bool { return p.Hand }))
	m, err := b.Find(context.Background(), "1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Visit(context.Background(), conference.Guest{}); err != conference.ErrGone {
		t.Errorf("visit: %v", err)
	}
}
