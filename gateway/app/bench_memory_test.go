//go:build linux

package app_test

import (
	"math"
	"testing"
	"time"
)

const (
	// memoryMeetings have a browser each before the telephones come.
	memoryMeetings = 20
	// memoryCalls come and go in waves, this many at a time.
	memoryWave, memoryCalls = 100, 1000
	// giveBack is how long the gateway may take to give back what it does not need.
	// Go returns memory to the system slowly, and on purpose.
	giveBack = time.Minute
)

// memory is what calls take up, in bytes.
type memory struct {
	heap, rss           float64 // of a call in a meeting
	idleHeap, idleRSS   float64 // before the first
	afterHeap, afterRSS float64 // after the last
}

func (m memory) report(b *testing.B) {
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(m.heap, "heap-B/call")
	b.ReportMetric(m.rss, "RSS-B/call")
	b.ReportMetric(m.afterHeap/m.idleHeap, "heap-after/before")
	b.ReportMetric(m.afterRSS/m.idleRSS, "RSS-after/before")
}

// measureMemory weighs a telephone in a meeting where a browser is already, and
// what is left of a thousand of them.
func measureMemory(b *testing.B, program string) (m memory) {
	v := benchVoices(b, fifth(), fifth())
	g := startGenerator(b, startProcess(b, program, memoryMeetings))
	g.pages(0, memoryMeetings, 1, v.web, fifth())
	g.wave(v, 1) // makes what all calls share
	g.gateway.keepProfile("before", "heap?gc=1")
	m.idleHeap, m.idleRSS = g.gateway.heap(), g.gateway.memory()
	for n := 0; n < memoryCalls; n += memoryWave {
		heap, rss := g.wave(v, memoryWave)
		if n == 0 {
			m.heap, m.rss = (heap-m.idleHeap)/memoryWave, (rss-m.idleRSS)/memoryWave
		}
	}
	m.afterHeap, m.afterRSS = math.Inf(1), math.Inf(1)
	for begun := time.Now(); time.Since(begun) < giveBack; time.Sleep(time.Second) {
		m.afterHeap = min(m.afterHeap, g.gateway.heap())
		m.afterRSS = min(m.afterRSS, g.gateway.memory())
		if m.back() {
			break
		}
	}
	g.gateway.keepProfile("after", "heap?gc=1")
	return m
}

// back: nothing to speak of is left of the calls.
func (m memory) back() bool { return m.afterHeap <= 1.1*m.idleHeap && m.afterRSS <= 1.1*m.idleRSS }

// wave has n telephones call, talk a little and hang up. heap and rss are those
// while they talk.
func (g *generator) wave(v voices, n int) (heap, rss float64) {
	g.tb.Helper()
	phones := g.call(n, func(i int) int { return i % memoryMeetings }, v.phone, fifth())
	if len(phones) < n {
		g.tb.Fatalf("the gateway took %d of %d calls", len(phones), n)
	}
	time.Sleep(time.Second)
	heap, rss = g.gateway.heap(), g.gateway.memory()
	g.gateway.keepProfile("calls", "heap?gc=1")
	for _, p := range phones {
		p.hangup()
	}
	return heap, rss
}
