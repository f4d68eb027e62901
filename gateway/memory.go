package main

import (
	"os"
	"runtime/debug"
)

// garbage is how much there may be before it is collected, in percent of what is
// in use. Go's own 100 takes less time and more memory; but calls that are held
// leave next to no garbage, so that there is little time to be saved.
const garbage = 25

// keepLittleGarbage is in force unless the operator's GOGC says otherwise.
func keepLittleGarbage() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbage)
	}
}
