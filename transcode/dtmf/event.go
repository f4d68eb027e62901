// Package dtmf reads the keys that callers press: as RTP events (RFC 4733), and
// as SIP INFO bodies from trunks that send them so.
package dtmf

import (
	"encoding/binary"
	"errors"
	"strings"
)

// digits are the events 0 to 15 (RFC 4733 section 3.2).
const digits = "0123456789*#ABCD"

// payloadSize is the size of an event (RFC 4733 section 2.3).
const payloadSize = 4

var errShort = errors.New("dtmf: event shorter than four bytes")

// Event is the payload of one telephone-event packet.
type Event struct {
	Code     uint8  // 0 to 15 are keys, 16 is a hook flash
	End      bool   // the key is up
	Volume   uint8  // 0 to 63, in dB below one milliwatt
	Duration uint16 // since the timestamp, in its units
}

// Parse reads one event. What may follow it in the same packet is ignored: it
// would be a redundant copy (RFC 4733 section 2.5.1.5) or padding.
func Parse(payload []byte) (Event, error) {
	if len(payload) < payloadSize {
		return Event{}, errShort
	}
	return Event{
		Code:     payload[0],
		End:      payload[1]&0x80 != 0,
		Volume:   payload[1] & 0x3f,
		Duration: binary.BigEndian.Uint16(payload[2:]),
	}, nil
}

// Append adds the payload of e to dst.
func (e Event) Append(dst []byte) []byte {
	flags := e.Volume & 0x3f
	if e.End {
		flags |= 0x80
	}
	return binary.BigEndian.AppendUint16(append(dst, e.Code, flags), e.Duration)
}

// Digit is the key, one of 0-9 * # A-D. ok is false if the event is none.
func (e Event) Digit() (digit rune, ok bool) {
	if int(e.Code) >= len(digits) {
		return 0, false
	}
	return rune(digits[e.Code]), true
}

// Code is the event of a key. ok is false if there is none.
func Code(digit rune) (code uint8, ok bool) {
	if digit >= 'a' && digit <= 'd' {
		digit += 'A' - 'a'
	}
	i := strings.IndexRune(digits, digit)
	return uint8(max(i, 0)), i >= 0
}
