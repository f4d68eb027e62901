package main

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

const (
	// little is how much garbage there may be before it is collected, in percent of
	// what is in use, and much is Go's own setting. With little less memory is held:
	// calls in progress leave next to no garbage, so there is little time to be saved.
	// But a call that begins leaves a lot, and to collect it that often takes half of
	// the work of setting calls up.
	little, much = 10, 100
	// lookEvery is how often it is looked at how busy the collector was, and often
	// is how many collections in that time are too many: those of some hundred
	// calls a second.
	lookEvery = time.Second / 2
	often     = 10
)

// keepLittleGarbage sees to it that little memory is held for garbage, until ctx
// ends and as long as that costs little. It does nothing where the operator's GOGC
// says otherwise.
func keepLittleGarbage(ctx context.Context) {
	if os.Getenv("GOGC") != "" {
		return
	}
	percent := little
	debug.SetGCPercent(percent)
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for last := collections(); ; {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now := collections()
		if next := garbageAfter(percent, now-last); next != percent {
			if next == little { // a crowd has come in: what that has left goes back
				debug.FreeOSMemory()
			}
			percent = next
			debug.SetGCPercent(percent)
		}
		last = now
	}
}

// garbageAfter is how much garbage there may be from now on, after so many
// collections since it was last looked at: twice as much when they come too often,
// and half when there is none. In between lies more than one step, so that it
// does not swing.
func garbageAfter(percent int, collections uint64) int {
	switch {
	case collections > often:
		return min(2*percent, much)
	case collections == 0:
		return max(percent/2, little)
	}
	return percent
}

// collections is how many there were since the start that nobody has asked for.
func collections() uint64 {
	s := []metrics.Sample{{Name: "/gc/cycles/automatic:gc-cycles"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}
