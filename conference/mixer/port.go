package mixer

import (
	"slices"
	"sync/atomic"

	"github.com/einwahl/einwahl/transcode/level"
	"github.com/einwahl/einwahl/transcode/loudness"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// absent is for how many beats nobody need read until the room no longer mixes for
// them. A call that is late reads on the next.
const absent = 3

// Port is a phone's place in a room. Write to it what the phone says, read from
// it what the others say, both on the room's beat. It implements [pcm.Clocked].
//
// A phone is heard at the rate at which it hears, so that what it hears can be
// without its own voice; if it speaks at another, its voice is brought to that
// one.
type Port struct {
	meter
	record
	room  *Room
	era   uint64
	out   pcm.Sink
	voice atomic.Bool
	hears atomic.Bool

	// What follows belongs to the beat.
	strip
	packets passage
	frame   [pcm.WidebandSamples]int16
	wrote   int       // how much of it the phone has said since the last beat
	own     pcm.Frame // what it has added to the mix, or nil
	into    *mix      // which one that is
	taped   bool      // it was on record on the last beat
	ear     int       // length of the frames that are read; 0 if none was so far
	asked   uint64    // beat on which somebody wanted to read last
	read    uint64    // beat that was read last
	change  converter

	apart bool // the phone hears something else than who says nothing
	limit loudness.Limiter
}

var (
	_ pcm.Source     = (*Port)(nil)
	_ pcm.PacketSink = (*Port)(nil)
	_ pcm.Clocked    = (*Port)(nil)
)

// Join makes a place for a phone. It hears, but its voice is shut until
// [Port.SetVoice] opens it, and not on record. On each beat out, unless it is nil, gets what the
// phone says to the room: nil while it is silent or shut. If out is a
// [pcm.PacketSink] and the phone sends packets that need no change, it gets
// these instead, and nil.
func (r *Room) Join(out pcm.Sink) *Port {
	if out == nil {
		out = pcm.Silence{}
	}
	p := &Port{room: r, era: r.era.Load(), out: out}
	p.packets.out, _ = out.(pcm.PacketSink)
	p.hears.Store(true)
	r.change(func(now *people) { now.ports = append(now.ports, p) })
	return p
}

// SetVoice opens or shuts the phone's voice. Once SetVoice has returned, no
// later beat brings a shut voice to anybody; what was said before comes to its
// end, in the next 5 ms.
func (p *Port) SetVoice(open bool) { p.voice.Store(open) }

// SetHears opens or shuts the phone's ear.
func (p *Port) SetHears(open bool) { p.hears.Store(open) }

// Clock is the clock of the room.
func (p *Port) Clock() pcm.Clock { return p.room.clock }

// Close gives the place up. When it returns, out is not called any more. It
// must not be called from within a beat. It is safe to call twice.
func (p *Port) Close() {
	p.SetVoice(false)
	p.SetHears(false)
	p.room.leave(func(now *people) {
		now.ports = slices.DeleteFunc(now.ports, func(other *Port) bool { return other == p })
	})
	p.set(level.Silent)
}

// WriteFrame takes what the phone says. A frame that is neither at 8 nor at
// 16 kHz counts as silence.
func (p *Port) WriteFrame(f pcm.Frame) {
	p.wrote = 0
	if p.room.at(len(f)) != nil {
		p.wrote = copy(p.frame[:], f)
	}
}

// WritePacket takes a packet of what the phone says.
func (p *Port) WritePacket(packet pcm.Packet) { p.packets.take(packet) }

// ReadFrame gives what all the others say. It reports false, for silence, while
// none of them speaks, and if f is neither at 8 nor at 16 kHz.
func (p *Port) ReadFrame(f pcm.Frame) bool {
	m := p.room.at(len(f))
	if m == nil {
		return false
	}
	begins := p.ear != len(f) || p.read+1 != p.room.beats
	p.ear, p.asked = len(f), p.room.beats
	if !p.mayHear() || !m.made || p.own != nil && p.into != m {
		return false
	}
	if p.read == p.room.beats {
		return false // the room stands still: better nothing than a buzz
	}
	if p.read = p.room.beats; begins {
		p.apart, p.limit = true, loudness.Limiter{}
	}
	if p.own == nil && !p.apart {
		copy(f, m.all)
		return m.audible
	}
	return p.hearOthers(f, m)
}

// hearOthers is for who hears something else than all who say nothing: who
// speaks, and, for as long as it takes to turn up again, who has just spoken.
func (p *Port) hearOthers(f pcm.Frame, m *mix) bool {
	if !p.apart {
		p.apart, p.limit = true, m.was
	}
	audible := m.give(f, &p.limit, p.own)
	if p.own == nil && p.limit.Meets(&m.limit) {
		p.apart = false
	}
	return audible
}

func (p *Port) maySpeak() bool { return p.voice.Load() && p.era == p.room.era.Load() }

func (p *Port) mayHear() bool { return p.hears.Load() && p.era == p.room.era.Load() }

// listens reports whether somebody reads, or has only come and will: not who is on
// hold, or hears a prompt instead.
func (p *Port) listens() bool {
	return p.mayHear() && (p.ear == 0 || p.room.beats-p.asked <= absent)
}

// length is how long the frames are that the phone hears, as far as is known.
func (p *Port) length() int {
	switch {
	case p.ear > 0:
		return p.ear
	case p.wrote > 0:
		return p.wrote
	}
	return pcm.NarrowbandSamples
}

// say adds what the phone has written in this beat to the sum, if it is speech
// and may be heard.
func (p *Port) say(taps []*Tap) {
	var f pcm.Frame
	if p.wrote > 0 {
		f = p.frame[:p.wrote]
	}
	length := p.length()
	p.wrote, p.own = 0, nil
	recorded := p.recorded()
	if recorded && !p.taped {
		p.packets.n = 0 // sent before it was
	}
	p.taped = recorded
	speaks, may := p.listen(f), p.maySpeak()
	if !speaks || !may {
		p.packets.pause(may)
		p.set(level.Silent)
		p.out.WriteFrame(nil)
		return
	}
	p.level(f)
	p.set(p.gate.Level())
	p.into = p.room.at(length)
	p.own = p.change.to(length, f)
	p.room.say(p.own, true, recorded, taps)
	if p.packets.pass(p.leveler.Gain()) {
		f = nil
	}
	p.out.WriteFrame(f)
}
