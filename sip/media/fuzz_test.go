package media

import (
	"testing"
	"time"
)

// FuzzPacket: whatever comes to a port, we do not fall over, and what is
// connected is fed one frame a beat.
func FuzzPacket(f *testing.F) {
	f.Add([]byte{0x80, 8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3}, []byte{0x80, 101, 0, 2, 0, 0, 0, 160, 0, 0, 0, 0, 5, 0x8a, 1, 64})
	f.Add([]byte{0xb1, 8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 0xbe, 0xde, 0, 1, 0x10, 0xaa, 0, 0, 7, 7, 1}, []byte{0x80, 13, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 64})
	f.Add([]byte{0x81, 200, 0, 12, 0, 0, 0, 77, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0}, []byte{0x80, 203, 0, 0})
	f.Fuzz(func(t *testing.T, first, second []byte) {
		b := newBench(t, func(c *Config) { c.Ports = PortRange{19020, 19099} })
		p := b.dial(withEvents, eventsMap, "a=rtcp-mux")
		heard := &record{}
		p.leg.Connect(nil, heard)
		from := p.rtp.LocalAddr().String()
		at := b.engine.now()
		for i := range 4 {
			for _, raw := range [][]byte{first, second} {
				raw = append([]byte{}, raw...)
				if i%2 == 1 && len(raw) > 3 {
					raw[3]++ // the next in the row
				}
				p.judge(raw, mustAddr(from), at)
				p.judgeControl(raw, mustAddr(from), at)
				at = at.Add(20 * time.Millisecond)
			}
			b.clock.Step()
		}
		if len(heard.loud) != 4 {
			t.Errorf("%d frames in 4 beats", len(heard.loud))
		}
	})
}

// FuzzSealedPacket: whatever comes to a port of an encrypted call without its
// key is thrown away.
func FuzzSealedPacket(f *testing.F) {
	f.Add([]byte{0x80, 8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3})
	f.Add([]byte{0xb1, 8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 0xbe, 0xde, 0, 1, 0x10, 0xaa, 0, 0, 7, 7, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16})
	f.Add([]byte{0x81, 200, 0, 12, 0, 0, 0, 77, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0, 0x80, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, suite := range []string{usual, "AEAD_AES_256_GCM"} {
			p := newBench(t, func(c *Config) { c.Ports = PortRange{19120, 19199} }).secure(newSecret(t, suite), savp, "a=rtcp-mux")
			from := mustAddr(p.rtp.LocalAddr().String())
			for range 2 * enough {
				p.judge(raw, from, p.engine.now())
				p.judgeControl(raw, from, p.engine.now())
			}
			if s := p.leg.Stats(); s.PacketsIn != 0 || s.Unproven != 0 || s.TheyLost != 0 {
				t.Errorf("%+v", s)
			}
			p.leg.Close()
		}
	})
}
