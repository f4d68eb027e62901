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

	mu    sync.Mutex
	seats map[string]int
}

// before puts the service before another.
func (f *forgetful) before(b conference.Backend) conference.Backend {
	f.Backend, f.seats = b, map[string]int{}
	return f
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
	mine := &vague{v, m, make(chan conference.State, 1)}
	go mine.tell()
	return mine, nil
}

// vague is a visit that tells less than is true.
type vague struct {
	conference.Visit
	meeting forgotten
	states  chan conference.State
}

// States are those of the meeting without what was forgotten.
func (v *vague) States() <-chan conference.State { return v.states }

func (v *vague) tell() {
	defer close(v.states)
	for st := range v.Visit.States() {
		if v.meeting.odd.forgets != nil {
			v.meeting.odd.forgets(&st)
		}
		select { // only the newest counts
		case <-v.states:
		default:
		}
		v.states <- st
	}
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
