package dtmf

import "github.com/einwahl/einwahl/transcode/pcm"

// unconfirmed is for how many frames tones are clamped of which no message tells:
// a gateway needs up to 60 ms to find them, and the network may take as long.
const unconfirmed = 7

// Clamp takes the tones of a key out of a caller's sound before the message of the
// key (RFC 4733) has come: a gateway on the way sends that when it has found the tones,
// 20 to 60 ms after they began. It keeps nothing back, so it works with what can be
// seen within a frame, and lets tones through again where none tells of them: those are
// of music or a voice. The zero value is ready. It belongs to one caller.
type Clamp struct {
	frames int  // in a row that end with tones, or may
	sure   bool // the last of them does
}

// Pass silences the tones in a frame. heard is whether there is anything left of it, and
// tones whether it has some for certain, so that it must not be heard by another way.
func (c *Clamp) Pass(f pcm.Frame) (heard, tones bool) {
	before := *c
	at, sure := begins(f, before.sure)
	if at == len(f) {
		c.Reset()
		return true, before.release(f)
	}
	c.frames, c.sure = before.frames+1, sure
	switch {
	case before.frames > unconfirmed:
		return true, false
	case before.frames == unconfirmed:
		fadeIn(f, 0, len(f)/2)
		return true, false
	}
	fadeOut(f, at)
	return at > 0, sure
}

// Reset begins anew: a message tells of the tones, or the caller is silent.
func (c *Clamp) Reset() { *c = Clamp{} }

// release is for the first frame behind some that were clamped.
func (c Clamp) release(f pcm.Frame) (tones bool) {
	if c.frames == 0 || c.frames > unconfirmed {
		return false
	}
	at := 0
	if c.sure {
		at = ends(f)
	}
	fadeIn(f, at, min(len(f)/10, len(f)-at))
	return c.sure
}

// fadeOut silences a frame from a place on, to which it leads within 2 ms.
func fadeOut(f pcm.Frame, at int) {
	clear(f[at:])
	n := min(len(f)/10, at)
	for i, s := range f[at-n : at] {
		f[at-n+i] = int16(int(s) * (n - i) / (n + 1))
	}
}

// fadeIn silences a frame up to a place, from which it comes back within n samples.
func fadeIn(f pcm.Frame, at, n int) {
	clear(f[:at])
	for i, s := range f[at : at+n] {
		f[at+i] = int16(int(s) * (i + 1) * (i + 1) / ((n + 1) * (n + 1)))
	}
}
