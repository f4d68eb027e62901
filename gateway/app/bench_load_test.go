//go:build linux

package app_test

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/einwahl/einwahl/gateway/peertest"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// scene is who is there: meetings with telephones and browsers in each, and how
// much of the time they speak.
type scene struct {
	meetings, phones, pages int // telephones and pages are those of one meeting
	phone, page             share
}

func (s scene) callers() int { return s.meetings * s.phones }

// load is what a number of calls costs.
type load struct {
	callers     int
	cpu, kernel float64 // percent of a core, per call
	floor       float64 // the same for the codecs alone
	objects     float64 // allocated in a second, whatever for
	traffic     float64 // packets in a second, in and out, of telephones and browsers
	allocated   float64 // objects per packet, without those that it takes to be connected
	memory      float64 // bytes per call, its browser included
	complexity  int     // that Opus encoders were held to, at the worst
	due         int     // packets, to all telephones
	cadence     cadence // of all telephones
	pages       int     // packets that browsers got
	spoke       int     // and that they sent
	generator   float64 // percent of a core that the generator took
	others      float64 // and that programs took that are not part of this
	late        float64 // share of the generator's turns
}

// short: the gateway was not at work all the time, so there is no telling what
// its work would have cost.
func (l load) short() bool { return float64(l.cadence.packets) < .97*float64(l.due) }

// String tells what the figures are to be judged by.
func (l load) String() string {
	return fmt.Sprintf("%d callers, %.2f %% of a core each, of it in the kernel %.2f %%, Opus at up to %d; generator %.0f %% and late in %.1f %% of its turns, other programs %.0f %%; %d of %d packets came to telephones, %d gaps over 40 ms, longest %.0f ms",
		l.callers, l.cpu, l.kernel, l.complexity, l.generator, 100*l.late, max(0, l.others), l.cadence.packets, l.due, l.cadence.gaps, ms(l.cadence.longest))
}

func (l load) report(b *testing.B) {
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(l.cpu, "cpu%/call")
	if l.floor > 0 {
		b.ReportMetric(l.floor, "codec-cpu%/call")
		b.ReportMetric(l.cpu/l.floor, "x-codec")
	}
	b.ReportMetric(l.memory, "RSS-B/call")
	b.ReportMetric(l.allocated, "allocs/packet")
	b.ReportMetric(float64(l.cadence.gaps), "gaps>40ms")
}

// measureLoad measures what a scene costs the gateway, and what the codecs
// alone would cost for as many calls, if that is asked for. A shared machine is
// not always equally fast: then the two are watched in turn, and of several such
// rounds the one counts whose multiple is in the middle, with the allocations of
// the worst.
func measureLoad(b *testing.B, program string, s scene, withFloor bool) load {
	v, full, turns := benchVoices(b, s.phone, s.page), voices{}, 1
	if withFloor {
		full, turns = benchVoices(b, always(), always()), rounds
	}
	g := startGenerator(b, startProcess(b, program, s.meetings))
	for _, p := range g.call(1, func(int) int { return 0 }, v.phone, s.phone) { // makes what all calls share
		p.hangup()
	}
	before, floor := g.gateway.memory(), 0.
	if withFloor {
		floor = codecFloor(b, full, s.callers())
	}
	pages := g.pages(0, s.meetings, s.pages, v.web, s.page)
	phones := g.call(s.callers(), func(i int) int { return i % s.meetings }, v.phone, s.phone)
	if len(phones) < s.callers() {
		b.Skipf("the gateway took %d of %d calls", len(phones), s.callers())
	}
	rest, most := g.hush(phones, pages), 0.
	all := make([]load, turns)
	for i := range all {
		g.settle()
		profile := g.gateway.profiled(window)
		l := g.watch(phones, pages, window)
		profile()
		most = max(most, (l.objects-rest.objects)/l.traffic)
		l.memory = (g.gateway.memory() - before) / float64(s.callers())
		if withFloor {
			g.silence(true)
			again := codecFloor(b, full, s.callers())
			g.silence(false)
			l.floor, floor = (floor+again)/2, again
			b.Logf("%.2f x: %.3f of %.3f %%", l.cpu/l.floor, l.cpu, l.floor)
		}
		b.Log(l)
		g.check(b, s, l)
		all[i] = l
	}
	for _, p := range phones {
		p.hangup()
	}
	for _, p := range pages {
		p.leave()
	}
	slices.SortFunc(all, func(a, b load) int { return cmp.Compare(a.cpu*b.floor, b.cpu*a.floor) })
	l := all[len(all)/2]
	l.allocated = most
	return l
}

// check makes sure that there was a conversation: who speaks must be heard.
func (g *generator) check(b *testing.B, s scene, l load) {
	b.Helper()
	if l.short() {
		return
	}
	due := float64(l.due)
	if spoken := s.page.part() * due; float64(l.cadence.voiced) < spoken/2 {
		b.Fatalf("telephones have heard a voice in %d packets of %.0f; somebody spoke in at least %.0f", l.cadence.voiced, due, spoken)
	}
	if spoken := s.phone.part() * due; float64(l.pages) < spoken/2*float64(s.pages) {
		b.Fatalf("telephones have spoken in %.0f packets, and each browser beside them has heard %d", spoken, l.pages)
	}
}

// settle waits until all callers may speak, for before that they are told who is
// there, and until buffers have found their size.
func (g *generator) settle() {
	g.tb.Helper()
	peertest.Eventually(g.tb, "all callers may speak", func() bool { return g.gateway.muted() == 0 })
	time.Sleep(settling)
}

// watch measures the gateway for a while.
func (g *generator) watch(phones []*benchPhone, pages []*benchPage, length time.Duration) (l load) {
	g.tb.Helper()
	l.callers = len(phones)
	held := int(g.gateway.figure(complexityMetric))
	objects := g.gateway.objects()
	g.begin(phones, pages)
	before := g.gateway.spent()
	time.Sleep(length)
	s := g.gateway.spent().since(before)
	l.cpu, l.kernel = s.percent(s.gateway)/float64(len(phones)), s.percent(s.kernel)/float64(len(phones))
	l.generator, l.others = s.percent(s.own), s.others()
	l.due = int(s.at/pcm.FrameDuration) * len(phones)
	g.count(&l, phones, pages)
	l.objects = (g.gateway.objects() - objects) / s.at.Seconds()
	l.complexity = min(held, int(g.gateway.figure(complexityMetric)))
	l.traffic = float64(len(phones))*float64(time.Second/pcm.FrameDuration) + float64(l.cadence.packets+l.pages+l.spoke)/s.at.Seconds()
	return l
}

// hush measures the gateway while nobody sends anything: connections are kept
// alive all the same.
func (g *generator) hush(phones []*benchPhone, pages []*benchPage) load {
	g.tb.Helper()
	g.silence(true)
	defer g.silence(false)
	g.settle()
	return g.watch(phones, pages, resting)
}

// silence has nobody send anything, or all again.
func (g *generator) silence(on bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.silent = on
}

// begin counts from here.
func (g *generator) begin(phones []*benchPhone, pages []*benchPage) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, p := range phones {
		p.cadence.begin()
	}
	for _, p := range pages {
		p.heard.Store(0)
		p.spoke.Store(0)
	}
	g.took.turns, g.took.late = 0, 0
}

// count adds up what has been counted since begin.
func (g *generator) count(l *load, phones []*benchPhone, pages []*benchPage) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, p := range phones {
		l.cadence.add(p.cadence)
	}
	for _, p := range pages {
		l.pages += int(p.heard.Load())
		l.spoke += int(p.spoke.Load())
	}
	l.late = float64(g.took.late) / float64(max(1, g.took.turns))
}
