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
}

// load is what a machine had to do between two samples, in shares of what it
// may. It is smoothed, so that one burst is not yet overload.
type load struct {
	cpu, heap, late float64
}

// smooth is the weight of the newest period: what was is forgotten within about
// a second.
const smooth = .4

func (l load) after(a, b Sample) load {
	took := b.At.Sub(a.At).Seconds() * b.Cores
	if took <= 0 {
		return l
	}
	l.cpu += smooth * ((b.CPU-a.CPU).Seconds()/took - l.cpu)
	late := 0.0
	if beats := b.Beats - a.Beats; beats > 0 {
		late = float64(b.Late-a.Late) / float64(beats)
	}
	l.late += smooth * (late - l.late)
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
}

const (
	// lateShare of the beats may be late: sound that waits for one beat in
	// twenty is what a jitter buffer was made for.
	lateShare = .05
	// leastShare is always tried, or nobody would learn that it is over.
	leastShare = .02
	// fastest is how much more is taken after a period with room left.
	fastest = 1.15
	// slowest is what is taken after one with sound that was late.
	slowest = .7
	// heapBack is how far the heap must fall below its limit.
	heapBack = .05
)

// next takes more or fewer calls than in the period before, so that the load
// comes to rest at its limit: the share is scaled by how far the one is from
// the other. Taking all or none in turns would let half of the machine lie idle
// and keep nobody's calls undisturbed.
func next(s state, l load, c Config) state {
	scale, key := fastest, ""
	if c.CPU > 0 && l.cpu > 0 {
		scale, key = min(scale, float64(c.CPU)/100/l.cpu), "overload.cpu"
	}
	if c.Lateness > 0 && l.late > lateShare && slowest < scale {
		scale, key = slowest, "overload.lateness"
	}
	if limit := float64(c.Heap) / 100; c.Heap > 0 {
		full := l.heap >= limit
		if full || s.key == "overload.heap" && s.share == 0 && l.heap > limit-heapBack {
			return state{share: 0, key: "overload.heap"}
		}
	}
	share := min(1, max(leastShare, s.share*scale))
	switch {
	case share == 1:
		return state{share: 1}
	case scale < 1:
		return state{share, key}
	}
	return state{share, s.key} // on its way back
}
