package siptest

import (
	"fmt"
	"strings"
	"sync"
	"time"
)

// Call is a call of the phone.
type Call struct {
	phone *Phone
	sound *sound
	id    string
	tag   string
	to    string
	uri   string

	manners   manners
	responses chan *Message
	ended     chan struct{}
	endOnce   sync.Once

	mu     sync.Mutex
	seq    int
	remote string // To with the gateway's tag, once it is known
	target string // the gateway's Contact
	routes []string
	branch string // of the INVITE being dealt with
	invite int    // its CSeq
	acked  map[int]string
	trace  []*Message
	reason string
}

// manners are what the phone does wrong on purpose.
type manners struct {
	noOffer bool
	loseAck bool
	deaf    bool
	dumb    bool
	seq     int
	headers []Header
	body    string
	kind    string
}

// Option changes how a phone behaves in a call.
type Option func(*manners)

// WithoutOffer sends an INVITE without SDP: the answer goes into the ACK.
func WithoutOffer() Option { return func(m *manners) { m.noOffer = true } }

// LoseAck never acknowledges an answer.
func LoseAck() Option { return func(m *manners) { m.loseAck = true } }

// Deaf never answers a request of the gateway.
func Deaf() Option { return func(m *manners) { m.deaf = true } }

// Dumb sends no RTP: whoever wants sound offers a socket of their own (WithBody).
func Dumb() Option { return func(m *manners) { m.dumb = true } }

// WithSeq begins to count at n.
func WithSeq(n int) Option { return func(m *manners) { m.seq = n - 1 } }

// WithHeader adds a header to the INVITE; one of the usual names replaces the
// usual value.
func WithHeader(name, value string) Option {
	return func(m *manners) { m.headers = append(m.headers, Header{name, value}) }
}

// WithBody sends this instead of the phone's own offer.
func WithBody(contentType, body string) Option {
	return func(m *manners) { m.kind, m.body = contentType, body }
}

// Call dials and waits until somebody has answered; it fails the test when
// nobody does.
func (p *Phone) Call(to string, options ...Option) *Call {
	p.t.Helper()
	c := p.Dial(to, options...)
	if m := c.Final(); m.Status() != 200 {
		p.t.Fatalf("call %s: %s", to, m.Start)
	}
	return c
}

// Dial sends an INVITE and does not wait.
func (p *Phone) Dial(to string, options ...Option) *Call {
	p.t.Helper()
	c := &Call{
		phone:     p,
		id:        Token(),
		tag:       Token(),
		to:        to,
		uri:       "sip:" + to + "@" + p.config.Gateway,
		responses: make(chan *Message, 256),
		ended:     make(chan struct{}),
		acked:     map[int]string{},
	}
	c.remote, c.target = "<"+c.uri+">", c.uri
	for _, o := range options {
		o(&c.manners)
	}
	var err error
	if c.sound, err = newSound(p.config); err != nil {
		p.t.Fatalf("phone: %v", err)
	}
	c.sound.dumb = c.manners.dumb
	p.mu.Lock()
	p.calls[c.id] = c
	p.mu.Unlock()
	body, kind := c.manners.body, c.manners.kind
	if kind == "" && !c.manners.noOffer {
		body, kind = c.sound.describe("sendrecv", true), "application/sdp"
	}
	c.mu.Lock()
	c.seq = c.manners.seq + 1
	c.invite, c.branch = c.seq, "z9hG4bK"+Token()
	m := c.compose("INVITE", c.seq, c.branch, kind, body, c.manners.headers)
	c.mu.Unlock()
	c.send(m)
	return c
}

// ID is the Call-ID.
func (c *Call) ID() string { return c.id }

// Tag is the phone's own tag.
func (c *Call) Tag() string { return c.tag }

// Remote is To with the gateway's tag.
func (c *Call) Remote() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.remote
}

// Branch is the branch of the first INVITE or the latest re-INVITE.
func (c *Call) Branch() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.branch
}

// compose makes a request of this call. mu is held.
func (c *Call) compose(method string, seq int, branch, kind, body string, extra []Header) *Message {
	p := c.phone
	network, at := strings.ToUpper(p.config.Network), p.Addr().String()
	host := p.config.Local
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	from := fmt.Sprintf("<sip:%s@%s>;tag=%s", p.config.User, host, c.tag)
	if p.config.Display != "" {
		from = fmt.Sprintf("%q %s", p.config.Display, from)
	}
	m := &Message{Start: method + " " + c.target + " SIP/2.0", Body: []byte(body)}
	m.Headers = []Header{
		{"Via", "SIP/2.0/" + network + " " + at + ";branch=" + branch + ";rport"},
		{"Max-Forwards", "70"},
		{"From", from},
		{"To", c.remote},
		{"Call-ID", c.id},
		{"CSeq", fmt.Sprintf("%d %s", seq, method)},
		{"Contact", "<sip:" + p.config.User + "@" + at + ";transport=" + p.config.Network + ">"},
	}
	for _, r := range c.routes {
		m.Headers = append(m.Headers, Header{"Route", r})
	}
	if kind != "" {
		m.Headers = append(m.Headers, Header{"Content-Type", kind})
	}
	for _, h := range extra {
		m.set(h)
	}
	return m
}

// set replaces a header of the phone's own, or adds one; Via and Record-Route
// are always added.
func (m *Message) set(h Header) {
	for i := range m.Headers {
		if strings.EqualFold(m.Headers[i].Name, h.Name) && h.Name != "Via" && h.Name != "Record-Route" {
			m.Headers[i].Value = h.Value
			return
		}
	}
	m.Headers = append(m.Headers, h)
}

func (c *Call) send(m *Message) {
	if err := c.phone.send([]byte(m.String())); err != nil {
		c.phone.t.Logf("phone: %v", err)
	}
}

// Final waits for the final answer to the INVITE. The phone acknowledges by
// itself.
func (c *Call) Final() *Message {
	c.phone.t.Helper()
	c.mu.Lock()
	seq := c.invite
	c.mu.Unlock()
	return c.wait("INVITE", seq)
}

// wait is the final answer to a request.
func (c *Call) wait(method string, seq int) *Message {
	c.phone.t.Helper()
	late := time.After(Patience)
	for {
		select {
		case m := <-c.responses:
			if m.Method() == method && m.Seq() == seq && m.Status() >= 200 {
				return m
			}
		case <-late:
			c.phone.t.Fatalf("phone: no answer to %s", method)
			return nil
		}
	}
}

// Request sends a request inside the dialog and waits for its answer.
func (c *Call) Request(method string, headers ...Header) *Message {
	c.phone.t.Helper()
	return c.RequestWith(method, "", "", headers...)
}

// RequestWith is Request with a body.
func (c *Call) RequestWith(method, kind, body string, headers ...Header) *Message {
	c.phone.t.Helper()
	c.mu.Lock()
	c.seq++
	seq, branch := c.seq, "z9hG4bK"+Token()
	if method == "INVITE" {
		c.invite, c.branch = seq, branch
	}
	m := c.compose(method, seq, branch, kind, body, headers)
	c.mu.Unlock()
	if at := m.Get("CSeq"); at != "" {
		seq = m.Seq()
	}
	c.send(m)
	return c.wait(method, seq)
}

// Hangup sends BYE and waits until it is confirmed.
func (c *Call) Hangup() *Message {
	c.phone.t.Helper()
	m := c.Request("BYE")
	c.end()
	return m
}

// Vanish ends the call without a word.
func (c *Call) Vanish() { c.end() }

// Cancel sends CANCEL for the first INVITE and returns the answer to it; the
// final answer to the INVITE is waited for with Final.
func (c *Call) Cancel() *Message {
	c.phone.t.Helper()
	c.mu.Lock()
	m := c.compose("CANCEL", c.invite, c.branch, "", "", nil)
	seq := c.invite
	c.mu.Unlock()
	c.send(m)
	for {
		select {
		case r := <-c.responses:
			if r.Method() == "CANCEL" && r.Seq() == seq {
				return r
			}
			defer func() { c.responses <- r }() // the INVITE's: somebody waits for it
		case <-time.After(Patience):
			c.phone.t.Fatal("phone: no answer to CANCEL")
		}
	}
}

// Ended is closed when the gateway has sent BYE, or the phone has hung up.
func (c *Call) Ended() <-chan struct{} { return c.ended }

// WaitEnd waits for the gateway to hang up, and returns the Reason it gave.
func (c *Call) WaitEnd() string {
	c.phone.t.Helper()
	select {
	case <-c.ended:
	case <-time.After(Patience):
		c.phone.t.Fatal("phone: the gateway does not hang up")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.reason
}

func (c *Call) end() {
	c.endOnce.Do(func() { close(c.ended) })
	c.sound.close()
}

// Trace is every message that came in this call, in order.
func (c *Call) Trace() []*Message {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]*Message{}, c.trace...)
}

// Count is how many messages came that ok says yes to.
func (c *Call) Count(ok func(*Message) bool) int {
	n := 0
	for _, m := range c.Trace() {
		if ok(m) {
			n++
		}
	}
	return n
}
