package media

import (
	"fmt"
	"net/netip"
	"runtime"
	"testing"

	"github.com/einwahl/einwahl/transcode/g711"
	"github.com/einwahl/einwahl/transcode/pcm"
	"github.com/einwahl/einwahl/transcode/udp"
)

func TestNobodyReadsButTheBeat(t *testing.T) {
	b := newBench(t, nil)
	before := runtime.NumGoroutine()
	phones := make([]*phone, 50)
	for i := range phones {
		phones[i] = b.dial(pcma)
	}
	if n := runtime.NumGoroutine(); n > before { // fewer: one of another test has ended
		t.Errorf("%d goroutines more for %d legs", n-before, len(phones))
	}
	for _, p := range phones {
		if _, err := p.rtp.WriteToUDPAddrPort(guessed(p, 0), p.to); err != nil {
			t.Fatal(err)
		}
		if s := p.leg.Stats(); s.PacketsIn != 0 {
			t.Errorf("read before the beat: %+v", s)
		}
	}
	b.step(1)
	for _, p := range phones {
		if s := p.leg.Stats(); s.PacketsIn != 1 {
			t.Errorf("not read on the beat: %+v", s)
		}
	}
}

func TestWhatComesBeforeAnAgreementIsNobodys(t *testing.T) {
	p := newBench(t, nil).dial()
	for range 3 {
		if _, err := p.rtp.WriteToUDPAddrPort(guessed(p, 0), p.to); err != nil {
			t.Fatal(err)
		}
	}
	p.offer(pcma)
	p.step(1)
	if s := p.leg.Stats(); s.PacketsIn != 0 || s.Foreign != 3 {
		t.Errorf("%+v", s)
	}
}

// A flood takes no more of a beat than there is time for, and what is left does
// not stand in the way of the caller for long.
func TestFloodTakesOneBeatAtATime(t *testing.T) {
	p := newBench(t, nil).dial(pcma)
	p.send(8, encoded(g711.ALaw, 160), 160)
	intruder := p.socket()
	for range 2000 {
		if _, err := intruder.WriteToUDPAddrPort(ownStream(p, 1), p.to); err != nil {
			t.Fatal(err)
		}
	}
	p.step(1)
	if s := p.leg.Stats(); s.Foreign == 0 || s.Foreign > maxPackets {
		t.Errorf("%d packets in one beat", s.Foreign)
	}
	p.step(2000 / maxPackets)
	p.send(8, encoded(g711.ALaw, 160), 160)
	if s := p.leg.Stats(); s.PacketsIn != 2 {
		t.Errorf("%+v", s)
	}
}

// Reports do not queue up for longer than from one look to the next.
func TestAllReportsAreReadAtALook(t *testing.T) {
	p := newBench(t, nil).dial(pcma)
	const sent = 40
	port := netip.AddrPortFrom(loopback, p.leg.pair.port+1)
	for range sent {
		if _, err := p.rtcp.WriteToUDPAddrPort([]byte{0x80, 201}, port); err != nil {
			t.Fatal(err)
		}
	}
	p.step(lookEvery)
	if s := p.leg.Stats(); s.Broken != sent {
		t.Errorf("%d of %d are read", s.Broken, sent)
	}
}

func TestCallWhosePortCannotBeReadIsLost(t *testing.T) {
	p := newBench(t, nil).dial(pcma)
	p.leg.pair.rtp.Close()
	p.step(manyErrors - 1)
	if over(p.leg.Lost()) {
		t.Error("lost before the end")
	}
	p.step(1)
	if !over(p.leg.Lost()) {
		t.Error("nobody is told")
	}
}

func TestBeatWaitsForNobody(t *testing.T) {
	p := newBench(t, nil).dial(pcma)
	if _, err := p.rtp.WriteToUDPAddrPort(guessed(p, 0), p.to); err != nil {
		t.Fatal(err)
	}
	p.leg.in.mu.Lock() // as who asks for the figures
	p.step(1)
	p.leg.in.mu.Unlock()
	if s := p.leg.Stats(); s.PacketsIn != 0 || s.PacketsOut != 1 {
		t.Errorf("%+v", s)
	}
	p.step(1)
	if s := p.leg.Stats(); s.PacketsIn != 1 {
		t.Errorf("what a beat has left is not found by the next: %+v", s)
	}
}

// call is a phone that costs nothing but its packets.
func call(t testing.TB) (p *phone, say func()) {
	p = newBench(t, nil).dial()
	from, err := udp.Listen(netip.AddrPortFrom(loopback, 0))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { from.Close() })
	in, heard := newPackets(), udp.NewBatch(1, maxPacket)
	if _, err := p.leg.Answer(fmt.Appendf(nil, "v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio %d RTP/AVP 8\r\n", from.LocalAddr().Port())); err != nil {
		t.Fatal(err)
	}
	p.leg.Connect(tonePCM{}, pcm.Silence{})
	return p, func() {
		if err := from.Send(in.next(), p.to); err != nil {
			t.Fatal(err)
		}
		p.step(1)
		if n, err := from.Read(heard); n != 1 || err != nil {
			t.Fatal(n, err)
		}
	}
}

func TestNothingIsAllocatedThroughTheSockets(t *testing.T) {
	p, say := call(t)
	if n := testing.AllocsPerRun(500, say); n != 0 {
		t.Errorf("%.2f allocations", n)
	}
	if s := p.leg.Stats(); s.PacketsIn != 501 || s.PacketsOut != 501 {
		t.Errorf("%+v", s)
	}
}

// BenchmarkBeat is one call for 20 ms through real sockets, the phone's own
// packets included.
func BenchmarkBeat(b *testing.B) {
	_, say := call(b)
	b.ReportAllocs()
	for b.Loop() {
		say()
	}
}
