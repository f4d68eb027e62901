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
	// opusClock is that of the timestamps of Opus, in hertz.
	opusClock = 48000
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
	// false the frame is silence and the contents of f mean nothing. A source
	// gives sound at [Narrowband] and at [Wideband], whatever its own rate.
	ReadFrame(f Frame) bool
}

// Sink takes sound, one frame a beat.
type Sink interface {
	// WriteFrame takes the next 20 ms. A nil frame is silence: nothing was
	// said, or nothing arrived. f belongs to the caller again on return. It is
	// at [Narrowband] or at [Wideband], and may change from beat to beat.
	WriteFrame(f Frame)
}

// Packet is 10 to 60 ms of Opus as somebody has sent it.
type Packet struct {
	Stream    uint32 // SSRC: another one begins another stream
	Sequence  uint16
	Timestamp uint32 // at 48 kHz (RFC 7587, 4.1)
	Marker    bool
	Payload   []byte
	At        time.Time     // when it came
	Ahead     time.Duration // how much later its sound comes by frame, as far as is known
}

// After is how much later than other it was sent, by their timestamps; other may be
// the later one.
func (p Packet) After(other Packet) time.Duration {
	return time.Duration(int32(p.Timestamp-other.Timestamp)) * time.Second / opusClock
}

// PacketSink is what a [Sink] also is when it can pass on Opus as it is, which
// is better and cheaper than to make it anew from frames.
type PacketSink interface {
	Sink
	// WritePacket takes a packet on the beat on which it has come, before the
	// frame of that beat. The frames go on: who mixes needs them. The sink sees
	// to it that nobody hears both. p belongs to the caller again on return.
	WritePacket(p Packet)
}

// Silence is a Source without a sound and a Sink that throws away.
type Silence struct{}

// ReadFrame reports silence.
func (Silence) ReadFrame(Frame) bool { return false }

// WriteFrame throws f away.
func (Silence) WriteFrame(Frame) {}
