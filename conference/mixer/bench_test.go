package mixer

import (
	"testing"

	"github.com/einwahl/einwahl/transcode/pace"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// crowd is a room with phones, of which some talk and all listen, and three
// remote speakers. every moves it by a beat.
func crowd(phones, talkers, length int) (every func()) {
	r := NewRoom(new(pace.Manual))
	for range 3 {
		r.AddSpeaker(constant{})
	}
	var ports []*Port
	for range phones {
		p := r.Join(nil)
		p.SetVoice(true)
		ports = append(ports, p)
	}
	f, out := make(pcm.Frame, length), make(pcm.Frame, length)
	sine(f, 700, 12000, 0)
	return func() {
		for i, p := range ports {
			if i < talkers {
				p.WriteFrame(f)
			} else {
				p.WriteFrame(nil)
			}
		}
		r.Beat(pcm.Mix)
		for _, p := range ports {
			p.ReadFrame(out)
		}
	}
}

// constant is a source that costs nothing.
type constant struct{}

func (constant) ReadFrame(f pcm.Frame) bool {
	for i := range f {
		f[i] = int16(1000 - i%2*2000)
	}
	return true
}

func TestBeatAllocatesNothing(t *testing.T) {
	for _, length := range lengths {
		if n := testing.AllocsPerRun(100, crowd(10, 3, length)); n != 0 {
			t.Errorf("frames of %d: %v allocations a beat", length, n)
		}
	}
}

// BenchmarkRoom is what a beat of a room costs. The cost of a listener is what
// 200 cost more than 10, by 190.
func BenchmarkRoom(b *testing.B) {
	for _, bb := range []struct {
		name                    string
		phones, talkers, length int
	}{
		{"phones=1/talk=1", 1, 1, 160},
		{"phones=10/talk=0", 10, 0, 160},
		{"phones=10/talk=3", 10, 3, 160},
		{"phones=10/talk=3/wide", 10, 3, 320},
		{"phones=200/talk=0", 200, 0, 160},
		{"phones=200/talk=3", 200, 3, 160},
	} {
		b.Run(bb.name, func(b *testing.B) {
			every := crowd(bb.phones, bb.talkers, bb.length)
			b.ReportAllocs()
			for b.Loop() {
				every()
			}
		})
	}
}
