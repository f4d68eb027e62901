package call

import (
	"context"
	"time"

	"github.com/einwahl/einwahl/conference"
)

// find looks a number up. What comes of it takes the same time whether the
// number is known or not.
func (s *Session) find(ctx context.Context, number string) {
	s.meeting = nil
	s.later(ctx, s.setup.Limits.Backend, func(ctx context.Context) result {
		begun := time.Now()
		m, err := s.setup.Service.Find(ctx, number)
		pad(ctx, begun, s.setup.Limits.Lookup)
		ev := found{err: err}
		if err == nil {
			ev.needsPIN = m.NeedsPIN()
		}
		return result{event: ev, keep: func() { s.meeting = m }}
	})
}

// prove tries a PIN. Where the number was unknown there is nothing to try, and
// that takes as long.
func (s *Session) prove(ctx context.Context, pin string) {
	m := s.meeting
	s.later(ctx, s.setup.Limits.Backend, func(ctx context.Context) result {
		begun := time.Now()
		ev := proved{err: conference.ErrWrongPIN}
		if m != nil {
			ev.identity, ev.err = m.Identify(ctx, pin)
		}
		if m == nil || m.NeedsPIN() {
			pad(ctx, begun, s.setup.Limits.Lookup)
		}
		return result{event: ev}
	})
}

// proveHost tries a PIN that must be the host's. It takes as long as any.
func (s *Session) proveHost(ctx context.Context, pin string) {
	m := s.meeting
	s.later(ctx, s.setup.Limits.Backend, func(ctx context.Context) result {
		begun := time.Now()
		var ev claimed
		ev.identity, ev.err = m.Identify(ctx, pin)
		if ev.err == nil && !ev.identity.Host {
			ev.err = conference.ErrWrongPIN
		}
		pad(ctx, begun, s.setup.Limits.Lookup)
		return result{event: ev}
	})
}

// depart ends the visit; another may follow.
func (s *Session) depart() {
	if s.visit != nil {
		s.visit.Leave()
	}
	s.visit, s.states = nil, nil
}

// pad waits until a whole number of steps has passed, so that how long a
// look-up took tells nothing about what it has found.
func pad(ctx context.Context, begun time.Time, step time.Duration) {
	if step <= 0 {
		return
	}
	taken := time.Since(begun)
	pause(ctx, (taken/step+1)*step-taken)
}

// pause waits, unless ctx ends before.
func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

func (s *Session) visitMeeting(ctx context.Context) {
	m := s.meeting
	guest := conference.Guest{Identity: s.state.identity, Call: s.setup.Call, Label: s.setup.Caller, Language: s.state.lang}
	s.later(ctx, s.setup.Limits.Backend, func(ctx context.Context) result {
		v, err := m.Visit(ctx, guest)
		if err != nil {
			return result{event: visited{err}}
		}
		return result{event: visited{}, drop: v.Leave, keep: func() {
			if s.left { // it ended while we knocked
				v.Leave()
				return
			}
			s.visit, s.states = v, v.States()
		}}
	})
}

func (s *Session) openSeat(ctx context.Context) {
	v := s.visit
	s.later(ctx, s.setup.Limits.Backend, func(ctx context.Context) result {
		seat, err := v.Open(ctx)
		if err == nil { // counted here, so that one which comes too late is counted too
			s.setup.Observer.Seated()
		}
		return result{event: opened{err}, keep: func() {
			if err == nil && !s.left {
				s.seat = seat
			}
		}}
	})
}
