package announcements

import "github.com/einwahl/einwahl/transcode/pcm"

// musicOverlap is how much of the music's end is blended into its beginning.
const musicOverlap = clipRate / 20

// music is one listener's place in the hold music.
type music struct {
	loop  *clip
	frame int
	begun bool
}

// ReadFrame gives the next 20 ms of an endless loop.
func (m *music) ReadFrame(f pcm.Frame) bool {
	if m.loop.frames == 0 {
		return false
	}
	m.loop.frame(f, m.frame)
	m.frame = (m.frame + 1) % m.loop.frames
	if !m.begun {
		m.begun = true
		edge := ramp * len(f) / clipFrame
		for i := range edge {
			f[i] = scale(f[i], i, edge)
		}
	}
	return true
}
