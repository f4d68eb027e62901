package mixer

import (
	"math"
	"time"

	"github.com/einwahl/einwahl/transcode/pcm"
)

const (
	// queued is how many packets are held at most: what comes between two beats
	// after a stall, or waits for its sound, be they of 10 ms.
	queued = 32
	// over is how long after the beginning of a packet its sound is over.
	over = 60 * time.Millisecond
	// patience is for how many beats somebody may speak without a packet until
	// it is clear that none will come.
	patience = 5
	// trifle is a gain, in dB, that makes no difference worth encoding anew
	// for; beyond plain it does even in the middle of a sentence.
	trifle, plain = 1, 3
)

// passage passes on packets as the phone has sent them, where nothing has to be
// changed in what they say. That is decided when somebody begins to speak: in
// the middle of a sentence one stream does not go over into the other unheard.
type passage struct {
	out    pcm.PacketSink // nil where packets cannot be passed on
	kept   [queued]pcm.Packet
	n      int
	ahead  time.Duration // of its sound, the last of them
	fresh  bool          // a packet has come since the last beat
	dry    int           // beats without one
	speaks bool
	open   bool
}

// take keeps a packet for this beat.
func (q *passage) take(p pcm.Packet) {
	if q.out == nil {
		return
	}
	if q.n == queued {
		q.drop(1)
	}
	q.ahead = p.Ahead
	k := &q.kept[q.n]
	p.Payload = append(k.Payload[:0], p.Payload...)
	*k = p
	q.n++
	q.fresh = true
}

// drop forgets the oldest packets. Their memory is used again.
func (q *passage) drop(n int) {
	q.n -= n
	for i := range q.n {
		q.kept[i], q.kept[i+n] = q.kept[i+n], q.kept[i]
	}
}

// pause is for a beat on which the phone is not heard. What it has sent lately
// is kept only if it may be heard.
func (q *passage) pause(may bool) {
	q.speaks, q.open = false, false
	if !may {
		q.n = 0
	}
	q.age()
}

// age keeps what may still be needed when nothing is passed on: a packet comes
// before its sound has gone through the jitter buffer, so when the gate opens on the
// next beat the first ones of the word are here already.
func (q *passage) age() {
	if !q.fresh {
		q.ahead -= pcm.FrameDuration
	}
	q.fresh = false
	for q.n > 1 && q.kept[q.n-1].After(q.kept[1]) >= q.ahead { // the second has the sound of now
		q.drop(1)
	}
	if q.n == 1 && q.ahead < -over {
		q.drop(1)
	}
}

// pass is for a beat on which the phone is heard, with a gain in dB. It passes
// on what the phone has sent and reports true, or false if the phone is to be
// heard by its frames.
func (q *passage) pass(gain float64) bool {
	if q.out == nil {
		return false
	}
	q.dry++
	if q.fresh {
		q.dry = 0
	}
	if !q.speaks {
		q.speaks, q.open = true, q.n > 0 && math.Abs(gain) < trifle
	} else if math.Abs(gain) > plain || q.dry > patience {
		q.open = false
	}
	if !q.open {
		q.age()
		return false
	}
	for i := range q.n {
		q.out.WritePacket(q.kept[i])
	}
	q.n, q.fresh = 0, false
	return true
}
