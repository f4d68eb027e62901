package app

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/einwahl/einwahl/announcements"
	"github.com/einwahl/einwahl/conference"
	"github.com/einwahl/einwahl/gateway/admin"
	"github.com/einwahl/einwahl/gateway/admission"
	"github.com/einwahl/einwahl/gateway/call"
	"github.com/einwahl/einwahl/gateway/config"
	"github.com/einwahl/einwahl/gateway/records"
	"github.com/einwahl/einwahl/sip"
)

// settings are what a call takes from the operator's file when it comes in.
type settings struct {
	config.Config
	policy    admission.Policy
	directory config.Directory
}

func newSettings(c config.Config) *settings {
	return &settings{Config: c, policy: admission.NewPolicy(c.Admission, c.Recording), directory: c.Directory()}
}

// answer leads one call. It runs in a goroutine of the call's own.
func (a *App) answer(ctx context.Context, phone *sip.Call) {
	now := a.settings.Load()
	number, ok := now.directory.Find(phone.Trunk(), phone.To())
	if !ok {
		a.refuseNumber(phone, now)
		return
	}
	free, why, refused := a.places.take(number, time.Now())
	if why != nil {
		a.refuseFull(phone, number, *why, refused)
		return
	}
	defer free()
	line := a.calls.begin(phone)
	defer a.calls.end(line)
	caller := &guest{nicknames: &a.named, number: named(phone.From())}
	defer caller.leave()
	session := a.session(line, caller, number, now)
	a.calls.lead(line, session)
	a.metrics.CallBegun()
	if err := session.Run(ctx); err != nil {
		a.log.Error().Err(err).Str("call", phone.ID()).Msg("call broken off")
	}
}

// session is a call to a number, under the settings of now. It is made apart from
// answer so that what it takes is not on the stack for as long as the call lasts.
func (a *App) session(line *line, caller *guest, number config.Number, now *settings) *call.Session {
	phone := line.phone
	return call.New(call.Setup{
		Phone:     timed{phone, a.metrics},
		Call:      phone.ID(),
		Trunk:     phone.Trunk(),
		Number:    number.Number,
		Secure:    phone.Secure(),
		Known:     known(phone.From()),
		Telephone: caller.number,
		Nickname:  caller.in,
		Program:   "einwahl " + a.version,

		Languages: number.Languages,
		Meeting:   number.Meeting,
		Message:   number.Message,
		Early:     number.Refuse == config.Early,
		Guesses:   a.guesses.Line(phone.Trunk(), number.Number, caller.number),
		Service:   a.service,

		WaitingRoom: a.service.Capabilities().Lobby,
		Library:     a.library,
		Records:     a.book,
		Observer:    &observer{metrics: a.metrics, session: line.info},
		Policy:      now.policy.Number(number.Key+".admission", number.Admission),
		Limits:      now.Limits,
		Tone:        now.Recording.Tone,
		Privacy:     now.Privacy,
		Days:        a.book.Days(time.Now()),
		Log:         a.log,
	})
}

// known is what admission may know of a caller.
func known(c sip.Caller) admission.Caller {
	return admission.Caller{
		Anonymous: c.Anonymous, Number: named(c), Asserted: c.Asserted, Attested: admission.ParseAttestation(c.Attested),
	}
}

// named is the caller's number, empty where it is suppressed.
func named(c sip.Caller) string {
	if c.Anonymous {
		return ""
	}
	return c.User
}

// line is one call in progress.
type line struct {
	phone   *sip.Call
	session *call.Session
}

func (l *line) info() call.Info { return l.session.Info() }

// calls are those in progress. Its zero value is ready.
type calls struct {
	mu      sync.Mutex
	lines   map[*line]struct{}
	told    bool            // callers are told that the gateway closes
	waiting []chan struct{} // closed when the last call ends
}

func (c *calls) begin(phone *sip.Call) *line {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.lines == nil {
		c.lines = map[*line]struct{}{}
	}
	l := &line{phone: phone}
	c.lines[l] = struct{}{}
	return l
}

// lead notes who leads the call.
func (c *calls) lead(l *line, s *call.Session) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l.session = s
	if c.told {
		s.Drain()
	}
}

func (c *calls) end(l *line) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.lines, l)
	if len(c.lines) == 0 {
		for _, gone := range c.waiting {
			close(gone)
		}
		c.waiting = nil
	}
}

func (c *calls) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.lines)
}

// list are the calls that somebody leads, oldest first.
func (c *calls) list() []*line {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := make([]*line, 0, len(c.lines))
	for l := range c.lines {
		if l.session != nil {
			all = append(all, l)
		}
	}
	slices.SortFunc(all, func(a, b *line) int { return a.phone.Began().Compare(b.phone.Began()) })
	return all
}

// tell says to every caller that the gateway closes, and to those who come yet.
func (c *calls) tell() {
	c.mu.Lock()
	c.told = true
	c.mu.Unlock()
	for _, l := range c.list() {
		l.session.Drain()
	}
}

// untell lets callers who come now stay.
func (c *calls) untell() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.told = false
}

// gone is closed when no call is left.
func (c *calls) gone() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	gone := make(chan struct{})
	if len(c.lines) == 0 {
		close(gone)
		return gone
	}
	c.waiting = append(c.waiting, gone)
	return gone
}

// Calls lists the calls for the operator.
func (c *calls) Calls() []admin.Call {
	lines := c.list()
	all := make([]admin.Call, 0, len(lines))
	for _, l := range lines {
		info, sound := l.info(), l.phone.Stats()
		all = append(all, admin.Call{
			ID:         info.Call,
			Trunk:      info.Trunk,
			Number:     info.Number,
			Caller:     info.Caller,
			Meeting:    info.Meeting,
			Phase:      info.Phase,
			Language:   info.Language,
			Since:      info.Start,
			Codec:      sound.Codec,
			Secure:     info.Secure,
			Held:       l.phone.Held(),
			PacketsIn:  sound.PacketsIn,
			PacketsOut: sound.PacketsOut,
			Lost:       sound.Lost,
			Sound:      soundOf(sound),

			Fingerprint: sound.Print,
		})
	}
	return all
}

// timed is a phone whose answer is timed.
type timed struct {
	*sip.Call
	metrics *admin.Metrics
}

// Answer takes the call, and tells how long the caller has waited for it.
func (t timed) Answer(ctx context.Context) error {
	err := t.Call.Answer(ctx)
	if err == nil {
		t.metrics.Answered(time.Since(t.Began()))
	}
	return err
}

// observer carries what a call reports into the metrics.
type observer struct {
	metrics *admin.Metrics
	session func() call.Info
}

// Decided counts a decision.
func (o *observer) Decided(d admission.Decision, e conference.Encryption) {
	info := o.session()
	o.metrics.Decided(admin.Decision{
		Time:       time.Now(),
		Call:       info.Call,
		Meeting:    info.Meeting,
		Decision:   d.Verdict.String(),
		Reason:     d.Reason.String(),
		Encryption: e.String(),
	})
}

// Spoke counts a prompt.
func (o *observer) Spoke(p announcements.Prompt, language string) {
	o.metrics.Prompt(string(p), language)
}

// Seated counts a seat.
func (o *observer) Seated() { o.metrics.Seated() }

// Ended counts a call.
func (o *observer) Ended(c records.Call) { o.metrics.CallEnded(c) }
