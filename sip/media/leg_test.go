package media

import (
	"context"
	"errors"
	"math"
	"slices"
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

func TestAnyPayloadTypeMayStandForAnEncoding(t *testing.T) {
	p := newBench(t, nil).dial("m=audio %d RTP/AVP 97", "a=rtpmap:97 PCMU/8000")
	heard := &record{}
	p.leg.Connect(tone{8000}, heard)
	for range 20 {
		p.send(97, encoded(g711.MuLaw, 160), 160)
		p.step(1)
	}
	if n := heard.full(); n < 15 {
		t.Errorf("%d of 20 frames heard: %.0f", n, heard.loud)
	}
}

func TestDelayedOffer(t *testing.T) {
	p := newBench(t, nil).dial()
	offer, err := p.leg.Offer()
	if err != nil || !strings.Contains(string(offer), "RTP/AVP 111 9 8 0 110 101") {
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

// TestAgreementChangesWhileBeating has the way in which keys come change while the
// caller's words are turned to somebody else: the race detector is the judge.
func TestAgreementChangesWhileBeating(t *testing.T) {
	p := newBench(t, nil).dial(withEvents, eventsMap)
	done := make(chan struct{})
	var running sync.WaitGroup
	beside := func(f func(i int)) {
		running.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-done:
					return
				default:
					f(i)
				}
			}
		})
	}
	beside(func(int) { p.step(1) })
	to := [2]*record{{}, {}}
	beside(func(i int) { p.leg.Connect(nil, to[i%2]) })
	for range 100 {
		p.offer(pcma)
		p.offer(withEvents, eventsMap)
	}
	close(done)
	running.Wait()
}

// slow is a source that a beat is still reading.
type slow struct{ entered, leave chan struct{} }

func (s slow) ReadFrame(pcm.Frame) bool {
	close(s.entered)
	<-s.leave
	return false
}

func TestConnectReturnsWhenTheOldSourceIsLeft(t *testing.T) {
	p := newBench(t, nil).dial(pcma)
	old := slow{make(chan struct{}), make(chan struct{})}
	p.leg.Connect(old, nil)
	var running sync.WaitGroup
	running.Go(p.clock.Step)
	<-old.entered
	connected := make(chan struct{})
	running.Go(func() {
		p.leg.Connect(nil, nil)
		close(connected)
	})
	select {
	case <-connected:
		t.Error("Connect returned while the old source was being read")
	case <-time.After(20 * time.Millisecond):
	}
	close(old.leave)
	<-connected
	running.Wait()
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

// What a caller said before they were let in, or before their yes, may still wait
// in the jitter buffer, and behind it for tones.
func TestWhatWasSaidBeforeIsNotHeardAfterwards(t *testing.T) {
	keys := []string{"m=audio %d RTP/AVP 8 101", "a=rtpmap:101 telephone-event/8000"}
	for _, tt := range []struct {
		name    string
		lines   []string
		waiting int // packets that have come and were not played
		denoise bool
		silent  int // beats on which nothing is heard, at most
	}{
		{"the last packet is stretched", keys, 0, false, 4},
		{"a quiet line", keys, 1, false, 1},
		{"after a stall", keys, 4, false, 4},
		{"keys can come as tones only", []string{pcma}, 2, false, 3},
		{"noise is taken out", keys, 1, true, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, heard := newBench(t, nil).dialWith(LegConfig{Denoise: tt.denoise}, tt.lines...), &record{}
			loud, soft := encoded(g711.ALaw, 160), make([]byte, 160)
			quiet := make(pcm.Frame, 160)
			tone{800}.ReadFrame(quiet)
			g711.ALaw.Encode(soft, quiet)
			say := func(packet []byte, n int) {
				for range n {
					p.send(8, packet, 160)
				}
			}
			for range 50 {
				say(loud, 1)
				p.step(1)
			}
			say(loud, tt.waiting)
			p.leg.Connect(nil, heard)
			for range 20 {
				p.step(1)
				say(soft, 1)
			}
			silent := 0
			for i, l := range heard.loud {
				if l > 1000 {
					t.Errorf("beat %d: what was said before is heard", i)
				}
				if l < 0 {
					silent++
				}
			}
			if silent > tt.silent {
				t.Errorf("%d beats are not heard", silent)
			}
			p.leg.Connect(tone{8000}, heard)
			for range 5 {
				p.step(1)
				say(soft, 1)
			}
			if slices.Contains(heard.loud[20:], -1) {
				t.Error("what is said is cut because something else is heard")
			}
		})
	}
}
