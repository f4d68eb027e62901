package opus

/*
#cgo noescape opus_decode
#cgo nocallback opus_decode
#include <opus.h>

// cgo cannot call functions with variable arguments.
static int reset(OpusDecoder *d) { return opus_decoder_ctl(d, OPUS_RESET_STATE); }
*/
import "C"

import "fmt"

// Decoder makes sound of packets, and of their absence.
type Decoder struct {
	c       *C.OpusDecoder
	rate    int
	layered bool   // the last packet had two layers
	half    []byte // it, where it was decoded in part
	guessed bool   // the sound that was given last
}

// NewDecoder makes a decoder that gives mono sound at rate, whatever the
// sender's rate and channels.
func NewDecoder(rate int) (*Decoder, error) {
	if err := checkRate(rate); err != nil {
		return nil, err
	}
	var code C.int
	c := C.opus_decoder_create(C.opus_int32(rate), 1, &code)
	if code != C.OPUS_OK {
		return nil, fmt.Errorf("make opus decoder: %w", Error(code))
	}
	return &Decoder{c: c, rate: rate}, nil
}

// Decode writes the sound of packet to dst and returns its length in samples.
// What cannot be heard at the decoder's rate is left undecoded.
func (d *Decoder) Decode(dst []int16, packet []byte) (int, error) {
	if n := d.Samples(packet); d.layered && d.rate <= inaudible && n <= len(dst) && lower(packet) {
		return d.decodeLower(dst[:n], packet)
	}
	return d.DecodeWhole(dst, packet)
}

// DecodeWhole is Decode with every layer, as libopus does it by itself: what
// Decode is measured by.
func (d *Decoder) DecodeWhole(dst []int16, packet []byte) (int, error) {
	if len(packet) == 0 {
		return 0, Error(C.OPUS_INVALID_PACKET)
	}
	d.leadOver(dst, packet)
	n, err := d.decode(dst, packet, 0)
	d.layered = err == nil && layered(packet)
	return n, err
}

// DecodeFEC fills dst with the end of the frame before packet, from the copy
// that packet may carry of it (RFC 6716 section 2.1.7). Where it carries none
// the sound is concealed. dst has to be as long as what was lost, a multiple
// of 2.5 ms.
func (d *Decoder) DecodeFEC(dst []int16, packet []byte) (int, error) {
	if len(packet) == 0 {
		return 0, Error(C.OPUS_INVALID_PACKET)
	}
	d.half = d.half[:0]
	return d.decode(dst, packet, 1)
}

// Pause reports whether packet only says that the sender is silent and goes on
// being so: under DTX such a packet of one or two bytes comes every 400 ms.
func (d *Decoder) Pause(packet []byte) bool { return len(packet) <= 2 }

// Conceal fills dst, a multiple of 2.5 ms, with what might have been there. It
// returns how many samples it wrote.
func (d *Decoder) Conceal(dst []int16) int {
	d.half = d.half[:0]
	n, err := d.decode(dst, nil, 0)
	if err != nil {
		clear(dst)
		return len(dst)
	}
	return n
}

func (d *Decoder) decode(dst []int16, packet []byte, fec C.int) (int, error) {
	if d.c == nil {
		return 0, errClosed
	}
	if len(dst) == 0 {
		return 0, errSmall
	}
	n := C.opus_decode(d.c, bytes(packet), C.opus_int32(len(packet)), samples(dst), C.int(len(dst)), fec)
	if n < 0 {
		return 0, Error(n)
	}
	d.guessed = len(packet) == 0 || fec == 1 && !d.Copies(packet)
	return int(n), nil
}

// Guessing reports whether the sound that was given last was made up, so that what
// comes next need not fit it.
func (d *Decoder) Guessing() bool { return d.guessed }

// SetRate changes the sample rate of the sound. The decoder begins anew in the
// same place, as if it had heard nothing; at the rate it has, it goes on.
func (d *Decoder) SetRate(rate int) error {
	if d.c == nil {
		return errClosed
	}
	if rate == d.rate {
		return nil
	}
	if err := checkRate(rate); err != nil {
		return err
	}
	if code := C.opus_decoder_init(d.c, C.opus_int32(rate), 1); code != C.OPUS_OK {
		return fmt.Errorf("begin opus decoder anew: %w", Error(code))
	}
	d.rate = rate
	d.forget()
	return nil
}

// Reset forgets the stream so far.
func (d *Decoder) Reset() {
	if d.c != nil {
		C.reset(d.c)
		d.forget()
	}
}

// Close frees the decoder. It is safe to call twice.
func (d *Decoder) Close() {
	if d.c != nil {
		C.opus_decoder_destroy(d.c)
		d.c = nil
	}
}
