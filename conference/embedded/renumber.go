package embedded

import (
	"time"

	"github.com/pion/rtp"

	"github.com/einwahl/einwahl/transcode/pcm"
)

// renumber makes one stream of RTP out of several: what was held back, or came
// from another connection of the same person, leaves no gap in the numbers.
//
// It gives no number twice, whatever numbers the sender uses. Two packets under
// one number would be encrypted with one nonce on the way to each listener:
// whoever records the line could take the encryption off both.
type renumber struct {
	begun    bool
	resumed  bool
	ssrc     uint32
	seq      uint16 // taken off what comes in
	ts       uint32
	lastSeq  uint16
	lastTime uint32
	lastAt   time.Time
	floor    uint16               // numbers up to here were given to what came before
	given    [reorder / 64]uint64 // a bit for each number from lastSeq back
}

// reorder is how far behind the newest a packet may come. What is farther
// behind has begun anew.
const reorder = 256

func (r *renumber) resume() { r.resumed = true }

// next gives the numbers that a packet goes out with. It reports false for one
// that comes twice, or too late to have a number of its own.
func (r *renumber) next(h rtp.Header, at time.Time) (seq uint16, ts uint32, marker, ok bool) {
	marker = h.Marker
	anew := true
	switch {
	case !r.begun:
		r.begun = true
		r.lastSeq = h.SequenceNumber - 1
	case h.SSRC != r.ssrc, int16(h.SequenceNumber-r.seq-r.lastSeq) <= -reorder:
		passed := max(at.Sub(r.lastAt), pcm.FrameDuration)
		r.ts = h.Timestamp - r.lastTime - uint32(passed*48/time.Millisecond)
		r.seq = h.SequenceNumber - r.lastSeq - 1
	case r.resumed:
		r.seq = h.SequenceNumber - r.lastSeq - 1
	default:
		anew = false
	}
	if anew {
		r.floor, marker = r.lastSeq, true
	}
	r.resumed, r.ssrc = false, h.SSRC
	seq, ts = h.SequenceNumber-r.seq, h.Timestamp-r.ts
	if int16(seq-r.lastSeq) > 0 {
		r.advance(seq)
		r.lastTime, r.lastAt = ts, at
	}
	return seq, ts, marker, int16(seq-r.floor) > 0 && r.claim(seq)
}

// advance makes seq the newest number.
func (r *renumber) advance(seq uint16) {
	for n := r.lastSeq + 1; n != seq+1 && n-r.lastSeq <= reorder; n++ {
		r.given[n%reorder/64] &^= 1 << (n % 64)
	}
	r.lastSeq = seq
	if int16(r.lastSeq-r.floor) > reorder {
		r.floor = r.lastSeq - reorder // what the distance is told by wraps around
	}
}

// claim takes a number that is neither above the newest nor below the floor. It
// reports false if it was taken before.
func (r *renumber) claim(seq uint16) bool {
	word, bit := &r.given[seq%reorder/64], uint64(1)<<(seq%64)
	if *word&bit != 0 {
		return false
	}
	*word |= bit
	return true
}
