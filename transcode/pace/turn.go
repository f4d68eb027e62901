package pace

import (
	"sync/atomic"
	"time"
)

// A Turn lets other goroutines wait until a beat that may still see what they
// have just taken away is over, without ever making the beat wait for them.
// Whoever runs the beat brackets it with Begin and End and looks at what it
// shares only in between; whoever takes something away changes what is shared
// and then calls Wait.
//
// It is a mutex turned around: the side in a hurry never waits, not even for a
// goroutine that the kernel has put aside in the middle of a critical section.
type Turn struct {
	n atomic.Uint64 // odd while a beat runs
}

// Begin marks the start of a beat.
func (t *Turn) Begin() { t.n.Add(1) }

// End marks its end.
func (t *Turn) End() { t.n.Add(1) }

// Wait returns when no beat that began before the call is running. It must not
// be called from within a beat, where it would wait for itself.
func (t *Turn) Wait() {
	n := t.n.Load()
	if n%2 == 0 {
		return
	}
	for t.n.Load() == n {
		time.Sleep(50 * time.Microsecond)
	}
}
