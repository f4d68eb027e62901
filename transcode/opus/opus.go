// Package opus is libopus for the gateway's needs: mono, 20 ms, at the rate of
// the telephone or at 16 kHz, without an allocation per packet.
//
// Opus resamples by itself (RFC 6716 section 2): a decoder made for 8 kHz reads
// what a browser encodes at 48 kHz and an encoder fed with 8 kHz is understood
// by it, so nothing else on the audio path has to. The RTP clock stays at
// 48 kHz whatever the rate (RFC 7587 section 4.1).
//
// Encoders and decoders belong to one goroutine at a time. They hold memory
// that Go does not know of: close them.
package opus

/*
#cgo pkg-config: opus
#include <opus.h>
*/
import "C"

import "fmt"

const (
	// ClockRate is the RTP clock of Opus, in hertz.
	ClockRate = 48000
	// MaxPacket is the size of the largest packet with one frame, in bytes
	// (RFC 6716 section 3.4, R2), with its first byte.
	MaxPacket = 1276
)

// Error is an error code of libopus.
type Error int

func (e Error) Error() string { return "opus: " + C.GoString(C.opus_strerror(C.int(e))) }

// Version names the library, such as "libopus 1.3.1".
func Version() string { return C.GoString(C.opus_get_version_string()) }

func checkRate(rate int) error {
	switch rate {
	case 8000, 12000, 16000, 24000, 48000:
		return nil
	}
	return fmt.Errorf("opus: no sample rate %d: want 8000, 12000, 16000, 24000 or 48000", rate)
}
