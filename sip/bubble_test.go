package sip

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
	"github.com/rs/zerolog"

	"github.com/einwahl/einwahl/sip/media"
)

// caller is the other end of a server that has no sockets, so that hours of a
// call pass in no time.
type caller struct {
	held
	t      *testing.T
	server *Server
	calls  chan *Call
	legs   chan *fakeLeg
	out    chan sipmsg.Message
	seq    int
	to     string      // with the gateway's tag
	fits   error       // what the gateway's sound says to an offer
	broken atomic.Bool // no way back is found any more
}

func (*caller) Close() error          { return nil }
func (*caller) LocalAddr() net.Addr   { return &net.UDPAddr{IP: net.IPv4(10, 0, 0, 1), Port: 5060} }
func (*caller) local() netip.AddrPort { return netip.MustParseAddrPort("10.0.0.1:5060") }
func (*caller) secure() bool          { return false }
func (c *caller) network() string {
	if c.broken.Load() {
		panic("a mistake of ours")
	}
	return "UDP"
}

func (c *caller) WriteMsg(m sipmsg.Message) error {
	c.out <- m
	return nil
}

func (c *caller) transmit(message []byte, _ string) error {
	m, err := parse(c.server.parser, message)
	if err == nil {
		c.out <- m
	}
	return err
}

// bubble runs a test in time of its own. expires is the trunk's
// session_expires.
func bubble(t *testing.T, expires time.Duration, handle func(context.Context, *Call), test func(c *caller)) {
	synctest.Test(t, func(t *testing.T) {
		c := &caller{t: t, calls: make(chan *Call, 10), legs: make(chan *fakeLeg, 10), out: make(chan sipmsg.Message, 1000), to: "<sip:en@10.0.0.1>"}
		trunk := trunkOf("carrier", "10.0.0.0/24")
		trunk.SessionExpires = expires
		var err error
		c.server, err = newServer(DefaultConfig(), []TrunkConfig{trunk}, zerolog.Nop(),
			func(ctx context.Context, call *Call) { c.calls <- call; handle(ctx, call) },
			func(media.LegConfig) (leg, error) {
				accept := func(answer []byte) error { _, err := c.negotiate(answer); return err }
				l := &fakeLeg{answer: c.negotiate, accept: accept, digits: make(chan rune, 9), lost: make(chan struct{})}
				c.legs <- l
				return l, nil
			})
		if err != nil {
			t.Fatal(err)
		}
		test(c)
		for _, d := range c.server.dialogs.all() {
			d.post(abandoned{})
		}
		c.server.transactions.close()
		c.server.running.Wait()
	})
}

// negotiate is what the gateway's sound says to an offer.
func (c *caller) negotiate(offer []byte) ([]byte, error) {
	switch {
	case c.fits != nil:
		return nil, c.fits
	case string(offer) == unfit:
		return nil, media.ErrNothingFits
	}
	return []byte(plainAnswer), nil
}

// unfit is an offer or an answer that fits nothing.
const unfit = "v=0\r\nm=nothing\r\n"

// send gives the server a message.
func (c *caller) send(message string) {
	c.t.Helper()
	source := netip.MustParseAddrPort("10.0.0.9:5060")
	msg, err := parse(c.server.parser, []byte(message))
	if err != nil {
		c.t.Fatal(err)
	}
	msg.SetTransport("UDP")
	msg.SetSource(source.String())
	c.server.receive(msg, arrival{wire: c, source: source, trunk: c.server.gate.trunkOf(source.Addr(), "UDP")})
}

// request sends one inside the dialog, or begins it. A header "body" is the body.
func (c *caller) request(method string, headers ...string) {
	c.t.Helper()
	if method != "ACK" {
		c.seq++
	}
	var head strings.Builder
	body := ""
	for _, h := range headers {
		if b, ok := strings.CutPrefix(h, "body"); ok {
			body = "v=0" + b
			h = "Content-Type: application/sdp"
		}
		head.WriteString(h + "\r\n")
	}
	c.send(fmt.Sprintf("%s sip:en@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.9;branch=%s\r\nFrom: <sip:ua@10.0.0.9>;tag=ua\r\nTo: %s\r\nCall-ID: one\r\nCSeq: %d %s\r\nContact: <sip:ua@10.0.0.9>\r\n%sContent-Length: %d\r\n\r\n%s",
		method, sipmsg.GenerateBranch(), c.to, c.seq, method, head.String(), len(body), body))
}

// bows acknowledges a refusal, which ends its transaction.
func (c *caller) bows(r *sipmsg.Response) {
	c.t.Helper()
	c.send(fmt.Sprintf("ACK sip:en@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.9;branch=%s\r\nFrom: %s\r\nTo: %s\r\nCall-ID: one\r\nCSeq: %d ACK\r\nContent-Length: 0\r\n\r\n",
		r.Via().Params.GetOr("branch", ""), r.From().Value(), r.To().Value(), r.CSeq().SeqNo))
}

// next is what the server says next, within a day; 100 is passed over.
func (c *caller) next() sipmsg.Message {
	c.t.Helper()
	for {
		select {
		case m := <-c.out:
			if r, ok := m.(*sipmsg.Response); ok && r.StatusCode == sipmsg.StatusTrying {
				continue
			}
			return m
		case <-time.After(24 * time.Hour):
			c.t.Fatal("the gateway says nothing for a day")
		}
	}
}

// wants is the next message, which must be that answer.
func (c *caller) wants(status int) *sipmsg.Response {
	c.t.Helper()
	m := c.next()
	r, ok := m.(*sipmsg.Response)
	if !ok || r.StatusCode != status {
		c.t.Fatalf("got %.60q, want %d", m, status)
	}
	return r
}

// asks is the next message, which must be that request.
func (c *caller) asks(method sipmsg.RequestMethod) *sipmsg.Request {
	c.t.Helper()
	m := c.next()
	r, ok := m.(*sipmsg.Request)
	if !ok || r.Method != method {
		c.t.Fatalf("got %.60q, want %s", m, method)
	}
	return r
}

// call begins a call that is answered, and returns the 200.
func (c *caller) call(headers ...string) *sipmsg.Response {
	c.t.Helper()
	c.request("INVITE", append(headers, "body")...)
	res := c.wants(200)
	c.to = res.To().Value()
	c.request("ACK")
	return res
}

// answer answers a request of the server.
func (c *caller) answer(req *sipmsg.Request, status int, headers ...string) {
	c.t.Helper()
	c.send(fmt.Sprintf("SIP/2.0 %d Text\r\nVia: %s\r\nFrom: %s\r\nTo: %s\r\nCall-ID: one\r\nCSeq: %s\r\n%sContent-Length: 0\r\n\r\n",
		status, req.Via().Value(), req.From().Value(), req.To().Value(), req.CSeq().Value(), strings.Join(append(headers, ""), "\r\n")))
}

// silent reports whether the server says nothing for so long.
func (c *caller) silent(d time.Duration) bool {
	select {
	case <-c.out:
		return false
	case <-time.After(d):
		return true
	}
}

// header is a header of a message, empty for none.
func header(m sipmsg.Message, name string) string {
	value, _ := firstOf(m, name)
	return value
}

func wantHeader(t *testing.T, m sipmsg.Message, name, want string) {
	t.Helper()
	if got := header(m, name); got != want {
		t.Errorf("%s: %q, want %q", name, got, want)
	}
}
