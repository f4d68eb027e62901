package jitter

import (
	"testing"
	"time"

	"github.com/einwahl/einwahl/transcode/pcm"
)

func BenchmarkStream(b *testing.B) { benchmarkStream(b, func(uint16) bool { return false }) }

func BenchmarkStreamWithLoss(b *testing.B) {
	benchmarkStream(b, func(seq uint16) bool { return seq%10 == 0 })
}

// benchmarkStream is a beat of a stream that loses some packets.
func benchmarkStream(b *testing.B, lost func(seq uint16) bool) {
	s := newTone()
	p, f := Packet{Payload: toneAt(0, 160)}, make(pcm.Frame, 160)
	at := time.Unix(1e9, 0)
	b.ReportAllocs()
	for b.Loop() {
		p.Seq++
		p.Timestamp += 160
		at = at.Add(20 * ms)
		if !lost(p.Seq) {
			s.Push(p, at)
		}
		s.ReadFrame(f)
	}
}

// BenchmarkSkim is a speaker to whom nobody listens.
func BenchmarkSkim(b *testing.B) {
	s := newTone()
	p := Packet{Payload: toneAt(0, 160), Level: -30}
	at := time.Unix(1e9, 0)
	b.ReportAllocs()
	for b.Loop() {
		p.Seq++
		p.Timestamp += 160
		at = at.Add(20 * ms)
		s.Push(p, at)
		s.Loudness()
		s.Skim()
	}
}
