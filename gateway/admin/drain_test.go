package admin

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
)

// door is a gateway that can be drained, with limits.drain of a minute.
type door struct {
	after *time.Duration
	drain Drain
}

func (d *door) Draining() Drain { return d.drain }

func (d *door) Drain(after *time.Duration) { d.after, d.drain.Draining = after, true }

func (d *door) Resume() error {
	if d.drain.Ending {
		return errors.New("the gateway is ending: start it anew")
	}
	d.drain.Draining = false
	return nil
}

func (d *door) server(t *testing.T) *Server {
	t.Helper()
	s, err := New(Config{Listen: "127.0.0.1:0"}, token, Sources{Drain: d}, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestDrainTakesADeadlineOrNone(t *testing.T) {
	for _, tt := range []struct {
		body   string
		status int
		after  string // empty: the operator's file
	}{
		{``, 200, ""},
		{`{}`, 200, ""},
		{`{"deadline":"10m"}`, 200, "10m0s"},
		{`{"deadline":"0s"}`, 200, "0s"},
		{`{"deadline":"-1s"}`, 400, ""},
		{`{"deadline":"25h"}`, 400, ""},
		{`{"deadline":10}`, 400, ""},
		{`{"deadline":"soon"}`, 400, ""},
		{`{"dead":"10m"}`, 400, ""},
		{`{"deadline":"10m"}{}`, 400, ""},
		{`draining`, 400, ""},
	} {
		t.Run(tt.body, func(t *testing.T) {
			d := &door{}
			w := ask(d.server(t), http.MethodPost, "/api/v1/drain", tt.body)
			if w.Code != tt.status || d.drain.Draining != (tt.status == 200) {
				t.Errorf("%d, draining %v: %s", w.Code, d.drain.Draining, w.Body)
			}
			if after := d.after; (after == nil) != (tt.after == "") || after != nil && after.String() != tt.after {
				t.Errorf("drains in %v, want %q", after, tt.after)
			}
			if tt.status != 200 && !strings.Contains(w.Body.String(), "want") {
				t.Errorf("does not say what is wanted: %s", w.Body)
			}
		})
	}
}

func TestReadyUntilDraining(t *testing.T) {
	d := &door{}
	s := d.server(t)
	ready := func() int { return ask(s, http.MethodGet, "/readyz", "").Code }
	if code := ready(); code != http.StatusOK {
		t.Errorf("readyz = %d, want 200", code)
	}
	ask(s, http.MethodPost, "/api/v1/drain", "")
	if w := ask(s, http.MethodGet, "/readyz", ""); w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
		t.Errorf("readyz while draining = %d, want 503 with Retry-After", w.Code)
	}
	if w := ask(s, http.MethodGet, "/healthz", ""); w.Code != http.StatusOK {
		t.Errorf("healthz while draining = %d, want 200: calls are still running", w.Code)
	}
	if w := ask(s, http.MethodDelete, "/api/v1/drain", ""); w.Code != http.StatusOK || ready() != http.StatusOK {
		t.Errorf("after the drain was called off readyz = %d, want 200", ready())
	}
	d.drain = Drain{Draining: true, Ending: true}
	if w := ask(s, http.MethodDelete, "/api/v1/drain", ""); w.Code != http.StatusConflict {
		t.Errorf("an end can be called off: %d", w.Code)
	}
	var shown Drain
	if err := json.Unmarshal(ask(s, http.MethodGet, "/api/v1/drain", "").Body.Bytes(), &shown); err != nil || shown != d.drain {
		t.Errorf("GET shows %+v, %v", shown, err)
	}
}

// guessers is a gateway with somebody who guesses.
type guessers struct{ cleared bool }

func (g *guessers) Guessing() Guessing {
	if g.cleared {
		return Guessing{}
	}
	return Guessing{
		Wrong: 20, Locks: map[string]uint64{"caller": 2, "number": 0, "meeting": 1},
		Locked: []Lock{{Scope: "meeting", Name: "100000002", Until: time.Now().Add(time.Minute)}},
	}
}

func (g *guessers) Clear() { g.cleared = true }

func TestGuessingIsShownCountedAndForgiven(t *testing.T) {
	g := &guessers{}
	metrics := NewMetrics(MediaCounters{})
	metrics.Watch(g.Guessing, func() Load { return Load{CPU: .5, Share: 1, Complexity: 3} })
	s, err := New(Config{Listen: "127.0.0.1:0"}, token, Sources{Guesses: g, Metrics: metrics}, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	text := ask(s, http.MethodGet, "/metrics", "").Body.String()
	for _, want := range []string{
		"einwahl_guessing_wrong_total 20\n", `einwahl_guessing_locks_total{scope="caller"} 2`,
		`einwahl_guessing_locked{scope="meeting"} 1`, `einwahl_load{of="cpu"} 0.5`, "einwahl_calls_share 1\n", "einwahl_opus_complexity 3\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the metrics lack %q", want)
		}
	}
	if strings.Contains(text, "100000002") {
		t.Error("a metric names a meeting")
	}
	if w := ask(s, http.MethodGet, "/api/v1/guessing", ""); !strings.Contains(w.Body.String(), `"name":"100000002"`) {
		t.Errorf("GET shows %s", w.Body)
	}
	if w := ask(s, http.MethodDelete, "/api/v1/guessing", ""); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"locked":[]`) {
		t.Errorf("DELETE: %d %s", w.Code, w.Body)
	}
}
