package quality

import (
	"math"
	"testing"
	"time"
)

// The values are those of the tables that come with G.107 and of its annex B.
func TestRating(t *testing.T) {
	const ms = time.Millisecond
	for _, tt := range []struct {
		name  string
		heard Heard
		want  float64
	}{
		{"nothing is wrong", Heard{Codec: G711()}, 93.2},
		{"100 ms are not noticed", Heard{Codec: G711(), Delay: 100 * ms}, 93.2},
		{"at 200 ms a little", Heard{Codec: G711(), Delay: 200 * ms}, 90.2},
		{"at 400 ms talk gets hard", Heard{Codec: G711(), Delay: 400 * ms}, 69.2},
		{"1 % of random loss", Heard{Codec: G711(), Missed: .01}, 89.6},
		{"5 % of random loss", Heard{Codec: G711(), Missed: .05}, 77.4},
		{"5 % in bursts is worse", Heard{Codec: G711(), Missed: .05, Burst: 2}, 76.0},
		{"a codec that takes 10 away", Heard{Codec: Codec{Impairment: 10, Robustness: 25.1}}, 83.2},
		{"all is lost", Heard{Codec: G711(), Missed: 1}, 17.3},
		{"worse than the scale goes", Heard{Codec: G711(), Missed: 1, Delay: 2 * time.Second}, 0},
		{"no more than all is lost", Heard{Codec: G711(), Missed: 7}, 17.3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.heard.Rating(); math.Abs(got-tt.want) > 1 {
				t.Errorf("R is %.1f, want %.1f", got, tt.want)
			}
		})
	}
}

func TestOpinion(t *testing.T) {
	for r, want := range map[float64]float64{93.2: 4.41, 90: 4.34, 80: 4.03, 70: 3.6, 60: 3.1, 50: 2.58, 0: 1, 100: 4.5} {
		if got := Opinion(r); math.Abs(got-want) > .02 {
			t.Errorf("at R %v it is %.2f, want %v", r, got, want)
		}
	}
}

// heard plays a stream of packets: a dot came, an x got lost.
func heard(stream string) *Losses {
	var l Losses
	for _, c := range stream {
		if c == 'x' {
			l.Lost(1)
		} else {
			l.Came()
		}
	}
	return &l
}

func TestPatternOfLosses(t *testing.T) {
	const packet = 20 * time.Millisecond
	const gap = "...................." // 20 packets
	for _, tt := range []struct {
		name, stream string
		want         Pattern
	}{
		{"nothing is lost", gap, Pattern{Gap: 400 * time.Millisecond, Ratio: 1}},
		{"one alone belongs to the gap", gap + "x" + gap, Pattern{GapDensity: 1. / 41, Gap: 820 * time.Millisecond, Ratio: 1}},
		{
			"losses close to each other are a burst", gap + "xx..x" + gap,
			Pattern{BurstDensity: .6, Burst: 100 * time.Millisecond, Gap: 400 * time.Millisecond, Ratio: 1.5 * 42 / 45},
		},
		{
			"the burst at hand counts", gap + "xxx",
			Pattern{BurstDensity: 1, Burst: 60 * time.Millisecond, Gap: 200 * time.Millisecond, Ratio: 3 * 20. / 23},
		},
		{"a loss before anything came", "x", Pattern{GapDensity: 1, Gap: packet, Ratio: 1}},
		{
			"two bursts with a gap between them", "xx" + gap + "xx",
			Pattern{BurstDensity: 1, Burst: 40 * time.Millisecond, Gap: 120 * time.Millisecond, Ratio: 2 * 20. / 24},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := heard(tt.stream).Pattern(packet)
			near := func(a, b float64) bool { return math.Abs(a-b) < 1e-9 }
			if !near(got.BurstDensity, tt.want.BurstDensity) || !near(got.GapDensity, tt.want.GapDensity) ||
				got.Burst != tt.want.Burst || got.Gap != tt.want.Gap || !near(got.Ratio, tt.want.Ratio) {
				t.Errorf("%s is %+v, want %+v", tt.stream, got, tt.want)
			}
		})
	}
}
