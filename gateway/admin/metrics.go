package admin

import (
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/einwahl/einwahl/gateway/records"
)

// Metrics counts what the calls report and shows what the media engine counts.
// Its registry is its own: nothing that another package registers globally
// appears here. No label ever holds a number, a name or a meeting.
type Metrics struct {
	registry   *prometheus.Registry
	active     prometheus.Gauge
	calls      *prometheus.CounterVec
	admissions *prometheus.CounterVec
	prompts    *prometheus.CounterVec
	seats      prometheus.Counter
	shed       *prometheus.CounterVec
	answer     prometheus.Histogram
	duration   prometheus.Histogram
	rating     *prometheus.HistogramVec
	lost       prometheus.Histogram
	discarded  prometheus.Histogram
	concealed  prometheus.Histogram
	jitter     prometheus.Histogram
	delay      prometheus.Histogram
	level      prometheus.Histogram

	mu     sync.Mutex
	recent []Decision // newest first
	totals Totals
}

// Totals is what the dashboard shows as figures.
type Totals struct {
	Calls    uint64 `json:"calls"`    // begun since the start
	Admitted uint64 `json:"admitted"` // seats taken: one caller may be decided about many times
	Refused  uint64 `json:"refused"`
}

// MediaCounters are read whenever metrics are asked for. What is nil is left
// out.
type MediaCounters struct {
	PacketsIn  func() uint64
	PacketsOut func() uint64
	Lost       func() uint64
	Foreign    func() uint64 // thrown away: not from the caller
	Forged     func() uint64 // thrown away: not under the call's SRTP key, or replayed
	Broken     func() uint64 // thrown away: no RTP of the call's
	Fallen     func() uint64 // meetings, by a fault
	PortsFree  func() int
	Clock      func() Lateness
}

// Lateness is how punctual the audio clock was since it began.
type Lateness struct {
	Beats   uint64             // beats that were run
	Skipped uint64             // beats that were left out, the clock being too far behind
	Fallen  uint64             // calls and rooms dropped from the clock by a fault
	Sum     time.Duration      // lateness of all beats together
	Within  map[float64]uint64 // beats that were at most so many seconds late, cumulative
}

// keepDecisions is how many decisions the dashboard shows.
const keepDecisions = 50

// NewMetrics makes the registry.
func NewMetrics(media MediaCounters) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		active: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "einwahl_calls_active", Help: "Telephone calls now, from INVITE to BYE.",
		}),
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "einwahl_calls_total", Help: "Calls that have ended, by how they ended.",
		}, []string{"outcome"}),
		admissions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "einwahl_admissions_total", Help: "Decisions of admission, by reason and by the meeting's encryption.",
		}, []string{"decision", "reason", "encryption"}),
		prompts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "einwahl_prompts_total", Help: "Prompts that callers have begun to hear.",
		}, []string{"prompt", "language"}),
		seats: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "einwahl_seats_total", Help: "Seats in meetings that telephones took: the only audio paths into one.",
		}),
		shed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "einwahl_calls_shed_total", Help: "Calls refused because there was too much to do, by the limit's key.",
		}, []string{"limit"}),
		answer: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "einwahl_call_answer_seconds", Help: "From INVITE to 200 OK.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5},
		}),
		duration: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "einwahl_call_duration_seconds", Help: "From INVITE to the end of the call.",
			Buckets: []float64{1, 5, 15, 60, 300, 900, 1800, 3600, 7200, 14400},
		}),
	}
	m.measureSound()
	m.registry.MustRegister(m.active, m.calls, m.admissions, m.prompts, m.seats, m.shed, m.answer, m.duration,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.registerMedia(media)
	return m
}

// registerMedia adds the counters that others keep.
func (m *Metrics) registerMedia(media MediaCounters) {
	count := func(name, help string, labels prometheus.Labels, f func() uint64) {
		if f != nil {
			m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
				Name: name, Help: help, ConstLabels: labels,
			}, func() float64 { return float64(f()) }))
		}
	}
	const packets = "RTP packets of telephone calls."
	count("einwahl_rtp_packets_total", packets, prometheus.Labels{"direction": "in"}, media.PacketsIn)
	count("einwahl_rtp_packets_total", packets, prometheus.Labels{"direction": "out"}, media.PacketsOut)
	count("einwahl_rtp_lost_total", "RTP packets of telephone calls that never arrived.", nil, media.Lost)
	const thrown = "Packets to the ports of telephone calls that were thrown away."
	for why, f := range map[string]func() uint64{"foreign": media.Foreign, "forged": media.Forged, "broken": media.Broken} {
		count("einwahl_rtp_thrown_away_total", thrown, prometheus.Labels{"why": why}, f)
	}
	count("einwahl_meetings_fallen_total", "Meetings that a fault has ended and begun anew.", nil, media.Fallen)
	if media.PortsFree != nil {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "einwahl_media_ports_free", Help: "Port pairs left for calls.",
		}, func() float64 { return float64(media.PortsFree()) }))
	}
	if media.Clock != nil {
		m.registry.MustRegister(clock(media.Clock))
	}
}

// WatchSignalling adds how much of the signalling was not served, by why.
func (m *Metrics) WatchSignalling(dropped map[string]func() uint64) {
	for why, f := range dropped {
		m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "einwahl_sip_dropped_total", Help: "SIP messages, connections and calls that were not served.",
			ConstLabels: prometheus.Labels{"why": why},
		}, func() float64 { return float64(f()) }))
	}
}

// Handler serves the metrics.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// CallBegun counts a call in.
func (m *Metrics) CallBegun() {
	m.active.Inc()
	m.mu.Lock()
	m.totals.Calls++
	m.mu.Unlock()
}

// CallEnded counts a call out.
func (m *Metrics) CallEnded(c records.Call) {
	m.active.Dec()
	m.calls.WithLabelValues(c.Outcome).Inc()
	m.duration.Observe(c.Duration.Seconds())
	if c.Sound != nil && c.Sound.Rating > 0 {
		m.sounded(c.Sound)
	}
}

// sounded counts how a call sounded of which something came.
func (m *Metrics) sounded(s *records.Sound) {
	m.rating.WithLabelValues(s.Codec).Observe(s.Rating)
	m.lost.Observe(s.Lost)
	m.discarded.Observe(s.Discarded)
	m.concealed.Observe(s.Concealed)
	m.jitter.Observe(s.Jitter / 1000)
	m.delay.Observe(s.Delay / 1000)
	if s.Level != 0 { // else the caller has said nothing
		m.level.Observe(float64(s.Level))
	}
}

// measureSound makes what is told of a call's sound when it is over.
func (m *Metrics) measureSound() {
	m.rating = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:    "einwahl_call_r_factor",
		Help:    "How callers sounded, over whole calls: R of the E-model (ITU-T G.107). Below 70 many are dissatisfied.",
		Buckets: []float64{50, 60, 70, 80, 85, 90, 92},
	}, []string{"codec"})
	m.registry.MustRegister(m.rating)
	measure := func(name, help string, buckets []float64) prometheus.Histogram {
		h := prometheus.NewHistogram(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets})
		m.registry.MustRegister(h)
		return h
	}
	shares := []float64{0, .001, .0025, .005, .01, .02, .05, .1, .2}
	m.lost = measure("einwahl_call_lost_ratio", "Share of a caller's packets that never came, over whole calls.", shares)
	m.discarded = measure("einwahl_call_discarded_ratio", "Share of a caller's packets that came and were not played, over whole calls.", shares)
	m.concealed = measure("einwahl_call_concealed_ratio", "Share of a caller's sound that had to be made up, over whole calls.", shares)
	m.jitter = measure("einwahl_call_jitter_seconds", "Unevenness of a caller's packets (RFC 3550) when the call ended.",
		[]float64{.001, .002, .005, .01, .02, .03, .05, .1, .2})
	m.delay = measure("einwahl_call_delay_seconds", "What the jitter buffer added to a caller's sound when the call ended.",
		[]float64{.005, .01, .02, .04, .06, .08, .1, .15, .2})
	m.level = measure("einwahl_call_level_dbov", "Level of a caller's voice in dBov when the call ended.",
		[]float64{-45, -40, -35, -30, -25, -20, -15, -10})
}

// Answered reports how long a caller has waited for the 200 OK.
func (m *Metrics) Answered(after time.Duration) { m.answer.Observe(after.Seconds()) }

// Prompt reports that a caller has begun to hear a prompt.
func (m *Metrics) Prompt(prompt, language string) { m.prompts.WithLabelValues(prompt, language).Inc() }

// Seated counts a telephone that has taken its seat.
func (m *Metrics) Seated() {
	m.seats.Inc()
	m.mu.Lock()
	m.totals.Admitted++
	m.mu.Unlock()
}

// Decided counts a decision and keeps it for the dashboard.
func (m *Metrics) Decided(d Decision) {
	m.admissions.WithLabelValues(d.Decision, d.Reason, d.Encryption).Inc()
	m.mu.Lock()
	defer m.mu.Unlock()
	if d.Decision == "refuse" {
		m.totals.Refused++
	}
	m.recent = slices.Insert(m.recent, 0, d)
	m.recent = m.recent[:min(len(m.recent), keepDecisions)]
}

// Admissions returns the latest decisions, newest first.
func (m *Metrics) Admissions() []Decision {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]Decision{}, m.recent...)
}

// Totals returns the figures since the start.
func (m *Metrics) Totals() Totals {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.totals
}
