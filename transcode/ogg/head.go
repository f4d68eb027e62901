package ogg

import (
	"encoding/binary"
	"fmt"
)

const (
	headMagic = "OpusHead"
	tagsMagic = "OpusTags"
	// vendor stands in the tags of what we write.
	vendor = "einwahl"
)

// Head is the identification header (RFC 7845 section 5.1).
type Head struct {
	Channels int
	// PreSkip is how much of the beginning, in samples at 48 kHz, the decoder
	// makes only to warm up: throw it away.
	PreSkip int
	// Rate is the sample rate before encoding, in hertz; it is for information.
	Rate int
	// Gain is to be applied to what is decoded, in 1/256 dB.
	Gain int16
}

func parseHead(b []byte) (Head, error) {
	if len(b) < 19 || string(b[:8]) != headMagic {
		return Head{}, fmt.Errorf("%w: no identification header", ErrFormat)
	}
	// The upper half of the version is what would make it unreadable.
	if b[8]>>4 != 0 {
		return Head{}, fmt.Errorf("%w: version %d", ErrFormat, b[8])
	}
	h := Head{
		Channels: int(b[9]),
		PreSkip:  int(binary.LittleEndian.Uint16(b[10:])),
		Rate:     int(binary.LittleEndian.Uint32(b[12:])),
		Gain:     int16(binary.LittleEndian.Uint16(b[16:])),
	}
	if family := b[18]; family != 0 || h.Channels < 1 || h.Channels > 2 {
		return Head{}, fmt.Errorf("%w: %d channels of mapping family %d: want mono or stereo", ErrFormat, h.Channels, family)
	}
	return h, nil
}

func (h Head) append(b []byte) []byte {
	b = append(b, headMagic...)
	b = append(b, 1, byte(h.Channels))
	b = binary.LittleEndian.AppendUint16(b, uint16(h.PreSkip))
	b = binary.LittleEndian.AppendUint32(b, uint32(h.Rate))
	b = binary.LittleEndian.AppendUint16(b, uint16(h.Gain))
	return append(b, 0) // mapping family: mono or stereo
}

// appendTags adds a comment header (RFC 7845 section 5.2).
func appendTags(b []byte, comments []string) []byte {
	text := func(b []byte, s string) []byte {
		return append(binary.LittleEndian.AppendUint32(b, uint32(len(s))), s...)
	}
	b = text(append(b, tagsMagic...), vendor)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(comments)))
	for _, c := range comments {
		b = text(b, c)
	}
	return b
}

// Samples tells how long a packet is, in samples at 48 kHz, from its first
// bytes (RFC 6716 section 3.1). It is 0 for what is no packet.
func Samples(packet []byte) int {
	if len(packet) == 0 {
		return 0
	}
	frames := 1
	switch packet[0] & 3 {
	case 1, 2:
		frames = 2
	case 3:
		if len(packet) < 2 {
			return 0
		}
		frames = int(packet[1] & 63)
	}
	n := frames * frameSamples(packet[0]>>3)
	if n > 5760 { // 120 ms
		return 0
	}
	return n
}

// frameSamples is the length of one frame by its configuration number.
func frameSamples(config byte) int {
	const ms = 48
	switch {
	case config < 12: // SILK
		return [...]int{10 * ms, 20 * ms, 40 * ms, 60 * ms}[config%4]
	case config < 16: // hybrid
		return [...]int{10 * ms, 20 * ms}[config%2]
	}
	return [...]int{5 * ms / 2, 5 * ms, 10 * ms, 20 * ms}[config%4] // CELT
}
