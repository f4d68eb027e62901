package media

import (
	"time"

	"github.com/einwahl/einwahl/sip/media/offer"
	"github.com/einwahl/einwahl/transcode/g711"
	"github.com/einwahl/einwahl/transcode/g722"
	"github.com/einwahl/einwahl/transcode/opus"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// voice makes payloads of what the caller hears. It belongs to the beat, and is
// closed when no beat uses it any more.
type voice interface {
	// rate is the sample rate of what it takes, in hertz.
	rate() int
	// encode writes the payload for f, 10 or 20 ms, to dst and returns its
	// length; 0: nothing need be sent. idle says that f is comfort noise only.
	encode(dst []byte, f pcm.Frame, idle bool) int
	// adjust takes how many of a hundred packets the caller has missed.
	adjust(lost int)
	close()
}

// newVoice makes the voice for an agreement.
func newVoice(a offer.Agreement, pool *opus.Pool) (voice, error) {
	switch c := codecOf(a.Send); c {
	case wide:
		e, err := g722.NewEncoder(pcm.Wideband)
		return wideVoice{e}, err
	case opusSound:
		return newOpusVoice(a.Asks, pool)
	case muLaw:
		return lawVoice(g711.MuLaw), nil
	default:
		return lawVoice(g711.ALaw), nil
	}
}

// lawVoice speaks G.711.
type lawVoice g711.Law

func (lawVoice) rate() int                                    { return pcm.Narrowband }
func (v lawVoice) encode(dst []byte, f pcm.Frame, _ bool) int { return g711.Law(v).Encode(dst, f) }
func (lawVoice) adjust(int)                                   {}
func (lawVoice) close()                                       {}

// wideVoice speaks G.722.
type wideVoice struct{ encoder *g722.Encoder }

func (wideVoice) rate() int                                    { return pcm.Wideband }
func (v wideVoice) encode(dst []byte, f pcm.Frame, _ bool) int { return v.encoder.Encode(dst, f) }
func (wideVoice) adjust(int)                                   {}
func (wideVoice) close()                                       {}

// leastBitrate is the least at which Opus makes sense of speech.
const leastBitrate = 6000

// opusVoice speaks Opus, as far as that goes the way they ask for.
type opusVoice struct {
	encoder *opus.Encoder
	hertz   int
	asks    offer.Asks
	lost    int

	toc     byte // of the last packet (RFC 6716 section 3.1)
	length  int  // of the last packet
	noise   int  // samples of this pause that the encoder takes for nothing but noise
	resting bool // the encoder has nothing to say, and is not asked
	rested  int  // samples since it was
}

const (
	// learnt is how long a caller who does not ask for pauses has to hear the noise
	// of a line before their decoder goes on with it by itself, as loud as it is. It
	// learns from what the encoder does not take for a voice.
	learnt = 600 * time.Millisecond
	// refreshed is how often callers hear in a pause how the noise sounds: as often
	// as libopus would have it.
	refreshed = 400 * time.Millisecond
)

// wideBitrate is at which Opus speaks wideband.
const wideBitrate = 28000

func newOpusVoice(asks offer.Asks, pool *opus.Pool) (voice, error) {
	c := opus.Telephone()
	c.DTX, c.CBR = asks.DTX, asks.CBR
	if asks.Rate == 0 || asks.Rate > pcm.Narrowband {
		c.Rate, c.Bitrate = pcm.Wideband, wideBitrate
	}
	if asks.Bitrate > 0 {
		c.Bitrate = max(min(c.Bitrate, asks.Bitrate), leastBitrate)
	}
	e, err := pool.Encoder(c)
	if err != nil {
		return nil, err
	}
	return &opusVoice{encoder: e, hertz: c.Rate, asks: asks}, nil
}

func (v *opusVoice) rate() int { return v.hertz }

// encode asks the encoder no more once nobody speaks, but for a frame now and then.
func (v *opusVoice) encode(dst []byte, f pcm.Frame, idle bool) int {
	if v.resting = v.resting && idle; v.resting {
		return v.rest(dst, f)
	}
	n := v.say(dst, f)
	switch {
	case !idle:
		v.noise = 0
	case n > 0 && !opus.HasVoice(dst[:n]): // what was not sent teaches nobody
		v.noise += len(f)
	}
	v.rested = 0
	if v.asks.DTX {
		v.resting = idle && n == 0
	} else {
		v.resting = v.lasts(v.noise) >= learnt
	}
	return n
}

func (v *opusVoice) rest(dst []byte, f pcm.Frame) int {
	if v.rested += len(f); v.lasts(v.rested) < refreshed {
		return v.goOn(dst)
	}
	v.rested = 0
	if v.asks.DTX {
		_ = v.encoder.SetDTX(false) // it knows the setting
		defer func() { _ = v.encoder.SetDTX(true) }()
	}
	return v.say(dst, f)
}

// goOn says that the noise goes on: by nothing to a caller who asks for pauses, and by
// a packet with an empty frame to others, as long as the others where they ask for
// packets of one length.
func (v *opusVoice) goOn(dst []byte) int {
	switch {
	case v.asks.DTX:
		return 0
	case v.asks.CBR:
		return opus.Empty(dst[:v.length], v.toc)
	default:
		return opus.Empty(dst[:1], v.toc)
	}
}

func (v *opusVoice) say(dst []byte, f pcm.Frame) int {
	n, err := v.encoder.Encode(dst, f)
	if err != nil || v.asks.DTX && n <= 2 {
		return 0
	}
	v.toc, v.length = dst[0], n
	return n
}

// lasts is how long so many samples last.
func (v *opusVoice) lasts(samples int) time.Duration {
	return time.Duration(samples) * time.Second / time.Duration(v.hertz)
}

// adjust lets packets carry a copy of the one before while they get lost, if
// they can make use of it.
func (v *opusVoice) adjust(lost int) {
	if lost != v.lost && v.asks.FEC {
		_ = v.encoder.SetLoss(lost) // it knows the setting
	}
	v.lost = lost
}

func (v *opusVoice) close() { v.encoder.Close() }
