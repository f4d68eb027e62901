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
	f.Add([]byte{0, 1, 0, 0, 0, 1, 0, 1, 160, 255, 0, 1, 0, 0, 0, 1, 0, 1, 160, 255})
	f.Fuzz(func(t *testing.T, in []byte) {
		s := New(Config{ClockRate: 8000, Rate: 8000}, g711.NewDecoder(g711.MuLaw))
		frame := make(pcm.Frame, pcm.NarrowbandSamples)
		at := time.Unix(1e9, 0)
		for len(in) >= 9 {
			seq, ts := binary.BigEndian.Uint16(in[1:]), binary.BigEndian.Uint32(in[3:])
			at = at.Add(time.Duration(int8(in[7])) * time.Millisecond)
			s.Push(Packet{Seq: seq, Timestamp: ts, Payload: make([]byte, int(in[8])*6)}, at)
			if in[0]&1 != 0 {
				s.Reset()
			}
			for range in[0] >> 6 {
				s.ReadFrame(frame)
			}
			in = in[9:]
		}
		for range 20 {
			s.ReadFrame(frame)
		}
		if cap(s.sound) != 3*960 {
			t.Fatalf("decoded sound has grown to %d samples", cap(s.sound))
		}
	})
}

func decodeALaw(dst []int16, src []byte) { g711.ALaw.Decode(dst, src) }

func energy(f pcm.Frame) (mean int64) {
	for _, s := range f {
		mean += int64(s) * int64(s)
	}
	return mean / int64(len(f))
}
