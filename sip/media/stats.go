package media

import (
	"strings"
	"sync/atomic"
	"time"
)

// Stats adds up all legs that ever were. All but Legs, Resting and Free only
// grow.
type Stats struct {
	Legs    int // calls with sound
	Resting int // pairs whose call has ended and which are not given again yet
	Free    int // pairs left

	PacketsIn  uint64 // from callers
	PacketsOut uint64
	Lost       uint64 // from callers, that never came
	Foreign    uint64 // thrown away: not from the caller
	Forged     uint64 // thrown away: not under the key of the call, or the second time
	Broken     uint64 // thrown away: no RTP or RTCP, or of no agreed type
	SendErrors uint64 // packets that the machine would not take
	Digits     uint64
}

func (s *Stats) add(o Stats) {
	s.PacketsIn += o.PacketsIn
	s.PacketsOut += o.PacketsOut
	s.Lost += o.Lost
	s.Foreign += o.Foreign
	s.Forged += o.Forged
	s.Broken += o.Broken
	s.SendErrors += o.SendErrors
	s.Digits += o.Digits
}

// LegStats is how one call's sound fares.
type LegStats struct {
	Codec      string // empty before there is an agreement
	Print      string // of our certificate towards a browser, as in a=fingerprint; others have none
	PacketsIn  uint64
	PacketsOut uint64
	Lost       uint64        // of theirs
	Late       uint64        // of theirs, too late to be heard
	Jitter     time.Duration // of theirs
	Foreign    uint64
	Unproven   uint64 // thrown away while their source had yet to show that it is the caller's
	Forged     uint64 // as in Stats
	Broken     uint64
	SendErrors uint64
	// TheyLost and RoundTrip are what their last RTCP report says: the share
	// of our packets that got lost, 0 to 1, and the time there and back.
	TheyLost  float64
	RoundTrip time.Duration

	// How the caller sounds in the meeting.
	Concealed float64       // share of what is played that is made up
	Discarded float64       // share of their packets that came and was not played
	Delay     time.Duration // that the buffer adds
	Level     int           // of their voice, in dBov; level.Silent before they speak
	Noise     int           // of what is heard between their words, likewise
	// Rating is R of the E-model for what they say (ITU-T G.107), 0 to 100, and
	// 0 before anything came. TheirRating is the one that they report for what
	// they hear (RFC 3611), 0 if they report none.
	Rating, TheirRating float64
}

// counters are written by the beat, and read by whoever asks.
type counters struct {
	in, out, octets         atomic.Uint64
	foreign, unproven       atomic.Uint64
	forged                  atomic.Uint64
	broken, refused, digits atomic.Uint64
}

// Stats adds up all legs that ever were.
func (e *Engine) Stats() Stats {
	e.mu.Lock()
	defer e.mu.Unlock()
	sum := e.past
	sum.Legs, sum.Resting, sum.Free = len(e.legs), len(e.rests), e.ports.free()
	for l := range e.legs {
		sum.add(l.tally())
	}
	return sum
}

// tally is what a leg adds to the sum.
func (l *Leg) tally() Stats {
	return Stats{
		PacketsIn:  l.count.in.Load(),
		PacketsOut: l.count.out.Load(),
		Lost:       l.in.lost(),
		Foreign:    l.count.foreign.Load(),
		Forged:     l.count.forged.Load(),
		Broken:     l.count.broken.Load(),
		SendErrors: l.count.refused.Load(),
		Digits:     l.count.digits.Load(),
	}
}

// Stats tells how the call's sound fares.
func (l *Leg) Stats() LegStats {
	s := LegStats{
		PacketsIn:  l.count.in.Load(),
		PacketsOut: l.count.out.Load(),
		Foreign:    l.count.foreign.Load(),
		Unproven:   l.count.unproven.Load(),
		Forged:     l.count.forged.Load(),
		Broken:     l.count.broken.Load(),
		SendErrors: l.count.refused.Load(),
	}
	if l.web != nil {
		s.Print = l.web.print
	}
	if t := l.terms.Load(); t != nil {
		s.Codec = strings.ToUpper(t.Send.Name)
	}
	l.in.fill(&s)
	l.in.rate(&s)
	return s
}
