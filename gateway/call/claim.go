package call

import (
	"errors"

	"github.com/einwahl/einwahl/announcements"
	"github.com/einwahl/einwahl/conference"
	"github.com/einwahl/einwahl/gateway/admission"
)

// claiming reports whether the caller may key in the host PIN where they are:
// while they wait for a host, in a meeting where a PIN makes one. In a meeting
// that asks every caller for a PIN, the host has keyed it in there. Until one
// PIN is found wrong and has cost its time there is no next: keys come faster
// than answers, and tries must stay as few as they are.
func claiming(s state) bool {
	return s.phase == holding && !s.trying && s.waitsFor == admission.NoHost && s.meeting.HostPIN
}

// claimKey is a key of the host PIN.
func claimKey(s state, key rune) (state, []action) {
	s, acts := stop(s)
	if len(s.entry) < s.limits.MaxDigits {
		s.entry += string(key)
	}
	return s, append(acts, arm{patience, s.limits.BetweenDigits})
}

// claim tries what was keyed in.
func claim(s state) (state, []action) {
	pin := s.entry
	s.entry, s.trying = "", true
	s, acts := stop(s)
	return s, append(acts, disarm{patience}, proveHost{pin})
}

// nextClaimed makes the caller the host, who then visits as such. A wrong PIN
// is a try like any other.
func nextClaimed(s state, ev claimed) (state, []action) {
	switch {
	case ev.err == nil:
		s.pin, s.identity = ev.pin, ev.identity
		return visitAnew(s)
	case !errors.Is(ev.err, conference.ErrWrongPIN):
		return unavailable(s, ev.err)
	}
	return wrongEntry(s)
}

// visitAnew has the caller visit the meeting as somebody else than before.
func visitAnew(s state) (state, []action) {
	s.met = false
	s, acts := to(s, visiting)
	return s, append(acts, arm{bound, s.limits.Backend}, depart{}, visit{})
}

// claimedWrongly goes on once a wrong PIN has cost its time.
func claimedWrongly(s state) (state, []action) {
	s.trying = false
	if s.tries >= s.limits.Tries {
		return goodbye(s, Wrong)
	}
	return speak(s, true, word{prompt: announcements.Wrong}, word{prompt: announcements.WaitHostPIN})
}
