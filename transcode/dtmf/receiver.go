package dtmf

// overtaken is how far behind the newest key a packet can be late: two seconds
// at 48 kHz. What is farther behind comes from a sender that has set its
// timestamps back, as some do on resuming a call, and is a new key.
const overtaken = 2 * 48000

// Receiver makes digits of the telephone-event packets of one RTP stream. A key
// is known by its timestamp, which all its packets share (RFC 4733 section
// 2.2), not by the marker bit, which gets lost, and it counts from the first of
// them that arrives, even if that is the last that was sent. The zero value is
// ready.
type Receiver struct {
	begun bool   // there has been an event
	start uint32 // timestamp of the newest event
	last  Event
	held  bool
}

// Push takes the next packet, in the order of arrival. ok is true once for each
// key.
func (r *Receiver) Push(timestamp uint32, payload []byte) (digit rune, ok bool) {
	e, err := Parse(payload)
	if err != nil {
		return 0, false
	}
	if !r.begun {
		return r.press(timestamp, e)
	}
	switch ahead := int32(timestamp - r.start); {
	case ahead < -overtaken:
		return r.press(timestamp, e)
	case ahead < 0:
		return 0, false // of an earlier key, late
	case ahead == 0:
		if e.Code == r.last.Code {
			r.last.Duration = max(r.last.Duration, e.Duration)
			r.held = r.held && !e.End
		}
		return 0, false
	case r.goesOn(uint32(ahead), e):
		r.start, r.last, r.held = timestamp, e, !e.End
		return 0, false
	}
	return r.press(timestamp, e)
}

// Active reports whether a key is down: until its first packet with the end
// bit, or [Receiver.Release].
func (r *Receiver) Active() bool { return r.held }

// Release lets go of the key. Call it when no event has come for a while: all
// packets with the end bit may be lost.
func (r *Receiver) Release() { r.held = false }

// Reset forgets the stream. Call it when its SSRC changes.
func (r *Receiver) Reset() { *r = Receiver{} }

// goesOn reports whether an event that begins later is the same key still held
// down. A long press is sent in segments, each beginning where the one before
// it ended (RFC 4733 section 2.5.1.3), and some senders count the timestamp on
// with each packet.
func (r *Receiver) goesOn(ahead uint32, e Event) bool {
	return r.held && e.Code == r.last.Code && ahead <= uint32(r.last.Duration)
}

func (r *Receiver) press(timestamp uint32, e Event) (digit rune, ok bool) {
	digit, ok = e.Digit()
	r.begun, r.start, r.last = true, timestamp, e
	r.held = ok && !e.End
	return digit, ok
}
