package offer

import (
	"errors"
	"io"
	"net/netip"
	"slices"
)

var (
	// ErrNothingFits reports a description without a stream that we can
	// speak: SIP answers 488, and a call that stands goes on as it was.
	ErrNothingFits = errors.New("no audio stream in the description fits")
	// ErrNotOffered reports an answer to an offer that was never made.
	ErrNotOffered = errors.New("answer without an offer")
)

// Local is what our descriptions say of us.
type Local struct {
	Address netip.Addr
	Port    uint16 // RTP; RTCP is on the next
	Session uint64 // identifies the call's descriptions in o=
	Codecs  []Codec
	Policy  Policy
	Random  io.Reader // of keys; nil: crypto/rand
}

// Agreement is what an exchange has settled about the stream.
type Agreement struct {
	Profile string   // RTP/AVP and the like, as in m=
	Origin  string   // their o=: as long as it stays, nothing has changed
	Send    Format   // what we send
	Receive []Format // what may arrive, keys among it
	// Digits is telephone-event (RFC 4733) as we have agreed to it; Clock 0: not
	// at all. It may arrive under other types of Receive too.
	Digits Format
	Asks   Asks // of what we send
	// Remote and RTCP are where they want packets. The address is invalid
	// where the description gives none that can be sent to.
	Remote, RTCP netip.AddrPort
	Mux          bool // RTP and RTCP share a port
	// Sends and Receives are ours. A caller who holds us does not listen, so
	// we do not send.
	Sends, Receives bool
	// Ours is how we encrypt what we send, Theirs how they do; both are Clear
	// or neither is.
	Ours, Theirs Crypto
}

// Held reports whether they do not listen to us.
func (a Agreement) Held() bool { return !a.Sends }

// Secure reports whether packets are encrypted, both ways.
func (a Agreement) Secure() bool { return a.Ours.Suite != Clear && a.Theirs.Suite != Clear }

// Party is our side of one call. It is not safe for concurrent use.
type Party struct {
	local   Local
	version uint64
	said    string // our last description, but for its version
	lines   []line // the m= lines of the last exchange, in their order
	audio   int    // which of them is ours
	agreed  Agreement
	settled bool     // agreed holds an agreement
	offered []Format // of an offer of ours that waits for its answer
	keys    []Crypto // of that offer
	known   []Format // what payload types mean in this call
}

// line is an m= line that we keep at port 0, because RFC 3264 keeps every line
// in its place for as long as the call lives.
type line struct {
	kind, profile string
	formats       []string
}

// NewParty begins a call.
func NewParty(l Local) *Party { return &Party{local: l, version: l.Session} }

// Agreed returns the agreement in force and whether there is one.
func (p *Party) Agreed() (Agreement, bool) { return p.agreed, p.settled }

// Answer takes their offer, first or later, and returns our answer. Of several
// streams it takes the one that fits best. It fails with an *Error,
// ErrNothingFits or ErrClear, and then nothing has changed.
func (p *Party) Answer(body []byte) ([]byte, Agreement, error) {
	d, err := read(body)
	if err != nil {
		return nil, Agreement{}, err
	}
	next := *p
	next.offered, next.keys = nil, nil
	next.lines = linesOf(d)
	next.audio = -1
	found := useless
	for i := range d.MediaDescriptions {
		s := understand(d, i, p.local.Address)
		next.known = remember(next.known, s.formats)
		a, ok := p.fit(next.lines[i], s, p.ours)
		if !ok {
			continue
		}
		if fits := p.protect(&a, s); fits > found {
			a.Origin = d.origin
			found, next.audio, next.agreed = fits, i, a
		}
	}
	if found == clearOnly {
		return nil, Agreement{}, ErrClear
	}
	if next.audio < 0 {
		next.audio = putAside(d)
		if !p.settled || next.audio < 0 {
			return nil, Agreement{}, p.misfit(next.lines)
		}
		next.agreed.Sends, next.agreed.Receives = false, false
		return p.say(next, -1, nil)
	}
	if next.agreed.Ours, err = p.answerKey(next.agreed.Theirs); err != nil {
		return nil, Agreement{}, err
	}
	next.settled = true
	return p.say(next, next.audio, answered(next.agreed))
}

// fit agrees to one of their streams if we can speak an encoding of it, which
// choose picks.
func (p *Party) fit(l line, s stream, choose func([]Format) (Format, bool)) (Agreement, bool) {
	if l.kind != "audio" || s.port == 0 || !speaks(l.profile) {
		return Agreement{}, false
	}
	f, ok := choose(s.formats)
	if !ok {
		return Agreement{}, false
	}
	said := slices.IndexFunc(s.formats, func(o Format) bool { return o.Type == f.Type })
	wishes := asks(s.formats[said], s.longest)
	wishes.Metrics = s.metrics
	return Agreement{
		Profile:  l.profile,
		Send:     f,
		Receive:  received(f, s.formats),
		Digits:   digits(s.formats, f.Clock),
		Asks:     wishes,
		Remote:   s.remote,
		RTCP:     s.rtcp,
		Mux:      s.mux,
		Sends:    s.listens,
		Receives: s.sends,
	}, true
}

// speaks reports whether we can speak an RTP profile.
func speaks(profile string) bool {
	switch profile {
	case "RTP/AVP", "RTP/AVPF", "RTP/SAVP", "RTP/SAVPF":
		return true
	}
	return false
}

// Offer makes an offer of everything we speak, for an INVITE that came
// without one. It also takes back a hold.
func (p *Party) Offer() ([]byte, error) {
	next := *p
	if len(next.lines) == 0 {
		next.lines, next.audio = make([]line, 1), 0
	}
	next.lines = slices.Clone(next.lines)
	profile, keys, err := p.offeredKeys()
	if err != nil {
		return nil, err
	}
	next.lines[next.audio] = line{kind: "audio", profile: profile}
	next.offered, next.keys = p.everything(), keys
	next.known = remember(p.known, next.offered)
	body, _, err := p.say(next, next.audio, next.offered)
	return body, err
}

// Accept takes their answer to our offer. It fails with an *Error,
// ErrNothingFits, ErrClear or ErrNotOffered, and then the agreement is as it
// was.
func (p *Party) Accept(body []byte) (Agreement, error) {
	if p.offered == nil {
		return Agreement{}, ErrNotOffered
	}
	d, err := read(body)
	if err != nil {
		return Agreement{}, err
	}
	if p.audio >= len(d.MediaDescriptions) {
		return Agreement{}, ErrNothingFits
	}
	s := understand(d, p.audio, p.local.Address)
	if s.port == 0 && p.settled {
		p.offered, p.keys = nil, nil
		p.agreed.Sends, p.agreed.Receives = false, false
		return p.agreed, nil
	}
	a, ok := p.fit(linesOf(d)[p.audio], s, p.theirs)
	if !ok {
		return Agreement{}, ErrNothingFits
	}
	if err := p.concludeKeys(&a, s); err != nil {
		return Agreement{}, err
	}
	// What they send us bears the payload types of our offer, what we send
	// them those of their answer.
	a.Receive = nil
	for _, f := range p.offered {
		if slices.ContainsFunc(s.formats, func(o Format) bool { return o.Matches(f.Codec) }) {
			a.Receive = append(a.Receive, f)
		}
	}
	a.Digits = digits(a.Receive, a.Send.Clock)
	p.known = remember(p.known, s.formats)
	a.Origin = d.origin
	p.offered, p.keys, p.agreed, p.settled = nil, nil, a, true
	return a, nil
}
