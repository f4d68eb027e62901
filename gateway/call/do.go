package call

import (
	"cmp"
	"context"
	"errors"
	"time"
)

// do carries out an action. What may take its time runs beside the session
// and comes back as an event.
func (s *Session) do(ctx context.Context, a action) {
	switch a := a.(type) {
	case answer:
		s.answer(ctx)
	case foresee:
		s.foresee(ctx)
	case front:
		s.front(ctx)
	case say:
		s.say(a.words)
	case hush:
		if s.speech != nil {
			s.speech.Stop()
		}
	case flush:
		s.flush()
	case arm:
		s.arm(a.timer, a.d)
	case disarm:
		if t := s.timers[a.timer]; t != nil {
			t.Stop()
		}
	case find:
		s.find(ctx, a.number)
	case prove:
		s.prove(ctx, a.pin)
	case proveHost:
		s.proveHost(ctx, a.pin)
	case depart:
		s.depart()
	case visit:
		s.visitMeeting(ctx)
	case testify:
		s.testify(ctx, a)
	case render:
		s.render(ctx, a.text)
	case open:
		s.openSeat(ctx)
	case command:
		v := s.visit
		s.later(ctx, s.setup.Limits.Backend, func(ctx context.Context) result {
			return result{event: obeyed{a.command, v.Command(ctx, a.command, a.who)}}
		})
	case pronounce:
		lang := s.state.lang
		s.later(ctx, s.setup.Limits.Backend, func(ctx context.Context) result {
			return result{event: pronounced{a.name, a.has, s.speaker.pronounce(ctx, lang, a.name)}}
		})
	case leave:
		s.leave()
	case hangup:
		s.hangup(a.why)
	case note:
		s.note(a.decision)
	}
}

// render has a text spoken. What is wrong with it is for the operator to see: the
// caller goes without it.
func (s *Session) render(ctx context.Context, text string) {
	lang := s.state.lang
	s.later(ctx, s.setup.Limits.Backend, func(ctx context.Context) result {
		err := s.speaker.prepare(ctx, lang, text)
		if err != nil && !errors.Is(err, context.Canceled) {
			s.log.Warn().Err(err).Str("language", lang).Msg("a text of the meeting cannot be spoken")
		}
		return result{event: rendered{text, err}}
	})
}

// answer takes the call, after it has rung for a while where the operator
// wants that.
func (s *Session) answer(ctx context.Context) {
	ring := s.setup.Limits.Ring
	s.later(ctx, ring+s.setup.Limits.Backend, func(ctx context.Context) result {
		if ring > 0 {
			s.setup.Phone.Ring()
			pause(ctx, ring)
		}
		return result{event: answered{s.setup.Phone.Answer(ctx)}, keep: s.harden}
	})
}

// harden takes note that a call is encrypted that could not be known to be so
// before its answer: its caller has left the offer to us.
func (s *Session) harden() {
	if s.setup.Secure || !s.setup.Phone.Secure() {
		return
	}
	s.setup.Secure = true
	now := *s.state.terms
	now.secure = true
	s.state.terms = &now
}

// later runs work beside the session. Its result reaches the session, or is
// dropped when the call is over.
func (s *Session) later(ctx context.Context, d time.Duration, work func(context.Context) result) {
	s.wg.Go(func() {
		limited, cancel := context.WithTimeout(ctx, d)
		defer cancel()
		r := work(limited)
		if r.keep == nil {
			r.keep = func() {}
		}
		select {
		case s.results <- r:
		case <-ctx.Done():
			if r.drop != nil {
				r.drop()
			}
		}
	})
}

func (s *Session) say(w words) {
	if s.speech != nil {
		s.speech.Stop()
	}
	s.speech, s.said = s.speaker.speak(s.state.lang, w), w
	for _, word := range w {
		if word.prompt == leadIn || word.prompt == leadOut {
			continue // silence
		}
		s.setup.Observer.Spoke(word.prompt, cmp.Or(word.lang, s.state.lang))
	}
}

func (s *Session) flush() {
	for {
		select {
		case _, ok := <-s.setup.Phone.Digits():
			if !ok {
				return
			}
		default:
			return
		}
	}
}

func (s *Session) arm(t timer, d time.Duration) {
	if s.timers[t] == nil {
		s.timers[t] = time.NewTimer(d)
		return
	}
	s.timers[t].Reset(d)
}

// leave takes the caller out of the meeting, for good.
func (s *Session) leave() {
	s.left = true
	s.states = nil
	if s.visit != nil {
		s.visit.Leave()
	}
}

func (s *Session) hangup(why Outcome) {
	if !s.hungUp {
		s.hungUp = true
		s.setup.Phone.Hangup(farewells()[why].cause)
	}
}
