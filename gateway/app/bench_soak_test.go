//go:build linux

package app_test

import (
	"os"
	"slices"
	"testing"
	"time"
)

const (
	// soakCalls are in meetings of perMeeting callers and a browser.
	soakCalls = 200
	// soakEvery is how often the heap is weighed.
	soakEvery = 5 * time.Second
	// flat is how much larger the heap may be at the end than at the beginning.
	flat = 1.05
)

// TestSoak holds calls for as long as SOAK says, such as 10m, and weighs the
// heap: what calls need at the end is what they needed at the beginning.
func TestSoak(t *testing.T) {
	if os.Getenv("SOAK") == "" {
		t.Skip("takes long: make soak")
	}
	length, err := time.ParseDuration(os.Getenv("SOAK"))
	if err != nil {
		t.Fatal(err)
	}
	v := benchVoices(t, fifth(), fifth())
	const meetings = soakCalls / perMeeting
	g := startGenerator(t, startProcess(t, buildGateway(t), meetings))
	pages := g.pages(0, meetings, 1, v.web, fifth())
	phones := g.call(soakCalls, func(i int) int { return i % meetings }, v.phone, fifth())
	if len(phones) < soakCalls {
		t.Fatalf("the gateway took %d of %d calls", len(phones), soakCalls)
	}
	g.settle()
	heaps, routines := g.soak(phones, pages, length)
	begin, end := grown(heaps)
	t.Logf("heap %.1f MB at the beginning, %.1f MB at the end; goroutines %.0f and %.0f", begin/1e6, end/1e6, routines[0], routines[1])
	if end > flat*begin {
		t.Errorf("the heap has grown from %.1f to %.1f MB: %.0f", begin/1e6, end/1e6, heaps)
	}
	if routines[1] > flat*routines[0] {
		t.Errorf("there were %.0f goroutines, now there are %.0f", routines[0], routines[1])
	}
	if left := g.gateway.phase("talking"); left != soakCalls {
		t.Errorf("%d of %d calls are left", left, soakCalls)
	}
}

// soak weighs the heap for a while, and counts goroutines before and after.
func (g *generator) soak(phones []*benchPhone, pages []*benchPage, length time.Duration) (heaps []float64, routines [2]float64) {
	g.tb.Helper()
	const metric = "go_goroutines"
	routines[0] = g.gateway.figure(metric)
	for begun := time.Now(); time.Since(begun) < length; {
		l := g.watch(phones, pages, soakEvery)
		after := time.Since(begun).Round(time.Second)
		heap, rss := g.weigh(after.String())
		heaps = append(heaps, heap)
		g.tb.Logf("after %v: heap %.2f MB, RSS %.1f MB; %v", after, heap/1e6, rss/1e6, l)
	}
	routines[1] = g.gateway.figure(metric)
	return heaps, routines
}

// grown is the heap in the second and in the last fifth of the time; half of the
// figures there are above it. In the first fifth buffers find their size.
func grown(heaps []float64) (begin, end float64) {
	fifth := max(1, len(heaps)/5)
	median := func(some []float64) float64 {
		sorted := slices.Sorted(slices.Values(some))
		return sorted[len(sorted)/2]
	}
	return median(heaps[min(fifth, len(heaps)-fifth):][:fifth]), median(heaps[len(heaps)-fifth:])
}
