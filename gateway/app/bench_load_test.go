//go:build linux

package app_test

import (
	"bytes"
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/rtp"

	"github.com/einwahl/einwahl/conference/embedded/webtest"
	"github.com/einwahl/einwahl/gateway/peertest"
	"github.com/einwahl/einwahl/sip/siptest"
	"github.com/einwahl/einwahl/transcode/opus"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// pair is a telephone and a web peer in a meeting of their own.
type pair struct {
	phone *benchPhone
	web   *webtest.Peer
	work  sync.WaitGroup
	stop  context.CancelFunc
}

// pairEars are told what each side of a pair hears.
type pairEars struct {
	phone func(payload []byte, at time.Time)
	web   func(payload []byte, at time.Time)
}

// joinPairs brings pairs into their meetings, all at once, and returns when
// every telephone has its seat. The callers pass over the privacy notice.
func joinPairs(b *testing.B, g *process, n int, ears func(i int) pairEars) []*pair {
	b.Helper()
	phone := siptest.New(b, siptest.Config{Gateway: g.sip})
	pairs := make([]*pair, n)
	for i := range pairs {
		e := ears(i)
		web := webtest.Dial(b, g.http, benchMeeting(i), webtest.Join{Name: "Web"},
			webtest.Hears(func(_ string, _ rtp.Header, payload []byte, at time.Time) { e.web(payload, at) }))
		pairs[i] = &pair{web: web, phone: dialBench(b, phone, benchNumber(i), e.phone)}
	}
	peertest.Eventually(b, "all callers hear the privacy notice", func() bool { return g.informing() == n })
	for _, p := range pairs {
		p.phone.call.Info('#')
	}
	for _, p := range pairs {
		p.web.Connected()
		p.web.Sees("the telephone", func(m webtest.Message) bool { return len(m.Phones()) == 1 })
	}
	return pairs
}

// voices are what both sides of each pair say.
type voices struct{ phone, web talk }

// mouths are told of each packet before it goes.
type mouths struct {
	phone, web func(number int, at time.Time)
}

// talk has both sides of the pair talk until it leaves. Each pair begins
// somewhere else in what is said, and its two sides at moments of their own
// between two beats: the i-th of n.
func (p *pair) talk(v voices, i, n int, m mouths) {
	part := pcm.FrameDuration / time.Duration(n)
	from := i * len(v.web) / n
	p.phone.talk(v.phone, from, time.Duration(i)*part, m.phone)
	ctx, cancel := context.WithCancel(context.Background())
	p.stop = cancel
	p.work.Go(func() {
		everyFrame(ctx, time.Duration(i*3%n)*part, func(i int) {
			number := (from + i) % len(v.web)
			if m.web != nil {
				m.web(number, time.Now())
			}
			p.web.Send(v.web[number])
		})
	})
}

func (p *pair) leave() {
	p.stop()
	p.work.Wait()
	p.phone.hangup()
	p.web.Close()
}

// load is what a number of calls costs.
type load struct {
	calls       int
	cpu, kernel float64 // percent of a core, per call
	floor       float64 // the same for the codecs alone
	memory      float64 // bytes per call
	packets     int64   // that the telephones got
	gaps        int64   // over 40 ms between two of them
	longest     time.Duration
}

func (l load) report(b *testing.B) {
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(l.cpu, "cpu%/call")
	b.ReportMetric(l.floor, "codec-cpu%/call")
	b.ReportMetric(l.cpu/l.floor, "x-codec")
	b.ReportMetric(l.memory, "RSS-B/call")
	b.ReportMetric(float64(l.gaps), "gaps>40ms")
}

// measureLoad measures a number of calls in which both sides talk all the time.
func measureLoad(b *testing.B, program string, calls int) load {
	const length = time.Minute
	l := load{calls: calls}
	v := voices{telephoneTalk(benchSpeech(b, pcm.Narrowband, length)), webTalk(b, benchSpeech(b, opus.ClockRate, length))}
	g := startProcess(b, program, calls)

	// The first call makes what all calls share.
	for _, p := range joinPairs(b, g, 1, func(int) pairEars { return newCadence().ears() }) {
		p.talk(v, 0, 1, mouths{})
		p.leave()
	}
	before := g.memory()
	floor := codecFloor(b, v, calls)

	cadences := make([]*cadence, calls)
	pairs := joinPairs(b, g, calls, func(i int) pairEars {
		cadences[i] = newCadence()
		return cadences[i].ears()
	})
	for i, p := range pairs {
		p.talk(v, i, calls, mouths{})
	}
	time.Sleep(2 * time.Second) // buffers have found their size
	for _, c := range cadences {
		c.begin()
	}
	begun := time.Now()
	all, kernel := g.cpu()
	time.Sleep(window)
	all2, kernel2 := g.cpu()
	share := 100 / time.Since(begun).Seconds() / float64(calls)
	l.cpu, l.kernel = (all2-all).Seconds()*share, (kernel2-kernel).Seconds()*share
	for _, c := range cadences {
		c.end(b, &l)
	}
	if due := int64(calls) * int64(window/pcm.FrameDuration); l.packets < due*97/100 {
		b.Skipf("this machine is too busy to tell: the telephones got %d of %d packets", l.packets, due)
	}
	l.memory = (g.memory() - before) / float64(calls)
	for _, p := range pairs {
		p.leave()
	}
	l.floor = (floor + codecFloor(b, v, calls)) / 2
	return l
}

// cadence watches whether packets come evenly, and that there is a voice in
// them: a gateway that passes nothing on is cheap.
type cadence struct {
	web atomic.Int64 // packets that the web peer got

	mu      sync.Mutex
	counts  bool
	last    time.Time
	packets int64
	voiced  int64
	gaps    int64
	longest time.Duration
}

func newCadence() *cadence { return &cadence{} }

func (c *cadence) ears() pairEars {
	return pairEars{phone: c.hear, web: func([]byte, time.Time) { c.web.Add(1) }}
}

// begin counts from here.
func (c *cadence) begin() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts = true
	c.web.Store(0)
}

func (c *cadence) hear(payload []byte, at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.counts {
		return
	}
	if !c.last.IsZero() {
		gap := at.Sub(c.last)
		c.longest = max(c.longest, gap)
		if gap > 40*time.Millisecond {
			c.gaps++
		}
	}
	c.last = at
	c.packets++
	if bytes.Count(payload, payload[:1]) < len(payload) { // else it is silence
		c.voiced++
	}
}

// end adds what was counted.
func (c *cadence) end(b *testing.B, l *load) {
	b.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts = false
	l.packets += c.packets
	l.gaps += c.gaps
	l.longest = max(l.longest, c.longest)
	if c.voiced < c.packets/2 || c.web.Load() < c.packets/2 {
		b.Fatalf("of %d packets of talk the telephone has heard %d and the web peer %d", c.packets, c.voiced, c.web.Load())
	}
}
