package media

import (
	"testing"

	"github.com/pion/rtp"

	"github.com/einwahl/einwahl/transcode/pcm"
)

// sealed makes packets as newPackets does, encrypted ahead.
func sealed(t testing.TB, s secret, n int) [][]byte {
	t.Helper()
	context, in := s.context(t), newPackets()
	list := make([][]byte, n)
	for i := range list {
		var err error
		if list[i], err = context.EncryptRTP(nil, in.next(), nil); err != nil {
			t.Fatal(err)
		}
	}
	return list
}

func TestNothingIsAllocatedPerEncryptedPacket(t *testing.T) {
	for suite := range suites {
		t.Run(suite, func(t *testing.T) {
			s := newSecret(t, suite)
			p := newBench(t, nil).secure(s)
			p.leg.Connect(tonePCM{}, pcm.Silence{})
			from, list := mustAddr(p.rtp.LocalAddr().String()), sealed(t, s, 1100)
			i := 0
			n := testing.AllocsPerRun(1000, func() {
				p.now.Add(int64(pcm.FrameDuration))
				p.judge(list[i], from, p.engine.now())
				i++
				p.leg.Beat(pcm.TakeIn)
				p.leg.Beat(pcm.GiveOut)
			})
			if raced {
				n = 0 // the detector has its own
			}
			if got := p.leg.Stats(); n != 0 || got.PacketsIn != 1001 {
				t.Errorf("%.2f allocations, %+v", n, got)
			}
		})
	}
}

// BenchmarkEncryptedCall is BenchmarkCall encrypted, the caller's own
// encryption included.
func BenchmarkEncryptedCall(b *testing.B) {
	for _, suite := range []string{usual, "AEAD_AES_256_GCM"} {
		b.Run(suite, func(b *testing.B) {
			s := newSecret(b, suite)
			p := newBench(b, nil).secure(s)
			p.leg.Connect(tonePCM{}, pcm.Silence{})
			in, from := newPackets(), mustAddr(p.rtp.LocalAddr().String())
			packet, header := make([]byte, maxPacket), rtp.Header{}
			b.ReportAllocs()
			for b.Loop() {
				sealed, err := p.seal.EncryptRTP(packet, in.next(), &header)
				if err != nil {
					b.Fatal(err)
				}
				p.judge(sealed, from, in.at)
				p.now.Add(int64(pcm.FrameDuration))
				p.leg.Beat(pcm.TakeIn)
				p.leg.Beat(pcm.GiveOut)
			}
			if s := p.leg.Stats(); s.Forged > 0 {
				b.Errorf("%+v", s)
			}
		})
	}
}
