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
	return n + len(s.shelf.spares)
}

func TestMemoryIsForTheFewPacketsInUse(t *testing.T) {
	for _, tt := range []struct {
		name       string
		lost, held int // packets in a row, about every fifth second
		most       int
	}{
		{"a clean network", 0, 0, kin + 3},
		{"losses", 1, 0, kin + spareSize},
		{"bursts of loss", 40, 0, kin + spareSize},
		{"stalls", 0, 60, 2*spareSize + kin + 4},
		{"bursts and stalls", 40, 60, 2*spareSize + kin + 4},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, chance := newMarks(20*ms), rand.New(rand.NewPCG(1, 2))
			frame, at := make(pcm.Frame, pcm.NarrowbandSamples), time.Unix(1e9, 0)
			lost, held := 0, 0
			var waiting []Packet
			for i := range uint16(60000) {
				if chance.IntN(250) == 0 {
					lost, held = tt.lost, tt.held
				}
				if lost--; lost < 0 {
					waiting = append(waiting, Packet{Seq: i, Timestamp: uint32(i) * 160, Payload: make([]byte, 160)})
				}
				if held--; held < 0 {
					for _, p := range waiting {
						s.Push(p, at)
					}
					waiting = waiting[:0]
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

// Its place on the shelf is that of one whose memory is given up meanwhile.
func TestPacketFarAheadStays(t *testing.T) {
	var s shelf
	s.restart(0)
	s.next += 2 * kin
	far := s.next + shelfSize - 1
	s.put(far, 0, &arrival{})
	for range 5 {
		s.next += kin
		s.put(s.next, 0, &arrival{})
	}
	if s.at(far) == nil {
		t.Error("it is gone")
	}
}
