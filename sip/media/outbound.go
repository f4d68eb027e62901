package media

import (
	"math/rand/v2"
	"time"

	"github.com/pion/rtp"

	"github.com/einwahl/einwahl/transcode/dtmf"
	"github.com/einwahl/einwahl/transcode/pcm"
)

const (
	headerLength = 12
	// maxPayload is the most that a frame becomes: far more than Opus makes of
	// wideband speech.
	maxPayload = 400
	// behind is how many frames may be missing from what time says before the
	// timestamps jump. The clock catches up on fewer by itself.
	behind = 5
)

// outbound is what the beat keeps about the packets we send. SSRC, sequence and
// timestamps go on unbroken for as long as the call lives, whatever it hears;
// only with another clock comes another SSRC.
type outbound struct {
	header rtp.Header
	frame  [pcm.WidebandSamples]int16
	packet [headerLength + maxPayload]byte

	first   first     // never changed
	epoch   time.Time // of the terms that frames are counted by
	frames  int64     // since epoch, sent or not
	comfort comfortable
	paused  bool  // the next packet is the first after a pause
	silent  int   // beats since something came from the caller
	sealed  *seal // of the last packet
}

// first is what a call begins with.
type first struct{ ssrc, timestamp uint32 }

func (o *outbound) begin() {
	o.first = first{rand.Uint32(), rand.Uint32()}
	o.paused = true
	o.header = rtp.Header{Version: 2, SSRC: o.first.ssrc, SequenceNumber: uint16(rand.Uint32()) >> 1} // RFC 3711, 3.3.1
}

// Beat moves the leg by one frame.
func (l *Leg) Beat(p pcm.Phase) {
	if p == pcm.Mix {
		return
	}
	whole := false
	l.turn.Begin()
	defer func() {
		l.turn.End()
		if !whole { // something we are connected to panics: the call is over
			l.lose()
		}
	}()
	t, talk := l.terms.Load(), l.talk.Load()
	if p == pcm.TakeIn {
		l.listen(t)
		l.takeIn(t, talk)
	} else {
		l.giveOut(t, talk.hear)
		l.reportInTime(t)
	}
	whole = true
}

// takeIn plays what has arrived to whom the caller speaks.
func (l *Leg) takeIn(t *terms, talk *talk) {
	l.in.address(talk.speak)
	frame := pcm.Frame(l.in.frame[:l.in.sampling()/50])
	heard, key := l.in.stream.ReadFrame(frame), l.in.keyed()
	cut := !l.hears(t) || key
	if heard {
		l.in.figures.played.Add(1)
		l.in.twice = l.in.twice || key && dtmf.HasTones(frame)
	}
	heard = heard && !cut
	tones := false
	if t.inBand() {
		frame, heard = l.listenForTones(frame, heard)
	} else {
		heard, tones = l.clamp(frame, heard && !l.in.stream.Barred())
	}
	if l.in.denoise {
		heard = l.in.cleaners.pass(frame, heard) && !cut
	}
	if p := l.in.passing.Load(); p != nil {
		changed := tones || l.in.twice || t.inBand() || l.in.denoise
		p.offer(talk, cut || changed, l.in.stream.Stats())
	}
	if !heard {
		frame = nil
	} else {
		l.in.figures.hear(frame)
	}
	talk.speak.WriteFrame(frame)
}

// clamp takes the tones of keys out of a frame whose messages are on their way. tones
// is whether there were any.
func (l *Leg) clamp(frame pcm.Frame, heard bool) (still, tones bool) {
	if !heard {
		l.in.clamp.Reset()
		return false, false
	}
	return l.in.clamp.Pass(frame)
}

// address turns the caller's words to speak. What they said before, to somebody else
// or to nobody, perhaps before their yes, may still wait in the jitter buffer and
// behind it: that is for nobody.
func (in *inbound) address(speak pcm.Sink) {
	if speak == in.speak {
		return
	}
	in.speak = speak
	in.stream.Bar()
	in.cleaners.flush()
	if t := in.tones.Load(); t != nil {
		t.forget()
	}
}

// keyed reports whether this beat is one for which the message of a key cuts the
// caller's sound.
func (in *inbound) keyed() bool {
	keys := in.hush.Load() > 0
	if keys {
		in.hush.Add(-1)
	}
	return keys
}

// hears reports whether what comes on this beat is the caller.
func (l *Leg) hears(t *terms) bool {
	// What plays while we are on hold is the caller's music, not the caller.
	if t.Held() || !t.Receives {
		l.out.silent = 0
		return false
	}
	l.watch()
	return true
}

// watch tells when nothing has come for too long.
func (l *Leg) watch() {
	if l.in.arrived {
		l.in.arrived, l.out.silent = false, 0
		return
	}
	l.out.silent++
	limit := l.engine.config.SilentTimeout
	if limit > 0 && time.Duration(l.out.silent)*pcm.FrameDuration >= limit {
		l.lose()
	}
}

// giveOut sends what the caller hears: one packet, or two where the caller
// takes none that long.
func (l *Leg) giveOut(t *terms, hear pcm.Source) {
	o := &l.out
	if o.epoch != t.epoch {
		o.epoch, o.frames, o.paused = t.epoch, 0, true
	}
	o.frames++
	due := int64(l.engine.now().Sub(o.epoch) / pcm.FrameDuration)
	if due-o.frames >= behind {
		o.frames, o.paused = due, true
	}
	if !t.Sends {
		o.paused = true
		return
	}
	frame := pcm.Frame(o.frame[:t.voice.rate()/50])
	idle := !hear.ReadFrame(frame)
	if idle {
		o.comfort.fill(frame)
	} else {
		o.comfort.rest()
	}
	t.voice.adjust(int(l.in.missed.Load()))
	size, step := len(frame)/t.parts, t.Send.Clock/50/t.parts
	for part := range t.parts {
		o.header.Timestamp = t.base + uint32(o.frames)*uint32(t.Send.Clock/50) + uint32(part*step)
		n := t.voice.encode(o.packet[headerLength:], frame[part*size:(part+1)*size], idle)
		if n == 0 {
			o.paused = true
			continue
		}
		l.sendPacket(t, headerLength+n)
	}
}

// sendPacket sends what stands in the packet under the next sequence number.
func (l *Leg) sendPacket(t *terms, length int) {
	o := &l.out
	to := l.target.Load()
	if to == nil {
		return
	}
	o.begins(t)
	o.header.Marker = o.paused
	o.header.PayloadType = t.Send.Type
	o.paused = false
	o.header.SequenceNumber++
	if _, err := o.header.MarshalTo(o.packet[:headerLength]); err != nil {
		l.count.refused.Add(1)
		return
	}
	packet, err := t.seal.wrap(o.packet[:length])
	if err == nil {
		err = l.pair.rtp.Send(packet, *to)
	}
	if err != nil {
		l.count.refused.Add(1)
		return
	}
	l.count.out.Add(1)
	l.count.octets.Add(uint64(length - headerLength))
}
