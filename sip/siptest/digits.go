package siptest

import (
	"encoding/binary"
	"strings"
)

// press is a key on its way (RFC 4733).
type press struct {
	event    byte
	duration uint16
	ends     int
	stamp    uint32
	begun    bool
	pause    int // packets of silence before the next key
}

// keyTime is how long a key is held, and pauseAfter how many packets of sound
// lie between two keys.
const (
	keyTime    = 100 * Rate / 1000
	pauseAfter = 2
)

// Press presses keys, one after the other, as RTP events. It does not wait:
// Said tells when they have been pressed.
func (c *Call) Press(keys string) {
	c.phone.t.Helper()
	c.sound.mu.Lock()
	defer c.sound.mu.Unlock()
	for _, key := range keys {
		event := strings.IndexRune("0123456789*#ABCD", key)
		if event < 0 {
			c.phone.t.Fatalf("phone: there is no key %q", key)
		}
		c.sound.presses = append(c.sound.presses, press{event: byte(event)})
	}
}

// pressed sends the next packet of the key that is being pressed. mu is held.
func (s *sound) pressed(samples int) {
	p := &s.presses[0]
	if p.ends == 3 {
		if p.pause++; p.pause > pauseAfter {
			s.presses = s.presses[1:]
		}
		silence := make([]byte, samples)
		for i := range silence {
			silence[i] = s.codec.Encode(0)
		}
		s.write(byte(s.codec), s.stamp, silence)
		s.stamp += uint32(samples)
		return
	}
	kind := byte(s.config.EventType)
	if !p.begun {
		p.begun, p.stamp = true, s.stamp
		kind |= 0x80
	}
	s.stamp += uint32(samples)
	payload := make([]byte, 4)
	payload[0], payload[1] = p.event, 10
	if p.duration < keyTime {
		p.duration += uint16(samples)
	} else {
		p.ends++
		payload[1] |= 0x80
	}
	binary.BigEndian.PutUint16(payload[2:], p.duration)
	s.write(kind, p.stamp, payload)
}
