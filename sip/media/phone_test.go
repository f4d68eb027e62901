package media

import (
	"errors"
	"fmt"
	"math"
	"net"
	"net/netip"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"
	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"github.com/einwahl/einwahl/transcode/g711"
	"github.com/einwahl/einwahl/transcode/pace"
	"github.com/einwahl/einwahl/transcode/pcm"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bench is an engine whose time and beats the test moves by hand.
type bench struct {
	t      testing.TB
	engine *Engine
	clock  *pace.Manual
	now    atomic.Int64
}

func newBench(t testing.TB, change func(*Config)) *bench {
	t.Helper()
	b := &bench{t: t, clock: &pace.Manual{}}
	c := DefaultConfig()
	c.Ports = PortRange{11000, 18999}
	c.PortRest = 0
	if change != nil {
		change(&c)
	}
	e, err := newEngine(c, func() pcm.Clock { return b.clock }, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	b.now.Store(time.Unix(1e9, 0).UnixNano())
	e.now = func() time.Time { return time.Unix(0, b.now.Load()) }
	e.arrival = func(time.Duration) time.Time { return e.now() }
	e.every = time.Hour // reports come when the test asks for them
	b.engine = e
	t.Cleanup(e.Close)
	return b
}

// step moves time and all legs by n beats.
func (b *bench) step(n int) {
	for range n {
		b.now.Add(int64(pcm.FrameDuration))
		b.clock.Step()
	}
}

// phone is the other end of a leg.
type phone struct {
	*bench
	leg  *Leg
	rtp  *net.UDPConn
	rtcp *net.UDPConn
	to   netip.AddrPort

	ssrc uint32
	seq  uint16
	ts   uint32

	seal, opener *srtp.Context // nil: in the clear
	plain        [maxPacket]byte
}

var loopback = netip.MustParseAddr("127.0.0.1")

// dial makes a leg, and a phone that has been answered. %d in a line is the
// phone's port.
func (b *bench) dial(lines ...string) *phone {
	b.t.Helper()
	return b.dialWith(LegConfig{}, lines...)
}

// dialWith is dial for a leg with settings.
func (b *bench) dialWith(c LegConfig, lines ...string) *phone {
	b.t.Helper()
	c.Bind, c.Signalling, c.Log = loopback, loopback, zerolog.Nop()
	leg, err := b.engine.NewLeg(c)
	if err != nil {
		b.t.Fatal(err)
	}
	p := &phone{bench: b, leg: leg, ssrc: 77, seq: 65530, ts: 1 << 31, to: netip.AddrPortFrom(loopback, leg.pair.port)}
	p.rtp, p.rtcp = b.socket(), b.socket()
	if len(lines) > 0 {
		p.offer(lines...)
	}
	return p
}

func (b *bench) socket() *net.UDPConn {
	b.t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { conn.Close() })
	return conn
}

func portOf(c *net.UDPConn) int { return c.LocalAddr().(*net.UDPAddr).Port }

var versions atomic.Int64

// describe writes the phone's description. %d is its RTP port.
func (p *phone) describe(lines ...string) []byte {
	body := fmt.Sprintf("v=0\r\no=- 1 %d IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n", versions.Add(1))
	for i, l := range lines {
		if i == 0 {
			l = fmt.Sprintf(l, portOf(p.rtp))
		}
		body += l + "\r\n"
	}
	return fmt.Appendf(nil, "%sa=rtcp:%d\r\n", body, portOf(p.rtcp))
}

func (p *phone) offer(lines ...string) string {
	p.t.Helper()
	answer, err := p.leg.Answer(p.describe(lines...))
	if err != nil {
		p.t.Fatal(err)
	}
	return string(answer)
}

const (
	pcma       = "m=audio %d RTP/AVP 8"
	pcmu       = "m=audio %d RTP/AVP 0"
	withEvents = "m=audio %d RTP/AVP 8 101"
	eventsMap  = "a=rtpmap:101 telephone-event/8000"
)

// send sends one packet and sees that it is judged.
func (p *phone) send(kind uint8, payload []byte, samples uint32) {
	p.t.Helper()
	p.sendFrom(p.rtp, kind, payload)
	p.ts += samples
}

func (p *phone) sendFrom(from *net.UDPConn, kind uint8, payload []byte) {
	p.t.Helper()
	packet := rtp.Packet{Header: rtp.Header{Version: 2, PayloadType: kind, SequenceNumber: p.seq, Timestamp: p.ts, SSRC: p.ssrc}, Payload: payload}
	p.seq++
	raw, err := packet.Marshal()
	if err == nil && p.seal != nil {
		raw, err = p.seal.EncryptRTP(nil, raw, nil)
	}
	if err != nil {
		p.t.Fatal(err)
	}
	p.raw(from, raw)
}

// raw sends bytes to the RTP port and has the leg look at them at once. What is
// sent over loopback is there when the sending is done.
func (p *phone) raw(from *net.UDPConn, raw []byte) {
	p.t.Helper()
	before := p.judged()
	if _, err := from.WriteToUDPAddrPort(raw, p.to); err != nil {
		p.t.Fatal(err)
	}
	listen(p.leg)
	if p.judged() == before {
		p.t.Fatal("a packet was not judged")
	}
}

// listen has a leg look at its ports at once, if it is on its clock.
func listen(l *Leg) {
	if t := l.terms.Load(); t != nil && !l.closed.Load() {
		l.ctl.look = 0
		l.listen(t)
	}
}

// judge hands a packet to the leg as if it had come.
func (p *phone) judge(raw []byte, from netip.AddrPort, at time.Time) {
	p.leg.in.mu.Lock()
	defer p.leg.in.mu.Unlock()
	p.leg.in.opened.plain = p.plain[:]
	p.leg.packet(p.leg.terms.Load(), raw, from, at)
}

// judgeControl is judge for the RTCP port.
func (p *phone) judgeControl(raw []byte, from netip.AddrPort, at time.Time) {
	p.leg.in.mu.Lock()
	defer p.leg.in.mu.Unlock()
	p.leg.controlPacket(p.leg.terms.Load(), raw, from, at)
}

// judged counts the packets that the leg is through with.
func (p *phone) judged() uint64 {
	p.leg.in.mu.Lock()
	defer p.leg.in.mu.Unlock()
	c := &p.leg.count
	return c.in.Load() + c.foreign.Load() + c.broken.Load() + c.unproven.Load() + c.forged.Load()
}

// await waits for something that other goroutines are about to bring about.
func await(t testing.TB, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !done(); {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %s", what)
		}
		time.Sleep(100 * time.Microsecond)
	}
}

// receive returns the next packet that the phone gets.
func (p *phone) receive() *rtp.Packet {
	p.t.Helper()
	buf := make([]byte, 2048)
	p.rtp.SetReadDeadline(time.Now().Add(20 * time.Second))
	n, err := p.rtp.Read(buf)
	if err != nil {
		p.t.Fatal(err)
	}
	buf = buf[:n]
	if p.opener != nil {
		if buf, err = p.opener.DecryptRTP(nil, buf, nil); err != nil {
			p.t.Fatal(err)
		}
	}
	packet := &rtp.Packet{}
	if err := packet.Unmarshal(buf); err != nil {
		p.t.Fatal(err)
	}
	return packet
}

// quiet fails if there is anything to be received. What was sent over loopback
// is there when the sending is done.
func (p *phone) quiet(conn *net.UDPConn) {
	p.t.Helper()
	conn.SetReadDeadline(time.Now().Add(time.Millisecond))
	if _, err := conn.Read(make([]byte, 2048)); !errors.Is(err, os.ErrDeadlineExceeded) {
		p.t.Errorf("something was sent: %v", err)
	}
}

// tone is a Source of 400 Hz, which has a whole number of periods in a frame.
type tone struct{ volume float64 }

func (s tone) ReadFrame(f pcm.Frame) bool {
	for i := range f {
		f[i] = int16(s.volume * math.Sin(2*math.Pi*400*float64(i)/float64(f.Rate())))
	}
	return true
}

// encoded is n samples of the tone.
func encoded(law g711.Law, n int) []byte {
	f := make(pcm.Frame, pcm.NarrowbandSamples)
	tone{8000}.ReadFrame(f)
	var all []byte
	for len(all) < n {
		buf := make([]byte, len(f))
		law.Encode(buf, f)
		all = append(all, buf...)
	}
	return all[:n]
}

// record is a Sink that remembers how loud each frame was, -1 for silence.
type record struct{ loud []float64 }

func (r *record) WriteFrame(f pcm.Frame) {
	if f == nil {
		r.loud = append(r.loud, -1)
		return
	}
	r.loud = append(r.loud, loudness(f))
}

// loudness is the root of the mean square.
func loudness(f []int16) float64 {
	sum := 0.0
	for _, s := range f {
		sum += float64(s) * float64(s)
	}
	return math.Sqrt(sum / float64(len(f)))
}

// full counts the frames that are as loud as the tone.
func (r *record) full() (n int) {
	for _, l := range r.loud {
		if math.Abs(l-8000/math.Sqrt2) < 300 {
			n++
		}
	}
	return n
}
