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
	// room is how many bytes of garbage are never worth being collected: a gateway
	// with a few calls would look through all that it has for a little.
	room = 4 << 20
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
	percent, crowd := much, false
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for last := uint64(0); ; {
		now, live := collections()
		least := leastGarbage(live)
		if next := garbageAfter(percent, least, now-last); next != percent {
			debug.SetGCPercent(next)
			if crowd && next == least { // what a crowd has left goes back
				debug.FreeOSMemory()
			}
			crowd = next > percent || crowd && next != least
			percent = next
		}
		last = now
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// leastGarbage is how much garbage there may be beside so many live bytes, in
// percent of them: a multiple of little.
func leastGarbage(live uint64) int {
	return little * int(min(max(1, 100*room/(little*max(live, 1))), much/little))
}

// garbageAfter is how much garbage there may be from now on, least or more, after
// so many collections since it was last looked at: twice as much when they come too
// often, and half when there is none. In between lies more than one step, so that
// it does not swing.
func garbageAfter(percent, least int, collections uint64) int {
	switch {
	case collections > often:
		return min(2*percent, much)
	case collections == 0:
		percent /= 2
	}
	return max(percent, least)
}

// collections is how many there were since the start that nobody has asked for, and
// live how many bytes the last one left.
func collections() (count, live uint64) {
	s := []metrics.Sample{{Name: "/gc/cycles/automatic:gc-cycles"}, {Name: "/gc/heap/live:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64(), s[1].Value.Uint64()
}
