package embedded

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
	"github.com/rs/zerolog"
	"golang.org/x/time/rate"

	"github.com/einwahl/einwahl/conference"
)

var (
	errSlow    = errors.New("the page does not keep up")
	errSaidBye = errors.New("the session is over")
)

const (
	// joinTimeout is how long a page may take to say who it is.
	joinTimeout = 10 * time.Second
	// messageRate and messageBurst are how fast a page is listened to; who says
	// more is listened to later.
	messageRate  = 20
	messageBurst = 100
)

// session is one page in a meeting, from its join to its last word.
type session struct {
	meeting *meeting
	person  *person // belongs to the meeting's owner
	out     *outbox
	log     zerolog.Logger
	key     string

	// Owned by the meeting's owner.
	voice *voice
	leg   *leg
	legs  uint64 // it has had
	// How often its media has failed lately.
	failures    int
	lastFailure time.Time

	current atomic.Pointer[leg] // leg, for the reader

	ctx    context.Context // ends with the session
	cancel context.CancelCauseFunc
	wg     sync.WaitGroup // the legs' goroutines
}

// serve leads a page's session after it was let through the door. It returns
// when all that belongs to it has ended.
func (s *session) serve(ctx context.Context, ws *websocket.Conn, who newcomer) {
	ctx, s.cancel = context.WithCancelCause(ctx)
	s.ctx = ctx
	defer s.cancel(nil)
	joined := s.meeting.do(func() {
		s.person = s.meeting.state.arrive(who)
		s.meeting.members[s.person.id] = &member{person: s.person, browser: s}
	})
	if !joined {
		s.out.bye(partGone)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		err := s.out.deliver(ctx, ws)
		closeSocket(ws, err)
		s.cancel(err)
	})
	if joined {
		s.read(ctx, ws)
		s.meeting.do(func() {
			s.meeting.state.part(s.person, partLeft)
		})
	}
	wg.Wait() // the last word is out, or cannot be said
	s.cancel(nil)
	s.wg.Wait()
}

// closeSocket ends the connection: in order after the last word, at once where
// the page is slow or gone.
func closeSocket(ws *websocket.Conn, err error) {
	if errors.Is(err, errSaidBye) {
		_ = ws.Close(websocket.StatusNormalClosure, "") // the page may be gone already
		return
	}
	_ = ws.CloseNow()
}

// read takes the page's messages until it leaves or is lost.
func (s *session) read(ctx context.Context, ws *websocket.Conn) {
	pace := rate.NewLimiter(messageRate, messageBurst)
	for {
		if pace.Wait(ctx) != nil {
			return
		}
		_, data, err := ws.Read(ctx)
		if err != nil {
			return
		}
		r, err := decode(data)
		if err != nil {
			s.out.send(errorMessage{Type: "error", Code: "bad_message", Message: "This message is not understood."})
			s.cancelSoon()
			return
		}
		if r.Type == "leave" {
			return
		}
		s.handle(r)
	}
}

// cancelSoon has the meeting send the page out; what is queued goes first.
func (s *session) cancelSoon() {
	s.meeting.do(func() { s.meeting.state.part(s.person, partGone) })
}

// handle does what a page asks for.
func (s *session) handle(r request) {
	switch r.Type {
	case "ping":
		s.out.send(plain{Type: "pong"})
	case "pub.offer", "sub.answer", "candidate":
		s.toLeg(r)
	case "join":
		s.out.send(errorMessage{Type: "error", Code: "bad_message", Message: "You have joined already."})
	default:
		s.meeting.do(func() { s.change(r) })
	}
}

// change is what a page changes in the meeting. The meeting's owner runs it.
func (s *session) change(r request) {
	m, p := s.meeting.state, s.person
	if p.place != inside {
		return
	}
	switch r.Type {
	case "mute":
		m.setMuted(p, r.Muted)
	case "hand":
		p.hand = r.Up
	case "consent":
		m.answeredByPage(p, r.Run, answerOf(r.Answer, m.policy.consent))
	case "host":
		s.command(r)
	}
}

// answerOf reads a page's answer. Where notice is all that is asked, a yes
// says that it was read.
func answerOf(answer string, consent conference.Consent) conference.Answer {
	switch {
	case answer != "agree":
		return conference.Declined
	case consent == conference.ConsentNotice:
		return conference.Informed
	}
	return conference.Agreed
}

// command is what a host asks for.
func (s *session) command(r request) {
	m := s.meeting.state
	if !m.isHost(s.person) {
		s.out.send(errorMessage{Type: "error", Code: "not_host", Message: "Only a host can do this."})
		return
	}
	argument := r.Person
	if r.Action == "encryption" {
		argument = r.Level
	}
	switch err := m.order(r.Action, argument); {
	case errors.Is(err, errNoPerson):
		s.out.send(errorMessage{Type: "error", Code: "not_found", Message: "This person is not here any more."})
	case errors.Is(err, errSealed):
		s.out.send(errorMessage{Type: "error", Code: "recording_e2ee", Message: "An end-to-end encrypted meeting cannot be recorded here."})
	case errors.Is(err, errNoRecording), errors.Is(err, errRecordingRuns):
		// Two hosts have pressed the same key; the page sees what is true.
	case err != nil:
		s.out.send(errorMessage{Type: "error", Code: "bad_message", Message: err.Error()})
	}
}
