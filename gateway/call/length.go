package call

import (
	"time"

	"github.com/einwahl/einwahl/announcements"
)

const (
	// longestCall bounds a call however often it is extended: a line that somebody
	// has forgotten to put down must not cost a carrier's tariff for weeks.
	longestCall = 24 * time.Hour
	// lengthWarning is how long before its end a call is warned.
	lengthWarning = 5 * time.Minute
	// waitWarning is the same for who waits, who hears music and may be far from
	// the telephone.
	waitWarning = 30 * time.Second
	// longestWait bounds a wait, however often it is extended.
	longestWait = time.Hour
)

// span begins a call's time, or its time anew.
func span(s state) []action {
	if s.limits.Length == 0 {
		return []action{disarm{length}}
	}
	return []action{arm{length, s.limits.Length - warningTime(s.limits.Length, lengthWarning)}}
}

// warningTime is how long before the end of d a warning comes.
func warningTime(d, usual time.Duration) time.Duration { return min(usual, d/2) }

// lengthPassed warns a caller whose time comes to its end, and then ends the
// call. Where it cannot be extended any more there is nothing to warn of.
func lengthPassed(s state) (state, []action) {
	if s.ending {
		return goodbye(s, TooLong)
	}
	s.ending = true
	left := arm{length, warningTime(s.limits.Length, lengthWarning)}
	if !extensible(s) {
		return s, []action{left}
	}
	s, acts := tell(s, word{prompt: announcements.LengthWarn})
	return s, append(acts, left)
}

func extensible(s state) bool {
	return time.Duration(s.spans+2)*s.limits.Length <= longestCall
}

// extend gives a call that was warned its time anew: any key does, whatever else
// it means.
func extend(s state) (state, []action) {
	if !s.ending || !extensible(s) {
		return s, nil
	}
	s.ending = false
	s.spans++
	s, acts := tell(s, word{prompt: announcements.LengthLonger})
	return s, append(acts, span(s)...)
}

// waitPassed asks who has waited for long whether they are still there, and in
// the end lets them go.
func waitPassed(s state) (state, []action) {
	if s.warned {
		return waitedTooLong(s)
	}
	s.warned = true
	left := arm{bound, warningTime(s.limits.Wait, waitWarning)}
	if !waitable(s) {
		return s, []action{left}
	}
	s, acts := speak(s, true, word{prompt: announcements.TimeWarn})
	return s, append(acts, left)
}

func waitable(s state) bool {
	return time.Duration(s.waits+2)*s.limits.Wait <= longestWait
}

// waitOn is a key of somebody who was asked: they are still there.
func waitOn(s state) (state, []action) {
	s.warned = false
	s.waits++
	s, acts := speak(s, true, word{prompt: announcements.WaitLonger})
	return s, append(acts, waitTime(s))
}

// waitTime is how long somebody waits before they are asked.
func waitTime(s state) action {
	return arm{bound, s.limits.Wait - warningTime(s.limits.Wait, waitWarning)}
}
