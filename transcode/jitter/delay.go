package jitter

const (
	// grain is the width of a histogram step: 5 ms, in steps per second.
	grain = 200
	// steps of the histogram: up to 400 ms.
	steps = 80
	// often is the share of packets that should come in time.
	often = 0.98
	// mostly is the share of packets that should come in time to recover the
	// one before.
	mostly = 0.8
	// memory is the weight of what is known against one more packet: at 50
	// packets a second, half of it is forgotten in four seconds.
	memory = 255.0 / 256
	// doubt is the same at the beginning, when little is known.
	doubt = 63.0 / 64
	// forgotten is a share too small to count. Left to itself it would shrink
	// to where the processor takes a hundred times as long to multiply.
	forgotten = 1e-6
	// alike is how many beats in a row have to be late by the same for it to
	// be a shift: of the sender's clock, or onto a longer path.
	alike = 5
)

// lateness learns how much later than the fastest packets the others come. It
// is arithmetic only: it knows no clock but the times it is given.
type lateness struct {
	rate   int
	share  [steps]float32 // of packets that were so many grains late
	filled int            // steps up to the last that is not 0
	seen   int
	before int // how late the packets of the last beat were
	same   int // beats in a row that were as late as the one before
	begun  bool
	since  int64    // when the younger of the two windows began
	lowest [2]int64 // transit time of the fastest packet: older, younger window
}

func newLateness(rate int) lateness {
	l := lateness{rate: rate, filled: 1}
	l.share[0] = 1
	return l
}

// arrive tells how late a packet is that came at a time and whose sound begins
// at begin, both in samples.
func (l *lateness) arrive(at, begin int64) int {
	transit := at - begin
	if !l.begun {
		l.begun, l.since = true, at
		l.lowest = [2]int64{transit, transit}
	}
	// A clock that runs slower than ours makes all packets a little later, so
	// the fastest of long ago is no measure. Windows of two seconds.
	if at-l.since > int64(2*l.rate) {
		l.since = at
		l.lowest[0], l.lowest[1] = l.lowest[1], transit
	}
	l.lowest[1] = min(l.lowest[1], transit)
	l.lowest[0] = min(l.lowest[0], l.lowest[1])
	return int(transit - l.lowest[0])
}

// turn goes on at another rate.
func (l *lateness) turn(rate int) {
	from, to := int64(l.rate), int64(rate)
	l.rate, l.before = rate, l.before*rate/l.rate
	l.since = l.since * to / from
	l.lowest[0], l.lowest[1] = l.lowest[0]*to/from, l.lowest[1]*to/from
}

// learn remembers how late the latest packet of a beat was. Packets that come
// in one burst after a stall are one event, not many, and what is late for good
// is no jitter.
func (l *lateness) learn(late int) {
	apart := late - l.before
	l.before = late
	if late >= l.rate/10 && max(apart, -apart) < l.rate/100 {
		l.same++
		if l.same == alike {
			l.forget()
		}
		return
	}
	l.same = 0
	keep := float32(memory)
	if l.seen < 512 {
		l.seen++
		keep = doubt
	}
	step := min(late*grain/l.rate, steps-1)
	filled := step + 1
	for i, share := range l.share[:l.filled] {
		if share < forgotten {
			l.share[i] = 0
			continue
		}
		l.share[i] = share * keep
		filled = max(filled, i+1)
	}
	l.share[step] += 1 - keep
	l.filled = filled
}

// usual is the lateness that few packets exceed, in samples.
func (l *lateness) usual() int { return l.most(often) }

// most is the lateness that a share of the packets does not exceed, in samples.
// Less than one grain counts as none.
func (l *lateness) most(of float32) int {
	var sum float32
	for i, share := range l.share {
		sum += share
		if sum >= of {
			if i == 0 {
				return 0
			}
			return (i + 1) * l.rate / grain
		}
	}
	return steps * l.rate / grain
}

// forget begins anew with the transit time, not with what is known of its
// spread: the network is the same, the sender's clock is another.
func (l *lateness) forget() { l.begun, l.before, l.same = false, 0, 0 }

// window keeps the least and the most of the last second or two.
type window struct {
	n        int
	old, now span
}

type span struct {
	least, most int // delay
	idle        int // least that was there before a packet when it came
	any         bool
}

func (s *span) add(delay, idle int) {
	if !s.any {
		*s = span{delay, delay, idle, true}
		return
	}
	s.least, s.most, s.idle = min(s.least, delay), max(s.most, delay), min(s.idle, idle)
}

const windowBeats = 50

func (w *window) add(delay, idle int) {
	w.now.add(delay, idle)
	w.n++
	if w.n == windowBeats {
		w.old, w.now, w.n = w.now, span{}, 0
	}
}

// span is what was seen, and whether that was long enough to act on.
func (w *window) span() (least, most, idle int, ok bool) {
	seen := w.old
	if w.now.any {
		seen.add(w.now.least, w.now.idle)
		seen.add(w.now.most, w.now.idle)
	}
	return seen.least, seen.most, seen.idle, w.old.any
}

// shift moves all that was seen: the delay was changed by so much.
func (w *window) shift(by int) {
	for _, s := range []*span{&w.old, &w.now} {
		s.least, s.most, s.idle = s.least+by, s.most+by, s.idle+by
	}
}

// turn goes on at another rate.
func (w *window) turn(from, to int) {
	for _, s := range []*span{&w.old, &w.now} {
		s.least, s.most, s.idle = s.least*to/from, s.most*to/from, s.idle*to/from
	}
}

func (w *window) clear() { *w = window{} }
