// Package mixer is where the sound of a meeting meets: each remote speaker is
// decoded once, everybody is summed once, and each listener hears the sum
// without themselves.
//
// A [Room] lives on a clock, and all that is exchanged with it is exchanged on
// its beat: phones write to and read from a [Port], remote speakers are pulled
// through a [Speaker], recorders listen at a [Tap]. Doors are opened, shut and
// closed from any goroutine; that takes no lock on the beat.
package mixer

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/einwahl/einwahl/transcode/pace"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// Room is a meeting's sound, at the rate of the telephone. It is a member of
// the clock it was made with.
type Room struct {
	clock pcm.Clock
	turn  pace.Turn

	// era counts the calls of Silence; a port belongs to the era it was made in.
	era atomic.Uint64

	mu     sync.Mutex
	people atomic.Pointer[people] // changed as a whole, under mu

	// What follows belongs to the beat.
	beats uint64                       // that the room has mixed
	sum   [pcm.NarrowbandSamples]int32 // of all that are heard
	heard int                          // how many that are
	all   pcm.Frame                    // sum, limited: for who adds nothing to it
	limit limiter
}

// people are those in a room at one moment.
type people struct {
	speakers []*Speaker
	ports    []*Port
	taps     []*Tap
}

// NewRoom makes an empty room and adds it to clock.
func NewRoom(clock pcm.Clock) *Room {
	r := &Room{clock: clock, all: make(pcm.Frame, pcm.NarrowbandSamples), limit: newLimiter()}
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
	r.heard = 0
	clear(r.sum[:])
	wanted := now.listeners()
	for _, s := range now.speakers {
		s.say(wanted)
	}
	for _, port := range now.ports {
		port.say()
	}
	everything := r.everything()
	for _, t := range now.taps {
		t.out.WriteFrame(everything)
	}
}

// listeners reports whether anybody hears what remote speakers say.
func (p *people) listeners() bool {
	if len(p.taps) > 0 {
		return true
	}
	for _, port := range p.ports {
		if port.mayHear() {
			return true
		}
	}
	return false
}

// add puts f into the sum.
func (r *Room) add(f pcm.Frame) {
	r.heard++
	for i, s := range f {
		r.sum[i] += int32(s)
	}
}

// everything is the sum of all, or nil if nobody speaks.
func (r *Room) everything() pcm.Frame {
	if r.heard == 0 {
		r.limit.rest()
		return nil
	}
	r.limit.apply(r.all, r.sum[:], nil)
	return r.all
}
