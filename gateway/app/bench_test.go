//go:build linux

package app_test

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

const (
	// window is how long a number of calls is watched: a multiple of the cycle in
	// which people speak, and so long that the kernel's steps of 10 ms do not
	// matter.
	window = 15 * time.Second
	// rounds is how often calls and codecs alone are watched in turn.
	rounds = 3
	// settling is how long after the last caller may speak that begins: buffers
	// have found their size, and who is silent is known to be.
	settling = 4 * time.Second
	// resting is how long connections are watched while nobody sends.
	resting = 5 * time.Second
	// floorTime is how long the codecs are watched alone, each time.
	floorTime = 4 * time.Second
	// setups is how many calls are set up, one after the other, to time them.
	setups = 120
	// clickers is how many calls click, and clicking how long they do.
	clickers = 8
	clicking = 20 * time.Second
)

// BenchmarkGateway measures the gateway as an operator runs it: its own
// program, in a process of its own, with telephones on one side and browsers on
// the other. What loads it runs in this process and is not counted.
//
// Each part takes as long as it takes, whatever -benchtime says, and reports
// its figures in units of its own. A table ends it, with a line for each goal of
// the parts that were run. PROFILE=folder writes profiles of the gateway.
func BenchmarkGateway(b *testing.B) {
	if testing.Short() {
		b.Skip("takes minutes")
	}
	program := buildGateway(b)
	var t table
	benchLoads(b, program, &t)
	b.Run("capacity", func(b *testing.B) { benchCapacity(b, program, &t) })
	b.Run("memory", func(b *testing.B) { benchMemory(b, program, &t) })
	b.Run("click", func(b *testing.B) { benchClick(b, program, &t) })
	b.Run("setup", func(b *testing.B) { benchSetup(b, program, &t) })
	t.print()
	if missed := t.missed(); len(missed) > 0 {
		b.Errorf("not met: %s", strings.Join(missed, "; "))
	}
}

// benchLoads measures what calls cost in several scenes.
func benchLoads(b *testing.B, program string, t *table) {
	b.Run("calls=25", func(b *testing.B) {
		const what = "25 callers, a meeting and a browser for each"
		s := scene{meetings: 25, phones: 1, pages: 1, phone: always(), page: always()}
		cost := t.goal(what, "all, all the time", "CPU <= 1.25 x codecs")
		objects := t.goal(what, "all, all the time", "0 allocations per packet")
		l := benchLoad(b, program, s, true)
		cost.atMostFloors(l, 1.25)
		// An object for each packet in one of four directions would be .25.
		objects.others, objects.doubt = cost.others, cost.doubt
		objects.is(l.allocated < .1, "%.2f, of whatever is not there in silence", l.allocated)
	})
	b.Run("fifth=25", func(b *testing.B) {
		cost := t.goal("25 callers, a meeting and a browser for each", eachFifth, "CPU <= 0.45 x codecs")
		cost.atMostFloors(benchLoad(b, program, scene{meetings: 25, phones: 1, pages: 1, phone: fifth(), page: fifth()}, true), .45)
	})
	b.Run("rooms=10", func(b *testing.B) {
		cost := t.goal("50 callers, five and a browser in a meeting", eachFifth, "CPU <= 0.35 x codecs")
		cost.atMostFloors(benchLoad(b, program, scene{meetings: 10, phones: perMeeting, pages: 1, phone: fifth(), page: fifth()}, true), .35)
	})
	b.Run("listeners=200", func(b *testing.B) {
		cost := t.goal("200 callers and three browsers in one meeting", "the browsers, all the time", "CPU < 0.12 %")
		l := benchLoad(b, program, scene{meetings: 1, phones: 200, pages: 3, phone: never(), page: always()}, false)
		cost.is(l.cpu < .12, "%.3f %% of a core", l.cpu)
		cost.with(l)
	})
}

func benchLoad(b *testing.B, program string, s scene, withFloor bool) (l load) {
	for range b.N {
		l = measureLoad(b, program, s, withFloor)
	}
	l.report(b)
	return l
}

func benchCapacity(b *testing.B, program string, t *table) {
	const what = "callers, five and a browser in a meeting"
	most := t.goal("the most "+what, eachFifth, ">= 400 without a gap over 40 ms")
	late99 := t.goal("400 "+what, eachFifth, "clock late p99 < 2 ms")
	late999 := t.goal("400 "+what, eachFifth, "clock late p99.9 < 8 ms")
	var c capacity
	for range b.N {
		c = measureCapacity(b, program)
	}
	c.report(b)
	most.is(c.clean.callers >= wantCallers, "%d, %s", c.clean.callers, c.why)
	most.with(c.last)
	most.doubt = "" // packets that did not come were looked for
	late99.others, late999.others = c.last.others, c.last.others
	late := func(g *goal, seconds, limit float64) {
		bound := "up to %.1f ms at %d callers"
		if math.IsInf(seconds, 1) {
			seconds, bound = .06, "over %.1f ms at %d callers"
		}
		g.is(seconds < limit && c.lateAt == wantCallers, bound, seconds*1e3, c.lateAt)
	}
	late(late99, c.late99, .002+1e-9)
	late(late999, c.late999, .008+1e-9)
}

func benchMemory(b *testing.B, program string, t *table) {
	const what, after = "a caller in a meeting with a browser", "the gateway after 1,000 such calls"
	heap, rss := t.goal(what, eachFifth, "heap < 150 KB"), t.goal(what, eachFifth, "RSS < 150 KB")
	heapBack, rssBack := t.goal(after, eachFifth, "heap <= 1.1 x before"), t.goal(after, eachFifth, "RSS <= 1.1 x before")
	var m memory
	for range b.N {
		m = measureMemory(b, program)
	}
	m.report(b)
	heap.is(m.heap < 150e3, "%.0f KB", m.heap/1e3)
	rss.is(m.rss < 150e3, "%.0f KB", m.rss/1e3)
	heapBack.is(m.afterHeap <= 1.1*m.idleHeap, "%.2f x, %.1f MB", m.afterHeap/m.idleHeap, m.afterHeap/1e6)
	rssBack.is(m.afterRSS <= 1.1*m.idleRSS, "%.2f x, %.1f MB", m.afterRSS/m.idleRSS, m.afterRSS/1e6)
}

func benchClick(b *testing.B, program string, t *table) {
	const what = "a click, 8 callers, a meeting and a browser for each"
	in, out := t.goal(what, "all, all the time", "to the browser p95 <= 45 ms"), t.goal(what, "all, all the time", "to the telephone p95 <= 55 ms")
	var c click
	for range b.N {
		c = measureClick(b, program)
	}
	c.report(b)
	for _, way := range []struct {
		goal  *goal
		times []time.Duration
		limit time.Duration
	}{{in, c.in, 45 * time.Millisecond}, {out, c.out, 55 * time.Millisecond}} {
		late := quantile(way.times, .95)
		way.goal.others = c.others
		way.goal.is(late <= way.limit, "%.1f ms, p50 %.1f, of %d", ms(late), ms(quantile(way.times, .5)), len(way.times))
	}
}

// benchSetup has no goal: it is told beside them.
func benchSetup(b *testing.B, program string, t *table) {
	answered, heard := t.goal("INVITE to 200", "nobody", ""), t.goal("INVITE to the first packet of sound", "nobody", "")
	var s setup
	for range b.N {
		s = measureSetup(b, program)
	}
	s.report(b)
	answered.is(true, "p95 %.1f ms, p50 %.1f, of %d", ms(quantile(s.answered, .95)), ms(quantile(s.answered, .5)), len(s.answered))
	heard.is(true, "p95 %.1f ms, p50 %.1f, of %d", ms(quantile(s.heard, .95)), ms(quantile(s.heard, .5)), len(s.heard))
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// quantile is the smallest of times that a share of them does not exceed.
func quantile(times []time.Duration, share float64) time.Duration {
	if len(times) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(times))
	return sorted[min(int(share*float64(len(sorted))), len(sorted)-1)]
}
