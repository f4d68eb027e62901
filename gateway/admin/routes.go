package admin

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"runtime/debug"
	"strings"
)

// Handler is everything the server answers.
func (s *Server) Handler() http.Handler {
	open := http.NewServeMux()
	open.HandleFunc("GET /healthz", s.health)
	open.HandleFunc("GET /readyz", s.ready)
	open.HandleFunc("GET /{$}", page)
	open.HandleFunc("GET /dashboard/{file}", pageFile)
	if s.sources.Meet != nil {
		open.Handle("/meet/", s.sources.Meet)
	}
	if s.sources.Phone != nil {
		open.HandleFunc("GET /phone", phonePage)
		open.HandleFunc("GET /phone/{file}", phoneFile)
		open.Handle("GET /phone/sip", phoneLine(s.sources.Phone))
	}

	closed := http.NewServeMux()
	closed.Handle("GET /metrics", s.sources.Metrics.Handler())
	closed.HandleFunc("GET /api/v1/calls", s.listCalls)
	closed.HandleFunc("GET /api/v1/meetings", s.listMeetings)
	closed.HandleFunc("GET /api/v1/meetings/{id}", s.oneMeeting)
	closed.HandleFunc("POST /api/v1/meetings/{id}", s.control)
	closed.HandleFunc("POST /api/v1/meetings", s.makeMeeting)
	closed.HandleFunc("PATCH /api/v1/meetings/{id}", s.changeMeeting)
	closed.HandleFunc("DELETE /api/v1/meetings/{id}", s.unmakeMeeting)
	closed.HandleFunc("POST /api/v1/meetings/{id}/rotate", s.rotate)
	closed.HandleFunc("GET /api/v1/meetings/{id}/invitation", s.invitation)
	closed.HandleFunc("POST /api/v1/meetings/{id}/registrants", s.register)
	closed.HandleFunc("DELETE /api/v1/meetings/{id}/registrants/{name}", s.unregister)
	closed.HandleFunc("GET /api/v1/trunks", s.listTrunks)
	closed.HandleFunc("GET /api/v1/admissions", s.listAdmissions)
	closed.HandleFunc("GET /api/v1/events", s.events)
	closed.HandleFunc("GET /api/v1/drain", s.showDrain)
	closed.HandleFunc("POST /api/v1/drain", s.drain)
	closed.HandleFunc("DELETE /api/v1/drain", s.resume)
	closed.HandleFunc("GET /api/v1/guessing", s.showGuessing)
	closed.HandleFunc("DELETE /api/v1/guessing", s.clearGuessing)
	if s.sources.Keeping != nil {
		closed.HandleFunc("POST /api/v1/records/erase", s.eraseRecords)
		closed.HandleFunc("POST /api/v1/records/purge", s.purgeRecords)
		closed.HandleFunc("POST /api/v1/records/access", s.tellAccess)
	}
	guarded := s.withToken(closed)
	open.Handle("/metrics", guarded)
	open.Handle("/api/", guarded)
	open.Handle("/", nothing(open))
	closed.Handle("/", nothing(closed))
	return s.recovered(straight(open))
}

// straight refuses to change anything at an address with "." or ".." in it. A
// ServeMux sends the client on to what is left without them, and so a name that
// is two dots would stand for what is above all names.
func straight(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		reads := r.Method == http.MethodGet || r.Method == http.MethodHead
		for step := range strings.SplitSeq(r.URL.EscapedPath(), "/") {
			if !reads && (step == "." || step == "..") {
				fail(w, http.StatusBadRequest, "an address leads straight to what it is about: write a dot that is a name as %2E")
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// nothing answers what no route of mux does: with the methods that would do,
// where it is only the method.
func nothing(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var methods []string
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPatch, http.MethodDelete} {
			other := r.Clone(r.Context())
			other.Method = method
			if _, route := mux.Handler(other); strings.HasPrefix(route, method) {
				methods = append(methods, method)
			}
		}
		if allow := strings.Join(methods, ", "); allow != "" {
			w.Header().Set("Allow", allow)
			fail(w, http.StatusMethodNotAllowed, r.URL.Path+" takes only "+allow)
			return
		}
		fail(w, http.StatusNotFound, "there is nothing at "+r.URL.Path+"; the dashboard is at /, the API below /api/v1/")
	})
}

// withToken lets requests through that carry the operator's token.
func (s *Server) withToken(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		given := sha256.Sum256([]byte(strings.TrimSpace(token)))
		right := subtle.ConstantTimeCompare(given[:], s.token[:]) == 1
		if !strings.EqualFold(scheme, "Bearer") || !right {
			w.Header().Set("WWW-Authenticate", `Bearer realm="einwahl"`)
			fail(w, http.StatusUnauthorized, "want the operator's token in the header Authorization: Bearer TOKEN")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// recovered keeps a fault in one request from ending the gateway, with its
// calls.
func (s *Server) recovered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			fault := recover()
			if fault == nil {
				return
			}
			if fault == http.ErrAbortHandler { //nolint:errorlint // a sentinel that is never wrapped
				panic(fault)
			}
			s.log.Error().Interface("fault", fault).Bytes("stack", debug.Stack()).Str("path", r.URL.Path).Msg("request failed by a fault of the gateway")
			fail(w, http.StatusInternalServerError, "a fault of the gateway; its log says more")
		}()
		next.ServeHTTP(w, r)
	})
}

func (s *Server) health(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, map[string]string{"status": "ok"})
}

func (s *Server) ready(w http.ResponseWriter, _ *http.Request) {
	if s.draining().Draining {
		w.Header().Set("Retry-After", "10")
		answer(w, http.StatusServiceUnavailable, map[string]string{"status": "draining"})
		return
	}
	answer(w, http.StatusOK, map[string]string{"status": "ready"})
}

func (s *Server) listCalls(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, map[string]any{"calls": s.calls()})
}

func (s *Server) listMeetings(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, map[string]any{"meetings": s.meetings()})
}

func (s *Server) listTrunks(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, map[string]any{"trunks": s.trunks()})
}

func (s *Server) listAdmissions(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, map[string]any{"admissions": s.sources.Metrics.Admissions()})
}

func (s *Server) oneMeeting(w http.ResponseWriter, r *http.Request) {
	if s.sources.Meetings != nil {
		if m, err := s.sources.Meetings.Meeting(r.PathValue("id")); err == nil {
			answer(w, http.StatusOK, m)
			return
		}
	}
	fail(w, http.StatusNotFound, "no meeting "+r.PathValue("id")+"; GET /api/v1/meetings lists them")
}

// The lists are never null, so that a reader need not ask.

func (s *Server) calls() []Call {
	if s.sources.Calls == nil {
		return []Call{}
	}
	return append([]Call{}, s.sources.Calls.Calls()...)
}

func (s *Server) meetings() []*Meeting {
	if s.sources.Meetings == nil {
		return []*Meeting{}
	}
	return s.sources.Meetings.Meetings()
}

func (s *Server) trunks() []Trunk {
	if s.sources.Trunks == nil {
		return []Trunk{}
	}
	all := append([]Trunk{}, s.sources.Trunks.Trunks()...)
	for i := range all {
		all[i].Peers = append([]string{}, all[i].Peers...)
		all[i].Codecs = append([]string{}, all[i].Codecs...)
		all[i].Registrations = append([]Registration{}, all[i].Registrations...)
		all[i].Reachable = append([]Peer{}, all[i].Reachable...)
	}
	return all
}

// answer writes v as JSON.
func answer(w http.ResponseWriter, status int, v any) {
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	// A client that has gone away is no matter of ours.
	_ = json.NewEncoder(w).Encode(v)
}

// fail answers with what is wrong and what to do about it.
func fail(w http.ResponseWriter, status int, what string) {
	answer(w, status, map[string]string{"error": what})
}
