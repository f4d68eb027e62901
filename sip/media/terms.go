package media

import (
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/einwahl/einwahl/sip/media/offer"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// kind is what a payload type means to us.
type kind uint8

const (
	unknown kind = iota
	sound
	digit
	comfort // RFC 3389: the caller is silent. Met from anybody, agreed or not
)

const (
	comfortNoise    = 13
	oldComfortNoise = 19 // of drafts before RFC 3389, and of Cisco
)

// codec is an encoding of sound.
type codec uint8

const (
	aLaw codec = iota
	muLaw
	wide // G.722
	opusSound
)

// wideband reports whether a codec carries more than the telephone's band.
func (c codec) wideband() bool { return c == wide || c == opusSound }

func codecOf(f offer.Format) codec {
	switch strings.ToLower(f.Name) {
	case "pcmu":
		return muLaw
	case "g722":
		return wide
	case "opus":
		return opusSound
	}
	return aLaw
}

// terms is an agreement in the form that packets need. But for its voice it is
// never changed.
type terms struct {
	offer.Agreement
	kinds  [128]kind
	codecs [128]codec  // of the types that are sound
	ticks  [128]uint32 // of the jitter buffer's clock to one of the type's
	voice  voice       // makes what we send
	parts  int         // packets to a frame
	seal   *seal       // nil: what we send is in the clear
	own    source      // of what we send

	// Timestamps of what we send count from base at epoch. They go on from
	// where they are when the clock changes.
	base  uint32
	epoch time.Time
}

// source is who sends, in RTP and RTCP.
type source struct {
	ssrc            uint32
	packets, octets uint64 // that the leg had sent before it
}

func newTerms(a offer.Agreement) *terms {
	t := &terms{Agreement: a, parts: 1}
	if a.Asks.Longest > 0 && a.Asks.Longest < pcm.FrameDuration {
		t.parts = 2
	}
	t.kinds[comfortNoise], t.kinds[oldComfortNoise] = comfort, comfort
	for _, f := range slices.Concat(a.Receive, []offer.Format{a.Digits}) {
		if f.Clock <= 0 || f.Clock > streamClock {
			continue
		}
		t.kinds[f.Type], t.codecs[f.Type], t.ticks[f.Type] = sound, codecOf(f), uint32(streamClock/f.Clock)
		if f.IsDigits() {
			t.kinds[f.Type] = digit
		}
	}
	return t
}

// inBand reports whether keys can only come as tones, or by INFO.
func (t *terms) inBand() bool { return t.Digits.Clock == 0 }

// timestampAt is what a packet would bear that is sent at now.
func (t *terms) timestampAt(now time.Time) uint32 {
	return t.base + uint32(now.Sub(t.epoch).Microseconds()*int64(t.Send.Clock)/1e6)
}

// equip makes the terms of an agreement, and the codecs for it. What goes on as
// it was keeps its voice. mu is held.
func (l *Leg) equip(a offer.Agreement) (*terms, error) {
	t, before := newTerms(a), l.terms.Load()
	for _, f := range a.Receive {
		c := codecOf(f)
		if err := l.in.decoders.learn(c); err != nil {
			return nil, err
		}
		if l.in.denoise && !f.IsDigits() {
			if err := l.in.cleaners.learn(c); err != nil {
				return nil, err
			}
		}
		if c == opusSound && l.in.passing.Load() == nil {
			l.in.passing.Store(newPassing())
		}
	}
	if t.inBand() && (before == nil || !before.inBand()) {
		l.turn.Wait() // for a beat from when it was so before
		l.in.tones.Store(newTones())
	}
	now := l.engine.now()
	switch {
	case before == nil:
		t.own, t.base, t.epoch = source{ssrc: l.out.first.ssrc}, l.out.first.timestamp, now
	case before.Send.Clock == a.Send.Clock:
		t.own, t.base, t.epoch = before.own, before.base, before.epoch
	default: // a clock has its SSRC, and one that comes back a new one (RFC 7160, 4.1)
		t.own = source{rand.Uint32(), l.count.out.Load(), l.count.octets.Load()}
		t.base, t.epoch = before.timestampAt(now.Add(pcm.FrameDuration)), now
	}
	if before != nil && before.voice != nil && codecOf(before.Send) == codecOf(a.Send) && before.Asks == a.Asks {
		t.voice = before.voice
		return t, nil
	}
	var err error
	t.voice, err = newVoice(a, l.engine.config.Encoders)
	return t, err
}

// enforce brings terms into force, closes the voice that they replace, and says
// goodbye for an SSRC that is no more. mu is held.
func (l *Leg) enforce(t *terms) {
	before := l.terms.Load()
	l.terms.Store(t)
	if before == nil || before.voice == t.voice {
		return
	}
	l.turn.Wait()
	before.voice.close()
	if before.own.ssrc != t.own.ssrc {
		l.reportBy(before, true)
	}
}

// drop closes the voice of terms that are not brought into force. mu is held.
func (l *Leg) drop(t *terms) {
	if now := l.terms.Load(); now == nil || now.voice != t.voice {
		t.voice.close()
	}
}
