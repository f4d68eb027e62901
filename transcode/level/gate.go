package level

import "github.com/einwahl/einwahl/transcode/pcm"

const (
	// quietest is the level, in dBov, up to which nothing is speech but the
	// line itself.
	quietest = -66
	// margin is by how many dB speech stands above the noise.
	margin = 8
	// mostNoise is the most that noise may raise the threshold, in dB: what is
	// louder than -37 dBov always passes.
	mostNoise = 29
	// ends is how far below the threshold, in dB, the end of a word has died away
	// in the noise.
	ends = -5
	// patience is for how many frames a sound has to go on without a pause for
	// the noise to be thought one dB louder. In a pause it is believed at once.
	patience = 10
)

// Gate tells speech from silence, frame by frame. It opens with the first frame
// of speech and shuts a while after the last, and it learns how noisy the line
// is. The zero value is ready, and shut.
type Gate struct {
	level  int
	noise  int // how far the threshold is raised, in dB
	since  int // frames since it was last raised
	speech bool
	hang   Hangover
}

// Pass takes the next frame, nil for silence, and reports whether the gate is
// open for it. A nil frame has nothing to let through and never passes, and it
// tells nothing of the line's noise, which is still there when sound returns.
func (g *Gate) Pass(f pcm.Frame) bool {
	g.level = Of(f)
	over := g.level - quietest - g.noise
	g.speech = over > 0
	// Noise that can be heard stays between words: it would come and go with them.
	open := g.hang.Follow(g.speech, over <= ends && g.level <= Inaudible)
	if f == nil {
		return false
	}
	g.learn()
	return open
}

// Level is the level of the last frame, in dBov.
func (g *Gate) Level() int { return g.level }

// Speech reports whether the gate is open because of the last frame itself, and
// not only because it waits for the next word.
func (g *Gate) Speech() bool { return g.speech }

// learn follows the noise, which is what goes on without a pause: speech falls
// silent several times a second.
func (g *Gate) learn() {
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
