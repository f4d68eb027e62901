package admin

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"github.com/einwahl/einwahl/conference"
	"github.com/einwahl/einwahl/gateway/records"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const token = "the-operator's-token"

// rooms is a gateway with one call, one meeting and one trunk.
type rooms struct {
	control func(id string, c Control) error
}

func (rooms) Calls() []Call {
	call := func(id, phase string, sound *records.Sound) Call {
		return Call{ID: id, Phase: phase, Caller: "+49 30 ••• 42", Number: "+4930123456", Trunk: "loopback", Meeting: "1", Language: "de", Codec: "PCMA", Since: time.Now().Add(-time.Minute), Sound: sound}
	}
	return []Call{
		call("c1", "talking", &records.Sound{Codec: "PCMA", Rating: 92.4, Level: -21, Noise: -62, Delay: 23}),
		call("c2", "talking", &records.Sound{Codec: "PCMA", Rating: 74.6, Lost: .041, Discarded: .004, Concealed: .046, Delay: 61}),
		call("c3", "talking", &records.Sound{Codec: "PCMA", Rating: 41, Lost: .19}),
		call("c4", "greeting", nil),
	}
}

func (rooms) Meetings() []*Meeting {
	return []*Meeting{{ID: "1", Title: "Open", Encryption: "transport", Recording: "off", People: []Person{}}}
}

func (r rooms) Meeting(id string) (*Meeting, error) {
	if id != "1" {
		return nil, conference.ErrNoMeeting
	}
	return r.Meetings()[0], nil
}
func (r rooms) Control(id string, c Control) error { return r.control(id, c) }

// Trunks is one with an account that is known, one that is refused, and a peer
// that is gone.
func (rooms) Trunks() []Trunk {
	at := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	later := at.Add(time.Hour)
	return []Trunk{{
		Name: "loopback", Codecs: []string{"pcma"},
		Registrations: []Registration{
			{User: "alice", Server: "sip:tel.test", State: "registered", Since: at, Expires: &later},
			{User: "bob", Server: "sip:tel.test", State: "failed", Since: at, Error: "401 Unauthorized: see password, auth_user and user"},
		},
		Reachable: []Peer{{Address: "192.0.2.1", State: "unreachable", Since: at, Error: "no answer to OPTIONS within 8s"}},
	}}
}

func newServer(t *testing.T, r rooms) *Server {
	t.Helper()
	meet := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "page "+r.URL.Path) })
	s, err := New(Config{Listen: "127.0.0.1:0"}, token, Sources{Calls: r, Meetings: r, Trunks: r, Meet: meet}, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// ask sends one request with the operator's token.
func ask(s *Server, method, path, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, r)
	return w
}

func TestEverythingButHealthAndPagesNeedsTheToken(t *testing.T) {
	s := newServer(t, rooms{})
	for path, want := range map[string]int{
		"/healthz": 200, "/readyz": 200, "/": 200, "/dashboard/dashboard.js": 200, "/meet/1": 200, "/nonsense": 404, "/dashboard/none": 404,
		"/metrics": 401, "/api/v1/calls": 401, "/api/v1/meetings": 401, "/api/v1/trunks": 401, "/api/v1/admissions": 401, "/api/v1/events": 401, "/api/v2": 401,
	} {
		for _, authorization := range []string{"", "Bearer ", "Bearer wrong", "Basic " + token, token, "Bearer " + token + "x"} {
			r := httptest.NewRequest(http.MethodGet, path, nil)
			r.Header.Set("Authorization", authorization)
			w := httptest.NewRecorder()
			s.Handler().ServeHTTP(w, r)
			if w.Code != want {
				t.Errorf("GET %s with %q = %d, want %d", path, authorization, w.Code, want)
			}
		}
	}
	for path, want := range map[string]string{
		"/metrics": "einwahl_calls_active 0", "/api/v1/calls": `"c1"`, "/api/v1/meetings": `"people":[]`, "/api/v1/meetings/1": `"Open"`, "/api/v1/trunks": `"loopback"`, "/api/v1/admissions": `[]`,
	} {
		if w := ask(s, http.MethodGet, path, ""); w.Code != 200 || !strings.Contains(w.Body.String(), want) {
			t.Errorf("GET %s = %d %s, want %s", path, w.Code, w.Body, want)
		}
	}
}

func TestPageLoadsNothingFromElsewhere(t *testing.T) {
	s := newServer(t, rooms{})
	for _, path := range []string{"/", "/dashboard/dashboard.js", "/dashboard/draw.js", "/dashboard/dashboard.css"} {
		w := ask(s, http.MethodGet, path, "")
		csp := w.Header().Get("Content-Security-Policy")
		if !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: policy %q is not strict", path, csp)
		}
		for _, outside := range []string{"http://", "https://", "//cdn", "innerHTML", "style=\"", "onclick=\""} {
			if strings.Contains(w.Body.String(), outside) {
				t.Errorf("%s contains %s", path, outside)
			}
		}
	}
}

func TestWrongPathsAndMethodsAreToldApart(t *testing.T) {
	s := newServer(t, rooms{})
	for _, tt := range []struct {
		method, path string
		status       int
		allow        string
	}{
		{http.MethodPost, "/", 405, "GET"},
		{http.MethodDelete, "/healthz", 405, "GET"},
		{http.MethodDelete, "/api/v1/calls", 405, "GET"},
		{http.MethodPut, "/api/v1/meetings/1", 405, "GET, POST, PATCH, DELETE"},
		{http.MethodPost, "/metrics", 405, "GET"},
		{http.MethodGet, "/api/v1/nonsense", 404, ""},
		{http.MethodPut, "/api/v1/meetings", 405, "GET, POST"},
		{http.MethodPost, "/nonsense", 404, ""},
		{http.MethodHead, "/api/v1/events", 200, ""},
	} {
		w := ask(s, tt.method, tt.path, "")
		if w.Code != tt.status || w.Header().Get("Allow") != tt.allow {
			t.Errorf("%s %s = %d, Allow %q, want %d, %q", tt.method, tt.path, w.Code, w.Header().Get("Allow"), tt.status, tt.allow)
		}
		if tt.status >= 400 && !strings.Contains(w.Body.String(), `"error"`) {
			t.Errorf("%s %s says %s", tt.method, tt.path, w.Body)
		}
	}
}

func TestControlDoesWhatIsAsked(t *testing.T) {
	yes := true
	var got Control
	s := newServer(t, rooms{control: func(id string, c Control) error {
		if id != "1" {
			return conference.ErrNoMeeting
		}
		got = c
		return nil
	}})
	for body, want := range map[string]Control{
		`{"recording":"start"}`:            {Recording: "start"},
		`{"encryption":"e2ee"}`:            {Encryption: "e2ee"},
		`{"admit":"p3"}`:                   {Admit: "p3"},
		`{"mute_all":true,"remove":"p9"}`:  {MuteAll: true, Remove: "p9"},
		`{"ask_to_speak":"p1","end":true}`: {AskToSpeak: "p1", End: true},
	} {
		if w := ask(s, http.MethodPost, "/api/v1/meetings/1", body); w.Code != http.StatusOK || got != want {
			t.Errorf("POST %s = %d, did %+v, want %+v", body, w.Code, got, want)
		}
	}
	if ask(s, http.MethodPost, "/api/v1/meetings/1", `{"lock":true}`); got.Lock == nil || *got.Lock != yes {
		t.Errorf("lock: did %+v", got)
	}
	if ask(s, http.MethodPost, "/api/v1/meetings/1", `{"lock":false}`); got.Lock == nil || *got.Lock {
		t.Errorf("unlock: did %+v", got)
	}
	w := ask(s, http.MethodPost, "/api/v1/meetings/1", `{"mute":"p1"}`)
	var m Meeting
	if err := json.Unmarshal(w.Body.Bytes(), &m); err != nil || m.ID != "1" {
		t.Errorf("the answer is %s, want the meeting", w.Body)
	}
}

// What an operator has said in a meeting may name people, and a log is kept for other
// ends than they have agreed to.
func TestTheLogTellsWhatWasDoneButNotInWhichWords(t *testing.T) {
	var log strings.Builder
	var got Control
	s := newServer(t, rooms{control: func(_ string, c Control) error { got = c; return nil }})
	s.log = zerolog.New(&log)
	ask(s, http.MethodPost, "/api/v1/meetings/1", `{"lock":true,"purpose":{"en":"the hearing of Ada"},"message":{"de":"Ada kommt","":"Ada comes"}}`)
	for _, want := range []string{`"lock":true`, `"purpose":{"en":"..."}`, `"message":{"":"...","de":"..."}`} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log lacks %s: %s", want, &log)
		}
	}
	if strings.Contains(log.String(), "Ada") {
		t.Errorf("the log has the words: %s", &log)
	}
	if (*got.Purpose)["en"] != "the hearing of Ada" || (*got.Message)[""] != "Ada comes" {
		t.Errorf("the meeting was told %v and %v", *got.Purpose, *got.Message)
	}
}

func TestControlSaysWhatIsWrong(t *testing.T) {
	for _, tt := range []struct {
		name, body string
		fails      error
		status     int
		want       string
	}{
		{"an unknown field is named", `{"lokc":true}`, nil, 400, `unknown field \"lokc\": want some of lock, recording`},
		{"a wrong kind is named", `{"lock":"yes"}`, nil, 400, "lock: want true or false, not a string"},
		{"a text is no number", `{"admit":3}`, nil, 400, "admit: want a text in quotes, not a number"},
		{"a wrong word is named", `{"recording":"begin"}`, nil, 400, `recording: \"begin\": want one of start, pause, resume, stop`},
		{"no such level", `{"encryption":"best"}`, nil, 400, "encryption:"},
		{"an empty request", ``, nil, 400, "the request is empty"},
		{"an empty object", `{}`, nil, 400, "nothing to do"},
		{"no object", `[1]`, nil, 400, "want a JSON object"},
		{"no JSON", `lock=true`, nil, 400, "no JSON at byte"},
		{"half an object", `{"lock":true`, nil, 400, "not complete"},
		{"two objects", `{"lock":true}{"end":true}`, nil, 400, "nothing behind it"},
		{"too much", `{"admit":"` + strings.Repeat("x", maxControl) + `"}`, nil, 413, "too large"},
		{"no such meeting", `{"lock":true}`, conference.ErrNoMeeting, 404, "no such meeting"},
		{"the meeting is over", `{"lock":true}`, conference.ErrGone, 410, "gone"},
		{"the service is away", `{"lock":true}`, fmt.Errorf("ask: %w", conference.ErrUnavailable), 503, "unavailable"},
		{"it does not fit", `{"recording":"pause"}`, errors.New("nothing is being recorded"), 409, "meeting 1: nothing is being recorded"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			done := false
			s := newServer(t, rooms{control: func(string, Control) error { done = true; return tt.fails }})
			w := ask(s, http.MethodPost, "/api/v1/meetings/1", tt.body)
			if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.want) {
				t.Errorf("POST = %d %s, want %d with %s", w.Code, w.Body, tt.status, tt.want)
			}
			if done && tt.fails == nil {
				t.Error("something was done")
			}
		})
	}
}

func TestFaultInOneRequestLeavesTheServer(t *testing.T) {
	s := newServer(t, rooms{control: func(string, Control) error { panic("a fault") }})
	if w := ask(s, http.MethodPost, "/api/v1/meetings/1", `{"lock":true}`); w.Code != http.StatusInternalServerError {
		t.Errorf("POST = %d, want 500", w.Code)
	}
}

func TestStreamBeginsWithTheStateAndEndsWithTheServer(t *testing.T) {
	s := newServer(t, rooms{})
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()

	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+s.Addr().String()+"/api/v1/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	lines := bufio.NewScanner(answer.Body)
	lines.Scan()
	lines.Scan()
	var now board
	if err := json.Unmarshal([]byte(strings.TrimPrefix(lines.Text(), "data: ")), &now); err != nil || len(now.Calls) != len(rooms{}.Calls()) {
		t.Errorf("the stream begins with %q (%v), want the state", lines.Text(), err)
	}
	stop()
	for lines.Scan() { // the stream ends with the server
	}
	if err := <-done; err != nil {
		t.Errorf("Run = %v, want nil", err)
	}
}

func TestTokenComesFromTheFileTheEnvironmentOrChance(t *testing.T) {
	t.Setenv(TokenVariable, "")
	first, made, err := Token(Config{})
	second, _, _ := Token(Config{})
	if err != nil || !made || len(first) < 20 || first == second {
		t.Errorf("Token = %d characters, made %v, %v: want one by chance, another each time", len(first), made, err)
	}
	t.Setenv(TokenVariable, "from-env")
	if got, made, err := Token(Config{}); got != "from-env" || made || err != nil {
		t.Errorf("Token = %q, %v, %v, want that of the environment", got, made, err)
	}
	path := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(path, []byte("from-file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, _, err := Token(Config{TokenFile: path}); got != "from-file" || err != nil {
		t.Errorf("Token = %q, %v, want that of the file", got, err)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{path, path + ".none"} {
		if _, _, err := Token(Config{TokenFile: bad}); err == nil {
			t.Errorf("Token of %s: want an error, not another token", bad)
		}
	}
}

func TestMetricsHaveTheirNames(t *testing.T) {
	one := func() uint64 { return 1 }
	m := NewMetrics(MediaCounters{
		PacketsIn: one, PacketsOut: one, Lost: one, Fallen: one, PortsFree: func() int { return 7 },
		Clock: func() Lateness {
			return Lateness{Beats: 9, Skipped: 2, Fallen: 1, Sum: time.Second, Within: map[float64]uint64{.001: 8, .02: 9}}
		},
	})
	m.WatchSignalling(map[string]func() uint64{"stranger": one})
	m.CallBegun()
	m.CallBegun()
	m.CallEnded(records.Call{Outcome: "refused", Duration: time.Second, Sound: &records.Sound{
		Codec: "PCMA", Rating: 91, Lost: .003, Discarded: .0015, Concealed: .004, Jitter: 4, Delay: 35, Level: -22,
	}})
	m.Answered(time.Millisecond)
	m.Prompt("welcome", "en")
	m.Seated()
	m.Decided(Decision{Decision: "refuse", Reason: "e2ee", Encryption: "e2ee"})
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	for _, want := range []string{
		"einwahl_calls_active 1", `einwahl_calls_total{outcome="refused"} 1`,
		`einwahl_admissions_total{decision="refuse",encryption="e2ee",reason="e2ee"} 1`,
		`einwahl_prompts_total{language="en",prompt="welcome"} 1`,
		`einwahl_rtp_packets_total{direction="in"} 1`, `einwahl_rtp_packets_total{direction="out"} 1`, "einwahl_rtp_lost_total 1", `einwahl_sip_dropped_total{why="stranger"} 1`,
		"einwahl_call_answer_seconds_count 1", "einwahl_seats_total 1",
		`einwahl_call_r_factor_bucket{codec="PCMA",le="92"} 1`, `einwahl_call_r_factor_bucket{codec="PCMA",le="90"} 0`,
		`einwahl_call_lost_ratio_bucket{le="0.005"} 1`, `einwahl_call_concealed_ratio_bucket{le="0.0025"} 0`,
		`einwahl_call_discarded_ratio_bucket{le="0.0025"} 1`, `einwahl_call_discarded_ratio_bucket{le="0.001"} 0`,
		`einwahl_call_jitter_seconds_bucket{le="0.005"} 1`, `einwahl_call_jitter_seconds_bucket{le="0.002"} 0`,
		`einwahl_call_delay_seconds_bucket{le="0.04"} 1`, `einwahl_call_delay_seconds_bucket{le="0.02"} 0`,
		`einwahl_call_level_dbov_bucket{le="-20"} 1`, `einwahl_call_level_dbov_bucket{le="-25"} 0`,
		`einwahl_clock_lateness_seconds_bucket{le="0.001"} 8`, "einwahl_clock_lateness_seconds_count 9",
		"einwahl_meetings_fallen_total 1", "einwahl_clock_skipped_total 2", "einwahl_clock_fallen_total 1", "einwahl_media_ports_free 7", "go_goroutines", "process_cpu_seconds_total",
	} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("metrics lack %s", want)
		}
	}
}

func TestCallersWhoWereNotHeardAreNoMeasure(t *testing.T) {
	for _, tt := range []struct {
		name          string
		sound         *records.Sound
		calls, levels string
	}{
		{"no sound was agreed", nil, "0", "0"},
		{"nothing came", &records.Sound{Codec: "PCMA"}, "0", "0"},
		{"they said nothing", &records.Sound{Codec: "PCMA", Rating: 93, Noise: -70}, "1", "0"},
		{"they spoke", &records.Sound{Codec: "PCMA", Rating: 93, Level: -20}, "1", "1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := NewMetrics(MediaCounters{})
			m.CallEnded(records.Call{Outcome: "hung_up", Sound: tt.sound})
			w := httptest.NewRecorder()
			m.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
			for _, name := range []string{"lost_ratio", "discarded_ratio", "concealed_ratio", "jitter_seconds", "delay_seconds"} {
				if want := "einwahl_call_" + name + "_count " + tt.calls + "\n"; !strings.Contains(w.Body.String(), want) {
					t.Errorf("metrics lack %s", want)
				}
			}
			if want := "einwahl_call_level_dbov_count " + tt.levels + "\n"; !strings.Contains(w.Body.String(), want) {
				t.Errorf("metrics lack %s", want)
			}
		})
	}
}

func TestDecisionsAreKeptNewestFirstAndNotForever(t *testing.T) {
	m := NewMetrics(MediaCounters{})
	for i := range keepDecisions + 5 {
		m.Decided(Decision{Call: fmt.Sprint(i), Decision: "admit"})
	}
	all := m.Admissions()
	if len(all) != keepDecisions || all[0].Call != fmt.Sprint(keepDecisions+4) {
		t.Errorf("%d decisions, first of call %s", len(all), all[0].Call)
	}
	if got := m.Totals().Admitted; got != 0 {
		t.Errorf("admitted = %d, and nobody has taken a seat", got)
	}
	m.Seated()
	if got := m.Totals().Admitted; got != 1 {
		t.Errorf("admitted = %d, want the one seat", got)
	}
}

func TestListenIsAnAddress(t *testing.T) {
	for listen, ok := range map[string]bool{"127.0.0.1:8080": true, ":8080": true, "[::1]:0": true, "localhost:80": true, "8080": false, "": false, "127.0.0.1:http": false, "127.0.0.1:99999": false} {
		if err := (Config{Listen: listen}).Validate(); (err == nil) != ok {
			t.Errorf("Validate(%q) = %v, want ok %v", listen, err, ok)
		}
	}
}

func TestStateOfTrunksIsMeasured(t *testing.T) {
	m := NewMetrics(MediaCounters{})
	m.WatchTrunks(rooms{}.Trunks)
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	for _, want := range []string{
		`einwahl_trunk_registered{account="0",trunk="loopback"} 1`,
		`einwahl_trunk_registered{account="1",trunk="loopback"} 0`,
		`einwahl_trunk_peer_reachable{peer="192.0.2.1",trunk="loopback"} 0`,
	} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("no %s", want)
		}
	}
	if strings.Contains(w.Body.String(), "alice") {
		t.Error("an account, which may be a telephone number, is in the metrics")
	}
}
