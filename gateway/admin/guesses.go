package admin

import (
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Guessing is what is known of those who guess, as an operator sees it.
type Guessing struct {
	Wrong  uint64            `json:"wrong"` // wrong tries of telephones since the start
	Locks  map[string]uint64 `json:"locks"` // times that telephones were locked out since the start, by scope
	Locked []Lock            `json:"locked"`
}

// Lock is what telephones are locked out of, or who is, for a while.
type Lock struct {
	Scope string    `json:"scope"` // caller, number or meeting
	Name  string    `json:"name"`  // the meeting; trunk and number; or what stands for a caller
	Until time.Time `json:"until"`
}

// guesses tells who is locked out, and opens it again.
type guesses interface {
	Guessing() Guessing
	Clear()
}

func (s *Server) guessing() Guessing {
	g := Guessing{}
	if s.sources.Guesses != nil {
		g = s.sources.Guesses.Guessing()
	}
	g.Locked = append([]Lock{}, g.Locked...)
	return g
}

func (s *Server) showGuessing(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, s.guessing())
}

func (s *Server) clearGuessing(w http.ResponseWriter, r *http.Request) {
	if s.sources.Guesses != nil {
		s.sources.Guesses.Clear()
		s.log.Info().Msg("wrong tries forgotten by the operator: nobody is locked out")
	}
	s.showGuessing(w, r)
}

// guessMetrics shows guessing to who raises alarms. No label names anybody.
type guessMetrics func() Guessing

var (
	wrongDesc  = prometheus.NewDesc("einwahl_guessing_wrong_total", "Wrong pairs of number and PIN that telephones keyed in.", nil, nil)
	locksDesc  = prometheus.NewDesc("einwahl_guessing_locks_total", "Times that telephones were locked out for wrong pairs, by what was locked.", []string{"scope"}, nil)
	lockedDesc = prometheus.NewDesc("einwahl_guessing_locked", "Callers, numbers and meetings that are locked now.", []string{"scope"}, nil)
)

// Describe names the metrics.
func (guessMetrics) Describe(out chan<- *prometheus.Desc) {
	out <- wrongDesc
	out <- locksDesc
	out <- lockedDesc
}

// Collect reads all of them at once.
func (m guessMetrics) Collect(out chan<- prometheus.Metric) {
	g := m()
	locked := map[string]int{}
	for _, l := range g.Locked {
		locked[l.Scope]++
	}
	out <- prometheus.MustNewConstMetric(wrongDesc, prometheus.CounterValue, float64(g.Wrong))
	for scope, n := range g.Locks {
		out <- prometheus.MustNewConstMetric(locksDesc, prometheus.CounterValue, float64(n), scope)
		out <- prometheus.MustNewConstMetric(lockedDesc, prometheus.GaugeValue, float64(locked[scope]), scope)
	}
}
