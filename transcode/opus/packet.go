package opus

// What follows reads the first bytes of packets as RFC 6716 section 3 defines
// them, without decoding.

const (
	hybrid = 12 // the first configuration that has two layers
	celt   = 16 // the first that has no SILK layer
)

// length is how many samples at 48 kHz a frame of packet has, and how many
// frames there are.
func length(packet []byte) (frame, frames int) {
	if len(packet) == 0 {
		return 0, 0
	}
	switch config := packet[0] >> 3; {
	case config < hybrid:
		frame = []int{480, 960, 1920, 2880}[config&3]
	case config < celt:
		frame = 480 << (config & 1)
	default:
		frame = 120 << (config & 3)
	}
	switch packet[0] & 3 {
	case 0:
		return frame, 1
	case 1, 2:
		return frame, 2
	}
	if len(packet) < 2 {
		return 0, 0
	}
	return frame, int(packet[1] & 0x3f)
}

// Samples is how many samples Decode makes of packet.
func (d *Decoder) Samples(packet []byte) int {
	frame, frames := length(packet)
	return frame * frames * d.rate / ClockRate
}

// flags is the byte with which the first frame of a packet of two bytes at least begins.
// It is not known where it is not easily found (section 3.2), or says something else.
func flags(packet []byte) (b byte, known bool) {
	at := 1
	switch code := packet[0] & 3; {
	case packet[0]>>3 >= celt || code == 2:
		return 0, false
	case code == 3:
		const padded, count = 0x40, 0x3f
		if packet[1]&count != 1 {
			return 0, false
		}
		at = 2
		if packet[1]&padded != 0 {
			for at < len(packet) && packet[at] == 255 {
				at++
			}
			at++
		}
	}
	if at >= len(packet) {
		return 0, false
	}
	return packet[at], true
}

// Voice is [HasVoice] as a method.
func (*Decoder) Voice(packet []byte) bool { return HasVoice(packet) }

// HasVoice guesses whether there is speech in packet: its encoder's opinion, where
// that is easily had (section 4.2.3), and otherwise yes.
func HasVoice(packet []byte) bool {
	if len(packet) <= 2 {
		return false
	}
	b, known := flags(packet)
	if !known {
		return true
	}
	// A frame begins with a bit for each 20 ms that is set where they are
	// active, those of the middle before those of the side.
	frame, _ := length(packet)
	return b>>(8-max(frame/960, 1)) != 0
}

// Copies reports whether packet carries a copy of the one before it (section
// 4.2.4), as far as that is easily seen.
func (d *Decoder) Copies(packet []byte) bool {
	if len(packet) <= 2 {
		return false
	}
	b, known := flags(packet)
	if !known {
		return false
	}
	// The bit that says so comes after those of Voice; where there are two
	// channels, each of them has its own.
	frame, _ := length(packet)
	active := max(frame/960, 1)
	bits := byte(1) << (7 - active)
	if stereo := packet[0]&4 != 0; stereo {
		bits |= 1 << (6 - 2*active)
	}
	return b&bits != 0
}
