package call

import (
	"context"
	"time"

	"github.com/einwahl/einwahl/conference"
	"github.com/einwahl/einwahl/gateway/admission"
	"github.com/einwahl/einwahl/gateway/records"
)

// do carries out an action. What may take its time runs beside the session
// and comes back as an event.
func (s *Session) do(ctx context.Context, a action) {
	switch a := a.(type) {
	case answer:
		s.later(ctx, s.Limits.Backend, func(ctx context.Context) result {
			return result{event: answered{s.Phone.Answer(ctx)}}
		})
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
	case visit:
		s.visitMeeting(ctx)
	case testify:
		s.testify(ctx, a)
	case open:
		s.openSeat(ctx)
	case command:
		v := s.visit
		s.later(ctx, s.Limits.Backend, func(ctx context.Context) result {
			return result{event: obeyed{a.command, v.Command(ctx, a.command)}}
		})
	case leave:
		s.leave()
	case hangup:
		s.hangup(a.why)
	case note:
		s.note(a.decision)
	}
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
		s.Observer.Spoke(word.prompt, s.state.lang)
	}
}

func (s *Session) flush() {
	for {
		select {
		case _, ok := <-s.Phone.Digits():
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

// find looks a number up. What comes of it takes the same time whether the
// number is known or not.
func (s *Session) find(ctx context.Context, number string) {
	s.meeting = nil
	s.later(ctx, s.Limits.Backend, func(ctx context.Context) result {
		begun := time.Now()
		m, err := s.Service.Find(ctx, number)
		pad(ctx, begun, s.Limits.Lookup)
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
	s.later(ctx, s.Limits.Backend, func(ctx context.Context) result {
		begun := time.Now()
		ev := proved{err: conference.ErrWrongPIN}
		if m != nil {
			ev.identity, ev.err = m.Identify(ctx, pin)
		}
		if m == nil || m.NeedsPIN() {
			pad(ctx, begun, s.Limits.Lookup)
		}
		return result{event: ev}
	})
}

// pad waits until a whole number of steps has passed, so that how long a
// look-up took tells nothing about what it has found.
func pad(ctx context.Context, begun time.Time, step time.Duration) {
	if step <= 0 {
		return
	}
	taken := time.Since(begun)
	t := time.NewTimer((taken/step+1)*step - taken)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

func (s *Session) visitMeeting(ctx context.Context) {
	m := s.meeting
	guest := conference.Guest{Identity: s.state.identity, Call: s.Call, Label: s.Caller, Language: s.state.lang}
	s.later(ctx, s.Limits.Backend, func(ctx context.Context) result {
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
	s.later(ctx, s.Limits.Backend, func(ctx context.Context) result {
		seat, err := v.Open(ctx)
		return result{event: opened{err}, keep: func() {
			if err == nil && !s.left {
				s.seat = seat
			}
		}}
	})
}

// testify has evidence written. How much of the words was heard is looked at
// now, not when the disk is ready.
func (s *Session) testify(ctx context.Context, a testify) {
	c := records.Consent{
		Time:     time.Now(),
		Call:     s.Call,
		Meeting:  s.meeting.ID(),
		Run:      a.run,
		Policy:   a.policy.String(),
		Answer:   a.answer,
		Language: s.state.lang,
		Program:  s.Program,
	}
	if a.key != 0 {
		c.Key = string(a.key)
	}
	if s.speech != nil && a.answer != withdrawn {
		c.Words, c.Heard = s.speech.Version(), s.speech.Played()
		for _, w := range s.said {
			c.Prompts = append(c.Prompts, string(w.prompt))
		}
	}
	s.later(ctx, s.Limits.Backend, func(context.Context) result {
		err := s.Records.AppendConsent(c)
		if err != nil {
			s.log.Error().Err(err).Str("answer", c.Answer).Msg("consent could not be recorded")
		}
		return result{event: testified{err}}
	})
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
		s.Phone.Hangup(farewells()[why].cause)
	}
}

func (s *Session) note(d admission.Decision) {
	e := s.state.meeting.Encryption
	s.Observer.Decided(d, e)
	log := s.log.Debug()
	switch {
	case d.Reason == admission.EncryptionUnknown || d.Reason == admission.RecordingUnknown:
		log = s.log.Warn()
	case d.Verdict == admission.Refuse:
		log = s.log.Info()
	}
	log.Stringer("decision", d.Verdict).Stringer("reason", d.Reason).Stringer("encryption", e).Msg("admission")
}

// conclude writes down that the call was.
func (s *Session) conclude() {
	took := time.Since(s.begun)
	c := records.Call{
		Start:     s.begun,
		Duration:  took,
		Call:      s.Call,
		Trunk:     s.Trunk,
		Number:    s.Number,
		Caller:    s.Caller,
		Language:  s.state.lang,
		SecureLeg: s.Secure,
		Outcome:   string(s.state.why),
	}
	if s.state.proven {
		c.Meeting = s.meeting.ID()
		c.Encryption = s.state.meeting.Encryption.String()
	}
	if err := s.Records.AppendCall(c); err != nil {
		s.log.Error().Err(err).Msg("call could not be recorded")
	}
	s.Observer.Ended(s.state.why, took)
	s.log.Info().Str("reason", string(s.state.why)).Dur("duration", took).Msg("call ended")
}

// publish shows the call as it is to whoever asks.
func (s *Session) publish() {
	info := &Info{
		Call:     s.Call,
		Trunk:    s.Trunk,
		Number:   s.Number,
		Caller:   s.Caller,
		Start:    s.begun,
		Phase:    s.state.phase.String(),
		Language: s.state.lang,
		Secure:   s.Secure,
		Seated:   s.state.seated,
		Voice:    s.shape.voice,
		Hand:     s.state.hand,
	}
	if s.state.proven {
		info.Meeting = s.meeting.ID()
		info.Encryption = s.state.meeting.Encryption.String()
	}
	s.info.Store(info)
}
