package announcements

import (
	"time"

	"github.com/einwahl/einwahl/transcode/pcm"
)

// Reminder is what a listener hears, with a signal in it now and then. What is
// heard is not cut: the signal is added to it.
type Reminder struct {
	source pcm.Source
	signal *clip
	every  int // frames from one signal to the next
	frames int // since the last one began
	buffer [pcm.WidebandSamples]int16
}

// Remind adds a signal to a source each time so much of it was read, first
// after the first. It lives on the clock of the source, if that has one, and
// costs next to nothing on the beats between.
func Remind(source pcm.Source, s Signal, every time.Duration) *Reminder {
	signal := sounds()[s]
	return &Reminder{source: source, signal: signal, every: max(signal.frames, int(every/pcm.FrameDuration)), frames: signal.frames}
}

// Clock is the clock of the source, nil where it has none.
func (r *Reminder) Clock() pcm.Clock {
	if c, ok := r.source.(pcm.Clocked); ok {
		return c.Clock()
	}
	return nil
}

// ReadFrame gives the next 20 ms.
func (r *Reminder) ReadFrame(f pcm.Frame) bool {
	audible := r.source.ReadFrame(f)
	if r.frames++; r.frames >= r.every {
		r.frames = 0
	}
	if r.frames >= r.signal.frames {
		return audible
	}
	if !audible {
		clear(f)
	}
	tone := r.buffer[:min(len(f), len(r.buffer))]
	r.signal.frame(tone, r.frames)
	for i, s := range tone {
		f[i] = clamp(int32(f[i]) + int32(s))
	}
	return true
}
