package app_test

import (
	"context"
	"sync"

	"github.com/einwahl/einwahl/conference"
)

// oddity is what a conference service does otherwise than the built-in one, which
// always knows and always answers.
type oddity struct {
	forgets     func(*conference.State)
	find, seats error
}

// forgetful is a service before the built-in one, with an oddity for some of its
// meetings. It counts who takes a seat: there is no other way for a voice into a
// meeting.
type forgetful struct {
	conference.Backend
	odd map[string]oddity

	mu     sync.Mutex
	seats  map[string]int
	turned map[string]func(*conference.State)
	visits map[string][]*vague
}

// before puts the service before another.
func (f *forgetful) before(b conference.Backend) conference.Backend {
	f.Backend, f.seats = b, map[string]int{}
	f.turned, f.visits = map[string]func(*conference.State){}, map[string][]*vague{}
	return f
}

// turns has a meeting become another from now on, as far as its callers are told.
func (f *forgetful) turns(meeting string, into func(*conference.State)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.turned[meeting] = into
	for _, v := range f.visits[meeting] {
		v.say()
	}
}

// seated tells how many seats were given in a meeting.
func (f *forgetful) seated(meeting string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.seats[meeting]
}

// Find looks a meeting up, unless it is one about which it cannot be asked.
func (f *forgetful) Find(ctx context.Context, number string) (conference.Meeting, error) {
	odd := f.odd[number]
	if odd.find != nil {
		return nil, odd.find
	}
	m, err := f.Backend.Find(ctx, number)
	if err != nil {
		return nil, err
	}
	return forgotten{m, f, odd}, nil
}

// forgotten is a meeting of a forgetful service.
type forgotten struct {
	conference.Meeting
	service *forgetful
	odd     oddity
}

// Visit puts a caller at the door.
func (m forgotten) Visit(ctx context.Context, who conference.Guest) (conference.Visit, error) {
	v, err := m.Meeting.Visit(ctx, who)
	if err != nil {
		return nil, err
	}
	mine := &vague{Visit: v, meeting: m, states: make(chan conference.State, 1)}
	m.service.mu.Lock()
	m.service.visits[m.ID()] = append(m.service.visits[m.ID()], mine)
	m.service.mu.Unlock()
	go mine.tell()
	return mine, nil
}

// vague is a visit that tells other than what is true.
type vague struct {
	conference.Visit
	meeting forgotten
	states  chan conference.State

	// Both are guarded by the service's mu.
	last conference.State
	told bool // there is a last one, and more may come
}

// States are those of the meeting without what was forgotten.
func (v *vague) States() <-chan conference.State { return v.states }

func (v *vague) tell() {
	mu := &v.meeting.service.mu
	for st := range v.Visit.States() {
		mu.Lock()
		v.last, v.told = st, true
		v.say()
		mu.Unlock()
	}
	mu.Lock()
	defer mu.Unlock()
	v.told = false
	close(v.states)
}

// say tells of the last state. The service's mu is held.
func (v *vague) say() {
	if !v.told {
		return
	}
	st := v.last
	for _, change := range []func(*conference.State){v.meeting.odd.forgets, v.meeting.service.turned[v.meeting.ID()]} {
		if change != nil {
			change(&st)
		}
	}
	select { // only the newest counts
	case <-v.states:
	default:
	}
	v.states <- st
}

// Open gives a seat, or none.
func (v *vague) Open(ctx context.Context) (conference.Seat, error) {
	if v.meeting.odd.seats != nil {
		return nil, v.meeting.odd.seats
	}
	seat, err := v.Visit.Open(ctx)
	if err != nil {
		return nil, err
	}
	v.meeting.service.mu.Lock()
	v.meeting.service.seats[v.meeting.ID()]++
	v.meeting.service.mu.Unlock()
	return seat, nil
}
