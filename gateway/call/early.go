package call

import (
	"context"
	"errors"

	"github.com/einwahl/einwahl/conference"
	"github.com/einwahl/einwahl/gateway/admission"
)

// A call whose number asks for it is looked at before it is answered, and any to a
// number that is kept for end-to-end encryption: a refusal
// that is known by then is said as early media, and the call ends with the final
// status of the reason. It costs the caller nothing, and carriers count it as
// refused. What only a PIN would show is not told: such calls are answered. So are
// those of a caller who is locked out, who must not learn it from the status.

// first begins the life of a call.
func first(s state) (state, []action) {
	why, unwelcome := admission.Unwelcome(facts(s), s.leadsTo)
	switch {
	case unwelcome && (s.early || why == admission.EndToEndNumber):
		s.noted = admission.Decision{Verdict: admission.Refuse, Reason: why}
		s, acts := excuse(s, refusal(why))
		return s, append([]action{note{s.noted}}, acts...)
	case !s.early || s.leadsTo == "":
		return s, []action{answer{}}
	}
	s.phase = foreseeing
	return s, []action{arm{bound, s.limits.Backend}, foresee{}}
}

// nextForeseen answers the call, unless it would only be answered to be refused.
func nextForeseen(s state, ev foreseen) (state, []action) {
	switch {
	case errors.Is(ev.err, conference.ErrNoMeeting):
		return excuse(s, Wrong)
	case ev.err != nil:
		return excuse(s, Faulty)
	case ev.met:
		seen := in(s, ev.id)
		seen.meeting, seen.proven, seen.identity = ev.meeting, true, ev.identity
		if d := admission.Decide(facts(seen)); d.Verdict == admission.Refuse {
			s.meeting, s.noted = ev.meeting, d
			s, acts := excuse(s, refusal(d.Reason))
			return s, append([]action{note{d}}, acts...)
		}
	}
	s.phase = answering
	return s, []action{disarm{bound}, answer{}}
}

// excuse lets the caller hear, unanswered, why not, in each language of the number.
func excuse(s state, why Outcome) (state, []action) {
	s.phase, s.why, s.lang = excusing, why, s.languages[0]
	return s, []action{arm{bound, s.limits.Backend}, front{}}
}

// nextFronted says it. Where there are no early media the status says it alone.
func nextFronted(s state, ev fronted) (state, []action) {
	if ev.err != nil {
		return end(s, s.why)
	}
	return sayGoodbye(s, s.why)
}

// unanswered reports that nothing was said to the caller yet.
func unanswered(s state) bool {
	return s.phase == answering || s.phase == foreseeing || s.phase == excusing
}

// foresee looks at the meeting behind the number as if the caller had come to
// its door.
func (s *Session) foresee(ctx context.Context) {
	s.later(ctx, s.setup.Limits.Backend, func(ctx context.Context) result {
		return result{event: s.peek(ctx)}
	})
}

func (s *Session) peek(ctx context.Context) foreseen {
	m, err := s.setup.Service.Find(ctx, s.setup.Meeting)
	if err != nil || m.NeedsPIN() || s.setup.Guesses.Hidden(m.ID()) {
		return foreseen{err: err}
	}
	who, err := m.Identify(ctx, "")
	if err != nil {
		return foreseen{err: err}
	}
	v, err := m.Visit(ctx, conference.Guest{Identity: who, Call: s.setup.Call, Looks: true})
	if errors.Is(err, conference.ErrGone) {
		return foreseen{id: m.ID(), meeting: conference.State{Ended: true}, met: true}
	}
	if err != nil {
		return foreseen{err: err}
	}
	defer v.Leave()
	select {
	case st, ok := <-v.States():
		st.Ended = st.Ended || !ok
		return foreseen{id: m.ID(), identity: who, meeting: st, met: true}
	case <-ctx.Done():
		return foreseen{err: context.Cause(ctx)}
	}
}

// front opens the way for early media.
func (s *Session) front(ctx context.Context) {
	s.later(ctx, s.setup.Limits.Backend, func(ctx context.Context) result {
		return result{event: fronted{s.setup.Phone.Early(ctx)}}
	})
}
