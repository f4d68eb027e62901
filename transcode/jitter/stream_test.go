package jitter

import (
	"math"
	"testing"
	"time"

	"github.com/einwahl/einwahl/transcode/g711"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// counter is a decoder whose sound tells where it is from: each sample is its
// payload's first byte, and what is made up is zero.
type counter struct{ samples int }

func (c counter) Decode(dst []int16, payload []byte) (int, error) {
	for i := range dst[:c.samples] {
		dst[i] = int16(payload[0])*16 + 1000
	}
	return c.samples, nil
}

func (c counter) Conceal(dst []int16) int {
	clear(dst)
	return len(dst)
}

// line is a sender, a network and a receiver on one simulated clock.
type line struct {
	s     *Stream
	now   time.Duration
	next  time.Duration // beat
	queue []sent
	epoch time.Time
	frame pcm.Frame
	heard func(at time.Duration, f pcm.Frame, ok bool)
}

type sent struct {
	at time.Duration
	p  Packet
}

func newLine(s *Stream) *line {
	return &line{s: s, next: 7 * time.Millisecond, epoch: time.Unix(1e9, 0), frame: make(pcm.Frame, s.frame)}
}

// run delivers all packets at their times and reads on each beat, until end.
func (l *line) run(queue []sent, end time.Duration) {
	for len(queue) > 0 || l.next <= end {
		if len(queue) > 0 && queue[0].at <= l.next {
			l.s.Push(queue[0].p, l.epoch.Add(queue[0].at))
			queue = queue[1:]
			continue
		}
		ok := l.s.ReadFrame(l.frame)
		if l.heard != nil {
			l.heard(l.next, l.frame, ok)
		}
		l.next += pcm.FrameDuration
	}
}

// tone is a sender of A-law at 440 Hz.
func tone(n int, ptime time.Duration, delay func(i int) time.Duration) []sent {
	per := int(ptime * pcm.Narrowband / time.Second)
	var out []sent
	for i := range n {
		f := make(pcm.Frame, per)
		for k := range f {
			f[k] = int16(8000 * math.Sin(2*math.Pi*440*float64(i*per+k)/pcm.Narrowband))
		}
		payload := make([]byte, per)
		g711.ALaw.Encode(payload, f)
		at := time.Duration(i) * ptime
		if delay != nil {
			d := delay(i)
			if d < 0 {
				continue
			}
			at += d
		}
		out = append(out, sent{at, Packet{Seq: uint16(65500 + i), Timestamp: uint32(i*per) - 3000, Payload: payload}})
	}
	for i := range out { // the network delivers in order of time
		for k := i; k > 0 && out[k].at < out[k-1].at; k-- {
			out[k], out[k-1] = out[k-1], out[k]
		}
	}
	return out
}

func TestSmoke(t *testing.T) {
	s := New(Config{ClockRate: 8000, Rate: 8000}, g711.NewDecoder(g711.ALaw))
	l := newLine(s)
	n, loud := 0, 0
	l.heard = func(_ time.Duration, f pcm.Frame, ok bool) {
		n++
		if ok {
			loud++
		}
	}
	l.run(tone(500, 20*time.Millisecond, nil), 10*time.Second)
	t.Logf("%d of %d, %+v", loud, n, s.Stats())
}
