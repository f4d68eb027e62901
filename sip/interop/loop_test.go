package interop

import (
	"sync"

	"github.com/einwahl/einwahl/transcode/pcm"
)

// loop gives back the frame that was last written to it.
type loop struct {
	mu    sync.Mutex
	frame []int16
	full  bool
}

func newLoop() *loop { return &loop{frame: make([]int16, pcm.WidebandSamples)} }

func (l *loop) WriteFrame(f pcm.Frame) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.full = f != nil; l.full {
		copy(l.frame, f)
	}
}

func (l *loop) ReadFrame(f pcm.Frame) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.full {
		return false
	}
	copy(f, l.frame)
	l.full = false
	return true
}
