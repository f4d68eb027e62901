//go:build linux

package app_test

import (
	"os"
	"slices"
	"testing"
	"time"

	"github.com/einwahl/einwahl/transcode/pcm"
)

const (
	// soakCalls are in meetings of perMeeting callers and a browser.
	soakCalls = 200
	// soakEvery is how often the heap is weighed.
	soakEvery = 5 * time.Second
	// flat is how much larger the heap may be at the end than at the beginning, and
	// flatRSS the memory that the system sees: Go returns what it does not need late.
	flat, flatRSS = 1.05, 1.1
	// allButFew is the share of packets that telephones must get.
	allButFew = .99
)

// soaked is what a gateway took up while it held calls.
type soaked struct {
	heaps, rss []float64
	routines   [2]float64 // at the beginning and at the end
	came, due  int        // packets, to all telephones
}

// TestSoak holds calls for as long as SOAK says, such as 10m, and weighs the
// gateway: what calls need at the end is what they needed at the beginning, and
// telephones were served all the time.
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
	g.soak(phones, pages, length).check(t)
	if left := g.gateway.phase("talking"); left != soakCalls {
		t.Errorf("%d of %d calls are left", left, soakCalls)
	}
}

// soak weighs the gateway for a while, and counts goroutines before and after.
// Packets are counted while it is weighed too.
func (g *generator) soak(phones []*benchPhone, pages []*benchPage, length time.Duration) (s soaked) {
	g.tb.Helper()
	const metric = "go_goroutines"
	s.routines[0] = g.gateway.figure(metric)
	begun, before := time.Now(), g.came(phones)
	for time.Since(begun) < length {
		l := g.watch(phones, pages, soakEvery)
		after := time.Since(begun).Round(time.Second)
		heap, rss := g.weigh(after.String())
		s.heaps, s.rss = append(s.heaps, heap), append(s.rss, rss)
		g.tb.Logf("after %v: heap %.2f MB, RSS %.1f MB; %v", after, heap/1e6, rss/1e6, l)
	}
	s.due = int(time.Since(begun)/pcm.FrameDuration) * len(phones)
	s.came = g.came(phones) - before
	s.routines[1] = g.gateway.figure(metric)
	return s
}

// came is how many packets telephones have got in all.
func (g *generator) came(phones []*benchPhone) (n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, p := range phones {
		n += p.came
	}
	return n
}

// check compares the end with the beginning.
func (s soaked) check(t *testing.T) {
	t.Helper()
	heap, heapAfter := grown(s.heaps)
	rss, rssAfter := grown(s.rss)
	t.Logf("heap %.1f MB at the beginning, %.1f MB at the end; RSS %.1f and %.1f MB; goroutines %.0f and %.0f; %d of %d packets came to telephones",
		heap/1e6, heapAfter/1e6, rss/1e6, rssAfter/1e6, s.routines[0], s.routines[1], s.came, s.due)
	if heapAfter > flat*heap {
		t.Errorf("the heap has grown from %.1f to %.1f MB: %.0f", heap/1e6, heapAfter/1e6, s.heaps)
	}
	if rssAfter > flatRSS*rss {
		t.Errorf("RSS has grown from %.1f to %.1f MB: %.0f", rss/1e6, rssAfter/1e6, s.rss)
	}
	if s.routines[1] > flat*s.routines[0] {
		t.Errorf("there were %.0f goroutines, now there are %.0f", s.routines[0], s.routines[1])
	}
	if float64(s.came) < allButFew*float64(s.due) {
		t.Errorf("%d of %d packets came to telephones; see above whether other programs left the gateway enough", s.came, s.due)
	}
}

// grown is a figure in the second and in the last fifth of the time; half of the
// weights there are above it. In the first fifth buffers find their size.
func grown(weights []float64) (begin, end float64) {
	fifth := max(1, len(weights)/5)
	median := func(some []float64) float64 {
		sorted := slices.Sorted(slices.Values(some))
		return sorted[len(sorted)/2]
	}
	return median(weights[min(fifth, len(weights)-fifth):][:fifth]), median(weights[len(weights)-fifth:])
}
