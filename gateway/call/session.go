package call

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"github.com/einwahl/einwahl/announcements"
	"github.com/einwahl/einwahl/conference"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// speech is what a Session needs of something that is being said.
type speech interface {
	pcm.Source
	Done() <-chan struct{}
	Begun() int
	Played() time.Duration
	Version() string
	Hash() string
	Stop()
}

// speaker gives words a voice.
type speaker interface {
	speak(lang string, w words) speech
	music() pcm.Source
	// prepare has a text spoken, so that words can say it.
	prepare(ctx context.Context, lang, text string) error
	// pronounce has a name spoken, so that words can say it.
	pronounce(ctx context.Context, lang, name string) error
}

// Session leads one call. It has one goroutine, which owns all of it.
type Session struct {
	setup   Setup
	log     zerolog.Logger
	speaker speaker
	begun   time.Time
	label   string // how others see the caller; see PrivacyConfig.Label

	state   state
	timers  [timers]*time.Timer
	results chan result
	drain   chan struct{}
	once    sync.Once
	wg      sync.WaitGroup
	info    atomic.Pointer[Info]

	// The meeting, as far as it was reached.
	meeting conference.Meeting
	visit   conference.Visit
	states  <-chan conference.State
	seat    conference.Seat
	tone    pcm.Source // the seat with the tone of a recording; nil: there is none
	left    bool
	hungUp  bool

	// What the telephone and the seat are like now.
	shape  shape
	hear   pcm.Source
	speak  pcm.Sink
	speech speech // the one that runs, or the last
	said   words
	waits  pcm.Source // the music, at its place
}

// result is what comes back from something that took its time.
type result struct {
	event event
	keep  func() // runs in the session's goroutine, before the event
	drop  func() // runs instead where nobody waits any more; may be nil
}

// New prepares a call. Nothing happens before Run.
func New(setup Setup) *Session {
	return newSession(setup, library{setup.Library, setup.Privacy.notice(setup.Days)})
}

func newSession(setup Setup, sp speaker) *Session {
	languages := setup.Languages
	if len(languages) == 0 {
		languages = []string{"en"}
	}
	label, _ := setup.Privacy.Label(setup.Telephone, 0)
	s := &Session{
		setup:   setup,
		log:     setup.Log.With().Str("call", setup.Call).Logger(),
		speaker: sp,
		label:   label,
		results: make(chan result),
		drain:   make(chan struct{}),
	}
	s.state.why = Faulty // of a call that a panic breaks off; any other end says why
	s.state.terms = &terms{
		limits:    setup.Limits,
		policy:    setup.Policy,
		languages: languages,
		leadsTo:   setup.Meeting,
		secure:    setup.Secure,
		caller:    setup.Known,
		early:     setup.Early,

		waitingRoom: setup.WaitingRoom,
		message:     setup.Message,
		processing:  setup.Privacy.Consent,
	}
	s.publish()
	return s
}

// Drain tells the caller that the gateway closes, and ends the call. It
// returns at once and is safe to call twice.
func (s *Session) Drain() { s.once.Do(func() { close(s.drain) }) }

// Info is the call as it is now. It may be called from any goroutine.
func (s *Session) Info() Info { return *s.info.Load() }

// Run leads the call to its end. Nothing it started is left when it returns.
func (s *Session) Run(ctx context.Context) error {
	defer s.wg.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // runs before Wait
	defer s.close()

	s.begun = time.Now()
	s.publish()
	s.log.Info().Str("trunk", s.setup.Trunk).Str("number", s.setup.Number).Msg("call begun")
	s.follow(ctx, first)
	digits, drain := s.setup.Phone.Digits(), s.drain
	for s.state.phase != ended {
		var ev event
		select {
		case <-ctx.Done():
			ev = gone{}
		case <-s.setup.Phone.Done():
			ev = gone{s.setup.Phone.Err()}
		case <-drain:
			ev, drain = draining{}, nil
		case key, ok := <-digits:
			if !ok {
				digits = nil
				continue
			}
			ev = digit{key, s.heard()}
		case <-s.spoken():
			ev = spoken{}
		case st, ok := <-s.states:
			ev = s.told(st, ok)
		case <-s.tick(patience):
			ev = expired{patience}
		case <-s.tick(bound):
			ev = expired{bound}
		case <-s.tick(reminder):
			ev = expired{reminder}
		case <-s.tick(length):
			ev = expired{length}
		case r := <-s.results:
			r.keep()
			ev = r.event
		}
		s.step(ctx, ev)
	}
	return nil
}

// step lets something happen.
func (s *Session) step(ctx context.Context, ev event) {
	s.follow(ctx, func(st state) (state, []action) { return next(st, ev) })
}

// follow goes where decide says. What must fall silent does so before anything
// else is done, and what may open opens after everything else.
func (s *Session) follow(ctx context.Context, decide func(state) (state, []action)) {
	var actions []action
	s.state.now = time.Now()
	s.state, actions = decide(s.state)
	s.shut(outline(s.state))
	for _, a := range actions {
		s.do(ctx, a)
	}
	s.agree(outline(s.state))
	s.publish()
}

// shut takes away what a new shape no longer has.
func (s *Session) shut(want shape) {
	hear, speak := s.hear, s.speak
	if !want.voice {
		speak = nil
	}
	if s.shape.ear == hearsMeeting && !s.state.seated {
		hear = nil
	}
	s.connect(hear, speak)
	if !want.voice && s.shape.voice && s.seat != nil {
		s.seat.SetMicrophone(false)
		s.shape.voice = false
	}
	if want.answer == conference.Declined {
		s.stand(want) // what is said on goes into no file
	}
}

// stand tells the meeting how the caller stands to its recording.
func (s *Session) stand(want shape) {
	if s.seat == nil || s.left || want.answer == conference.Unanswered || want.answer == s.shape.answer && want.run == s.shape.run {
		return
	}
	s.seat.Answer(want.run, want.answer)
	s.shape.answer, s.shape.run = want.answer, want.run
}

// agree makes the telephone and the seat what the state says.
func (s *Session) agree(want shape) {
	if s.seat != nil && !s.left {
		s.stand(want)
		if want.hand != s.shape.hand {
			s.seat.SetHand(want.hand)
		}
		if want.voice != s.shape.voice {
			s.seat.SetMicrophone(want.voice)
		}
	}
	var speak pcm.Sink
	if want.voice {
		speak = s.seat
	}
	s.connect(s.source(want), speak)
	s.shape = want
}

func (s *Session) connect(hear pcm.Source, speak pcm.Sink) {
	if hear != s.hear || speak != s.speak {
		s.setup.Phone.Connect(hear, speak)
		s.hear, s.speak = hear, speak
	}
}

func (s *Session) source(want shape) pcm.Source {
	switch want.ear {
	case hearsWords:
		return s.speech
	case hearsMusic:
		if s.waits == nil {
			s.waits = s.speaker.music()
		}
		return s.waits
	case hearsMeeting:
		if want.tone && s.tone != nil {
			return s.tone
		}
		return s.seat
	}
	return nil
}

// heard is the item of the running speech that is being heard.
func (s *Session) heard() int {
	if !s.state.speaking {
		return len(s.said)
	}
	return s.speech.Begun()
}

func (s *Session) spoken() <-chan struct{} {
	if !s.state.speaking {
		return nil
	}
	return s.speech.Done()
}

// told turns what the meeting tells into an event.
func (s *Session) told(st conference.State, ok bool) event {
	if !ok {
		s.states = nil
		return over{}
	}
	return changed{st}
}

func (s *Session) tick(t timer) <-chan time.Time {
	if s.timers[t] == nil {
		return nil
	}
	return s.timers[t].C
}

// close leaves nothing behind, whatever has ended the call.
func (s *Session) close() {
	s.connect(nil, nil)
	s.leave()
	if s.speech != nil {
		s.speech.Stop()
	}
	for _, t := range s.timers {
		if t != nil {
			t.Stop()
		}
	}
	s.conclude()
}

// library gives words the voice of the announcements.
type library struct {
	*announcements.Library
	notice announcements.Notice
}

func (l library) speak(lang string, w words) speech {
	return l.Speak(lang, w.items(l.notice)...)
}

func (l library) prepare(ctx context.Context, lang, text string) error {
	return l.Prepare(ctx, announcements.Phrase{Language: lang, Words: text})
}

func (l library) pronounce(ctx context.Context, lang, name string) error {
	return l.PrepareUnkept(ctx, announcements.Phrase{Language: lang, Words: name})
}

func (l library) music() pcm.Source { return l.Music() }
