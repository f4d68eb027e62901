package embedded

import (
	"context"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/pion/webrtc/v4"
)

// maxFailures is how often a page's media may fail within a minute.
const maxFailures = 4

// enter gives the page its voice and its first leg. The meeting's owner calls
// it, as it does secure and hear.
func (s *session) enter(v *voice, host, strict bool) {
	s.voice = v
	s.build(host, strict)
}

// cutWeak closes every leg whose ciphers are not good enough any more. When it
// returns nothing passes through one.
func (m *meeting) cutWeak() {
	var weak []*leg
	for _, mb := range m.members {
		if mb.browser != nil && mb.browser.leg != nil && !mb.browser.leg.strict {
			mb.browser.leg.cancel()
			weak = append(weak, mb.browser.leg)
		}
	}
	for _, l := range weak {
		<-l.done
	}
}

// cut ends the media of a page that is out: whoever was removed hears nothing
// more, also if their page does not take the last word.
func (s *session) cut() {
	if s.leg != nil {
		s.leg.cancel()
	}
}

// secure replaces a leg whose ciphers are not good enough.
func (s *session) secure(host, strict bool) {
	if strict && !s.leg.strict {
		s.build(host, strict)
	}
}

// build makes a new leg in place of the old one, and tells the page.
func (s *session) build(host, strict bool) {
	if s.leg != nil {
		s.leg.cancel()
	}
	s.legs++
	ctx, cancel := context.WithCancel(s.ctx)
	l := &leg{
		session: s, number: s.legs, strict: strict, cancel: cancel, done: make(chan struct{}),
		requests: make(chan request, 16), failed: make(chan struct{}, 1), changed: make(chan struct{}, 1),
		heard: map[*voice]*webrtc.RTPTransceiver{}, sources: map[uint32]*voice{}, ways: map[string]bool{}, ssrc: rand.Uint32(),
	}
	s.leg = l
	s.current.Store(l)
	s.out.send(joinedMessage{Type: "joined", You: s.person.id, Host: host, ICE: []string{}, Key: s.key, Pass: s.person.pass, Leg: l.number})
	s.wg.Go(func() {
		defer cancel()
		err := l.run(ctx)
		close(l.done)
		if err != nil && ctx.Err() == nil {
			s.log.Debug().Err(err).Str("person", s.person.id).Msg("media of a page failed")
			s.meeting.post(func() { s.legFailed(l) })
		}
	})
}

// legFailed builds the leg anew, or gives the page up.
func (s *session) legFailed(l *leg) {
	if s.leg != l || s.person.place != inside {
		return
	}
	now := time.Now()
	if s.failures++; now.Sub(s.lastFailure) > time.Minute {
		s.failures = 1
	}
	s.lastFailure = now
	if s.failures >= maxFailures {
		s.meeting.state.part(s.person, partGone)
		return
	}
	s.build(s.meeting.state.isHost(s.person), s.meeting.strict())
}

// hear tells the leg whose voices the page is to hear.
func (s *session) hear(voices []*voice) {
	l := s.leg
	wanted := slices.DeleteFunc(slices.Clone(voices), func(v *voice) bool { return v == s.voice })
	l.mu.Lock()
	same := slices.Equal(l.wanted, wanted)
	l.wanted = wanted
	l.mu.Unlock()
	if !same {
		l.touch()
	}
}
