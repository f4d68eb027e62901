package jitter

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/einwahl/einwahl/transcode/pcm"
)

// buffers counts the packets that a stream has memory for.
func (s *Stream) buffers() (n int) {
	for i := range s.ring.slots {
		n += min(cap(s.ring.slots[i].payload), 1)
	}
	for _, p := range s.shelf.packets {
		if p != nil {
			n++
		}
	}
	return n
}

func TestMemoryIsForTheFewPacketsInUse(t *testing.T) {
	for _, tt := range []struct {
		name string
		lost float64
		most int
	}{
		{"a clean network", 0, kin + 3},
		{"every tenth packet lost", .1, 4 * kin},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, chance := newMarks(20*ms), rand.New(rand.NewPCG(1, 2))
			frame, at := make(pcm.Frame, pcm.NarrowbandSamples), time.Unix(1e9, 0)
			for i := range uint16(5000) {
				if chance.Float64() >= tt.lost {
					s.Push(Packet{Seq: i, Timestamp: uint32(i) * 160, Payload: make([]byte, 160)}, at)
				}
				at = at.Add(20 * ms)
				s.ReadFrame(frame)
			}
			if n := s.buffers(); n > tt.most {
				t.Errorf("memory for %d packets, more than %d", n, tt.most)
			}
		})
	}
}
