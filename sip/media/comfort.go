package media

import "github.com/einwahl/einwahl/transcode/pcm"

const (
	// comfortPeak is how far comfort noise swings: -66 dBov, what a quiet line
	// has.
	comfortPeak = 40
	// comfortBeats is how long it takes to come, so that pauses between words
	// stay what they are.
	comfortBeats = 16
	// noises is at how many places a frame of noise may begin, so that nobody
	// hears it come again.
	noises = 1 << 12
)

// noise is where frames are taken from.
var noise = func() (all [noises + pcm.WidebandSamples]int16) {
	state, last := uint32(0), int32(0)
	for i := range all {
		state = state*1664525 + 1013904223
		now := int32(state>>16)*2*comfortPeak>>16 - comfortPeak
		all[i] = int16((now + last) / 2) // softer than white
		last = now
	}
	return all
}()

// comfortable is what a caller hears while nobody speaks: not quite nothing, so
// that nobody believes the line to be dead. The zero value is ready.
type comfortable struct {
	state uint32 // by which the next piece of noise is chosen
	beats int    // that it has gone on for, as far as that counts
}

// rest says that there is something to be heard.
func (c *comfortable) rest() { c.beats = 0 }

// fill fills a frame of silence.
func (c *comfortable) fill(f pcm.Frame) {
	c.beats = min(c.beats+1, comfortBeats)
	c.state = c.state*1664525 + 1013904223
	piece := noise[c.state>>16%noises:][:len(f)]
	if c.beats == comfortBeats {
		copy(f, piece)
		return
	}
	for i, s := range piece {
		f[i] = int16(int(s) * c.beats / comfortBeats)
	}
}
