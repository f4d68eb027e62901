package mixer

import (
	"slices"
	"sync/atomic"

	"github.com/einwahl/einwahl/transcode/level"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// Port is a phone's place in a room. Write to it what the phone says, read from
// it what the others say, both on the room's beat. It implements [pcm.Clocked].
type Port struct {
	loudness
	room  *Room
	era   uint64
	out   pcm.Sink
	voice atomic.Bool
	hears atomic.Bool

	// What follows belongs to the beat.
	gate  level.Gate
	frame [pcm.NarrowbandSamples]int16
	wrote bool   // frame holds what the phone has said in this beat
	said  bool   // it is in the sum
	read  uint64 // beat that was read last
	limit limiter
}

var (
	_ pcm.Source  = (*Port)(nil)
	_ pcm.Sink    = (*Port)(nil)
	_ pcm.Clocked = (*Port)(nil)
)

// Join makes a place for a phone. It hears, but its voice is shut until
// [Port.SetVoice] opens it. On each beat out, unless it is nil, gets what the
// phone says to the room: nil while it is silent or shut.
func (r *Room) Join(out pcm.Sink) *Port {
	if out == nil {
		out = pcm.Silence{}
	}
	p := &Port{room: r, era: r.era.Load(), out: out, limit: newLimiter()}
	p.hears.Store(true)
	r.change(func(now *people) { now.ports = append(now.ports, p) })
	return p
}

// SetVoice opens or shuts the phone's voice. Once SetVoice has returned, no
// later beat brings a shut voice to anybody.
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

// WriteFrame takes what the phone says. A frame that is not at the room's rate
// counts as silence.
func (p *Port) WriteFrame(f pcm.Frame) {
	p.wrote = len(f) == len(p.frame)
	if p.wrote {
		copy(p.frame[:], f)
	}
}

// ReadFrame gives what all the others say. It reports false, for silence, while
// none of them speaks, and if f is not at the room's rate.
func (p *Port) ReadFrame(f pcm.Frame) bool {
	r := p.room
	if len(f) != len(r.sum) || !p.mayHear() {
		return false
	}
	if p.read == r.beats {
		return false // the room stands still: better nothing than a buzz
	}
	p.read = r.beats
	switch {
	case r.heard == 0, p.said && r.heard == 1:
		p.limit.rest()
		return false
	case p.said:
		p.limit.apply(f, r.sum[:], p.frame[:])
	default:
		copy(f, r.all)
		p.limit = r.limit
	}
	return true
}

func (p *Port) maySpeak() bool { return p.voice.Load() && p.era == p.room.era.Load() }

func (p *Port) mayHear() bool { return p.hears.Load() && p.era == p.room.era.Load() }

// say adds what the phone has written in this beat to the sum, if it is speech
// and may be heard.
func (p *Port) say() {
	var f pcm.Frame
	if p.wrote {
		f = p.frame[:]
	}
	p.wrote = false
	p.said = p.gate.Pass(f) && p.maySpeak()
	if !p.said {
		p.set(level.Silent)
		p.out.WriteFrame(nil)
		return
	}
	p.set(p.gate.Level())
	p.room.add(f)
	p.out.WriteFrame(f)
}
