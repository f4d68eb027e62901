package level

import (
	"time"

	"github.com/einwahl/einwahl/transcode/pcm"
)

const (
	// hangover keeps the gate open between words and over soft endings.
	hangover = int(400 * time.Millisecond / pcm.FrameDuration)
	// quietest is the level, in dBov, up to which nothing is speech but the
	// line itself.
	quietest = -55
	// mostNoise is the most that noise may raise the threshold, in dB: what is
	// louder than -37 dBov always passes.
	mostNoise = 18
	// patience is for how many frames a sound has to go on without a pause for
	// the noise to be thought one dB louder. In a pause it is believed at once.
	patience = 10
)

// Gate tells speech from silence, frame by frame. It opens with the first frame
// of speech and shuts a while after the last, and it learns how noisy the line
// is. The zero value is ready, and shut.
type Gate struct {
	level int
	noise int // how far the threshold is raised, in dB
	since int // frames since it was last raised
	open  int // frames for which the gate stays open without speech
}

// Pass takes the next frame, nil for silence, and reports whether the gate is
// open for it. A nil frame has nothing to let through and never passes, and it
// tells nothing of the line's noise, which is still there when sound returns.
func (g *Gate) Pass(f pcm.Frame) bool {
	if f == nil {
		g.level = Silent
		g.open = max(g.open-1, 0)
		return false
	}
	g.level = Of(f)
	speech := g.level > quietest+g.noise
	g.learn()
	if speech {
		g.open = hangover
		return true
	}
	pass := g.open > 0
	g.open = max(g.open-1, 0)
	return pass
}

// Level is the level of the last frame, in dBov.
func (g *Gate) Level() int { return g.level }

// Speech reports whether the gate is open because of the last frame itself, and
// not only because it waits for the next word.
func (g *Gate) Speech() bool { return g.open == hangover }

// learn follows the noise, which is what goes on without a pause: speech falls
// silent several times a second. The margin between noise and threshold is
// 8 dB.
func (g *Gate) learn() {
	const margin = 8
	noise := min(max(g.level+margin-quietest, 0), mostNoise)
	if noise <= g.noise {
		g.noise, g.since = noise, 0
		return
	}
	g.since++
	if g.since == patience {
		g.noise, g.since = g.noise+1, 0
	}
}
