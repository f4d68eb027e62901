package admin

import "github.com/prometheus/client_golang/prometheus"

// clock shows how punctual the audio clock is. A machine that is too busy for
// sound shows here before anybody hears it.
type clock func() Lateness

var (
	latenessDesc = prometheus.NewDesc("einwahl_clock_lateness_seconds", "How late beats of the audio clock began.", nil, nil)
	skippedDesc  = prometheus.NewDesc("einwahl_clock_skipped_total", "Beats of the audio clock that were left out.", nil, nil)
	fallenDesc   = prometheus.NewDesc("einwahl_clock_fallen_total", "Calls and rooms dropped from the audio clock by a fault.", nil, nil)
)

// Describe names the metrics.
func (clock) Describe(out chan<- *prometheus.Desc) {
	out <- latenessDesc
	out <- skippedDesc
	out <- fallenDesc
}

// Collect reads the clock once for all of them.
func (c clock) Collect(out chan<- prometheus.Metric) {
	l := c()
	out <- prometheus.MustNewConstHistogram(latenessDesc, l.Beats, l.Sum.Seconds(), l.Within)
	out <- prometheus.MustNewConstMetric(skippedDesc, prometheus.CounterValue, float64(l.Skipped))
	out <- prometheus.MustNewConstMetric(fallenDesc, prometheus.CounterValue, float64(l.Fallen))
}
