package media

import (
	"net/netip"
	"testing"
	"time"

	"github.com/pion/rtp"

	"github.com/einwahl/einwahl/transcode/g711"
	"github.com/einwahl/einwahl/transcode/pcm"
)

func mustAddr(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }

// packets makes one packet after the other without sending it.
type packets struct {
	raw    []byte
	header rtp.Header
	at     time.Time
}

func newPackets() *packets {
	return &packets{raw: make([]byte, 172), header: rtp.Header{Version: 2, PayloadType: 8, SSRC: 77}, at: time.Unix(1e9, 0)}
}

func (p *packets) next() []byte {
	p.header.SequenceNumber++
	p.header.Timestamp += 160
	p.at = p.at.Add(20 * time.Millisecond)
	if _, err := p.header.MarshalTo(p.raw); err != nil {
		panic(err)
	}
	copy(p.raw[12:], payloadOfTone)
	return p.raw
}

var payloadOfTone = encoded(g711.ALaw, 160)

// BenchmarkCall is one call for 20 ms: a packet in, a beat, a packet out.
func BenchmarkCall(b *testing.B) {
	p := newBench(b, nil).dial(withEvents, eventsMap)
	p.leg.Connect(tonePCM{}, pcm.Silence{})
	in, from := newPackets(), mustAddr(p.rtp.LocalAddr().String())
	b.ReportAllocs()
	for b.Loop() {
		p.judge(in.next(), from, in.at)
		p.now.Add(int64(pcm.FrameDuration))
		p.leg.Beat(pcm.TakeIn)
		p.leg.Beat(pcm.GiveOut)
	}
}

// BenchmarkPacket is a packet in alone.
func BenchmarkPacket(b *testing.B) {
	p := newBench(b, nil).dial(pcma)
	in, from := newPackets(), mustAddr(p.rtp.LocalAddr().String())
	b.ReportAllocs()
	for b.Loop() {
		p.judge(in.next(), from, in.at)
	}
}

// tonePCM is a source that costs nothing itself.
type tonePCM struct{}

func (tonePCM) ReadFrame(f pcm.Frame) bool {
	for i := range f {
		f[i] = int16(i * 50)
	}
	return true
}

func TestNothingIsAllocatedPerPacket(t *testing.T) {
	p := newBench(t, nil).dial(withEvents, eventsMap)
	p.leg.Connect(tonePCM{}, pcm.Silence{})
	in, from := newPackets(), mustAddr(p.rtp.LocalAddr().String())
	n := testing.AllocsPerRun(500, func() {
		p.judge(in.next(), from, in.at)
		p.now.Add(int64(pcm.FrameDuration))
		p.leg.Beat(pcm.TakeIn)
		p.leg.Beat(pcm.Mix)
		p.leg.Beat(pcm.GiveOut)
	})
	if n != 0 {
		t.Errorf("%.2f allocations", n)
	}
}
