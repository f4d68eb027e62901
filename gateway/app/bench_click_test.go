//go:build linux

package app_test

import (
	"sync"
	"testing"
	"time"

	"github.com/einwahl/einwahl/gateway/peertest"
	"github.com/einwahl/einwahl/transcode/g711"
	"github.com/einwahl/einwahl/transcode/opus"
	"github.com/einwahl/einwahl/transcode/pcm"
)

const (
	// clickEvery is how many packets lie between two clicks, about.
	clickEvery = 50
	// clickLength is in samples at 8 kHz: 4 ms of 1 kHz, as loud as can be.
	clickLength = 32
	clickPeak   = 30000
	// Behind the clicks somebody talks, so far down that no word is taken for
	// one: buffers, gates and encoders do what they do in a conversation.
	clickBackground = 8 // divides speech
	clickHeard      = 12000
)

// click is how long sound is on its way.
type click struct {
	in, out []time.Duration
	others  float64 // percent of a core that other programs took meanwhile
}

func (c click) report(b *testing.B) {
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(ms(quantile(c.in, .5)), "in-p50-ms")
	b.ReportMetric(ms(quantile(c.in, .95)), "in-p95-ms")
	b.ReportMetric(ms(quantile(c.out, .5)), "out-p50-ms")
	b.ReportMetric(ms(quantile(c.out, .95)), "out-p95-ms")
}

// measureClick clicks on both sides of several calls and looks for the clicks
// on the other.
//
// What counts is the time from the moment the packet with the click leaves its
// sender to the moment the packet with the click reaches its listener, plus the
// click's place in that packet: it is always the first sound of the packet
// that is sent. Opus brings a click 6.5 ms after it went in, and that is in.
// The 20 ms that a sender collects before a packet can leave, and what a
// listener's own buffer adds, are the same whatever lies between, and are out.
func measureClick(b *testing.B, program string) (c click) {
	v, clicks := clickVoices(b)
	g := startGenerator(b, startProcess(b, program, clickers))
	ins, outs := make([]*clickPath, clickers), make([]*clickPath, clickers)
	var phones []*benchPhone
	for i := range clickers {
		ins[i], outs[i] = newClickPath(clicks), newClickPath(clicks)
		page := g.open(i, ins[i].hearOpus(b))
		page.said = outs[i].said
		page.Connected()
		p, ok := g.dial(benchNumber(i), nil, 0, outs[i].hearLaw)
		if !ok {
			b.Fatal("the gateway takes no call")
		}
		p.talk, p.said, p.next = v.phone, ins[i].said, always().from(i)
		phones = append(phones, p)
		page.speak(v.web, always().from(i)+clickEvery/2)
	}
	g.seat(phones)
	// Who comes in is told who is there first, and some of those words would pass
	// for a click.
	peertest.Eventually(b, "all callers may speak", func() bool { return g.gateway.muted() == 0 })
	for i, p := range phones {
		outs[i].begin()
		g.add(p)
	}
	before := g.gateway.spent()
	time.Sleep(clicking)
	c.others = g.gateway.spent().since(before).others()
	for i, p := range phones {
		p.hangup()
		c.in = append(c.in, ins[i].settle()...)
		c.out = append(c.out, outs[i].settle()...)
	}
	if least := clickers * int(clicking/time.Second) * 3 / 4; len(c.in) < least || len(c.out) < least {
		b.Skipf("this machine is too busy to tell: %d and %d clicks were heard", len(c.in), len(c.out))
	}
	return c
}

// clickVoices is what both sides say, and which of the packets begin with a
// click.
func clickVoices(b *testing.B) (v voices, clicks map[int]bool) {
	b.Helper()
	narrow, wide := benchSpeech(b, pcm.Narrowband, talkLength), benchSpeech(b, opus.ClockRate, talkLength)
	clicks = map[int]bool{}
	for n := clickEvery; n < len(narrow)/pcm.NarrowbandSamples; n += clickEvery + n%7 {
		clicks[n] = true
	}
	addClicks(narrow, pcm.Narrowband, clicks)
	addClicks(wide, opus.ClockRate, clicks)
	return voices{telephoneTalk(narrow), webTalk(b, always().of(wide, opus.ClockRate), 0, false)}, clicks
}

// addClicks puts clicks where packets begin, and what is said far below them.
func addClicks(sound []int16, rate int, clicks map[int]bool) {
	for i := range sound {
		sound[i] /= clickBackground
	}
	factor := rate / pcm.Narrowband
	for n := range clicks {
		at := sound[n*rate/50:]
		for i := range clickLength * factor {
			// Four samples up, four down, at 8 kHz: 1 kHz.
			at[i] = clickPeak
			if i/factor/4%2 == 1 {
				at[i] = -clickPeak
			}
		}
	}
}

// clickPath is one way through the gateway.
type clickPath struct {
	clicks map[int]bool // packets that begin with one

	mu    sync.Mutex
	sent  []time.Time
	heard []time.Time
}

func newClickPath(clicks map[int]bool) *clickPath { return &clickPath{clicks: clicks} }

// begin forgets what was.
func (c *clickPath) begin() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sent, c.heard = nil, nil
}

func (c *clickPath) said(number int, at time.Time) {
	if !c.clicks[number] {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sent = append(c.sent, at)
}

// hear looks for a click in the sound of a packet.
func (c *clickPath) hear(sound []int16, at time.Time) {
	for i, s := range sound {
		if s < clickHeard && s > -clickHeard {
			continue
		}
		at = at.Add(time.Duration(i) * time.Second / pcm.Narrowband)
		c.mu.Lock()
		defer c.mu.Unlock()
		if n := len(c.heard); n == 0 || at.Sub(c.heard[n-1]) > 200*time.Millisecond {
			c.heard = append(c.heard, at)
		}
		return
	}
}

func (c *clickPath) hearLaw(payload []byte, at time.Time) {
	var sound [pcm.NarrowbandSamples]int16
	n, err := g711.NewDecoder(g711.ALaw).Decode(sound[:], payload)
	if err == nil {
		c.hear(sound[:n], at)
	}
}

func (c *clickPath) hearOpus(b *testing.B) func(payload []byte, at time.Time) {
	decoder, err := opus.NewDecoder(pcm.Narrowband)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(decoder.Close)
	var sound [longestPacket]int16
	return func(payload []byte, at time.Time) {
		if n, err := decoder.Decode(sound[:], payload); err == nil {
			c.hear(sound[:n], at)
		}
	}
}

// settle gives the time of each click that was heard.
func (c *clickPath) settle() (times []time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	heard := c.heard
	for _, sent := range c.sent[min(2, len(c.sent)):] { // buffers have found their size
		for len(heard) > 0 && heard[0].Before(sent) {
			heard = heard[1:]
		}
		if len(heard) > 0 && heard[0].Sub(sent) < 500*time.Millisecond {
			times = append(times, heard[0].Sub(sent))
		}
	}
	return times
}
