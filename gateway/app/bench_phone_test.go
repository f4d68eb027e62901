//go:build linux

package app_test

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/einwahl/einwahl/gateway/peertest"
	"github.com/einwahl/einwahl/sip/siptest"
	"github.com/einwahl/einwahl/transcode/pcm"
)

const (
	rtpHead  = 12 // bytes before the sound
	alawType = 8  // RFC 3551
)

// benchPhone is a telephone that costs little: siptest does its signalling, and
// its sound is ready-made packets in and nothing kept of what comes out.
type benchPhone struct {
	g      *generator
	call   *siptest.Call
	socket *benchSocket
	to     netip.AddrPort // where the gateway wants its sound
	dialed time.Time
	answer time.Duration // INVITE to 200

	// The generator's, under its lock.
	packet  [rtpHead + pcm.NarrowbandSamples]byte
	talk    talk
	next    int
	said    func(number int, at time.Time) // of each packet before it goes; may be nil
	hears   func(payload []byte, at time.Time)
	first   time.Time // packet that came
	came    int       // packets in all
	cadence cadence
}

// dial calls a number and waits for the answer; false: the gateway has too
// much to do. From then on the telephone sends, and hears if that is not nil is
// told of each packet with the time at which the kernel took it in.
func (g *generator) dial(number string, t talk, from int, hears func(payload []byte, at time.Time)) (*benchPhone, bool) {
	g.tb.Helper()
	p := &benchPhone{g: g, socket: g.socket(), talk: t, next: from, hears: hears, dialed: time.Now()}
	p.packet[0], p.packet[1] = 0x80, alawType
	binary.BigEndian.PutUint32(p.packet[8:], rand.Uint32())
	offer := fmt.Sprintf("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"+
		"m=audio %d RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\na=ptime:20\r\n", p.socket.LocalAddr().Port())
	p.call = g.signal.Dial(number, siptest.WithBody("application/sdp", offer), siptest.Dumb())
	final := p.call.Final()
	if final.Status() == 503 {
		p.call.Vanish()
		g.mu.Lock()
		defer g.mu.Unlock()
		p.socket.phones--
		return nil, false
	}
	if final.Status() != 200 {
		g.tb.Fatalf("call %s: %s", number, final.Start)
	}
	p.answer = final.At.Sub(p.dialed)
	port, err := soundPort(string(final.Body))
	if err != nil {
		g.tb.Fatal(err)
	}
	p.to = netip.AddrPortFrom(p.socket.LocalAddr().Addr(), port)
	p.listen()
	if t != nil {
		g.add(p)
	}
	return p, true
}

// listen begins to take what comes from the gateway's port; it may have begun
// already.
func (p *benchPhone) listen() {
	p.g.mu.Lock()
	defer p.g.mu.Unlock()
	port := p.to.Port()
	p.g.ears[port] = p
	if at, ok := p.g.stray[port]; ok && at.After(p.dialed) {
		p.first = at
	}
	delete(p.g.stray, port)
}

// call has n telephones call, wait for their turn, pass over the privacy notice
// and take their seats. The i-th goes to meeting(i). It returns fewer when the
// gateway takes no more calls for a while.
func (g *generator) call(n int, meeting func(i int) int, t talk, s share) (phones []*benchPhone) {
	g.tb.Helper()
	const patience = 20 * time.Second
	seated := g.gateway.phase("talking")
	for begun := time.Now(); len(phones) < n && time.Since(begun) < patience; {
		i := len(phones)
		p, ok := g.dial(benchNumber(meeting(i)), t, s.from(seated+i), nil)
		if !ok {
			time.Sleep(200 * time.Millisecond)
			continue
		}
		phones, begun = append(phones, p), time.Now()
	}
	g.seat(phones)
	return phones
}

// seat passes over the privacy notice.
func (g *generator) seat(phones []*benchPhone) {
	g.tb.Helper()
	seated := g.gateway.phase("talking")
	peertest.Eventually(g.tb, "all callers hear the privacy notice", func() bool { return g.gateway.phase("informing") == len(phones) })
	for _, p := range phones {
		p.call.Info('#')
	}
	peertest.Eventually(g.tb, "all callers are in", func() bool { return g.gateway.phase("talking") == seated+len(phones) })
}

// soundPort is where a description wants its sound.
func soundPort(sdp string) (uint16, error) {
	for line := range strings.Lines(sdp) {
		if fields := strings.Fields(line); len(fields) > 2 && fields[0] == "m=audio" {
			port, err := strconv.ParseUint(fields[1], 10, 16)
			return uint16(port), err
		}
	}
	return 0, fmt.Errorf("no sound in %q", sdp)
}

// say sends the next packet.
func (p *benchPhone) say(at time.Time) {
	number := p.next % len(p.talk)
	binary.BigEndian.PutUint16(p.packet[2:], uint16(p.next))
	binary.BigEndian.PutUint32(p.packet[4:], uint32(p.next*pcm.NarrowbandSamples))
	copy(p.packet[rtpHead:], p.talk[number].payload)
	p.next++
	if p.said != nil {
		p.said(number, at)
	}
	_ = p.socket.Send(p.packet[:], p.to) // what is lost is heard as a gap
}

func (p *benchPhone) hear(payload []byte, at time.Time) {
	if p.first.IsZero() {
		p.first = at
	}
	p.came++
	p.cadence.hear(payload, at)
	if p.hears != nil {
		p.hears(payload, at)
	}
}

// hangup ends the call in order.
func (p *benchPhone) hangup() {
	p.g.tb.Helper()
	p.g.remove(p)
	p.call.Hangup()
	p.g.mu.Lock()
	defer p.g.mu.Unlock()
	if p.g.ears[p.to.Port()] == p {
		delete(p.g.ears, p.to.Port())
	}
	p.socket.phones--
}
