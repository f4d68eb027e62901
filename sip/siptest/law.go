package siptest

// Codec is one of the two codecs of the telephone network, by its payload type.
type Codec uint8

// The codecs of G.711.
const (
	PCMU Codec = 0
	PCMA Codec = 8
)

func (c Codec) String() string {
	if c == PCMU {
		return "PCMU"
	}
	return "PCMA"
}

// Encode makes a byte of a sample.
func (c Codec) Encode(s int16) byte {
	if c == PCMU {
		return encodeMu(s)
	}
	return encodeA(s)
}

// Decode makes a sample of a byte.
func (c Codec) Decode(b byte) int16 {
	if c == PCMU {
		return decodeMu(b)
	}
	return decodeA(b)
}

func encodeMu(s int16) byte {
	const bias, clip = 0x84, 32635
	x, sign := int(s), byte(0)
	if x < 0 {
		x, sign = -x, 0x80
	}
	x = min(x, clip) + bias
	exponent := 7
	for mask := 0x4000; x&mask == 0 && exponent > 0; mask >>= 1 {
		exponent--
	}
	return ^(sign | byte(exponent)<<4 | byte(x>>(exponent+3))&0x0f)
}

func decodeMu(b byte) int16 {
	b = ^b
	x := (int(b&0x0f)<<3 + 0x84) << (b >> 4 & 7)
	x -= 0x84
	if b&0x80 != 0 {
		return int16(-x)
	}
	return int16(x)
}

func encodeA(s int16) byte {
	x, sign := int(s), byte(0x80)
	if x < 0 {
		x, sign = -x-1, 0
	}
	x >>= 3
	exponent := 7
	for mask := 0x800; x&mask == 0 && exponent > 0; mask >>= 1 {
		exponent--
	}
	var mantissa byte
	if exponent == 0 {
		mantissa = byte(x>>1) & 0x0f
	} else {
		mantissa = byte(x>>exponent) & 0x0f
	}
	return (sign | byte(exponent)<<4 | mantissa) ^ 0x55
}

func decodeA(b byte) int16 {
	b ^= 0x55
	exponent, x := int(b>>4&7), int(b&0x0f)<<4+8
	if exponent > 0 {
		x = (x + 0x100) << (exponent - 1)
	}
	if b&0x80 == 0 {
		return int16(-x)
	}
	return int16(x)
}
