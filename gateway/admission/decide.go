// Package admission answers the one question the gateway exists for: may this
// caller be in this meeting, now, and may their voice be heard there.
//
// [Decide] is pure and total. It knows no clock, no network and no telephone;
// whatever is fed to it, it answers, and what it does not understand it
// refuses. The same facts are decided at the door and again after each change
// of the meeting, for as long as the caller is there. [Explain] asks the same
// rules and tells what each of them has found.
//
// What an operator wants is a [Policy]: what the file says in general, unless it
// says otherwise of the number that was called, unless it says otherwise of the
// meeting.
package admission

import (
	"time"

	"github.com/einwahl/einwahl/conference"
)

// Facts is all that bears on a decision.
type Facts struct {
	// Now is when the decision is taken.
	Now time.Time
	// Meeting is the meeting as this caller's visit sees it now.
	Meeting conference.State
	// WaitingRoom is set where the conference service can let single callers wait
	// until a host admits them.
	WaitingRoom bool
	// Proven is set once the caller has keyed a PIN that is right, or has
	// found a meeting that needs none.
	Proven bool
	// PIN is what may be known of that PIN.
	PIN PIN
	// Identity is what the PIN has shown.
	Identity conference.Identity
	// Seated is set while the caller has a seat. Who is in is past the door:
	// a lock, a full room or a host who leaves does not put them out.
	Seated bool
	// SecureLeg is set where signalling and media of the call are encrypted.
	SecureLeg bool
	// Caller is what is known of who calls.
	Caller Caller
	// Answer is how the caller stands to the recording run that Meeting names.
	// An answer to an earlier run is none to this one.
	Answer conference.Answer
	// Policy is the operator's part.
	Policy Policy
}

// Decision is the answer. Its zero value refuses.
type Decision struct {
	Verdict Verdict
	Reason  Reason
	// Voice tells whether what the caller says may reach the meeting. A caller
	// can be admitted without it.
	Voice bool
	// Notice tells that the caller must hear that the meeting is recorded, and
	// that their voice opens only after they have.
	Notice bool
}

// Decide answers for one caller at one moment: the first rule that applies,
// and if none does, admission with an open voice.
func Decide(f Facts) Decision { return decide(rules(), f) }

func decide(rules []rule, f Facts) Decision {
	for _, r := range rules {
		if r.applies(f) {
			return r.then
		}
	}
	return Decision{Verdict: Admit, Reason: Open, Voice: true}
}

// Unwelcome tells whether a call is refused for what it is itself, wherever it
// leads: to the meeting of that number, or, where the number is empty, to any
// meeting for which the operator may have said otherwise. What the operator says
// of a meeting alone refuses nobody here: it tells what the meeting is like, and
// waits for the PIN.
func Unwelcome(f Facts, meeting string) (Reason, bool) {
	f.Policy = f.Policy.under(-1)
	why, refused := unwelcome(f)
	if !refused {
		return NotProven, false
	}
	exceptions := f.Policy.all()
	if meeting != "" {
		exceptions = []Policy{f.Policy.Meeting(meeting)}
	}
	for _, p := range exceptions {
		special := f
		special.Policy = p
		if _, there := unwelcome(special); !there {
			return NotProven, false
		}
	}
	return why, true
}

// unwelcome asks only what needs no meeting to be answered.
func unwelcome(f Facts) (Reason, bool) {
	for _, r := range rules() {
		if r.early && r.applies(f) {
			return r.then.Reason, true
		}
	}
	return NotProven, false
}

// MustBeLetIn tells whether the operator wants this caller let in by a host,
// though the meeting may let others come straight in.
func MustBeLetIn(f Facts) bool {
	if f.Identity.Host {
		return false
	}
	return lobbyAlways(f).holds || waitingRoom(f).holds && anonymous(f).holds && anonymousWait(f).holds
}
