package opus

// A browser sends a voice in two layers (RFC 6716 section 2, hybrid): SILK up to
// 8 kHz, and CELT above that. At the rates of telephones the upper one cannot be
// heard; libopus decodes it all the same, which is 40 % of its work, and throws
// it away. The lower one comes first in a frame and can be had alone, the same to
// the bit, though not by saying that there is none but it: what follows would be
// taken for a frame that leads over to another mode (section 4.5.1). But an
// active frame has the form of a copy of the one before (section 4.2.5), and
// after a copy nothing is looked for. So the bit is set that announces a copy,
// and the decoder is asked for that.
//
// Where the mode does change, a frame leads over that is part of the first packet
// in two layers or of the last. The first is decoded whole, and so is the last,
// once more, when the next turns out to be of another mode.

const (
	// inaudible is the highest rate at which the upper layer is not heard.
	inaudible = 16000

	wide   = 8      // the first configuration that is SILK alone up to 8 kHz, for 10 ms; 20 ms follow
	copied = 1 << 6 // in the second byte: there is a copy
)

// lower reports whether the lower layer of packet can be had alone: it is one
// frame in two layers, for one channel, active and without a copy of the one
// before.
func lower(packet []byte) bool {
	return len(packet) > 2 && len(packet) <= MaxPacket && layered(packet) && packet[0]&7 == 0 && packet[1]>>6 == 0b10
}

func layered(packet []byte) bool { return packet[0]>>3 >= hybrid && packet[0]>>3 < celt }

// decodeLower decodes the lower layer of packet, for all of dst.
func (d *Decoder) decodeLower(dst []int16, packet []byte) (int, error) {
	d.half = append(d.half[:0], packet...)
	d.half[0] = (wide | packet[0]>>3&1) << 3
	d.half[1] |= copied
	n, err := d.decode(dst, d.half, 1)
	copy(d.half, packet[:2])
	return n, err
}

// leadOver prepares the decoder for packet, where that has another mode than the
// frame that was decoded in part. dst is for sound that nobody hears.
func (d *Decoder) leadOver(dst []int16, packet []byte) {
	if n := d.Samples(d.half); n > 0 && n <= len(dst) && packet[0]>>3 >= celt {
		_, _ = d.decode(dst[:n], d.half, 0)
	}
	d.half = d.half[:0]
}

// forget is for a decoder that begins anew.
func (d *Decoder) forget() { d.layered, d.guessed, d.half = false, false, d.half[:0] }
