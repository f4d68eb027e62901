package media

import (
	"time"

	"github.com/einwahl/einwahl/transcode/dtmf"
	"github.com/einwahl/einwahl/transcode/pcm"
)

const (
	// hushBeats is for how long after a message of a key the caller's sound is
	// cut, besides the time that sound waits in the jitter buffer: longer than
	// events are apart, so that a tone sent beside its event is cut as well.
	hushBeats = 6
	// replayed is the least pause before a stream that begins anew, with
	// numbers that were used before: players of recordings press the same key
	// twice with the very same packets. What a network has held up for so long
	// bears newer numbers.
	replayed = 300 * time.Millisecond
)

// events makes digits of a caller's telephone-event packets, in the order of
// their arrival.
type events struct {
	receiver dtmf.Receiver
	ssrc     uint32
	seq      uint16
	at       time.Time
}

// take takes one packet. ok is true once for each key.
func (e *events) take(ssrc uint32, seq uint16, timestamp uint32, payload []byte, at time.Time) (digit rune, ok bool) {
	again := int16(seq-e.seq) <= 0 && at.Sub(e.at) > replayed
	if ssrc != e.ssrc || again {
		e.receiver.Reset()
	}
	e.ssrc, e.seq, e.at = ssrc, seq, at
	return e.receiver.Push(timestamp, payload)
}

// event takes in a telephone-event packet. in.mu is held.
func (l *Leg) event(payload []byte, at time.Time) {
	in, h := &l.in, &l.in.header
	l.hush()
	if r, ok := in.events.take(h.SSRC, h.SequenceNumber, h.Timestamp, payload, at); ok {
		l.press(r, inRTP, at)
	}
}

// hush cuts the caller's sound for a while, and with it a tone that is sent
// beside the message of a key.
func (l *Leg) hush() {
	l.in.hush.Store(hushBeats + int32(l.in.stream.Stats().Delay/pcm.FrameDuration))
}
