// Package level tells how loud a frame is and whether anybody speaks in it, so
// that the gateway can show who speaks and spare the work for those who do not.
package level

import (
	"math"

	"github.com/einwahl/einwahl/transcode/pcm"
)

// Silent is the level of a frame without any sound.
const Silent = -127

// Inaudible is the level, in dBov, up to which nobody speaks and nothing is
// missed: the line itself, or the room behind an open microphone.
const Inaudible = -60

// Of is the level of f in dBov, from 0, the loudest square wave, down to
// [Silent]: the scale of RFC 6465 section 4, where a sine at full scale is -3.
func Of(f pcm.Frame) int {
	var sum int64
	for _, s := range f {
		sum += int64(s) * int64(s)
	}
	if sum == 0 {
		return Silent
	}
	mean := float64(sum) / float64(len(f))
	const full = 32768.0 * 32768
	return max(int(math.Round(10*math.Log10(mean/full))), Silent)
}
