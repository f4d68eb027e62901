//go:build linux

package app_test

import (
	"bytes"
	"fmt"
	"net/netip"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/einwahl/einwahl/sip/siptest"
	"github.com/einwahl/einwahl/transcode/udp"
)

// crowd are callers beside those of SIPp, which takes as much of the machine for
// a call as the gateway does to turn it away, and would leave none for the calls
// that could be answered. They do what SIPp's do, one thread for all: INVITE, ACK
// and BYE; each is sent again until it is answered (RFC 3261 section 17.1).
type crowd struct {
	socket  *udp.Socket
	gateway netip.AddrPort
	batch   *udp.Batch
	done    sync.WaitGroup
	calls   []crowdCall
	packet  []byte

	clean, refused, retransmissions int
}

// crowdCall is one of its calls.
type crowdCall struct {
	phase  crowdPhase
	begun  time.Time
	due    time.Time // when what is unanswered is sent again
	wait   time.Duration
	remote string // To, with the gateway's tag
}

type crowdPhase int

const (
	calling crowdPhase = iota
	proceeding
	parting
	over
)

// Timers of RFC 3261 section 17.1.1.1, and how often they are looked at.
const (
	crowdT1   = 500 * time.Millisecond
	crowdT2   = 4 * time.Second
	crowdEnd  = 32 * time.Second
	crowdLook = 50 // turns
	crowdTurn = time.Millisecond
)

// crowdOf offers calls at a rate, from now on for rateFor. They are all settled
// or lost when done is.
func crowdOf(tb testing.TB, gateway string, rate int) *crowd {
	tb.Helper()
	socket, err := udp.Listen(netip.MustParseAddrPort("127.0.0.1:0"))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = socket.Close() })
	socket.Room(1 << 22)
	c := &crowd{socket: socket, gateway: netip.MustParseAddrPort(gateway), batch: udp.NewBatch(64, 2048)}
	c.calls = make([]crowdCall, 0, int(float64(rate)*rateFor.Seconds()))
	c.done.Go(func() { c.run(rate) })
	return c
}

func (c *crowd) run(rate int) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	begin := time.Now()
	for turn := 1; ; turn++ {
		sleepUntil(begin.Add(time.Duration(turn) * crowdTurn))
		now := time.Now()
		for len(c.calls) < cap(c.calls) && float64(len(c.calls)) < float64(rate)*now.Sub(begin).Seconds() {
			c.calls = append(c.calls, crowdCall{begun: now, due: now.Add(crowdT1), wait: crowdT1})
			c.send(len(c.calls)-1, "INVITE", 1, "i")
		}
		c.read()
		if turn%crowdLook == 0 && !c.look(now) && len(c.calls) == cap(c.calls) {
			return
		}
	}
}

// look sends again what is due, and reports whether there is anything that could
// be.
func (c *crowd) look(now time.Time) (open bool) {
	for i := range c.calls {
		call := &c.calls[i]
		if call.phase == over || now.Sub(call.begun) > crowdEnd {
			continue
		}
		open = true
		if call.phase == proceeding || now.Before(call.due) {
			continue
		}
		c.retransmissions++
		call.wait *= 2
		if call.phase == parting {
			call.wait = min(call.wait, crowdT2)
			c.send(i, "BYE", 2, "b")
		} else {
			c.send(i, "INVITE", 1, "i")
		}
		call.due = now.Add(call.wait)
	}
	return open
}

func (c *crowd) read() {
	for {
		n, err := c.socket.Read(c.batch)
		if n == 0 || err != nil {
			return
		}
		for i := range n {
			data, _, _ := c.batch.Packet(i)
			c.hear(data)
		}
	}
}

// hear takes an answer.
func (c *crowd) hear(data []byte) {
	status, _ := strconv.Atoi(string(data[len("SIP/2.0 "):min(len(data), len("SIP/2.0 503"))]))
	i, err := strconv.Atoi(string(between(data, "\r\nCall-ID: crowd", "\r\n")))
	if err != nil || i >= len(c.calls) {
		return
	}
	call, invite := &c.calls[i], bytes.Contains(data, []byte("\r\nCSeq: 1 INVITE"))
	switch {
	case !invite && status == 200 && call.phase == parting:
		call.phase = over
		c.clean++
	case invite && status < 200 && call.phase == calling:
		call.phase = proceeding
	case invite && status == 200:
		call.remote = string(between(data, "\r\nTo: ", "\r\n"))
		c.send(i, "ACK", 1, "a")
		if call.phase < parting {
			call.phase, call.wait, call.due = parting, crowdT1, time.Now().Add(crowdT1)
			c.send(i, "BYE", 2, "b")
		}
	case invite && status >= 300:
		call.remote = string(between(data, "\r\nTo: ", "\r\n"))
		c.send(i, "ACK", 1, "i")
		if call.phase < parting {
			call.phase = over
			c.refused++
		}
	}
}

// send sends a request of a call; branch tells its transactions apart.
func (c *crowd) send(i int, method string, seq int, branch string) {
	own, remote, body := c.socket.LocalAddr(), c.calls[i].remote, ""
	if remote == "" {
		remote = fmt.Sprintf("<sip:en@%v>", c.gateway)
	}
	if method == "INVITE" {
		body = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 6000 RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\n"
	}
	c.packet = fmt.Appendf(c.packet[:0], "%s sip:en@%v SIP/2.0\r\nVia: SIP/2.0/UDP %v;branch=z9hG4bKcrowd%s%d\r\nFrom: <sip:+4930123456@%v>;tag=crowd%d\r\nTo: %s\r\nCall-ID: crowd%d\r\nCSeq: %d %s\r\nContact: <sip:crowd@%v>\r\nMax-Forwards: 70\r\nContent-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%s",
		method, c.gateway, own, branch, i, own, i, remote, i, seq, method, own, len(body), body)
	_ = c.socket.Send(c.packet, c.gateway) // it is sent again
}

// failed are those that came to no end.
func (c *crowd) failed() int { return cap(c.calls) - c.clean - c.refused }

// between is what stands behind one mark and before the next, nil where there is
// no such thing.
func between(data []byte, from, to string) []byte {
	_, rest, _ := bytes.Cut(data, []byte(from))
	value, _, _ := bytes.Cut(rest, []byte(to))
	return value
}

// BenchmarkRefusedCalls is what a call costs for which there is no room, over what
// the gateway computes anyway.
func BenchmarkRefusedCalls(b *testing.B) {
	const rate = 4000
	program := buildGateway(b)
	for b.Loop() {
		p := startProcessWith(b, program, func(dir string) string {
			return rateFile(dir) + "overload: {calls: 1, waiting: 0, cpu: 0, lateness: 0s}\n"
		})
		call := siptest.New(b, siptest.Config{Gateway: p.sip}).Call("held")
		before := p.spent()
		time.Sleep(rateFor)
		idle, before := p.spent().since(before), p.spent()
		profile := p.profiled(rateFor)
		c := crowdOf(b, p.sip, rate)
		c.done.Wait()
		spent := p.spent().since(before)
		profile()
		if c.refused != cap(c.calls) {
			b.Errorf("%d of %d calls were refused", c.refused, cap(c.calls))
		}
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(1000*ms(spent.gateway-idle.gateway)/float64(c.refused), "cpu-us/refused-call")
		call.Hangup()
		p.end()
	}
}
