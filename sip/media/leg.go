package media

import (
	"math/rand/v2"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"github.com/einwahl/einwahl/sip/media/offer"
	"github.com/einwahl/einwahl/transcode/pace"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// ErrNothingFits reports a description without a stream that we can speak: SIP
// answers 488, and a call that stands goes on as it was.
var ErrNothingFits = offer.ErrNothingFits

// ErrClear is the ErrNothingFits of a description that could be spoken in the
// clear only, where the trunk or the call, which is encrypted already, does not
// allow it.
var ErrClear = offer.ErrClear

// SDPError reports a body that is no session description: SIP answers 400.
type SDPError = offer.Error

// LegConfig is what a leg must know of its call.
type LegConfig struct {
	Bind       netip.Addr     // where the ports are bound; none: everywhere
	Signalling netip.Addr     // where the caller's SIP comes from
	Trusted    []netip.Prefix // where the trunk's media may come from besides
	Codecs     []string       // by their names in the operator's file, in order of preference
	SRTP       string         // off, optional or required; empty: off
	Denoise    bool           // noise is taken out of what the caller says
	Advertise  netip.Addr     // our public address in SDP, if it is of Signalling's IP version; else Config.Advertise
	Offer      []byte         // the caller's first offer, if there is one, so that the kind of leg can be chosen
	Log        zerolog.Logger
}

// Leg is the sound of one call. Its methods may be called from several
// goroutines, but not from within a beat.
type Leg struct {
	engine *Engine
	log    zerolog.Logger
	pair   *pair

	in    inbound
	out   outbound
	ctl   control
	count counters
	keys  keys
	web   *web // nil: the caller is no browser

	digits   chan rune
	informed atomic.Bool // a key has come by INFO
	lost     chan struct{}
	loseOnce sync.Once
	closed   atomic.Bool

	promised bool // what the first offer leads to is encrypted

	turn   pace.Turn
	talk   atomic.Pointer[talk]
	terms  atomic.Pointer[terms]
	target atomic.Pointer[netip.AddrPort] // of RTP; nil: nowhere

	mu      sync.Mutex // held while any of the below changes, or talk, or terms
	party   *offer.Party
	clock   pcm.Clock
	started bool
	seal    *seal
	opener  *opener
	openers openers
}

// talk is the pair that a leg is connected to.
type talk struct {
	hear    pcm.Source
	speak   pcm.Sink
	packets pcm.PacketSink // speak, if it takes packets; else nil
}

func newTalk(hear pcm.Source, speak pcm.Sink) *talk {
	packets, _ := speak.(pcm.PacketSink)
	return &talk{hear, speak, packets}
}

func newLeg(e *Engine, c LegConfig, both *pair, said netip.Addr) *Leg {
	local := offer.Local{
		Address: said,
		Port:    both.port,
		Session: uint64(rand.Uint32()),
		Codecs:  offer.Codecs(c.Codecs),
		Policy:  offer.PolicyOf(c.SRTP),
	}
	l := &Leg{
		engine: e,
		log:    c.Log,
		pair:   both,
		digits: make(chan rune, 64),
		lost:   make(chan struct{}),
		clock:  e.group(),
		party:  offer.NewParty(local),
	}
	l.promised = local.Encrypts(c.Offer)
	l.talk.Store(newTalk(pcm.Silence{}, pcm.Silence{}))
	l.in.denoise = c.Denoise
	l.in.begin(latch{signalling: c.Signalling, trusted: c.Trusted})
	l.out.begin()
	l.ctl.begin(e.every)
	return l
}

// Answer takes the caller's offer, the first or a later one, and returns our
// answer; sound flows by it at once. It returns a *SDPError, ErrNothingFits,
// ErrClear or ErrClosed, and then everything stays as it was.
func (l *Leg) Answer(body []byte) ([]byte, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed.Load() {
		return nil, ErrClosed
	}
	answer, agreed, err := l.party.Answer(body)
	if err != nil {
		return nil, err
	}
	if err := l.apply(agreed); err != nil {
		return nil, err
	}
	return answer, nil
}

// Offer makes an offer of ours, for an INVITE or re-INVITE that came without
// one.
func (l *Leg) Offer() ([]byte, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed.Load() {
		return nil, ErrClosed
	}
	return l.party.Offer()
}

// Accept takes the caller's answer to our offer; sound flows by it at once. It
// returns a *SDPError, ErrNothingFits, ErrClear or ErrClosed, and then
// everything stays as it was.
func (l *Leg) Accept(body []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed.Load() {
		return ErrClosed
	}
	agreed, err := l.party.Accept(body)
	if err != nil {
		return err
	}
	return l.apply(agreed)
}

// apply brings an agreement into force. mu is held.
func (l *Leg) apply(a offer.Agreement) error {
	next, err := l.equip(a)
	if err != nil {
		return err
	}
	if err := l.secure(next); err != nil {
		l.drop(next)
		return err
	}
	before := l.terms.Load()
	fresh := before == nil || a.Origin == "" || a.Origin != before.Origin
	// A hold may come without an address. The caller will be back.
	if a.Sends || a.Remote.Addr().IsValid() {
		l.in.expect(a.Remote, fresh)
		l.aim()
	}
	l.enforce(next)
	if !l.started {
		l.start()
	}
	return nil
}

// start puts the leg on its clock. What came before there was an agreement is
// not the caller's. mu is held.
func (l *Leg) start() {
	l.count.foreign.Add(uint64(l.engine.discard(l.pair.rtp)))
	l.started = true
	l.clock.Add(l)
}

// secure brings the keys of an agreement into force. A key that stays, or comes
// back, goes on counting. mu is held.
func (l *Leg) secure(t *terms) (err error) {
	if !t.Secure() {
		return nil // and was not before: offer sees to that
	}
	seal := l.seal
	if seal == nil || !seal.key.Same(t.Ours) {
		if seal, err = newSeal(t.Ours); err != nil {
			return err
		}
	}
	opener, err := l.openers.of(t.Theirs)
	if err != nil {
		return err
	}
	l.seal, l.opener, t.seal = seal, opener, seal
	l.in.mu.Lock()
	defer l.in.mu.Unlock()
	l.in.opened.turnTo(opener)
	return nil
}

// Connect makes the caller hear one thing and speak to another; nil is
// silence. If either lives on a clock of its own, the leg moves over to it. It
// is in force from the next beat on, and when Connect returns, what was
// connected before is not used any more. While the caller holds the call nothing
// is read, so a prompt goes on where it was when they are back.
func (l *Leg) Connect(hear pcm.Source, speak pcm.Sink) {
	clock := clockOf(hear, speak)
	if hear == nil {
		hear = pcm.Silence{}
	}
	if speak == nil {
		speak = pcm.Silence{}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed.Load() {
		return
	}
	if clock == nil || clock == l.clock {
		l.talk.Store(newTalk(hear, speak))
		l.turn.Wait()
		return
	}
	if l.started {
		l.clock.Remove(l)
		defer clock.Add(l)
	}
	l.talk.Store(newTalk(hear, speak))
	l.clock = clock
}

// clockOf is the clock that one of them lives on, or nil.
func clockOf(hear pcm.Source, speak pcm.Sink) pcm.Clock {
	if c, ok := speak.(pcm.Clocked); ok {
		return c.Clock()
	}
	if c, ok := hear.(pcm.Clocked); ok {
		return c.Clock()
	}
	return nil
}

// Digits delivers the keys that the caller presses, 0-9 * # A-D, each once.
func (l *Leg) Digits() <-chan rune { return l.digits }

// PushDigit takes a key that came by SIP INFO.
func (l *Leg) PushDigit(r rune) {
	l.informed.Store(true)
	l.hush()
	l.press(r, inINFO, l.engine.now())
}

// press delivers a key unless it came already by another way. A caller whose
// keys nobody takes loses the later ones.
func (l *Leg) press(r rune, by way, at time.Time) {
	if l.closed.Load() || !l.keys.press(r, by, at) {
		return
	}
	select {
	case l.digits <- r:
		l.count.digits.Add(1)
	default:
	}
}

// Held reports whether the caller has put us on hold.
func (l *Leg) Held() bool {
	t := l.terms.Load()
	return t != nil && t.Held()
}

// Unwatched reports that Lost will not tell when the caller is gone: they hold,
// or will not send, or the operator wants no time-out.
func (l *Leg) Unwatched() bool {
	t := l.terms.Load()
	return t != nil && (t.Held() || !t.Receives || l.engine.config.SilentTimeout == 0)
}

// Secure reports whether the call's packets are encrypted both ways; before
// the answer, whether they must be once there is one.
func (l *Leg) Secure() bool {
	if t := l.terms.Load(); t != nil {
		return t.Secure()
	}
	return l.promised
}

// Lost is closed when nothing has come from the caller for too long, or the
// leg has broken down.
func (l *Leg) Lost() <-chan struct{} { return l.lost }

func (l *Leg) lose() { l.loseOnce.Do(func() { close(l.lost) }) }

// Close says goodbye by RTCP and ends the sound. What was connected is not
// used any more when it returns. The ports are given back once they have
// rested. It is safe to call twice.
func (l *Leg) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed.Load() {
		return
	}
	if l.started {
		l.clock.Remove(l)
		l.terms.Load().voice.close()
	}
	l.in.decoders.close()
	l.in.cleaners.close()
	l.report(true)
	l.closed.Store(true)
	if l.web != nil {
		l.web.cancel()
	}
	l.talk.Store(newTalk(pcm.Silence{}, pcm.Silence{}))
	l.retire()
}
