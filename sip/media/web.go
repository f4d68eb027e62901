package media

import (
	"context"
	"crypto/rand"
	"fmt"
	mathrand "math/rand/v2"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/einwahl/einwahl/sip/media/offer"
	"github.com/einwahl/einwahl/transcode/udp"
)

// errBrowserAnswers is what a browser meets that calls without an offer.
var errBrowserAnswers = fmt.Errorf("%w: a browser has to make the offer", ErrNothingFits)

// IsWeb reports whether an offer is a browser's: DTLS-SRTP and ICE.
func IsWeb(body []byte) bool { return offer.IsWeb(body) }

// WebLeg is the sound of a call from a browser: a Leg whose caller is who
// answers for the call's ICE password, and whose keys come from a DTLS handshake
// with them. Until both have happened nothing is heard, and nothing is read of
// what the caller is to hear, so a prompt begins when there is somebody.
type WebLeg struct {
	*Leg
	identity identity

	// Leg.mu is held.
	party  *offer.WebParty
	agreed offer.WebAgreement
}

// web is what a Leg has besides when its caller is a browser.
type web struct {
	checks checks
	line   atomic.Pointer[line] // of the handshake
	client atomic.Bool          // whether we begin that
	ctx    context.Context      // of what attends to the handshake
	cancel context.CancelFunc
	found  chan struct{} // closed when ICE has found a way
	once   sync.Once
	port   *udp.Socket
	print  string // of our certificate, as in a=fingerprint

	unlocked bool // there are keys; in.mu is held
}

// NewWebLeg opens a pair of ports for a call from a browser, of which it uses
// one. It returns what NewLeg returns.
func (e *Engine) NewWebLeg(c LegConfig) (*WebLeg, error) {
	id, err := e.identity()
	if err != nil {
		return nil, err
	}
	c.Signalling = c.Signalling.Unmap()
	bind, said, err := e.webAddresses(c)
	if err != nil {
		return nil, fmt.Errorf("address for media towards %v: %w", c.Signalling, err)
	}
	both, err := e.ports.open(bind)
	if err != nil {
		return nil, err
	}
	w, err := newWebLeg(e, c, both, said, id)
	if err == nil {
		err = e.enter(w.Leg)
	}
	if err != nil {
		both.close()
		e.ports.give(both.port)
		return nil, err
	}
	return w, nil
}

func newWebLeg(e *Engine, c LegConfig, both *pair, said []netip.Addr, id identity) (*WebLeg, error) {
	// Where SIP comes from says nothing: a browser's may pass a proxy.
	c.Signalling, c.Trusted = netip.Addr{}, nil
	l := newLeg(e, c, both, said[0])
	// What nobody can have encrypted is what nobody is heard with.
	nobody := make([]byte, 16+12)
	_, _ = rand.Read(nobody) // never fails
	var err error
	l.in.opened.now, err = newOpener(offer.Crypto{Suite: offer.AES128GCM, Keys: []offer.Key{offer.NewKey(nobody[:16], nobody[16:])}})
	if err != nil {
		return nil, err
	}
	l.web = &web{found: make(chan struct{}), port: both.rtp, print: id.print}
	l.web.ctx, l.web.cancel = context.WithCancel(context.Background())
	l.web.line.Store(newLine(l.web.sendToChosen))
	local := offer.WebLocal{
		Local: offer.Local{Session: uint64(mathrand.Uint32()), Codecs: offer.Codecs(c.Codecs)},
		Print: id.print, SSRC: l.out.first.ssrc, CNAME: l.ctl.cname,
	}
	for _, a := range said {
		local.Candidates = append(local.Candidates, netip.AddrPortFrom(a, both.port))
	}
	return &WebLeg{Leg: l, identity: id, party: offer.NewWebParty(local)}, nil
}

// Answer takes the browser's offer, the first or a later one, and returns our
// answer. It returns a *SDPError, ErrNothingFits or ErrClosed, and then
// everything stays as it was.
func (w *WebLeg) Answer(body []byte) ([]byte, error) {
	l := w.Leg
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed.Load() {
		return nil, ErrClosed
	}
	answer, agreed, err := w.party.Answer(body, newCredentials())
	if err != nil {
		return nil, err
	}
	w.agreed = agreed
	l.web.client.Store(agreed.Client)
	l.web.checks.expect(agreed.OurICE, agreed.TheirICE)
	if err := w.settle(); err != nil {
		return nil, err
	}
	if !l.started {
		l.start()
		l.engine.alive.Go(func() { w.attend(l.web.ctx, agreed) })
	}
	return answer, nil
}

// settle brings the agreement into force, as far as there are keys for it. mu is
// held.
func (w *WebLeg) settle() error {
	l := w.Leg
	a := w.agreed.Agreement
	if l.seal == nil {
		a.Sends, a.Receives = false, false
	} else {
		a.Ours, a.Theirs = l.seal.key, l.opener.key
	}
	t, err := l.equip(a)
	if err != nil {
		return err
	}
	t.seal = l.seal
	l.enforce(t)
	return nil
}

// Offer fails: a browser that calls makes the offer.
func (w *WebLeg) Offer() ([]byte, error) { return nil, errBrowserAnswers }

// Accept takes the answer to a description that was repeated, and leaves all as
// it is. Before there is one it fails, as Offer does.
func (w *WebLeg) Accept([]byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.agreed.Profile == "" {
		return errBrowserAnswers
	}
	return nil
}

// Held reports whether the caller has put us on hold.
func (w *WebLeg) Held() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.agreed.Profile != "" && w.agreed.Held()
}

// Secure reports whether the call's packets are encrypted. No others are taken
// or sent.
func (w *WebLeg) Secure() bool { return true }

// sort looks at what has come to the port of a browser's call. It reports
// whether it may be sound: RTP or RTCP, from an address that has proved itself.
// in.mu is held.
func (l *Leg) sort(p []byte, from netip.AddrPort, at time.Time) bool {
	w := l.web
	switch {
	case len(p) == 0:
	case p[0] < 4: // RFC 7983
		reply, turned := w.checks.answer(p, from, at)
		if turned {
			l.turnAbout(from)
		}
		if reply != nil {
			w.send(reply, from)
			return false
		}
	case !w.checks.knows(from):
	case p[0] >= 20 && p[0] < 64 && heeds(p, w.client.Load()):
		_, _ = w.line.Load().in.Write(p) // what is too much is sent again
		return false
	case p[0] >= 128 && p[0] < 192:
		return true
	}
	l.count.foreign.Add(1)
	return false
}

// turnAbout takes the way that ICE has chosen. in.mu is held.
func (l *Leg) turnAbout(to netip.AddrPort) {
	l.in.latch.expect(to, true)
	if l.web.unlocked {
		l.aimLocked()
	}
	l.web.once.Do(func() { close(l.web.found) })
}

func (w *web) send(packet []byte, to netip.AddrPort) {
	_ = w.port.Send(packet, to) // what is lost is sent again
}

func (w *web) sendToChosen(packet []byte) {
	w.send(packet, w.checks.way())
}
