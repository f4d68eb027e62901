// Package g711 is the telephone's own codec: ITU-T G.711, one byte a sample at
// 8 kHz, A-law or mu-law, and the concealment that makes a lost packet sound
// like a short pause for breath instead of a click.
package g711

import (
	"github.com/zaf/g711"

	"github.com/einwahl/einwahl/transcode/pcm"
)

// Law is one of the two companding laws. Its values are their static RTP
// payload types (RFC 3551 section 6).
type Law uint8

const (
	// MuLaw is PCMU, the law of North America and Japan.
	MuLaw Law = 0
	// ALaw is PCMA, the law of the rest of the world.
	ALaw Law = 8
)

func (l Law) String() string {
	if l == MuLaw {
		return "PCMU"
	}
	return "PCMA"
}

// Silence is the byte that decodes to (nearly) nothing.
func (l Law) Silence() byte {
	if l == MuLaw {
		return 0xff
	}
	return 0xd5
}

// aLaw and muLaw hold the bytes of all samples: of one in 16 bits A-law looks at
// the upper 12, mu-law at the upper 14.
var aLaw, muLaw = func() (a [1 << 12]byte, mu [1 << 14]byte) {
	for i := range a {
		a[i] = g711.EncodeAlawFrame(int16(i << 4))
	}
	for i := range mu {
		mu[i] = g711.EncodeUlawFrame(int16(i << 2))
	}
	return a, mu
}()

// Encode writes f to dst, one byte a sample, and returns how many it wrote: as
// many as both hold.
func (l Law) Encode(dst []byte, f pcm.Frame) int {
	n := min(len(dst), len(f))
	dst, f = dst[:n], f[:n]
	if l == MuLaw {
		for i, s := range f {
			dst[i] = muLaw[uint16(s)>>2]
		}
		return n
	}
	for i, s := range f {
		dst[i] = aLaw[uint16(s)>>4]
	}
	return n
}

// Decode writes the sound in src to dst and returns how many samples it wrote:
// as many as both hold.
func (l Law) Decode(dst []int16, src []byte) int {
	n := min(len(dst), len(src))
	dst, src = dst[:n], src[:n]
	if l == MuLaw {
		for i, b := range src {
			dst[i] = g711.DecodeUlawFrame(b)
		}
		return n
	}
	for i, b := range src {
		dst[i] = g711.DecodeAlawFrame(b)
	}
	return n
}
