//go:build linux

package app_test

import (
	"math"
	"testing"
	"time"
)

const (
	// memoryMeetings have a browser and a telephone each before the others come.
	memoryMeetings = 20
	// memoryCalls come and go in waves, this many at a time.
	memoryWave, memoryCalls = 100, 1000
	// giveBack is how long the gateway may take to give back what it does not need.
	// Go returns memory to the system slowly, and on purpose.
	giveBack = time.Minute
	// settled is when what a hundred calls at once have left behind was returned to
	// the system: Go takes its time, on purpose.
	settled = 15 * time.Second
)

// memory is what calls take up, in bytes.
type memory struct {
	heap, rss           float64 // of a call in a meeting
	idleHeap, idleRSS   float64 // before the first, nobody there
	afterHeap, afterRSS float64 // after the last, nobody there
}

func (m memory) report(b *testing.B) {
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(m.heap, "heap-B/call")
	b.ReportMetric(m.rss, "RSS-B/call")
	b.ReportMetric(m.afterHeap/m.idleHeap, "heap-after/before")
	b.ReportMetric(m.afterRSS/m.idleRSS, "RSS-after/before")
}

// measureMemory weighs a telephone in a meeting where a browser is already, and
// what is left of a thousand of them when everybody has gone.
func measureMemory(b *testing.B, program string) (m memory) {
	v := benchVoices(b, fifth(), fifth())
	g := startGenerator(b, startProcess(b, program, memoryMeetings))
	first := g.pages(0, 1, 1, v.web, fifth())
	g.wave(v, 1, time.Second) // makes what all calls share
	first[0].leave()
	m.idleHeap, m.idleRSS = g.weigh("idle")
	// A page has its second connection once it has somebody to hear, and that is the
	// page's: so a telephone is in each meeting already.
	pages := g.pages(0, memoryMeetings, 1, v.web, fifth())
	there := g.call(memoryMeetings, func(i int) int { return i }, v.phone, fifth())
	time.Sleep(settled)
	meetingsHeap, meetingsRSS := g.weigh("meetings")
	heap, rss := g.wave(v, memoryWave, settled)
	m.heap, m.rss = (heap-meetingsHeap)/memoryWave, (rss-meetingsRSS)/memoryWave
	for n := memoryWave; n < memoryCalls; n += memoryWave {
		g.wave(v, memoryWave, time.Second)
	}
	for _, p := range there {
		p.hangup()
	}
	for _, p := range pages {
		p.leave()
	}
	m.afterHeap, m.afterRSS = math.Inf(1), math.Inf(1)
	for begun := time.Now(); time.Since(begun) < giveBack; time.Sleep(time.Second) {
		heap, rss := g.weigh("after")
		m.afterHeap, m.afterRSS = min(m.afterHeap, heap), min(m.afterRSS, rss)
		if m.back() {
			break
		}
	}
	return m
}

// back: nothing to speak of is left of the calls.
func (m memory) back() bool { return m.afterHeap <= 1.1*m.idleHeap && m.afterRSS <= 1.1*m.idleRSS }

// weigh is what the gateway takes up once its garbage is gone. The profile of it
// has a name.
func (g *generator) weigh(name string) (heap, rss float64) {
	g.tb.Helper()
	heap = g.gateway.heap()
	time.Sleep(time.Second) // Go returns what was garbage soon after
	rss = g.gateway.memory()
	g.gateway.keepProfile(name, "heap")
	return heap, rss
}

// wave has n telephones call, talk for so long and hang up. heap and rss are those
// while they talk.
func (g *generator) wave(v voices, n int, talked time.Duration) (heap, rss float64) {
	g.tb.Helper()
	phones := g.call(n, func(i int) int { return i % memoryMeetings }, v.phone, fifth())
	if len(phones) < n {
		g.tb.Fatalf("the gateway took %d of %d calls", len(phones), n)
	}
	time.Sleep(talked)
	heap, rss = g.weigh("calls")
	for _, p := range phones {
		p.hangup()
	}
	return heap, rss
}
