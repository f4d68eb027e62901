package pace

import "time"

// alarm is what a loop sleeps by. Only one waits at a time; the others may set
// it meanwhile.
type alarm interface {
	set(after time.Duration) // to ring once, and no more as it was set before
	wait()                   // until it rings
	close()                  // nobody waits any more
}

// never is an alarm that somebody else has to set.
const never = time.Hour

// plainAlarm rings by a timer of Go's, which a test may simulate.
type plainAlarm struct{ *time.Timer }

func newPlainAlarm() alarm { return plainAlarm{time.NewTimer(never)} }

func (a plainAlarm) set(after time.Duration) { a.Reset(after) }
func (a plainAlarm) wait()                   { <-a.C }
func (a plainAlarm) close()                  { a.Stop() }
