package admin

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// Drain is how far the gateway is from closing, as an operator sees it.
type Drain struct {
	Draining bool      `json:"draining"` // new calls are turned away
	Ending   bool      `json:"ending"`   // the process ends when the last call has gone
	Deadline time.Time `json:"deadline,omitzero"`
	Told     bool      `json:"told"` // callers hear that the gateway closes
	Calls    int       `json:"calls"`
}

// drains turns new calls away, and takes them again.
type drains interface {
	Draining() Drain
	// Drain lets the calls in progress run on for so long; nil is what the
	// operator's file says.
	Drain(after *time.Duration)
	// Resume says in plain words why it cannot.
	Resume() error
}

// longestDrain is the latest deadline that a request may set.
const longestDrain = 24 * time.Hour

func (s *Server) draining() Drain {
	if s.sources.Drain == nil {
		return Drain{}
	}
	return s.sources.Drain.Draining()
}

func (s *Server) showDrain(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, s.draining())
}

func (s *Server) drain(w http.ResponseWriter, r *http.Request) {
	after, err := readDrain(http.MaxBytesReader(w, r.Body, maxControl))
	if err != nil {
		fail(w, http.StatusBadRequest, err.Error())
		return
	}
	if s.sources.Drain == nil {
		fail(w, http.StatusNotFound, "this gateway takes no calls")
		return
	}
	s.sources.Drain.Drain(after)
	s.showDrain(w, r)
}

func (s *Server) resume(w http.ResponseWriter, r *http.Request) {
	if s.sources.Drain != nil {
		if err := s.sources.Drain.Resume(); err != nil {
			fail(w, http.StatusConflict, err.Error())
			return
		}
	}
	s.showDrain(w, r)
}

// readDrain reads the deadline of a request, nil where it has none. It is as
// strict as readControl, for the same reason.
func readDrain(body io.Reader) (*time.Duration, error) {
	const want = `want no body or {"deadline":"10m"}`
	var request struct {
		Deadline *string `json:"deadline"`
	}
	d := json.NewDecoder(body)
	d.DisallowUnknownFields()
	switch err := d.Decode(&request); {
	case errors.Is(err, io.EOF):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("%w: %s", err, want)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("want one JSON object and nothing behind it")
	}
	if request.Deadline == nil {
		return nil, nil
	}
	after, err := time.ParseDuration(*request.Deadline)
	if err != nil || after < 0 || after > longestDrain {
		return nil, fmt.Errorf("deadline: %q: want a time from 0s to %v, such as 10m", *request.Deadline, longestDrain)
	}
	return &after, nil
}
