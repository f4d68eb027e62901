package call

import (
	"context"
	"time"

	"github.com/einwahl/einwahl/gateway/admission"
	"github.com/einwahl/einwahl/gateway/records"
)

// testify has evidence written. How much of the words was heard is looked at
// now, not when the disk is ready.
func (s *Session) testify(ctx context.Context, a testify) {
	c := records.Consent{
		Kind:      a.about,
		Time:      time.Now(),
		Call:      s.setup.Call,
		Meeting:   s.meeting.ID(),
		Run:       a.run,
		Purpose:   a.purpose,
		Policy:    a.policy.String(),
		Answer:    a.answer,
		Language:  s.state.lang,
		Program:   s.setup.Program,
		Telephone: s.setup.Telephone,
	}
	if a.key != 0 {
		c.Key = string(a.key)
	}
	if s.speech != nil && s.concerns(a) {
		c.Words, c.Hash, c.Heard = s.speech.Version(), s.speech.Hash(), s.speech.Played()
		for _, w := range s.said {
			c.Prompts = append(c.Prompts, string(w.prompt))
		}
	}
	s.later(ctx, s.setup.Limits.Backend, func(context.Context) result {
		err := s.setup.Records.AppendConsent(c)
		if err != nil {
			s.log.Error().Err(err).Str("kind", c.Kind).Str("answer", c.Answer).Msg("evidence could not be recorded")
		}
		return result{event: testified{a.about, a.answer, err}}
	})
}

// concerns reports that evidence is about the words that were said last.
func (s *Session) concerns(a testify) bool {
	notice := min(s.said.index(privacyNotice), s.said.index(fullNotice)) < len(s.said)
	return a.answer != withdrawn && (a.about != records.KindNotice || notice)
}

func (s *Session) note(d admission.Decision) {
	e := s.state.meeting.Encryption
	s.setup.Observer.Decided(d, e)
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
		Call:      s.setup.Call,
		Trunk:     s.setup.Trunk,
		Number:    s.setup.Number,
		Language:  s.state.lang,
		SecureLeg: s.setup.Secure,
		Outcome:   string(s.state.why),
		Sound:     s.setup.Phone.Sound(),
		Telephone: s.setup.Telephone,
	}
	if how := s.setup.Privacy.CallerNumber; how == NumberHidden || how == NumberMasked && s.setup.Telephone == "" {
		c.Caller = s.label // what others see of a number is not kept
	}
	if s.state.proven {
		c.Meeting = s.meeting.ID()
		c.Encryption = s.state.meeting.Encryption.String()
	}
	if err := s.setup.Records.AppendCall(c); err != nil {
		s.log.Error().Err(err).Msg("call could not be recorded")
	}
	s.setup.Observer.Ended(c)
	line := s.log.Info()
	if advice := s.state.why.advice(); advice != "" {
		line = s.log.Warn().Str("advice", advice)
	}
	if c.Sound != nil && c.Sound.Rating > 0 {
		line = line.Str("codec", c.Sound.Codec).Float64("r_factor", c.Sound.Rating)
	}
	line.Str("reason", string(s.state.why)).Dur("duration", took).Msg("call ended")
}

// publish shows the call as it is to whoever asks.
func (s *Session) publish() {
	info := &Info{
		Call:     s.setup.Call,
		Trunk:    s.setup.Trunk,
		Number:   s.setup.Number,
		Caller:   s.label,
		Start:    s.begun,
		Phase:    s.state.phase.String(),
		Language: s.state.lang,
		Secure:   s.setup.Secure,
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
