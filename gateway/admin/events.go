package admin

import (
	"fmt"
	"net/http"
	"time"
)

// How often the stream looks for changes, and how often it says that it is
// alive where there are none.
const (
	lookEvery  = time.Second
	aliveEvery = 15 * time.Second
)

// board is what the dashboard shows beside the meetings.
type board struct {
	Version    string     `json:"version"`
	Started    time.Time  `json:"started"`
	Drain      Drain      `json:"drain"`
	Guessing   Guessing   `json:"guessing"`
	Calls      []Call     `json:"calls"`
	Trunks     []Trunk    `json:"trunks"`
	Admissions []Decision `json:"admissions"`
	Totals     Totals     `json:"totals"`
}

func (s *Server) board() board {
	return board{
		Version:    s.sources.Version,
		Started:    s.started,
		Drain:      s.draining(),
		Guessing:   s.guessing(),
		Calls:      s.calls(),
		Trunks:     s.trunks(),
		Admissions: s.sources.Metrics.Admissions(),
		Totals:     s.sources.Metrics.Totals(),
	}
}

// events streams server-sent events: a snapshot at once, which has everything,
// and a change whenever something has changed, which has what is new. A slow
// reader skips states, it never holds anything up.
func (s *Server) events(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	if r.Method == http.MethodHead {
		return // there would be no end to a stream that nobody sees
	}
	out := http.NewResponseController(w)
	look := time.NewTicker(lookEvery)
	defer look.Stop()

	var told telling
	var sent time.Time
	for kind := "snapshot"; ; kind = "change" {
		news, err := told.next(s.board(), s.meetings())
		if err != nil {
			s.log.Error().Err(err).Msg("snapshot cannot be written")
			return
		}
		// The stream outlives the server's write timeout; each write has its own.
		_ = out.SetWriteDeadline(time.Now().Add(writeTimeout))
		switch {
		case news != nil:
			_, err = fmt.Fprintf(w, "event: %s\ndata: %s\n\n", kind, news)
			sent = time.Now()
		case time.Since(sent) >= aliveEvery:
			_, err = w.Write([]byte(": alive\n\n"))
			sent = time.Now()
		}
		if err == nil {
			err = out.Flush()
		}
		if err != nil {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-look.C:
		}
	}
}
