package admin

import (
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/einwahl/einwahl/conference"
)

// house makes meetings, and tells what it was asked.
type house struct {
	rooms
	asked *[]any
	fails error
}

func (h house) note(what ...any) { *h.asked = append(*h.asked, what...) }

func (h house) Make(n NewMeeting) (Access, error) {
	h.note(n)
	return Access{ID: "4829157730", PIN: "739204", HostPIN: "815463"}, h.fails
}

func (h house) Change(id string, s Settings) error { h.note(id, s); return h.fails }
func (h house) Unmake(id string) error             { h.note(id); return h.fails }

func (h house) Rotate(id string, r Rotation) (Access, error) {
	h.note(id, r)
	return Access{ID: id, PIN: "260417"}, h.fails
}

func (h house) Register(id string, who Registrant) (Access, error) {
	h.note(id, who)
	return Access{ID: id, Registrants: []Registrant{{Name: who.Name, PIN: "60318527"}}}, h.fails
}

func (h house) Unregister(id, name string) error { h.note(id, name); return h.fails }

func (h house) Invitation(id, language string) (Invitation, error) {
	h.note(id, language)
	return Invitation{Language: "de", Text: "Sie sind eingeladen."}, h.fails
}

// newHouse is a server whose meetings are those of a house.
func newHouse(t *testing.T, fails error) (*Server, *[]any) {
	t.Helper()
	asked := new([]any)
	s := newServer(t, rooms{})
	s.sources.Meetings = house{asked: asked, fails: fails}
	return s, asked
}

func TestMeetingsAreMadeChangedAndEnded(t *testing.T) {
	no, title, texts := false, "Board", Texts{"de": "das Protokoll"}
	for _, tt := range []struct {
		method, path, body string
		status             int
		answer             string
		asked              []any
	}{
		{http.MethodPost, "/meetings", ``, 201, `"host_pin":"815463"`, []any{NewMeeting{}}},
		{http.MethodPost, "/meetings", `{"title":"Board","digits":9,"lobby":false,"registrants":[{"name":"Ada"}]}`, 201, `"id":"4829157730"`, []any{NewMeeting{
			Settings: Settings{Title: &title, Lobby: &no}, Digits: 9, Registrants: []Registrant{{Name: "Ada"}},
		}}},
		{http.MethodPatch, "/meetings/1", `{"phones":false,"purpose":{"de":"das Protokoll"}}`, 200, `"title":"Open"`, []any{"1", Settings{Phones: &no, Purpose: &texts}}},
		{http.MethodDelete, "/meetings/1", ``, 200, `"status":"gone"`, []any{"1"}},
		{http.MethodPost, "/meetings/1/rotate", ``, 200, `"pin":"260417"`, []any{"1", Rotation{PIN: true}}},
		{http.MethodPost, "/meetings/1/rotate", `{"host_pin":true,"registrant":"Ada"}`, 200, `"pin"`, []any{"1", Rotation{HostPIN: true, Registrant: "Ada"}}},
		{http.MethodPost, "/meetings/1/registrants", `{"name":"Ada"}`, 201, `"pin":"60318527"`, []any{"1", Registrant{Name: "Ada"}}},
		{http.MethodDelete, "/meetings/1/registrants/Ada%20L.", ``, 200, `"unregistered"`, []any{"1", "Ada L."}},
		{http.MethodGet, "/meetings/1/invitation?language=de-AT", ``, 200, `"text":"Sie sind eingeladen."`, []any{"1", "de-AT"}},
	} {
		t.Run(tt.method+" "+tt.path, func(t *testing.T) {
			s, asked := newHouse(t, nil)
			w := ask(s, tt.method, "/api/v1"+tt.path, tt.body)
			if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.answer) {
				t.Errorf("%d %s, want %d with %s", w.Code, w.Body, tt.status, tt.answer)
			}
			if !reflect.DeepEqual(*asked, tt.asked) {
				t.Errorf("did %+v, want %+v", *asked, tt.asked)
			}
			if where := w.Header().Get("Location"); (tt.path == "/meetings") != (where == "/api/v1/meetings/4829157730") {
				t.Errorf("location %q", where)
			}
		})
	}
}

func TestMakingSaysWhatIsWrong(t *testing.T) {
	for _, tt := range []struct {
		name, method, path, body string
		fails                    error
		status                   int
		want                     string
	}{
		{"an unknown field is named", http.MethodPost, "/meetings", `{"titel":"x"}`, nil, 400, `unknown field \"titel\": want some of title, id`},
		{"a wrong kind is named", http.MethodPost, "/meetings", `{"lobby":"yes"}`, nil, 400, "lobby: want true or false, not a string"},
		{"texts are by language", http.MethodPost, "/meetings", `{"purpose":"minutes"}`, nil, 400, "purpose: want texts by language"},
		{"a figure is no text", http.MethodPost, "/meetings", `{"digits":"ten"}`, nil, 400, "digits: want a number"},
		{"two objects", http.MethodPost, "/meetings", `{}{}`, nil, 400, "nothing behind it"},
		{"too much", http.MethodPost, "/meetings", `{"title":"` + strings.Repeat("x", maxControl) + `"}`, nil, 413, "too large"},
		{"nothing to change", http.MethodPatch, "/meetings/1", `{}`, nil, 400, "nothing to change"},
		{"the number stays", http.MethodPatch, "/meetings/1", `{"id":"2"}`, nil, 400, `unknown field \"id\"`},
		{"it does not fit", http.MethodPost, "/meetings", `{}`, errors.New("pin: is easy to guess"), 400, "pin: is easy to guess"},
		{"the disk is full", http.MethodPost, "/meetings", `{}`, fmt.Errorf("%w: no space", conference.ErrUnavailable), 503, "no space"},
		{"no such meeting", http.MethodDelete, "/meetings/1", ``, conference.ErrNoMeeting, 404, "meeting 1: no such meeting"},
		{"one of the file", http.MethodDelete, "/meetings/1", ``, fmt.Errorf("it %w", ErrFixed), 409, "meeting 1: it stands in the operator's file"},
		{"no invitation to nowhere", http.MethodGet, "/meetings/1/invitation", ``, conference.ErrNoMeeting, 404, "no such meeting"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, asked := newHouse(t, tt.fails)
			w := ask(s, tt.method, "/api/v1"+tt.path, tt.body)
			if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.want) {
				t.Errorf("%d %s, want %d with %s", w.Code, w.Body, tt.status, tt.want)
			}
			if len(*asked) > 0 && tt.fails == nil {
				t.Errorf("did %+v", *asked)
			}
		})
	}
}

// A name that is two dots must not be taken for what is above all names: the
// meeting.
func TestAnAddressWithDotsChangesNothing(t *testing.T) {
	s, asked := newHouse(t, nil)
	for _, path := range []string{"/meetings/1/registrants/..", "/meetings/1/registrants/./", "/calls/../meetings/1"} {
		if w := ask(s, http.MethodDelete, "/api/v1"+path, ``); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "%2E") {
			t.Errorf("%s = %d %s", path, w.Code, w.Body)
		}
	}
	if len(*asked) > 0 {
		t.Errorf("did %+v", *asked)
	}
	if w := ask(s, http.MethodDelete, "/api/v1/meetings/1/registrants/%2E%2E", ``); w.Code != http.StatusOK || !reflect.DeepEqual(*asked, []any{"1", ".."}) {
		t.Errorf("%d, did %+v", w.Code, *asked)
	}
}

func TestAServiceThatMakesNoMeetingsSaysSo(t *testing.T) {
	s := newServer(t, rooms{})
	for method, path := range map[string]string{
		http.MethodPost: "/meetings", http.MethodPatch: "/meetings/1", http.MethodDelete: "/meetings/1", http.MethodGet: "/meetings/1/invitation",
	} {
		if w := ask(s, method, "/api/v1"+path, `{}`); w.Code != 404 || !strings.Contains(w.Body.String(), "makes no meetings") {
			t.Errorf("%s %s = %d %s", method, path, w.Code, w.Body)
		}
	}
}

func TestPINsAreToldAndNotLogged(t *testing.T) {
	var log strings.Builder
	s, _ := newHouse(t, nil)
	s.log = zerolog.New(&log)
	for path, body := range map[string]string{"/meetings": `{"pin":"739204"}`, "/meetings/1/rotate": ``, "/meetings/1/registrants": `{"name":"Ada"}`} {
		if w := ask(s, http.MethodPost, "/api/v1"+path, body); w.Code >= 300 {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	if n := strings.Count(log.String(), "\n"); n != 3 {
		t.Errorf("the log has %d lines, want one for each:\n%s", n, &log)
	}
	for _, secret := range []string{"739204", "815463", "260417", "60318527", "Ada"} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("%s is in the log", secret)
		}
	}
}
