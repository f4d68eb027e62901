package overload

import "time"

// Sample is what was measured at a moment. What only grows is compared with
// the sample before.
type Sample struct {
	At          time.Time
	CPU         time.Duration // computed since the start, all threads together
	Cores       float64       // that may be used
	Heap        uint64        // bytes in use
	Memory      uint64        // bytes that may be used; 0 is not known
	Beats, Late uint64        // of the audio clock since the start; those that came too late
	Lateness    time.Duration // is too late; 0: none are counted
}

// load is what a machine had to do between two samples, in shares of what it
// may. It is smoothed, so that one burst is not yet overload.
type load struct {
	cpu, heap, late float64
}

// smooth is the weight of the newest period: what was is forgotten within about
// a second.
const smooth = .4

// forgotten is the share of late beats below which there are none, however long
// ago the last was.
const forgotten = 1e-6

func (l load) after(a, b Sample) load {
	took := b.At.Sub(a.At).Seconds() * b.Cores
	if took <= 0 {
		return l
	}
	l.cpu += smooth * ((b.CPU-a.CPU).Seconds()/took - l.cpu)
	late := 0.0
	if b.Beats > a.Beats && b.Lateness == a.Lateness { // counted by another limit they do not compare
		late = float64(b.Late-a.Late) / float64(b.Beats-a.Beats)
	}
	if l.late += smooth * (late - l.late); l.late < forgotten {
		l.late = 0
	}
	l.heap = 0
	if b.Memory > 0 {
		l.heap = float64(b.Heap) / float64(b.Memory)
	}
	return l
}

// state is what is done about it: the share of new calls that is taken, and
// which key of the file is the reason where that is not all.
type state struct {
	share float64
	key   string
	wait  int // periods until late sound counts again
}

const (
	// lateShare of the beats may be late: sound that waits for one beat in
	// twenty is what a jitter buffer was made for. With veryLate there is little
	// time.
	lateShare, veryLate = .05, .25
	// idle is the share of the processors below which sound is late for the sake
	// of others, such as a desktop's programs: fewer calls would not change that.
	idle = .1
	// fewer is what is taken of the calls when sound was late, and farFewer when
	// it was very late. Then there is a pause to see what comes of it.
	fewer, farFewer = .85, .7
	pause           = 2
	// more is how much larger the share grows in a period with room left.
	more = .02
	// least is always tried, or nobody would learn that it is over.
	least = .05
	// heapBack is how far the heap must fall below its limit.
	heapBack = .05
)

// next takes more or fewer calls than in the period before, so that the load
// comes to rest at its limit. Taking all or none in turns would let half of the
// machine lie idle and keep nobody's calls undisturbed.
//
// How much the processors have to do tells how far it is from the limit, so the
// share is scaled by that. How late the sound is does not: it is all well until
// it is not, so the share is felt down and up again in steps.
func next(s state, l load, c Config) state {
	if limit := float64(c.Heap) / 100; c.Heap > 0 {
		empties := s.key == heapKey && s.share == 0
		if l.heap >= limit || empties && l.heap > limit-heapBack {
			return state{key: heapKey}
		}
	}
	share, key := s.share+more, ""
	if c.CPU > 0 && l.cpu > 0 {
		if scaled := s.share * float64(c.CPU) / 100 / l.cpu; scaled < share {
			share, key = scaled, cpuKey
		}
	}
	wait := max(0, s.wait-1)
	if c.Lateness > 0 && l.late > lateShare && l.cpu > idle {
		felt := s.share
		if s.wait == 0 {
			felt, wait = felt*fewer, pause
			if l.late > veryLate {
				felt = s.share * farFewer
			}
		}
		if felt < share {
			share, key = felt, latenessKey
		}
	}
	share = max(least, share)
	switch {
	case share >= 1:
		return state{share: 1, wait: wait}
	case share >= s.share:
		key = s.key // on its way back
	}
	return state{share, key, wait}
}

// Limits, by their keys in the operator's file.
const (
	callsKey    = "overload.calls"
	perSecond   = "overload.calls_per_second"
	waitingKey  = "overload.waiting"
	cpuKey      = "overload.cpu"
	heapKey     = "overload.heap"
	latenessKey = "overload.lateness"
)
