package call

import (
	"context"
	"sync"
	"time"

	"github.com/einwahl/einwahl/conference"
	"github.com/einwahl/einwahl/gateway/records"
	"github.com/einwahl/einwahl/sip"
	"github.com/einwahl/einwahl/transcode/pcm"
)

type fakeMusic struct{ pcm.Silence }

// fakeSpeech lasts a second for each word.
type fakeSpeech struct {
	stage *stage
	lang  string
	words words

	mu     sync.Mutex
	frames int
	over   bool
	done   chan struct{}
}

const framesPerWord = 50

// audible is w without the silence at its end, which takes no time here.
func (w words) audible() words {
	if n := len(w); n > 0 && w[n-1].prompt == leadOut {
		return w[:n-1]
	}
	return w
}

func (f *fakeSpeech) ReadFrame(pcm.Frame) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.over {
		return false
	}
	if f.frames%framesPerWord == 0 {
		f.stage.note("hears " + string(f.words[f.frames/framesPerWord].prompt))
	}
	if f.frames++; f.frames == framesPerWord*len(f.words) {
		f.over = true
		close(f.done)
	}
	return true
}

func (f *fakeSpeech) Done() <-chan struct{} { return f.done }
func (f *fakeSpeech) Version() string       { return "v" }
func (f *fakeSpeech) Hash() string          { return "hash" }

func (f *fakeSpeech) Begun() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return (f.frames+framesPerWord-1)/framesPerWord - 1
}

func (f *fakeSpeech) Played() time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	return time.Duration(f.frames) * pcm.FrameDuration
}

func (f *fakeSpeech) Stop() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.over {
		f.over = true
		close(f.done)
	}
}

// fakePhone is a telephone whose caller never stops talking.
type fakePhone struct {
	stage  *stage
	digits chan rune
	done   chan struct{}
	once   sync.Once
	deaf   error // there are no early media
	secure bool  // once it is answered

	mu    sync.Mutex
	hear  pcm.Source
	speak pcm.Sink
}

func (p *fakePhone) Answer(context.Context) error { p.stage.note("answered"); return nil }
func (p *fakePhone) Early(context.Context) error  { p.stage.note("early"); return p.deaf }
func (p *fakePhone) Secure() bool                 { return p.secure }
func (p *fakePhone) Sound() *records.Sound        { return &records.Sound{Codec: "PCMA", Rating: 91.5} }
func (p *fakePhone) Ring()                        { p.stage.note("rings") }
func (p *fakePhone) Digits() <-chan rune          { return p.digits }
func (p *fakePhone) Done() <-chan struct{}        { return p.done }
func (p *fakePhone) Err() error                   { return nil }
func (p *fakePhone) goOnHook()                    { p.once.Do(func() { close(p.done) }) }

func (p *fakePhone) Hangup(c sip.Cause) {
	p.stage.note("bye " + c.String())
	p.goOnHook()
}

func (p *fakePhone) Connect(hear pcm.Source, speak pcm.Sink) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if hear == nil {
		hear = pcm.Silence{}
	}
	if speak == nil {
		speak = pcm.Silence{}
	}
	p.hear, p.speak = hear, speak
}

// hears is what the caller is connected with.
func (p *fakePhone) hears() pcm.Source {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.hear
}

// beat moves the sound until the call is over.
func (p *fakePhone) beat() {
	frame := make(pcm.Frame, pcm.NarrowbandSamples)
	tick := time.NewTicker(pcm.FrameDuration)
	defer tick.Stop()
	for {
		select {
		case <-p.done:
			return
		case <-tick.C:
		}
		p.mu.Lock()
		if p.hear != nil {
			p.hear.ReadFrame(frame)
			p.speak.WriteFrame(frame)
		}
		p.mu.Unlock()
	}
}

// fakeMeeting is a meeting with one visitor.
type fakeMeeting struct {
	stage *stage
	pins  map[string]conference.Identity
	guest conference.Guest // who came last

	mu     sync.Mutex
	state  conference.State
	states chan conference.State
	left   bool
	seat   *fakeSeat

	visit func(ctx context.Context) // may take its time
	open  error
}

func (m *fakeMeeting) ID() string { return "100" }

func (m *fakeMeeting) NeedsPIN() bool { _, free := m.pins[""]; return !free }

func (m *fakeMeeting) Identify(_ context.Context, pin string) (conference.Identity, error) {
	if id, ok := m.pins[pin]; ok {
		return id, nil
	}
	return conference.Identity{}, conference.ErrWrongPIN
}

func (m *fakeMeeting) Visit(ctx context.Context, who conference.Guest) (conference.Visit, error) {
	m.stage.note("visit " + who.Label)
	m.guest = who
	if m.visit != nil {
		m.visit(ctx)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.states = make(chan conference.State, 1)
	m.states <- m.state
	return m, nil
}

func (m *fakeMeeting) States() <-chan conference.State { return m.states }

// change changes the meeting, and tells the visitor.
func (m *fakeMeeting) change(change ...func(*conference.State)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range change {
		c(&m.state)
	}
	m.stage.note("changed")
	if m.states == nil || m.left {
		return
	}
	select {
	case <-m.states:
	default:
	}
	m.states <- m.state
}

func (m *fakeMeeting) Open(context.Context) (conference.Seat, error) {
	m.stage.note("open")
	if m.open != nil {
		return nil, m.open
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.seat = &fakeSeat{stage: m.stage}
	return m.seat, nil
}

func (m *fakeMeeting) Command(_ context.Context, c conference.Command, _ uint64) error {
	m.stage.note("command")
	if c == conference.ToggleLock {
		m.change(func(s *conference.State) { s.Locked = !s.Locked })
	}
	return nil
}

func (m *fakeMeeting) Leave() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.left {
		m.left = true
		m.stage.note("left")
	}
}

// fakeSeat notes when a caller begins to be heard or to hear, and stops.
type fakeSeat struct {
	stage *stage
	mu    sync.Mutex
	heard time.Time // last frame of the caller
	gave  time.Time // last frame to the caller
}

func (s *fakeSeat) WriteFrame(f pcm.Frame) { s.frame(&s.heard, "voice") }

func (s *fakeSeat) ReadFrame(pcm.Frame) bool { s.frame(&s.gave, "ear"); return true }

// frame notes the first frame after a break.
func (s *fakeSeat) frame(last *time.Time, what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := time.Now(); now.Sub(*last) > pcm.FrameDuration {
		s.stage.note(what + " opens")
	}
	*last = time.Now()
}

// last is when the last frames passed, to the others and to the caller.
func (m *fakeMeeting) last() (heard, gave time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.seat.mu.Lock()
	defer m.seat.mu.Unlock()
	return m.seat.heard, m.seat.gave
}

func (s *fakeSeat) SetMicrophone(on bool) {
	s.stage.note(map[bool]string{true: "microphone on", false: "microphone off"}[on])
}

func (s *fakeSeat) SetHand(up bool) {
	s.stage.note(map[bool]string{true: "hand up", false: "hand down"}[up])
}

func (s *fakeSeat) Answer(_ uint64, a conference.Answer) { s.stage.note("answers " + a.String()) }
