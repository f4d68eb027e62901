package media

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"testing"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"github.com/einwahl/einwahl/gateway/peertest"
	"github.com/einwahl/einwahl/sip/siptest"
	"github.com/einwahl/einwahl/transcode/g711"
)

// socketAt is a socket on an address of this machine.
func (b *bench) socketAt(a netip.Addr) *net.UDPConn {
	b.t.Helper()
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(a, 0)))
	if err != nil {
		siptest.Lacks(b.t, a.String(), err)
	}
	b.t.Cleanup(func() { conn.Close() })
	return conn
}

// TestInjection: a stranger who knows everything but the key and the caller's
// port speaks into a call with all his might. Nothing of it comes through, in
// no form, and no sound goes to him. The counts are for the notes on a release.
func TestInjection(t *testing.T) {
	const shots = 500
	other := netip.MustParseAddr("127.0.0.2")
	trunk := netip.MustParseAddr("127.0.0.3")
	key := newSecret(t, usual)
	for _, tt := range []struct {
		name      string
		from      netip.Addr
		encrypted bool
		forge     func(p *phone, i int) []byte // a packet, knowing the caller's next
	}{
		{name: "another address, all numbers guessed", from: other, forge: guessed},
		{name: "another port of the caller's address, all numbers guessed", from: loopback, forge: guessed},
		{name: "an address of the trunk's media, all numbers guessed", from: trunk, forge: guessed},
		{name: "another address, a stream of his own", from: other, forge: ownStream},
		{name: "another port of the caller's address, a stream of his own", from: loopback, forge: ownStream},
		{name: "keys pressed from another address", from: other, forge: keyPress},
		{name: "keys pressed from another port", from: loopback, forge: keyPress},
		{name: "a goodbye and reports from another address", from: other, forge: goodbye},
		{name: "encrypted: all numbers guessed, in the clear", from: loopback, encrypted: true, forge: guessed},
		{name: "encrypted: from the trunk, in the clear", from: trunk, encrypted: true, forge: ownStream},
		{name: "encrypted: keys pressed in the clear", from: loopback, encrypted: true, forge: keyPress},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, nil)
			c := LegConfig{SRTP: "optional", Trusted: []netip.Prefix{netip.PrefixFrom(trunk, 32)}}
			p := b.dialWith(c)
			if tt.encrypted {
				p.rekey(key, "m=audio %d RTP/SAVP 8 101", eventsMap)
			} else {
				p.offer(withEvents, eventsMap)
			}
			heard := &record{}
			p.leg.Connect(tone{8000}, heard)
			intruder := b.socketAt(tt.from)
			quiet := bytes.Repeat([]byte{g711.ALaw.Silence()}, 160)
			for range enough {
				p.send(8, quiet, 160)
				p.step(1)
			}
			for i := range shots {
				p.raw(intruder, tt.forge(p, i))
				if i%5 == 0 {
					p.send(8, quiet, 160)
					p.step(1)
				}
			}
			s := p.leg.Stats()
			if reached := int(s.PacketsIn) - enough - shots/5; reached != 0 || heard.full() > 0 || len(p.leg.Digits()) > 0 {
				t.Errorf("%d packets of %d reached the call, %d frames and %d keys were heard", reached, shots, heard.full(), len(p.leg.Digits()))
			}
			if s.Foreign+s.Forged < shots {
				t.Errorf("not all were counted: %+v", s)
			}
			select {
			case <-p.leg.Lost():
				t.Error("the call was ended")
			default:
			}
			p.quiet(intruder)
			t.Logf("%d packets injected, 0 reached the call", shots)
		})
	}
}

// guessed is a packet that the caller could send next.
func guessed(p *phone, i int) []byte {
	return forged(rtp.Header{Version: 2, PayloadType: 8, SSRC: p.ssrc, SequenceNumber: p.seq, Timestamp: p.ts}, encoded(g711.ALaw, 160))
}

func ownStream(_ *phone, i int) []byte {
	return forged(rtp.Header{Version: 2, PayloadType: 8, SSRC: 666, SequenceNumber: uint16(i), Timestamp: uint32(i) * 160}, encoded(g711.ALaw, 160))
}

func keyPress(p *phone, i int) []byte {
	return forged(rtp.Header{Version: 2, PayloadType: 101, SSRC: p.ssrc, SequenceNumber: p.seq, Timestamp: uint32(i) * 1600}, []byte{5, 0x8a, 3, 32})
}

func goodbye(p *phone, _ int) []byte {
	raw, err := rtcp.Marshal([]rtcp.Packet{&rtcp.ReceiverReport{SSRC: p.ssrc}, &rtcp.Goodbye{Sources: []uint32{p.ssrc}}})
	if err != nil {
		panic(err)
	}
	return raw
}

func forged(h rtp.Header, payload []byte) []byte {
	raw, err := (&rtp.Packet{Header: h, Payload: payload}).Marshal()
	if err != nil {
		panic(err)
	}
	return raw
}

// TestNothingBleedsToWhoKnocks: the fault that was AST-2017-005. Before the
// caller has sent anything, a stranger's packets draw no sound to them, and do
// not shut the caller out.
func TestNothingBleedsToWhoKnocks(t *testing.T) {
	for _, encrypted := range []bool{false, true} {
		t.Run(fmt.Sprintf("encrypted %v", encrypted), func(t *testing.T) {
			b := newBench(t, nil)
			p := b.dialWith(LegConfig{SRTP: "optional"})
			if encrypted {
				p.rekey(newSecret(t, usual))
			} else {
				p.offer(pcma)
			}
			p.leg.Connect(tone{8000}, nil)
			intruder := b.socketAt(netip.MustParseAddr("127.0.0.2"))
			for i := range 10 * enough {
				p.raw(intruder, ownStream(p, i))
				p.step(1)
				p.receive() // what the call sends goes where the description says
			}
			p.quiet(intruder)
			p.send(8, encoded(g711.ALaw, 160), 160)
			if s := p.leg.Stats(); s.PacketsIn != 1 || s.Foreign != 10*enough {
				t.Errorf("%+v", s)
			}
		})
	}
}

// TestWhatALateCallSaysIsNotHeard: the port of a call that has ended goes to
// another while the first caller still sends.
func TestWhatALateCallSaysIsNotHeard(t *testing.T) {
	free := uint16(peertest.Port(t))
	b := newBench(t, func(c *Config) { c.Ports = PortRange{free, free + 1} })
	before := b.dial(pcma)
	for range enough {
		before.send(8, encoded(g711.ALaw, 160), 160)
	}
	before.leg.Close()
	await(t, "the port to have rested", func() bool { return b.engine.Free() == 1 })
	p := b.dial(pcma)
	heard := &record{}
	p.leg.Connect(tone{8000}, heard)
	for range enough {
		p.send(8, bytes.Repeat([]byte{g711.ALaw.Silence()}, 160), 160)
		p.step(1)
	}
	late := *p
	late.ssrc, late.seq = before.ssrc+1, before.seq
	for range 50 {
		late.sendFrom(before.rtp, 8, encoded(g711.ALaw, 160))
		p.step(1)
	}
	if s := p.leg.Stats(); s.PacketsIn != enough || s.Foreign != 50 || heard.full() > 0 {
		t.Errorf("%+v, %d heard", s, heard.full())
	}
	p.quiet(before.rtp)
}
