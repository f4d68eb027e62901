// Package admission answers the one question the gateway exists for: may this
// caller be in this meeting, now, and may their voice be heard there.
//
// [Decide] is pure and total. It knows no clock, no network and no telephone;
// whatever is fed to it, it answers, and what it does not understand it
// refuses. The same facts are decided at the door and again after each change
// of the meeting, for as long as the caller is there.
package admission

import "github.com/einwahl/einwahl/conference"

// Facts is all that bears on a decision.
type Facts struct {
	// Meeting is the meeting as this caller's visit sees it now.
	Meeting conference.State
	// Proven is set once the caller has keyed a PIN that is right, or has
	// found a meeting that needs none.
	Proven bool
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

// Unwelcome tells whether a call is refused wherever it leads, for what it is
// itself.
func Unwelcome(f Facts) (Reason, bool) {
	f.Proven, f.Policy.Transport = true, true
	f.Meeting = conference.State{Encryption: conference.Transport, Recording: conference.NotRecording, HostPresent: true}
	d := Decide(f)
	return d.Reason, d.Verdict == Refuse
}

func decide(rules []rule, f Facts) Decision {
	for _, r := range rules {
		if r.applies(f) {
			return r.then
		}
	}
	return Decision{Verdict: Admit, Reason: Open, Voice: true}
}
