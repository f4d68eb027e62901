package admin

import (
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/einwahl/einwahl/conference"
)

const (
	makeFields     = "title, id, digits, pin, host_pin, registrants, " + settingFields
	settingFields  = "encryption, recording, consent, lobby, locked, join_before_host, phones, capacity, purpose, after_no, message, announce, start, registered_only"
	rotateFields   = "pin, host_pin, registrant"
	registerFields = "name, pin"
)

// made answers for a meeting that is to be made or changed. It reports false
// where the answer is that this is not possible.
func (s *Server) made(w http.ResponseWriter) (making, bool) {
	m, ok := s.sources.Meetings.(making)
	if !ok {
		fail(w, http.StatusNotFound, "this gateway makes no meetings")
	}
	return m, ok
}

func (s *Server) makeMeeting(w http.ResponseWriter, r *http.Request) {
	meetings, ok := s.made(w)
	var n NewMeeting
	if !ok || !read(w, r, &n, makeFields) {
		return
	}
	access, err := meetings.Make(n)
	if err != nil {
		fail(w, makeStatus(err), err.Error())
		return
	}
	s.log.Info().Str("meeting", access.ID).Msg("meeting made")
	w.Header().Set("Location", "/api/v1/meetings/"+access.ID)
	answer(w, http.StatusCreated, access)
}

func (s *Server) changeMeeting(w http.ResponseWriter, r *http.Request) {
	meetings, ok := s.made(w)
	var c Settings
	if !ok || !read(w, r, &c, "title, "+settingFields) {
		return
	}
	if c == (Settings{}) {
		fail(w, http.StatusBadRequest, "nothing to change: want at least one of title, "+settingFields)
		return
	}
	if s.told(w, r, meetings.Change(r.PathValue("id"), c), "meeting changed") {
		s.oneMeeting(w, r)
	}
}

func (s *Server) unmakeMeeting(w http.ResponseWriter, r *http.Request) {
	meetings, ok := s.made(w)
	if ok && s.told(w, r, meetings.Unmake(r.PathValue("id")), "meeting ended for good") {
		answer(w, http.StatusOK, map[string]string{"id": r.PathValue("id"), "status": "gone"})
	}
}

func (s *Server) rotate(w http.ResponseWriter, r *http.Request) {
	meetings, ok := s.made(w)
	var which Rotation
	if !ok || !read(w, r, &which, rotateFields) {
		return
	}
	if which == (Rotation{}) {
		which.PIN = true
	}
	access, err := meetings.Rotate(r.PathValue("id"), which)
	if s.told(w, r, err, "PIN of a meeting replaced") {
		answer(w, http.StatusOK, access)
	}
}

func (s *Server) register(w http.ResponseWriter, r *http.Request) {
	meetings, ok := s.made(w)
	var who Registrant
	if !ok || !read(w, r, &who, registerFields) {
		return
	}
	access, err := meetings.Register(r.PathValue("id"), who)
	if s.told(w, r, err, "person registered for a meeting") {
		answer(w, http.StatusCreated, access)
	}
}

func (s *Server) unregister(w http.ResponseWriter, r *http.Request) {
	meetings, ok := s.made(w)
	if ok && s.told(w, r, meetings.Unregister(r.PathValue("id"), r.PathValue("name")), "person not registered any more") {
		answer(w, http.StatusOK, map[string]string{"id": r.PathValue("id"), "status": "unregistered"})
	}
}

func (s *Server) invitation(w http.ResponseWriter, r *http.Request) {
	meetings, ok := s.made(w)
	if !ok {
		return
	}
	i, err := meetings.Invitation(r.PathValue("id"), r.URL.Query().Get("language"))
	if err != nil {
		fail(w, makeStatus(err), fmt.Sprintf("meeting %s: %v", r.PathValue("id"), err))
		return
	}
	answer(w, http.StatusOK, i)
}

// told answers what has gone wrong, or logs what was done.
func (s *Server) told(w http.ResponseWriter, r *http.Request, err error, done string) bool {
	if err != nil {
		fail(w, makeStatus(err), fmt.Sprintf("meeting %s: %v", r.PathValue("id"), err))
		return false
	}
	s.log.Info().Str("meeting", r.PathValue("id")).Msg(done)
	return true
}

// makeStatus is the HTTP status of what making or changing a meeting has come to.
func makeStatus(err error) int {
	switch {
	case errors.Is(err, conference.ErrNoMeeting):
		return http.StatusNotFound
	case errors.Is(err, conference.ErrUnavailable):
		return http.StatusServiceUnavailable
	case errors.Is(err, ErrFixed):
		return http.StatusConflict
	}
	return http.StatusBadRequest
}

// read takes one JSON object strictly, or nothing at all. It reports false where
// the answer is what is wrong with it.
func read(w http.ResponseWriter, r *http.Request, into any, fields string) bool {
	return readAtMost(maxControl, w, r, into, fields)
}

// readAtMost is read, of so many bytes.
func readAtMost(most int64, w http.ResponseWriter, r *http.Request, into any, fields string) bool {
	err := readStrictly(http.MaxBytesReader(w, r.Body, most), into, fields)
	if err == nil || errors.Is(err, io.EOF) {
		return true // all of it has defaults, or is missed by whoever looks at it
	}
	misread(w, err)
	return false
}
