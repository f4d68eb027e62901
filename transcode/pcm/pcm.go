// Package pcm is the common language of the audio path: 20 ms frames of mono
// 16-bit sound, the two narrow interfaces they travel through, and the beat
// that moves them.
//
// A phone call, a seat in a meeting and a spoken prompt all look alike here,
// so joining two of them never needs to know what they are. A [Clock] owns the
// time: on each beat it lets its members take in what has arrived, then lets
// rooms mix, then lets its members give out. Nothing that is called on a beat
// may block or allocate: what is late is concealed, what is too much is
// dropped, and both are counted.
package pcm

import "time"

const (
	// FrameDuration is the length of every frame on the audio path.
	FrameDuration = 20 * time.Millisecond
	// Narrowband is the sample rate of the telephone, in hertz.
	Narrowband = 8000
	// Wideband is the sample rate of G.722 and of wideband Opus, in hertz.
	Wideband = 16000
	// NarrowbandSamples is the length of a frame at [Narrowband].
	NarrowbandSamples = Narrowband / 50
	// WidebandSamples is the length of a frame at [Wideband].
	WidebandSamples = Wideband / 50
)

// Frame is 20 ms of mono sound, linear 16 bit. Its length is its sample rate
// divided by 50, so a frame tells its own rate: 160 samples at 8 kHz, 320 at
// 16 kHz.
type Frame []int16

// Rate is the sample rate of the frame in hertz.
func (f Frame) Rate() int { return len(f) * 50 }

// Source gives sound, one frame a beat.
type Source interface {
	// ReadFrame fills f with the next 20 ms, at the rate that the length of f
	// tells, and reports whether there is anything to hear. When it reports
	// false the frame is silence and the contents of f mean nothing.
	ReadFrame(f Frame) bool
}

// Sink takes sound, one frame a beat.
type Sink interface {
	// WriteFrame takes the next 20 ms. A nil frame is silence: nothing was
	// said, or nothing arrived. f belongs to the caller again on return.
	WriteFrame(f Frame)
}

// Silence is a Source without a sound and a Sink that throws away.
type Silence struct{}

// ReadFrame reports silence.
func (Silence) ReadFrame(Frame) bool { return false }

// WriteFrame throws f away.
func (Silence) WriteFrame(Frame) {}
