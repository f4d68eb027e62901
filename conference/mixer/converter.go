package mixer

import (
	"github.com/einwahl/einwahl/transcode/halfband"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// converter brings a voice to another rate. What it needs for that is made when
// it is first needed, which is seldom: phones speak at the rate they hear.
type converter struct {
	down *halfband.Down
	up   *halfband.Up
	out  []int16
}

// to gives f at the rate of frames of a length, which is f itself where that is
// its own.
func (c *converter) to(length int, f pcm.Frame) pcm.Frame {
	if len(f) == length {
		return f
	}
	if c.out == nil {
		c.down, c.up = halfband.NewDown(), halfband.NewUp()
		c.out = make([]int16, pcm.WidebandSamples)
	}
	out := pcm.Frame(c.out[:length])
	if length < len(f) {
		c.down.Filter(out, f)
	} else {
		c.up.Filter(out, f)
	}
	return out
}
