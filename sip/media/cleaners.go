package media

import (
	"sync/atomic"

	"github.com/einwahl/einwahl/transcode/denoise"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// cleaners take the noise out of what the caller says, at the rate it has. But
// for learn and close they belong to the beat.
type cleaners struct {
	narrow, wide atomic.Pointer[denoise.Filter] // nil until a codec needs it
	last         *denoise.Filter                // that was used; the beat's
}

// learn makes the filter for a codec, if it is not there yet. The leg's mu is
// held.
func (c *cleaners) learn(codec codec) error {
	at, rate := &c.narrow, pcm.Narrowband
	if codec.wideband() {
		at, rate = &c.wide, pcm.Wideband
	}
	if at.Load() != nil {
		return nil
	}
	f, err := denoise.New(rate)
	if err != nil {
		return err
	}
	at.Store(f)
	return nil
}

// pass filters a frame in place and reports whether there is anything in it.
func (c *cleaners) pass(frame pcm.Frame, heard bool) bool {
	at := &c.narrow
	if frame.Rate() == pcm.Wideband {
		at = &c.wide
	}
	f := at.Load()
	if c.last != f {
		c.flush() // when the other rate comes back, its last word is past
	}
	if c.last = f; f == nil {
		return heard
	}
	return f.Pass(frame, heard)
}

// flush forgets the sound that is kept back.
func (c *cleaners) flush() {
	if c.last != nil {
		c.last.Flush()
	}
}

// close frees what is held outside of Go. No beat may run any more.
func (c *cleaners) close() {
	for _, at := range []*atomic.Pointer[denoise.Filter]{&c.narrow, &c.wide} {
		if f := at.Load(); f != nil {
			f.Close()
		}
	}
}
