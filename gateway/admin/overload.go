package admin

import "github.com/prometheus/client_golang/prometheus"

// Load is how busy the gateway is.
type Load struct {
	CPU, Heap float64 // shares of what it may use
	Late      float64 // share of the audio clock's beats that were late
	Share     float64 // of new calls, that is taken

	Complexity int // that Opus encoders are held to
}

type loadMetrics func() Load

var (
	loadDesc       = prometheus.NewDesc("einwahl_load", "How busy the gateway is: shares of the processors and the memory it may use, and of beats of the audio clock that were late.", []string{"of"}, nil)
	complexityDesc = prometheus.NewDesc("einwahl_opus_complexity", "Complexity that Opus encoders are held to; below 5 the gateway has much to do.", nil, nil)
	shareDesc      = prometheus.NewDesc("einwahl_calls_share", "Share of new calls that is taken; below 1 the gateway has too much to do.", nil, nil)
)

// Describe names the metrics.
func (loadMetrics) Describe(out chan<- *prometheus.Desc) {
	out <- loadDesc
	out <- shareDesc
	out <- complexityDesc
}

// Collect reads all of them at once.
func (m loadMetrics) Collect(out chan<- prometheus.Metric) {
	l := m()
	for of, share := range map[string]float64{"cpu": l.CPU, "heap": l.Heap, "late": l.Late} {
		out <- prometheus.MustNewConstMetric(loadDesc, prometheus.GaugeValue, share, of)
	}
	out <- prometheus.MustNewConstMetric(shareDesc, prometheus.GaugeValue, l.Share)
	out <- prometheus.MustNewConstMetric(complexityDesc, prometheus.GaugeValue, float64(l.Complexity))
}

// Watch adds what others know of: who guesses, and how busy the gateway is.
func (m *Metrics) Watch(guessing func() Guessing, load func() Load) {
	m.registry.MustRegister(guessMetrics(guessing), loadMetrics(load))
}

// Shed counts a call that was refused because there was too much to do, by the
// key of the limit.
func (m *Metrics) Shed(key string) { m.shed.WithLabelValues(key).Inc() }
