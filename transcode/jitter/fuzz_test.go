package jitter

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/einwahl/einwahl/transcode/g711"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// FuzzStream lets a hostile sender choose every number and the order of
// packets and beats. The stream must neither panic nor hoard sound.
func FuzzStream(f *testing.F) {
	f.Add([]byte{0x48, 0, 1, 0, 0, 0, 1, 0, 27, 0x44, 0, 2, 0, 0, 0, 161, 20, 27, 0x80, 0, 3, 0, 0, 1, 65, 20, 27})
	f.Add([]byte{0, 1, 0, 0, 0, 1, 0, 1, 160, 255, 0, 1, 0, 0, 0, 1, 0, 1, 160, 255})
	f.Fuzz(func(t *testing.T, in []byte) {
		s := New(Config{ClockRate: 8000, Rate: 8000}, &twofold{Decoder: g711.NewDecoder(g711.MuLaw), times: 1})
		frame := make(pcm.Frame, pcm.WidebandSamples)
		at := time.Unix(1e9, 0)
		for len(in) >= 9 {
			seq, ts := binary.BigEndian.Uint16(in[1:]), binary.BigEndian.Uint32(in[3:])
			at = at.Add(time.Duration(int8(in[7])) * time.Millisecond)
			s.Push(Packet{Seq: seq, Timestamp: ts, Payload: make([]byte, int(in[8])*6)}, at)
			if in[0]&1 != 0 {
				s.Reset()
			}
			for range in[0] >> 6 {
				switch in[0] >> 2 & 3 {
				case 1:
					s.Loudness()
					s.Skim()
				case 2:
					s.ReadFrame(frame)
				default:
					s.ReadFrame(frame[:pcm.NarrowbandSamples])
				}
			}
			in = in[9:]
		}
		for range 20 {
			s.ReadFrame(frame)
		}
		if cap(s.sound) > 200*pcm.Wideband/1000 {
			t.Fatalf("decoded sound has grown to %d samples", cap(s.sound))
		}
	})
}

// twofold is a decoder of G.711 for both rates.
type twofold struct {
	*g711.Decoder
	times int
}

func (d *twofold) SetRate(rate int) error {
	d.times = rate / pcm.Narrowband
	return nil
}

func (d *twofold) Decode(dst []int16, payload []byte) (int, error) {
	n, err := d.Decoder.Decode(dst[:len(dst)/d.times], payload)
	return n * d.times, err
}

func (d *twofold) Samples(payload []byte) int { return len(payload) * d.times }

func decodeALaw(dst []int16, src []byte) { g711.ALaw.Decode(dst, src) }

func energy(f pcm.Frame) (mean int64) {
	for _, s := range f {
		mean += int64(s) * int64(s)
	}
	return mean / int64(len(f))
}
