package media

import (
	"errors"
	"sync/atomic"
	"time"

	"github.com/einwahl/einwahl/transcode/g711"
	"github.com/einwahl/einwahl/transcode/g722"
	"github.com/einwahl/einwahl/transcode/halfband"
	"github.com/einwahl/einwahl/transcode/jitter"
	"github.com/einwahl/einwahl/transcode/opus"
	"github.com/einwahl/einwahl/transcode/pcm"
)

var (
	errEmpty   = errors.New("packet without its codec")
	errRate    = errors.New("no sample rate but 8000 and 16000")
	errUnready = errors.New("packet of a codec that is not agreed")
)

// streamClock is that of the jitter buffer, in hertz. The RTP clocks of all
// codecs are a whole share of it, so that a codec may change in mid-call.
const streamClock = opus.ClockRate

// newStream makes the jitter buffer of a leg, and what decodes for it. Each
// payload in it is preceded by a byte that tells its codec, so that packets
// which still wait when the codec changes are decoded by the one they were made
// with. played is told of each packet that is played.
func newStream(played func(seq uint16)) (*jitter.Stream, *tagged) {
	t := &tagged{rate: pcm.Narrowband, up: halfband.NewUp()}
	t.a, t.mu = g711.NewDecoders()
	return jitter.New(jitter.Config{
		ClockRate: streamClock,
		Rate:      pcm.Narrowband,
		Min:       20 * time.Millisecond,
		Max:       200 * time.Millisecond,
		Played:    played,
	}, t), t
}

// tagged decodes payloads that are preceded by their codec. But for learn and
// close it belongs to the beat.
//
// Each decoder works at its codec's own rate, 8 kHz for G.711 and 16 kHz for the
// others, and the stream is read at the higher one while any wideband may come
// out of it (see inbound.sampling). Then G.711 is what has to be brought up.
type tagged struct {
	a, mu *g711.Decoder
	wide  atomic.Pointer[g722.Decoder] // nil until it is agreed
	opus  atomic.Pointer[opus.Mending]
	last  codec // that was heard
	rate  int   // at which sound is wanted
	up    *halfband.Up
}

// learn makes the decoder of a codec, if it is not there yet. The leg's mu is
// held.
func (t *tagged) learn(c codec) error {
	switch {
	case c == wide && t.wide.Load() == nil:
		d, err := g722.NewDecoder(pcm.Wideband)
		if err != nil {
			return err
		}
		t.wide.Store(d)
	case c == opusSound && t.opus.Load() == nil:
		d, err := opus.NewDecoder(pcm.Wideband)
		if err != nil {
			return err
		}
		t.opus.Store(&opus.Mending{Decoder: d})
	}
	return nil
}

// close frees what is held outside of Go. No beat may run any more.
func (t *tagged) close() {
	if d := t.opus.Load(); d != nil {
		d.Close()
	}
}

// of is the decoder of a codec; nil where none has been agreed, or it speaks
// above the rate that is wanted.
func (t *tagged) of(c codec) jitter.Decoder {
	switch c {
	case wide:
		if d := t.wide.Load(); d != nil && t.rate == pcm.Wideband {
			return d
		}
		return nil
	case opusSound:
		if d := t.opus.Load(); d != nil && t.rate == pcm.Wideband {
			return d
		}
		return nil
	case muLaw:
		return t.mu
	default:
		return t.a
	}
}

// SetRate changes the rate of what is decoded from now on, 8 or 16 kHz.
func (t *tagged) SetRate(rate int) error {
	if rate != pcm.Narrowband && rate != pcm.Wideband {
		return errRate
	}
	t.rate = rate
	return nil
}

// Decode decodes by the codec that the first byte tells.
func (t *tagged) Decode(dst []int16, payload []byte) (int, error) {
	if len(payload) == 0 {
		return 0, errEmpty
	}
	d := t.of(codec(payload[0]))
	if d == nil {
		return 0, errUnready
	}
	t.last = codec(payload[0])
	if !t.raised(t.last) {
		return d.Decode(dst, payload[1:])
	}
	half := len(dst) / 2
	n, err := d.Decode(dst[half:], payload[1:])
	t.raise(dst, dst[half:][:n])
	return 2 * n, err
}

// Conceal goes on in the codec that was last heard.
func (t *tagged) Conceal(dst []int16) int {
	d := t.of(t.last)
	switch {
	case d == nil:
		clear(dst)
	case t.raised(t.last):
		half := dst[len(dst)/2:]
		t.raise(dst, half[:d.Conceal(half)])
	default:
		return d.Conceal(dst)
	}
	return len(dst)
}

// raised reports whether a codec's own rate is below the one that is wanted.
func (t *tagged) raised(c codec) bool { return !c.wideband() && t.rate == pcm.Wideband }

// raise doubles the rate of narrow, which may be the end of dst: what is read is
// always ahead of what is written.
func (t *tagged) raise(dst, narrow []int16) {
	for len(narrow) > 0 {
		n := min(len(narrow), pcm.NarrowbandSamples)
		t.up.Filter(dst[:2*n], narrow[:n])
		dst, narrow = dst[2*n:], narrow[n:]
	}
}

// DecodeFEC recovers what was lost before a packet of Opus.
func (t *tagged) DecodeFEC(dst []int16, payload []byte) (int, error) {
	d := t.opus.Load()
	if len(payload) < 2 || codec(payload[0]) != opusSound || t.last != opusSound || d == nil || t.rate != pcm.Wideband {
		return 0, errUnready
	}
	return d.DecodeFEC(dst, payload[1:])
}

// Forward reports whether packets carry copies of those before them, so that it is
// worth waiting for them.
func (t *tagged) Forward() bool {
	d := t.opus.Load()
	return t.last == opusSound && d != nil && d.Forward()
}

// Guessing reports whether the sound that was given last was made up by Opus, which
// does not lead over from it.
func (t *tagged) Guessing() bool {
	d := t.opus.Load()
	return t.last == opusSound && d != nil && d.Guessing()
}

// Pause reports whether a packet of Opus only says that there is silence.
func (t *tagged) Pause(payload []byte) bool {
	return len(payload) <= 3 && len(payload) > 0 && codec(payload[0]) == opusSound
}

// Reset forgets the past of the codecs that have one.
func (t *tagged) Reset() {
	if d := t.wide.Load(); d != nil {
		d.Reset()
	}
	if d := t.opus.Load(); d != nil {
		d.Reset()
	}
}
