package opus

/*
#cgo noescape opus_encode
#cgo nocallback opus_encode
#cgo noescape opus_packet_pad
#cgo nocallback opus_packet_pad
#include <opus.h>

// cgo cannot call functions with variable arguments.
static int set(OpusEncoder *e, int request, opus_int32 value) {
	return opus_encoder_ctl(e, request, value);
}
*/
import "C"

import (
	"errors"
	"fmt"
	"unsafe"

	"github.com/einwahl/einwahl/transcode/pcm"
)

var (
	errClosed = errors.New("opus: closed")
	errFrame  = errors.New("opus: frame is neither 20 nor 10 ms at the encoder's rate")
	errSmall  = errors.New("opus: no room for a packet")
)

// EncoderConfig is how an encoder is set up.
type EncoderConfig struct {
	Rate       int  // sample rate of the frames, in hertz
	Bitrate    int  // bits per second
	Complexity int  // 0 is cheapest, 10 is best
	FEC        bool // carry a coarse copy of each frame in the next
	DTX        bool // say next to nothing in silence
	CBR        bool // each packet as long as the others
	// LossPercent is how many packets in a hundred are expected to be lost.
	// FEC costs and helps in proportion.
	LossPercent int
}

// Telephone is the setting for telephone speech on its way to browsers: more
// bits or more work were not heard in a band of 3.4 kHz.
func Telephone() EncoderConfig {
	return EncoderConfig{Rate: pcm.Narrowband, Bitrate: 24000, Complexity: 5, DTX: true}
}

// Encoder makes packets of frames.
type Encoder struct {
	c          *C.OpusEncoder
	pool       *Pool
	config     EncoderConfig // as it is now
	complexity int           // in force: at most what the pool allows
}

// NewEncoder makes an encoder for speech that belongs to no pool.
func NewEncoder(cfg EncoderConfig) (*Encoder, error) { return (*Pool)(nil).Encoder(cfg) }

// apply sets up a state that is fresh.
func (e *Encoder) apply() error {
	e.complexity = e.config.Complexity
	return errors.Join(
		e.set("signal", C.OPUS_SET_SIGNAL_REQUEST, C.OPUS_SIGNAL_VOICE),
		e.set("bitrate", C.OPUS_SET_BITRATE_REQUEST, e.config.Bitrate),
		e.set("complexity", C.OPUS_SET_COMPLEXITY_REQUEST, e.complexity),
		e.set("in-band FEC", C.OPUS_SET_INBAND_FEC_REQUEST, flag(e.config.FEC)),
		e.set("variable bitrate", C.OPUS_SET_VBR_REQUEST, flag(!e.config.CBR)),
		e.set("DTX", C.OPUS_SET_DTX_REQUEST, flag(e.config.DTX)),
		e.set("expected loss", C.OPUS_SET_PACKET_LOSS_PERC_REQUEST, e.config.LossPercent),
	)
}

// SetRate changes the sample rate of the frames. The stream begins anew in the
// same place, with all else as it was set; at the rate it has, it goes on.
func (e *Encoder) SetRate(rate int) error {
	if e.c == nil {
		return errClosed
	}
	if rate == e.config.Rate {
		return nil
	}
	if err := checkRate(rate); err != nil {
		return err
	}
	if err := begin(e.c, rate); err != nil {
		return err
	}
	e.config.Rate = rate
	return e.apply()
}

// Encode writes the packet for f, 20 or 10 ms, to dst and returns its length. It
// is made to fit; [MaxPacket] is room for whatever is wanted. A packet of one or
// two bytes is silence under DTX and need not be sent; the timestamp goes on all
// the same.
func (e *Encoder) Encode(dst []byte, f pcm.Frame) (int, error) {
	switch {
	case e.c == nil:
		return 0, errClosed
	case len(f) != e.config.Rate/50 && len(f) != e.config.Rate/100:
		return 0, errFrame
	case len(dst) == 0:
		return 0, errSmall
	}
	if c := e.pool.atMost(e.config.Complexity); c != e.complexity && e.set("complexity", C.OPUS_SET_COMPLEXITY_REQUEST, c) == nil {
		e.complexity = c
	}
	n := C.opus_encode(e.c, samples(f), C.int(len(f)), bytes(dst), C.opus_int32(len(dst)))
	if n < 0 {
		return 0, Error(n)
	}
	return int(n), nil
}

// Empty fills dst with a packet whose one frame is empty, of the kind that toc tells
// (RFC 6716 sections 3.1 and 3.2.1), and returns its length. A decoder goes on by
// itself with the noise it has heard last. Nothing is encoded.
func Empty(dst []byte, toc byte) int {
	const one = 0b11 // how many frames there are
	dst[0] = toc &^ one
	if C.opus_packet_pad(bytes(dst), 1, C.opus_int32(len(dst))) != C.OPUS_OK {
		return 1 // it is good without
	}
	return len(dst)
}

// SetLoss tells how many packets in a hundred the far end has missed, as its
// RTCP reports. In-band FEC is on while any are.
func (e *Encoder) SetLoss(percent int) error {
	percent = min(max(percent, 0), 100)
	e.config.LossPercent, e.config.FEC = percent, percent > 0
	return errors.Join(
		e.set("expected loss", C.OPUS_SET_PACKET_LOSS_PERC_REQUEST, percent),
		e.set("in-band FEC", C.OPUS_SET_INBAND_FEC_REQUEST, flag(percent > 0)),
	)
}

// SetDTX tells whether to say next to nothing in silence.
func (e *Encoder) SetDTX(on bool) error {
	e.config.DTX = on
	return e.set("DTX", C.OPUS_SET_DTX_REQUEST, flag(on))
}

// SetComplexity trades quality for work while the stream runs. A pool may hold
// it below that.
func (e *Encoder) SetComplexity(complexity int) error {
	if err := e.set("complexity", C.OPUS_SET_COMPLEXITY_REQUEST, complexity); err != nil {
		return err
	}
	e.config.Complexity, e.complexity = complexity, complexity
	return nil
}

// Close gives the encoder's memory back to its pool, or frees it where there is
// none. It is safe to call twice.
func (e *Encoder) Close() {
	if e.c != nil {
		e.pool.take(state{e.c, e.config.Rate})
		e.c = nil
	}
}

func (e *Encoder) set(what string, request C.int, value int) error {
	if e.c == nil {
		return errClosed
	}
	if code := C.set(e.c, request, C.opus_int32(value)); code != C.OPUS_OK {
		return fmt.Errorf("set %s to %d: %w", what, value, Error(code))
	}
	return nil
}

func flag(on bool) int {
	if on {
		return 1
	}
	return 0
}

// samples and bytes point at the first element; cgo keeps the slice in place
// while the call lasts.
func samples(s []int16) *C.opus_int16 { return (*C.opus_int16)(unsafe.SliceData(s)) }

func bytes(b []byte) *C.uchar { return (*C.uchar)(unsafe.SliceData(b)) }
