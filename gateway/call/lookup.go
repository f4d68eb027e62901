package call

import (
	"context"
	"errors"
	"time"

	"github.com/einwahl/einwahl/announcements"
	"github.com/einwahl/einwahl/conference"
	"github.com/einwahl/einwahl/gateway/admission"
	"github.com/einwahl/einwahl/gateway/lockout"
)

// find looks a number up. What comes of it takes the same time whether the
// number is known or not.
func (s *Session) find(ctx context.Context, number string) {
	s.meeting = nil
	s.later(ctx, s.setup.Limits.Backend, func(ctx context.Context) result {
		begun := time.Now()
		m, err := s.seek(ctx, number)
		pad(ctx, begun, s.setup.Limits.Lookup)
		ev := found{err: err}
		if err == nil {
			ev.id, ev.needsPIN = m.ID(), m.NeedsPIN()
		}
		return result{event: ev, keep: func() { s.meeting = m }}
	})
}

// seek finds a meeting, unless this caller is locked out of it: then there is
// none.
func (s *Session) seek(ctx context.Context, number string) (conference.Meeting, error) {
	m, err := s.setup.Service.Find(ctx, number)
	if err == nil && s.setup.Guesses.Hidden(m.ID()) {
		return nil, conference.ErrNoMeeting
	}
	return m, err
}

// identify tries a PIN at a meeting, nil where there is none, and where host is
// set only the host's is right. A try for which the caller has no place left is
// wrong, whatever the PIN.
func (s *Session) identify(ctx context.Context, m conference.Meeting, pin string, host bool) (conference.Identity, error) {
	id := ""
	if m != nil {
		id = m.ID()
		if pin == "" && !host && !m.NeedsPIN() {
			return m.Identify(ctx, pin) // no try: however many come at one moment, none is wrong
		}
	}
	settle, ok := s.setup.Guesses.Try(id)
	if !ok {
		return conference.Identity{}, conference.ErrWrongPIN
	}
	verdict := lockout.Void
	defer func() { settle(verdict) }()
	var who conference.Identity
	err := conference.ErrWrongPIN
	if m != nil {
		who, err = m.Identify(ctx, pin)
	}
	if err == nil && host && !who.Host {
		err = conference.ErrWrongPIN
	}
	switch {
	case err == nil:
		verdict = lockout.Right
	case errors.Is(err, conference.ErrWrongPIN):
		verdict = lockout.Wrong
	}
	return who, err
}

// prove tries a PIN.
func (s *Session) prove(ctx context.Context, pin string) {
	s.try(ctx, pin, false, func(p proof) event { return proved(p) })
}

// proveHost tries a PIN that must be the host's. It takes as long as any.
func (s *Session) proveHost(ctx context.Context, pin string) {
	s.try(ctx, pin, true, func(p proof) event { return claimed(p) })
}

// try tries a PIN. Where the number was unknown there is nothing to try, and that
// takes as long.
func (s *Session) try(ctx context.Context, pin string, host bool, as func(proof) event) {
	m := s.meeting
	s.later(ctx, s.setup.Limits.Backend, func(ctx context.Context) result {
		begun := time.Now()
		var p proof
		if p.identity, p.err = s.identify(ctx, m, pin, host); p.err == nil {
			p.pin = admission.Grade(pin, m.ID())
		}
		if host || p.err != nil || m.NeedsPIN() {
			pad(ctx, begun, s.setup.Limits.Lookup)
		}
		return result{event: as(p)}
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

// visitMeeting tells the meeting of the caller. Who has not consented to the
// processing of their data yet only looks, and nobody there learns of them.
func (s *Session) visitMeeting(ctx context.Context) {
	m := s.meeting
	guest := conference.Guest{
		Identity: s.state.identity, Call: s.setup.Call, Language: s.state.lang,
		Held: admission.MustBeLetIn(facts(s.state)), Secure: s.setup.Secure, Looks: unasked(s.state),
	}
	if !guest.Looks {
		guest.Label, guest.Nickname = s.setup.Privacy.Label(s.setup.Telephone, s.setup.Nickname(m.ID()))
		s.label = guest.Label
	}
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

// take takes a seat that was opened.
func (s *Session) take(seat conference.Seat) {
	s.seat = seat
	if s.setup.Tone > 0 {
		s.tone = announcements.Remind(seat, announcements.Recorded, s.setup.Tone)
	}
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
				s.take(seat)
			}
		}}
	})
}
