// Package mixer is where the sound of a meeting meets: each remote speaker is
// decoded once, everybody is summed once, and each listener hears the sum
// without themselves.
//
// A [Room] lives on a clock, and all that is exchanged with it is exchanged on
// its beat: phones write to and read from a [Port], remote speakers are pulled
// through a [Speaker], recorders listen at a [Tap], where nobody is heard who was
// not put on record. Doors are opened, shut and
// closed from any goroutine; that takes no lock on the beat.
//
// Every voice is brought to one loudness before it meets the others. A room
// mixes at 8 kHz, at 16 kHz, or at both, as its listeners need it; who hears at
// one rate what was said at the other hears it through one filter for all. Who
// adds nothing to a mix shares its result with all others who add nothing.
package mixer

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/einwahl/einwahl/transcode/pace"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// Room is a meeting's sound. It is a member of the clock it was made with.
type Room struct {
	clock pcm.Clock
	turn  pace.Turn

	// era counts the calls of Silence; a port belongs to the era it was made in.
	era atomic.Uint64

	mu     sync.Mutex
	people atomic.Pointer[people] // changed as a whole, under mu

	// What follows belongs to the beat.
	beats uint64 // that the room has mixed
	desk
}

// people are those in a room at one moment.
type people struct {
	speakers []*Speaker
	ports    []*Port
	taps     []*Tap
}

// NewRoom makes an empty room and adds it to clock.
func NewRoom(clock pcm.Clock) *Room {
	r := &Room{clock: clock, desk: newDesk()}
	r.people.Store(&people{})
	clock.Add(r)
	return r
}

// Close ends the room: it is silent for who still holds a place in it. It is
// safe to call twice.
func (r *Room) Close() {
	r.Silence()
	r.change(func(p *people) { *p = people{} })
	r.clock.Remove(r)
}

// Silence cuts off every phone that is in the room now, at once and for good:
// none of them is heard and none of them hears any more. It is one step for
// all of them. Phones that join later are not concerned.
func (r *Room) Silence() { r.era.Add(1) }

// Clock is the clock that the room lives on.
func (r *Room) Clock() pcm.Clock { return r.clock }

// change replaces the people in the room, from the next beat on.
func (r *Room) change(edit func(*people)) {
	r.mu.Lock()
	was := r.people.Load()
	now := &people{
		speakers: slices.Clone(was.speakers),
		ports:    slices.Clone(was.ports),
		taps:     slices.Clone(was.taps),
	}
	edit(now)
	r.people.Store(now)
	r.mu.Unlock()
}

// leave is change for somebody who must not be called any more when it returns.
func (r *Room) leave(edit func(*people)) {
	r.change(edit)
	r.turn.Wait()
}

// Beat mixes. The clock calls it.
func (r *Room) Beat(p pcm.Phase) {
	if p != pcm.Mix {
		return
	}
	r.turn.Begin()
	defer r.turn.End()
	now := r.people.Load()
	r.beats++
	r.begin()
	for _, t := range now.taps {
		t.begin()
	}
	narrow, wide := now.listeners()
	r.hearSpeakers(now, narrow || wide, wide)
	for _, port := range now.ports {
		port.say(now.taps)
	}
	r.make(narrow, wide)
	for _, t := range now.taps {
		t.hear(wide)
	}
}

// say puts a voice before the phones, or before the taps, or before both.
func (r *Room) say(f pcm.Frame, live, taped bool, taps []*Tap) {
	if live {
		r.at(len(f)).add(f)
	}
	if taped {
		for _, t := range taps {
			t.at(len(f)).add(f)
		}
	}
}

// listens reports whether a phone is mixed for. A recording goes on as it is while
// one is on hold: its encoder would begin anew.
func (p *people) listens(port *Port) bool {
	return port.listens() || len(p.taps) > 0 && port.mayHear()
}

// listeners reports whether any phone listens at 8 kHz, and at 16 kHz.
func (p *people) listeners() (narrow, wide bool) {
	for _, port := range p.ports {
		if p.listens(port) {
			isWide := port.length() == pcm.WidebandSamples
			wide, narrow = wide || isWide, narrow || !isWide
		}
	}
	return narrow, wide
}
