package media

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/einwahl/einwahl/transcode/g711"
	"github.com/einwahl/einwahl/transcode/pace"
	"github.com/einwahl/einwahl/transcode/pcm"
)

func TestCallerHears(t *testing.T) {
	for _, tt := range []struct {
		name string
		line string
		law  g711.Law
	}{
		{"PCMA", pcma, g711.ALaw},
		{"PCMU", pcmu, g711.MuLaw},
		{"PCMU as some write it", "m=audio %d RTP/AVP 0\r\na=rtpmap:0 PcMu/8000", g711.MuLaw},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newBench(t, nil).dial(tt.line)
			p.leg.Connect(tone{8000}, nil)
			p.step(50)
			var decoded [pcm.NarrowbandSamples]int16
			for range 50 {
				packet := p.receive()
				if packet.PayloadType != uint8(tt.law) || len(packet.Payload) != 160 {
					t.Fatalf("type %d with %d bytes", packet.PayloadType, len(packet.Payload))
				}
				tt.law.Decode(decoded[:], packet.Payload)
				if l := loudness(decoded[:]); math.Abs(l-8000/math.Sqrt2) > 100 {
					t.Fatalf("loudness %.0f", l)
				}
			}
			p.quiet(p.rtp)
		})
	}
}

func TestCallerIsHeardAtAnyPacketLength(t *testing.T) {
	for _, tt := range []struct {
		name    string
		samples int
	}{{"10 ms", 80}, {"20 ms", 160}, {"30 ms", 240}, {"40 ms", 320}, {"60 ms", 480}} {
		t.Run(tt.name, func(t *testing.T) {
			p := newBench(t, nil).dial(pcma)
			heard := &record{}
			p.leg.Connect(nil, heard)
			payload := encoded(g711.ALaw, 480)
			sent, due := 0, 0
			for range 150 {
				for due += 160; sent+tt.samples <= due; sent += tt.samples {
					// Each packet goes on where the tone was left.
					at := sent % 160
					p.send(8, append(append([]byte{}, payload[at:]...), payload...)[:tt.samples], uint32(tt.samples))
				}
				p.step(1)
			}
			if n := heard.full(); n < 135 {
				t.Errorf("%d of 150 frames are the caller's: %.0f", n, heard.loud)
			}
			if s := p.leg.Stats(); s.Lost != 0 || s.Codec != "PCMA" || s.PacketsOut != 150 {
				t.Errorf("%+v", s)
			}
		})
	}
}

func TestNumbersGoOnWhateverIsHeard(t *testing.T) {
	p := newBench(t, nil).dial(pcma)
	other := &pace.Manual{}
	room := clocked{tone{100}, other}
	p.step(5)
	p.leg.Connect(tone{8000}, nil) // a prompt
	p.step(5)
	p.leg.Connect(room, nil) // a seat, on a clock of its own
	for range 5 {
		p.now.Add(int64(pcm.FrameDuration))
		other.Step()
	}
	p.leg.Connect(nil, nil)
	p.clock.Step() // does not move it any more
	for range 5 {
		p.now.Add(int64(pcm.FrameDuration))
		other.Step()
	}
	first := p.receive()
	if !first.Marker {
		t.Error("the first packet bears no marker")
	}
	for i := 1; i < 20; i++ {
		packet := p.receive()
		if packet.SSRC != first.SSRC || packet.SequenceNumber != first.SequenceNumber+uint16(i) ||
			packet.Timestamp != first.Timestamp+uint32(160*i) || packet.Marker {
			t.Fatalf("packet %d: %v after %v", i, packet, first)
		}
	}
	p.quiet(p.rtp)
}

// clocked is a source that lives on a clock of its own.
type clocked struct {
	pcm.Source
	clock pcm.Clock
}

func (c clocked) Clock() pcm.Clock { return c.clock }

func TestBeatsLeftOutAreNoDrift(t *testing.T) {
	p := newBench(t, nil).dial(pcma)
	p.step(2)
	p.now.Add(int64(time.Second)) // the machine stood still
	p.step(2)
	first := p.receive()
	p.receive()
	third := p.receive()
	if third.SequenceNumber != first.SequenceNumber+2 || third.Timestamp != first.Timestamp+52*160 || !third.Marker {
		t.Errorf("after a second left out: %v, first %v", third, first)
	}
	if fourth := p.receive(); fourth.Timestamp != third.Timestamp+160 || fourth.Marker {
		t.Errorf("and then: %v", fourth)
	}
}

func TestHold(t *testing.T) {
	for _, tt := range []struct {
		name string
		hold []string
	}{
		{"sendonly", []string{pcma, "a=sendonly"}},
		{"inactive", []string{pcma, "a=inactive"}},
		{"no address", []string{pcma, "c=IN IP4 0.0.0.0"}},
		{"port 0", []string{"m=audio 0 RTP/AVP 8"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newBench(t, nil).dial(pcma)
			heard := &record{}
			p.leg.Connect(tone{8000}, heard)
			p.step(1)
			before := p.receive()
			if strings.HasPrefix(tt.hold[0], "m=audio 0") {
				p.offerRaw(tt.hold[0])
			} else {
				p.offer(tt.hold...)
			}
			if !p.leg.Held() {
				t.Error("not held")
			}
			music := encoded(g711.ALaw, 160)
			for range 10 {
				p.sendFrom(p.rtp, 8, music)
				p.ts += 160
				p.step(1)
			}
			p.quiet(p.rtp)
			if heard.full() > 0 {
				t.Error("the caller's music on hold was heard")
			}
			p.step(10 * 50 * 60)
			select {
			case <-p.leg.Lost():
				t.Error("a held call was given up")
			default:
			}
			p.offer(pcma)
			p.step(2)
			after := p.receive()
			if !after.Marker || after.SequenceNumber != before.SequenceNumber+1 || after.Timestamp != before.Timestamp+160*(10+10*50*60+1) {
				t.Errorf("resumed with %v after %v", after, before)
			}
			if p.receive().Marker {
				t.Error("the second packet bears a marker too")
			}
		})
	}
}

// offerRaw makes an offer without the phone's port in it.
func (p *phone) offerRaw(line string) {
	p.t.Helper()
	body := "v=0\r\no=- 1 99 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n" + line + "\r\n"
	if _, err := p.leg.Answer([]byte(body)); err != nil {
		p.t.Fatal(err)
	}
}

func TestSilentCallerIsLost(t *testing.T) {
	p := newBench(t, func(c *Config) { c.SilentTimeout = time.Second }).dial(pcma)
	lost := func() bool {
		select {
		case <-p.leg.Lost():
			return true
		default:
			return false
		}
	}
	p.step(45)
	p.send(8, encoded(g711.ALaw, 160), 160)
	p.step(45)
	p.send(comfortNoise, []byte{40}, 160) // silence that is told is no silence
	p.step(45)
	if lost() {
		t.Fatal("lost though packets came")
	}
	p.sendFrom(p.socket(), 8, encoded(g711.ALaw, 160)) // somebody else's do not count
	p.step(6)
	if !lost() {
		t.Error("not lost after a second without a packet")
	}
	p.step(100)
}

func TestSilenceIsForeverWhereTheOperatorSaysSo(t *testing.T) {
	p := newBench(t, func(c *Config) { c.SilentTimeout = 0 }).dial(pcma)
	p.step(1000)
	select {
	case <-p.leg.Lost():
		t.Error("lost")
	default:
	}
}

// event is a telephone-event payload.
func event(code uint8, end bool, duration uint16) []byte {
	b := []byte{code, 10, byte(duration >> 8), byte(duration)}
	if end {
		b[1] |= 0x80
	}
	return b
}

func (p *phone) key(code uint8) {
	for i := range 5 {
		p.send(101, event(code, false, uint16(160*(i+1))), 0)
	}
	for range 3 {
		p.send(101, event(code, true, 960), 0)
	}
	p.ts += 960
}

func (p *phone) digits() (all string) {
	for {
		select {
		case r := <-p.leg.Digits():
			all += string(r)
		default:
			return all
		}
	}
}

func TestDigits(t *testing.T) {
	p := newBench(t, nil).dial(withEvents, eventsMap)
	p.key(1)
	p.leg.PushDigit('1') // the same press by INFO
	p.key(1)
	p.leg.PushDigit('1')
	p.leg.PushDigit('#') // INFO comes first
	p.key(11)
	p.key(10)
	if got := p.digits(); got != "11#*" {
		t.Errorf("digits %q", got)
	}
	if s := p.engine.Stats(); s.Digits != 4 {
		t.Errorf("counted %d", s.Digits)
	}
	for range 200 { // nobody takes them: nothing blocks
		p.leg.PushDigit('7')
	}
}

func TestDigitsOfOddSenders(t *testing.T) {
	t.Run("a stream of its own beside the sound", func(t *testing.T) {
		p := newBench(t, nil).dial(withEvents, eventsMap)
		sound, keys := *p, *p
		keys.ssrc, keys.seq, keys.ts = 99, 100, 5
		for i := range 8 {
			sound.send(8, encoded(g711.ALaw, 160), 160)
			keys.send(101, event(4, i > 5, uint16(160*(i+1))), 0)
		}
		if got := p.digits(); got != "4" {
			t.Errorf("digits %q", got)
		}
		if s := p.leg.Stats(); s.Lost != 0 || s.Unproven != 0 {
			t.Errorf("%+v", s)
		}
	})
	t.Run("a recording played again", func(t *testing.T) {
		p := newBench(t, nil).dial(withEvents, eventsMap)
		for range 3 {
			p.seq, p.ts = 12080, 17632
			p.key(0)
			p.now.Add(int64(time.Second))
		}
		p.seq, p.ts = 7984, 13280
		p.key(1)
		if got := p.digits(); got != "0001" {
			t.Errorf("digits %q", got)
		}
	})
	t.Run("a network that stood still within a key", func(t *testing.T) {
		p := newBench(t, nil).dial(withEvents, eventsMap)
		p.send(101, event(7, false, 160), 0)
		p.now.Add(int64(2 * time.Second))
		p.send(101, event(7, true, 320), 0)
		p.send(101, event(7, true, 320), 0)
		if got := p.digits(); got != "7" {
			t.Errorf("digits %q", got)
		}
	})
	t.Run("sound begins under another number in the middle of a key", func(t *testing.T) {
		p := newBench(t, nil).dial(withEvents, eventsMap)
		sound, keys := *p, *p
		keys.ssrc = 99
		for i := range 8 {
			keys.send(101, event(4, i > 5, uint16(160*(i+1))), 0)
			if i > 2 {
				sound.send(8, encoded(g711.ALaw, 160), 160)
			}
		}
		if got := p.digits(); got != "4" {
			t.Errorf("digits %q", got)
		}
	})
}

func TestKeysAreCutOutOfTheSound(t *testing.T) {
	p := newBench(t, nil).dial(withEvents, eventsMap)
	heard := &record{}
	p.leg.Connect(nil, heard)
	payload := encoded(g711.ALaw, 160)
	speak := func(n int) {
		for range n {
			p.send(8, payload, 160)
			p.step(1)
		}
	}
	speak(20)
	if heard.full() < 15 {
		t.Fatalf("the caller is not heard: %.0f", heard.loud)
	}
	before := len(heard.loud)
	ts := p.ts
	for i := range 10 { // the tone goes on beside its events
		p.ts = ts
		p.send(101, event(5, i == 9, uint16(160*(i+1))), 0)
		p.ts = ts + uint32(160*i)
		speak(1)
	}
	for _, l := range heard.loud[before:] {
		if l > 0 {
			t.Fatalf("a key is heard: %.0f", heard.loud[before:])
		}
	}
	before = len(heard.loud)
	speak(30)
	if n := (&record{heard.loud[before:]}).full(); n < 15 {
		t.Errorf("%d of 30 frames heard after the key", n)
	}
}

func TestEncodingChangesInMidCall(t *testing.T) {
	p := newBench(t, nil).dial(pcma)
	heard := &record{}
	p.leg.Connect(tone{8000}, heard)
	for range 20 {
		p.send(8, encoded(g711.ALaw, 160), 160)
		p.step(1)
	}
	p.offer(pcmu)
	for range 20 {
		p.send(0, encoded(g711.MuLaw, 160), 160)
		p.step(1)
	}
	if n := heard.full(); n < 34 {
		t.Errorf("%d of 40 frames heard: %.0f", n, heard.loud)
	}
	for range 20 {
		p.receive()
	}
	if packet := p.receive(); packet.PayloadType != 0 || packet.Marker {
		t.Errorf("after the change: %v", packet)
	}
	p.sendFrom(p.rtp, 8, encoded(g711.ALaw, 160))
	if s := p.leg.Stats(); s.Broken != 1 || s.Codec != "PCMU" {
		t.Errorf("a packet of the former type: %+v", s)
	}
}

func TestNewAddressInMidCall(t *testing.T) {
	p := newBench(t, nil).dial(pcma)
	p.send(8, encoded(g711.ALaw, 160), 160)
	p.step(1)
	p.receive()
	old := p.rtp
	p.rtp = p.socket()
	p.offer(pcma)
	p.step(1)
	p.receive()
	p.quiet(old)
	p.ssrc++
	p.send(8, encoded(g711.ALaw, 160), 160)
	if s := p.leg.Stats(); s.PacketsIn != 2 {
		t.Errorf("the new address is not heard: %+v", s)
	}
}

func TestSoundFollowsWhereTheCallerSendsFrom(t *testing.T) {
	p := newBench(t, nil).dial(pcma)
	describedAt := p.rtp
	p.rtp = p.socket() // as behind a NAT
	p.step(1)
	for range enough {
		p.send(8, encoded(g711.ALaw, 160), 160)
	}
	p.step(1)
	p.receive()
	describedAt.SetReadDeadline(time.Now().Add(20 * time.Second))
	if _, err := describedAt.Read(make([]byte, 2048)); err != nil {
		t.Errorf("before anything came, the description is sent to: %v", err)
	}
	p.quiet(describedAt)
}

func TestNobodyElseSpeaksInACall(t *testing.T) {
	p := newBench(t, nil).dial(pcma)
	heard := &record{}
	p.leg.Connect(tone{8000}, heard)
	for range 10 {
		p.send(8, bytes.Repeat([]byte{g711.ALaw.Silence()}, 160), 160)
		p.step(1)
	}
	intruder := p.socket()
	for range 50 {
		p.sendFrom(intruder, 8, encoded(g711.ALaw, 160))
		p.step(1)
	}
	if heard.full() > 0 {
		t.Error("an intruder is heard")
	}
	p.quiet(intruder)
	if s := p.leg.Stats(); s.Foreign != 50 {
		t.Errorf("%+v", s)
	}
}

func TestBrokenPackets(t *testing.T) {
	p := newBench(t, nil).dial(pcma)
	for _, raw := range [][]byte{
		{},
		{0x80},
		{0x80, 8, 0, 1, 0, 0, 0, 0, 0, 0, 0}, // shorter than a header
		{0x00, 8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1},              // version 0
		{0x80, 33, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1},             // not agreed
		{0xa0, 8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0},                 // padding without a length
		{0xa0, 8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 2},              // more padding than there is
		{0xa0, 8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0},              // no padding
		{0x8f, 8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1},              // sources that are not there
		{0x90, 8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255}, // so with the extension
	} {
		before := p.leg.Stats().Broken
		p.raw(p.rtp, raw)
		if p.leg.Stats().Broken != before+1 {
			t.Errorf("% x is not counted as broken", raw)
		}
	}
	p.step(10)
}

func TestDelayedOffer(t *testing.T) {
	p := newBench(t, nil).dial()
	offer, err := p.leg.Offer()
	if err != nil || !strings.Contains(string(offer), "RTP/AVP 8 0 101") {
		t.Fatalf("%v\n%s", err, offer)
	}
	p.step(5)
	p.quiet(p.rtp)
	if err := p.leg.Accept(p.describe(pcmu)); err != nil {
		t.Fatal(err)
	}
	p.step(1)
	if packet := p.receive(); packet.PayloadType != 0 {
		t.Errorf("%v", packet)
	}
}

func TestRefusedDescriptionsChangeNothing(t *testing.T) {
	p := newBench(t, nil).dial(pcma)
	if _, err := p.leg.Answer([]byte("v=0\r\nm=audio 4 RTP/AVP 18\r\n")); !errors.Is(err, ErrNothingFits) {
		t.Errorf("err = %v", err)
	}
	var broken *SDPError
	if _, err := p.leg.Answer([]byte("hello")); !errors.As(err, &broken) {
		t.Errorf("err = %v", err)
	}
	p.step(1)
	p.receive()
}

func TestClosedLegIsSilent(t *testing.T) {
	p := newBench(t, func(c *Config) { c.PortRest = time.Minute }).dial(pcma)
	heard := &record{}
	p.leg.Connect(tone{8000}, heard)
	p.leg.Close()
	p.leg.Close()
	p.step(5)
	p.quiet(p.rtp)
	p.leg.Connect(tone{8000}, heard)
	p.leg.PushDigit('1')
	p.step(5)
	if len(heard.loud) > 0 || p.digits() != "" {
		t.Error("a closed leg lives on")
	}
	if _, err := p.leg.Answer(p.describe(pcma)); !errors.Is(err, ErrClosed) {
		t.Errorf("err = %v", err)
	}
	if _, err := p.leg.Offer(); !errors.Is(err, ErrClosed) {
		t.Errorf("err = %v", err)
	}
	if err := p.leg.Accept(p.describe(pcma)); !errors.Is(err, ErrClosed) {
		t.Errorf("err = %v", err)
	}
}

// TestConnectWhileBeating swaps what is connected while a real clock beats, and
// looks that nothing is used after it was taken away.
func TestConnectWhileBeating(t *testing.T) {
	clock := pace.New(2)
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { clock.Run(ctx) })
	defer running.Wait()
	defer cancel()
	c := DefaultConfig()
	c.Ports, c.PortRest = PortRange{11000, 18999}, 0
	e, err := New(c, clock, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	leg, err := e.NewLeg(LegConfig{Signalling: loopback})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := leg.Answer([]byte("v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 9 RTP/AVP 8\r\n")); err != nil {
		t.Fatal(err)
	}
	rooms := [2]pcm.Clock{clock.Group(), clock.Group()}
	for i := range 60 {
		g := &guarded{t: t, clock: rooms[i/2%2], used: make(chan struct{}, 1)}
		leg.Connect(g, g)
		<-g.used
		leg.Connect(nil, nil)
		g.gone = true // a race with the beat if it were still used
	}
	leg.Close()
}

type guarded struct {
	t     *testing.T
	clock pcm.Clock
	used  chan struct{}
	gone  bool
}

func (g *guarded) Clock() pcm.Clock { return g.clock }

func (g *guarded) ReadFrame(pcm.Frame) bool { return false }

func (g *guarded) WriteFrame(pcm.Frame) {
	if g.gone {
		g.t.Error("used after it was taken away")
	}
	select {
	case g.used <- struct{}{}:
	default:
	}
}

type broken struct{}

func (broken) ReadFrame(pcm.Frame) bool { panic("broken") }

func TestPanicEndsOneCall(t *testing.T) {
	p := newBench(t, nil).dial(pcma)
	p.leg.Connect(broken{}, nil)
	func() {
		defer func() { _ = recover() }()
		p.step(1)
	}()
	<-p.leg.Lost()
	p.leg.Close()
}

func TestIPv6AndIPv4OnOneSocket(t *testing.T) {
	six, err := net.ListenUDP("udp6", &net.UDPAddr{IP: net.IPv6loopback})
	if err != nil {
		t.Skipf("this machine has no IPv6: %v", err)
	}
	defer six.Close()
	b := newBench(t, nil)
	p := b.dial()
	p.leg.Close()
	leg, err := b.engine.NewLeg(LegConfig{Bind: netip.IPv6Unspecified(), Signalling: netip.IPv6Loopback()})
	if err != nil {
		t.Fatal(err)
	}
	p.leg = leg
	for i, conn := range []*net.UDPConn{six, p.rtp} {
		address := [2]string{"IP6 ::1", "IP4 127.0.0.1"}[i]
		answer, err := leg.Answer(fmt.Appendf(nil, "v=0\r\nc=IN %s\r\nm=audio %d RTP/AVP 8\r\n", address, portOf(conn)))
		if err != nil || !strings.Contains(string(answer), "c=IN IP6 ::1\r\n") {
			t.Fatalf("%v\n%s", err, answer)
		}
		p.step(1)
		p.rtp = conn
		p.receive()
		p.to = netip.AddrPortFrom([2]netip.Addr{netip.IPv6Loopback(), loopback}[i], leg.pair.port)
		p.ssrc++
		p.send(8, encoded(g711.ALaw, 160), 160)
	}
	if s := leg.Stats(); s.PacketsIn != 2 {
		t.Errorf("%+v", s)
	}
}
