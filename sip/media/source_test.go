package media

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/einwahl/einwahl/sip/siptest"
	"github.com/einwahl/einwahl/transcode/g711"
)

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

func TestLineIsKeptOverNewDescriptions(t *testing.T) {
	for _, tt := range []struct {
		name    string
		between func(p *phone, first []byte)
	}{
		{"the same description again", func(p *phone, first []byte) {
			if _, err := p.leg.Answer(first); err != nil {
				p.t.Fatal(err)
			}
		}},
		{"a hold without an address", func(p *phone, first []byte) {
			p.offerRaw("m=audio 9 RTP/AVP 8\r\nc=IN IP4 0.0.0.0")
			if _, err := p.leg.Answer(first); err != nil {
				p.t.Fatal(err)
			}
			p.send(8, encoded(g711.ALaw, 160), 160) // the caller goes on at once
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newBench(t, nil).dial()
			first := p.describe(pcma)
			if _, err := p.leg.Answer(first); err != nil {
				t.Fatal(err)
			}
			p.rtp = p.socket() // as behind a NAT
			for range enough {
				p.send(8, encoded(g711.ALaw, 160), 160)
			}
			tt.between(p, first)
			intruder := *p
			intruder.ssrc++
			for range 2 * enough {
				intruder.sendFrom(p.socket(), 8, nil)
			}
			other := p.socket()
			for range 2 * enough {
				intruder.sendFrom(other, 8, nil)
			}
			p.step(1)
			p.receive()
			if s := p.leg.Stats(); s.Foreign != 4*enough {
				t.Errorf("%+v", s)
			}
		})
	}
}

func TestCallerBeginsToCountAnew(t *testing.T) {
	p := newBench(t, nil).dial(pcma)
	heard := &record{}
	p.leg.Connect(nil, heard)
	for i := range 60 {
		if i == 30 { // as when a PBX transfers the call
			p.ssrc, p.seq, p.ts = p.ssrc+1, 9, 17
		}
		if i%10 == 5 {
			p.seq++
			p.ts += 160
		} else {
			p.send(8, encoded(g711.ALaw, 160), 160)
		}
		p.step(1)
	}
	if n := heard.full(); n < 45 {
		t.Errorf("%d of 54 frames heard: %.0f", n, heard.loud)
	}
	// Three before and three after.
	if s := p.leg.Stats(); s.Lost != 6 || s.Unproven != 1 {
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

func TestIPv6AndIPv4OnOneSocket(t *testing.T) {
	six, err := net.ListenUDP("udp6", &net.UDPAddr{IP: net.IPv6loopback})
	if err != nil {
		siptest.Lacks(t, "::1", err)
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
