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

	resting bool // the encoder has nothing to say, and is not asked
	rested  int  // samples since it was
}

// refreshed is how often a caller who asks for pauses hears in one how the noise
// sounds: as often as libopus would have it.
const refreshed = 400 * time.Millisecond

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

// encode asks the encoder no more once it pauses, but for a frame now and then.
func (v *opusVoice) encode(dst []byte, f pcm.Frame, idle bool) int {
	if v.resting = v.resting && idle; v.resting {
		return v.rest(dst, f)
	}
	n := v.say(dst, f)
	v.resting, v.rested = v.asks.DTX && idle && n == 0, 0
	return n
}

func (v *opusVoice) rest(dst []byte, f pcm.Frame) int {
	v.rested += len(f)
	if time.Duration(v.rested)*time.Second/time.Duration(v.hertz) < refreshed {
		return 0
	}
	v.rested = 0
	_ = v.encoder.SetDTX(false) // it knows the setting
	defer func() { _ = v.encoder.SetDTX(true) }()
	return v.say(dst, f)
}

func (v *opusVoice) say(dst []byte, f pcm.Frame) int {
	n, err := v.encoder.Encode(dst, f)
	if err != nil || v.asks.DTX && n <= 2 {
		return 0
	}
	return n
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
