package media

import "github.com/einwahl/einwahl/transcode/pcm"

const (
	// comfortPeak is how far comfort noise swings: -66 dBov, what a quiet line
	// has.
	comfortPeak = 40
	// comfortBeats is how long it takes to come, so that pauses between words
	// stay what they are.
	comfortBeats = 16
)

// comfortable is what a caller hears while nobody speaks: not quite nothing, so
// that nobody believes the line to be dead. The zero value is ready.
type comfortable struct {
	state uint32
	last  int32
	beats int // that it has gone on for, as far as that counts
}

// rest says that there is something to be heard.
func (c *comfortable) rest() { c.beats = 0 }

// fill fills a frame of silence.
func (c *comfortable) fill(f pcm.Frame) {
	c.beats = min(c.beats+1, comfortBeats)
	peak := int32(comfortPeak * c.beats / comfortBeats)
	for i := range f {
		c.state = c.state*1664525 + 1013904223
		now := int32(c.state>>16)*2*peak>>16 - peak
		f[i] = int16((now + c.last) / 2) // softer than white
		c.last = now
	}
}
