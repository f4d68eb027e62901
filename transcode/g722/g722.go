// Package g722 is ITU-T G.722 at 64 kbit/s, the wideband codec of desk
// telephones: two bands of 4 kHz, each coded as the difference from what its
// past lets expect, one byte for two samples at 16 kHz.
//
// Encoders and decoders also work at 8 kHz, with a filter between the rates, so
// that a meeting at the telephone's rate needs to know nothing of it. The RTP
// clock is 8000 Hz all the same (RFC 3551 section 4.5.2): 160 for 20 ms.
package g722

import "fmt"

// ClockRate is the RTP clock of G.722, in hertz.
const ClockRate = 8000

// chunk is how many bytes are coded at once: 10 ms.
const chunk = 80

func checkRate(rate int) error {
	if rate != 8000 && rate != 16000 {
		return fmt.Errorf("g722: no sample rate %d: want 8000 or 16000", rate)
	}
	return nil
}

// saturate limits x to 16 bits.
func saturate(x int32) int32 { return min(max(x, -32768), 32767) }

// saturate15 limits x to the 15 bits of a band's sound.
func saturate15(x int32) int32 { return min(max(x, -16384), 16383) }
