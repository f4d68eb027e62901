package pace

import (
	"time"

	"github.com/einwahl/einwahl/transcode/pcm"
)

const (
	// slots is how many moments of their own groups can beat at.
	slots = 20
	// slotWidth is the time between two of them.
	slotWidth = pcm.FrameDuration / slots
	// early is how long before its time a slot may be run, so that a loop need
	// not sleep for so little. Any network delays packets by more.
	early = slotWidth
	// ahead is how long before its time a loop wants to be woken for a slot: who
	// is woken late is early all the same, and need not call another loop to catch
	// up.
	ahead = early / 2
	// patience is how many beats a group may be behind before it leaves out
	// what it has missed: catching up sends that many packets at once, and a
	// receiver's buffer has to take them.
	patience = 3
)

// A step is a slot of a certain beat: step n is due at n slot widths after the
// epoch, whenever those before it were run, and belongs to slot n mod slots.

// due is when a step is due.
func due(step int64) time.Duration { return time.Duration(step) * slotWidth }

// stepAt is the last step that is due by then.
func stepAt(t time.Duration) int64 { return int64(t / slotWidth) }

// following is the step in slot that follows last, which may have been in
// another: the nearest to a whole beat after it.
func following(last, slot int64) int64 { return from(last+slots/2+1, slot) }

// from is the first step in slot that is not before n.
func from(n, slot int64) int64 { return n + ((slot-n)%slots+slots)%slots }

// behind tells how many whole beats are to be left out when a beat is so late:
// none within the patience.
func behind(late time.Duration) int64 {
	if late <= patience*pcm.FrameDuration {
		return 0
	}
	return int64(late / pcm.FrameDuration)
}
