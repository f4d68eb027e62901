package media

import (
	"math/rand/v2"
	"net"
	"time"

	"github.com/pion/rtp"

	"github.com/einwahl/einwahl/transcode/pcm"
)

const (
	headerLength = 12
	// behind is how many frames may be missing from what time says before the
	// timestamps jump. The clock catches up on fewer by itself.
	behind = 5
)

// outbound is what the beat keeps about the packets we send. SSRC, sequence and
// timestamps go on unbroken for as long as the call lives, whatever it hears.
type outbound struct {
	ssrc   uint32
	sender *sender
	header rtp.Header
	frame  [pcm.WidebandSamples]int16
	packet [headerLength + pcm.WidebandSamples]byte

	base   uint32 // the first timestamp
	epoch  time.Time
	frames int64 // since epoch, sent or not
	paused bool  // the next packet is the first after a pause
	silent int   // beats since something came from the caller
	sealed *seal // of the last packet
}

func (o *outbound) begin(conn *net.UDPConn) (err error) {
	o.base, o.ssrc = rand.Uint32(), rand.Uint32()
	o.paused = true
	o.header = rtp.Header{Version: 2, SSRC: o.ssrc, SequenceNumber: uint16(rand.Uint32()) >> 1} // RFC 3711, 3.3.1
	o.sender, err = newSender(conn)
	return err
}

// timestampAt is what a packet would bear that is sent at now.
func (o *outbound) timestampAt(now time.Time, clock int) uint32 {
	return o.base + uint32(now.Sub(o.epoch).Microseconds()*int64(clock)/1e6)
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
		l.takeIn(t, talk.speak)
	} else {
		l.giveOut(t, talk.hear)
	}
	whole = true
}

// takeIn plays what has arrived to whom the caller speaks.
func (l *Leg) takeIn(t *terms, speak pcm.Sink) {
	frame := pcm.Frame(l.in.frame[:pcm.NarrowbandSamples])
	heard := l.in.stream.ReadFrame(frame)
	if l.in.hush.Load() > 0 {
		l.in.hush.Add(-1)
		heard = false
	}
	// What plays while we are on hold is the caller's music, not the caller.
	if t.Held() || !t.Receives {
		heard = false
		l.out.silent = 0
	} else {
		l.watch()
	}
	if !heard {
		frame = nil
	}
	speak.WriteFrame(frame)
}

// watch tells when nothing has come for too long.
func (l *Leg) watch() {
	if l.in.arrived.Swap(false) {
		l.out.silent = 0
		return
	}
	l.out.silent++
	limit := l.engine.config.SilentTimeout
	if limit > 0 && time.Duration(l.out.silent)*pcm.FrameDuration >= limit {
		l.lose()
	}
}

// giveOut sends one packet of what the caller hears.
func (l *Leg) giveOut(t *terms, hear pcm.Source) {
	o := &l.out
	step := uint32(t.Send.Clock / 50)
	o.frames++
	due := int64(l.engine.now().Sub(o.epoch) / pcm.FrameDuration)
	if due-o.frames >= behind {
		o.frames, o.paused = due, true
	}
	o.header.Timestamp = o.base + uint32(o.frames)*step
	if !t.Sends {
		o.paused = true
		return
	}
	frame := pcm.Frame(o.frame[:pcm.NarrowbandSamples])
	payload := o.packet[headerLength : headerLength+pcm.NarrowbandSamples]
	if hear.ReadFrame(frame) {
		t.law.Encode(payload, frame)
	} else {
		for i := range payload {
			payload[i] = t.law.Silence()
		}
	}
	l.sendPacket(t, headerLength+len(payload))
}

// sendPacket sends what stands in the packet under the next sequence number.
func (l *Leg) sendPacket(t *terms, length int) {
	o := &l.out
	to := l.target.Load()
	if to == nil {
		return
	}
	o.begins(t.seal)
	o.header.PayloadType = t.Send.Type
	o.header.Marker = o.paused
	o.paused = false
	o.header.SequenceNumber++
	if _, err := o.header.MarshalTo(o.packet[:headerLength]); err != nil {
		l.count.refused.Add(1)
		return
	}
	packet, err := t.seal.wrap(o.packet[:length])
	if err == nil {
		err = o.sender.send(packet, to)
	}
	if err != nil {
		l.count.refused.Add(1)
		return
	}
	l.count.out.Add(1)
	l.count.octets.Add(uint64(length - headerLength))
}
