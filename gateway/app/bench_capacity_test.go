//go:build linux

package app_test

import (
	"fmt"
	"testing"
	"time"
)

const (
	// perMeeting telephones and a browser are in each meeting.
	perMeeting = 5
	// wantCallers is how many callers two cores are to carry. Up to there
	// callers come in steps of coarseStep, then of fineStep, and at mostCallers
	// the search ends.
	wantCallers = 400
	coarseStep  = 100
	fineStep    = 50
	mostCallers = 1000
	// stepWindow is how long each step is watched, twice if it did not go well:
	// others may have wanted the machine.
	stepWindow = 10 * time.Second
)

// capacity is how many callers the gateway carries.
type capacity struct {
	clean load   // the most callers with every packet on time
	last  load   // the last step
	why   string // the search has ended
	// Lateness of the audio clock, in seconds, at lateAt callers.
	lateAt          int
	late99, late999 float64
}

func (c capacity) report(b *testing.B) {
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(c.clean.callers), "callers")
	b.ReportMetric(c.clean.cpu, "cpu%/call")
	b.ReportMetric(float64(c.lateAt), "lateness-callers")
	b.ReportMetric(c.late99*1e3, "lateness-p99-ms")
	b.ReportMetric(c.late999*1e3, "lateness-p99.9-ms")
}

// measureCapacity lets more and more callers in until packets come late.
func measureCapacity(b *testing.B, program string) (c capacity) {
	v := benchVoices(b, fifth(), fifth())
	g := startGenerator(b, startProcess(b, program, mostCallers/perMeeting))
	var phones []*benchPhone
	var pages []*benchPage
	for n := coarseStep; n <= mostCallers; n += step(n) {
		meetings, more := len(phones)/perMeeting, n-len(phones)
		pages = append(pages, g.pages(meetings, more/perMeeting, 1, v.web, fifth())...)
		came := g.call(more, func(i int) int { return meetings + i/perMeeting }, v.phone, fifth())
		if phones = append(phones, came...); len(came) < more {
			c.why = fmt.Sprintf("not %d: the gateway took %d", n, len(phones))
			break
		}
		g.settle()
		before := g.gateway.figures()
		l := g.watch(phones, pages, stepWindow)
		if !l.clean() {
			before = g.gateway.figures()
			l = g.watch(phones, pages, stepWindow)
		}
		if n <= wantCallers {
			after := g.gateway.figures()
			c.lateAt, c.late99, c.late999 = n, lateness(before, after, .99), lateness(before, after, .999)
		}
		b.Log(l)
		if c.last = l; !l.clean() {
			c.why = l.blame()
			break
		}
		c.clean = l
	}
	if c.why == "" {
		c.why = "where the search ended"
	}
	return c
}

// step is how many callers come after the first n.
func step(n int) int {
	if n < wantCallers {
		return coarseStep
	}
	return fineStep
}

// clean: each telephone got each packet, and none was late.
func (l load) clean() bool {
	return l.cadence.gaps == 0 && l.cadence.packets > l.due*99/100
}

// blame says who was at the end of its forces.
func (l load) blame() string {
	const share = .01 // of the turns
	if l.late > share {
		return fmt.Sprintf("not %d: packets came late, and the generator was late as well", l.callers)
	}
	return fmt.Sprintf("not %d: packets came late", l.callers)
}
