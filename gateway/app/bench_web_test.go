//go:build linux

package app_test

import (
	"sync/atomic"
	"time"

	"github.com/pion/rtp"

	"github.com/einwahl/einwahl/conference/embedded/webtest"
)

// benchPage is a browser in a meeting, with a real WebRTC connection each way.
// The generator's thread speaks for it; what it hears pion's goroutines bring.
type benchPage struct {
	*webtest.Peer
	g     *generator
	heard atomic.Int64 // packets
	spoke atomic.Int64 // packets

	// The generator's, under its lock.
	talk talk
	next int
	said func(number int, at time.Time) // of each packet before it goes; may be nil
}

// open brings a page into a meeting. It says nothing until it is told to.
func (g *generator) open(meeting int, hears func(payload []byte, at time.Time)) *benchPage {
	g.tb.Helper()
	p := &benchPage{g: g}
	p.Peer = webtest.Dial(g.tb, g.gateway.http, benchMeeting(meeting), webtest.Join{Name: "Web"}, webtest.Unhurried(),
		webtest.Hears(func(_ string, _ rtp.Header, payload []byte, at time.Time) {
			p.heard.Add(1)
			if hears != nil {
				hears(payload, at)
			}
		}))
	return p
}

// pages brings so many pages into each of some meetings and has them speak.
func (g *generator) pages(first, meetings, each int, t talk, s share) (pages []*benchPage) {
	g.tb.Helper()
	for m := range meetings {
		for range each {
			pages = append(pages, g.open(first+m, nil))
		}
	}
	for i, p := range pages {
		if p.Connected(); !p.Pausing() {
			g.tb.Fatal("the gateway asks browsers for no pauses")
		}
		// They begin where telephones do not: these count from the other end.
		p.speak(t, s.from(1<<20-first-i))
	}
	return pages
}

// speak begins to send, from a packet on.
func (p *benchPage) speak(t talk, from int) {
	p.talk, p.next = t, from
	p.g.add(p)
}

// say sends the next packet.
func (p *benchPage) say(at time.Time) {
	number := p.next % len(p.talk)
	p.next++
	if len(p.talk[number].payload) == 0 {
		p.Pause()
		return
	}
	if p.said != nil {
		p.said(number, at)
	}
	p.spoke.Add(1)
	p.SendWithLevel(p.talk[number].payload, p.talk[number].level)
}

// leave takes the page away.
func (p *benchPage) leave() {
	p.g.remove(p)
	p.Close()
}
