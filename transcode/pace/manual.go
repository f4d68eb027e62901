package pace

import "github.com/einwahl/einwahl/transcode/pcm"

// Manual is a [pcm.Clock] that beats only when it is told to, for tests. Its
// zero value is ready. A panic in a member passes through to the test.
type Manual struct {
	line line
}

// Add begins to move m, from the next step on.
func (c *Manual) Add(m pcm.Member) { c.line.add(m) }

// Remove stops moving m.
func (c *Manual) Remove(m pcm.Member) {
	c.line.remove(m)
	c.line.turn.Wait()
}

// Step runs one beat. It must not be called from two goroutines at once.
func (c *Manual) Step() {
	c.line.turn.Begin()
	defer c.line.turn.End()
	row := c.line.row()
	for p := pcm.TakeIn; p <= pcm.GiveOut; p++ {
		for _, at := range row {
			at.member.Beat(p)
		}
	}
}

// Steps runs n beats.
func (c *Manual) Steps(n int) {
	for range n {
		c.Step()
	}
}
