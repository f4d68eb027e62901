package sip

import (
	"fmt"
	"time"
)

// enrolment is the state of one account with its registrar (RFC 3261 section
// 10.2). What happens to it is decided by [enrol] alone.
type enrolment struct {
	phase enrolPhase
	// bound is whether the registrar knows where we are, as far as we know.
	bound bool
	// cut is whether the way there was lost since.
	cut bool
	// asked is the Expires of our requests; a registrar may want more.
	asked time.Duration
	// targets are how many places there are to try, target the one in turn and
	// tried how many have had theirs.
	targets, target, tried int
	// proved says, for 401 and 407, that the request before carried our answer
	// to a challenge of this round.
	proved [2]bool
	proofs int
	// fails are the rounds that have failed in a row.
	fails int
	// later is the shortest Retry-After of this round.
	later time.Duration
	// moved is whether this round was repeated for another Contact.
	moved bool
}

type enrolPhase int

const (
	enrolResting enrolPhase = iota
	enrolSeeking            // looks its registrar's name up
	enrolAsking             // waits for an answer
	enrolLeaving            // waits for the answer to its farewell
	enrolOver
)

// What happens to an account.
type (
	// enrolDue is the end of a rest.
	enrolDue struct{}
	// enrolFound are places to try, the first one of which is to be.
	enrolFound struct{ targets, first int }
	// enrolLost is that there are none.
	enrolLost struct{ why string }
	// enrolReply is a final answer.
	enrolReply struct {
		status int
		reason string
		// readable is whether the challenge can be answered, stale whether only
		// our nonce was too old.
		readable, stale bool
		granted         time.Duration
		least           time.Duration // Min-Expires
		later           time.Duration // Retry-After
		// elsewhere is that the registrar sees us at another address than the
		// Contact says.
		elsewhere bool
	}
	// enrolSilence is that there was no answer, or no way.
	enrolSilence struct{ why string }
	// enrolCut is that the connection to the registrar is gone.
	enrolCut struct{}
	// enrolDismissed is that the account is no longer wanted.
	enrolDismissed struct{}
)

// What an account does. At most one of a list takes time: the last.
type (
	// enrolSeek looks for places to try.
	enrolSeek struct{}
	// enrolAsk sends REGISTER; an Expires of 0 takes leave.
	enrolAsk struct {
		target  int
		last    bool // there is no other to try, so it may take its time
		expires time.Duration
	}
	// enrolRest waits, somewhere between the two.
	enrolRest struct{ from, to time.Duration }
	// enrolTell makes a state known. serious is whether the operator must act.
	enrolTell struct {
		state   string
		why     string
		serious bool
		granted time.Duration
	}
	// enrolRetire ends the account.
	enrolRetire struct{}
)

// The states of a Registration.
const (
	stateRegistering = "registering"
	stateRegistered  = "registered"
	stateFailed      = "failed"
	stateStopped     = "stopped"
)

// How long an account waits after rounds that failed: a registrar that is
// overloaded or away, and one that does not want us as we are. Trying a wrong
// password often gets an account, or our address, locked.
const (
	retryFirst, retryMost     = 5 * time.Second, 5 * time.Minute
	refusedFirst, refusedMost = 5 * time.Minute, time.Hour
	// maxExpires bounds what a registrar may grant, ask for or send us away for.
	maxExpires = 24 * time.Hour
	minExpires = 5 * time.Second
	// maxProofs bounds how often a registrar may call our nonce stale.
	maxProofs = 4
)

// enrol is the whole life of an account. Events that mean nothing in a phase
// are ignored there.
func enrol(e enrolment, ev any) (enrolment, []any) {
	switch ev := ev.(type) {
	case enrolDismissed:
		return onDismissed(e)
	case enrolDue:
		if e.phase == enrolResting {
			e.phase = enrolSeeking
			return e, []any{enrolSeek{}}
		}
	case enrolFound:
		if e.phase == enrolSeeking {
			e.phase, e.targets, e.target, e.tried = enrolAsking, ev.targets, ev.first, 1
			e.proved, e.proofs, e.later, e.moved = [2]bool{}, 0, 0, false
			return e, []any{e.ask()}
		}
	case enrolLost:
		if e.phase == enrolSeeking {
			return e.fail(ev.why, false)
		}
	case enrolReply:
		switch e.phase {
		case enrolAsking:
			return onReply(e, ev)
		case enrolLeaving:
			return onLeaveReply(e, ev)
		}
	case enrolSilence:
		switch e.phase {
		case enrolAsking:
			return e.nextTarget(ev.why)
		case enrolLeaving:
			return e.retire()
		}
	case enrolCut:
		if e.phase == enrolResting && e.holds() {
			e.cut = true
			// All clients of a server that was restarted come back at once.
			return e, []any{enrolRest{0, 2 * time.Second}}
		}
	}
	return e, nil
}

// holds reports whether the way to the registrar is worth keeping, and its end a
// reason to register anew. After a failure it is not: the rest that follows one
// is the registrar's protection, or ours.
func (e enrolment) holds() bool { return e.bound && !e.cut && e.fails == 0 }

func (e enrolment) ask() enrolAsk {
	return enrolAsk{target: e.target, last: e.tried >= e.targets, expires: e.asked}
}

// onDismissed takes leave where somebody may know us.
func onDismissed(e enrolment) (enrolment, []any) {
	switch {
	case e.phase == enrolLeaving || e.phase == enrolOver:
		return e, nil
	case e.bound || e.phase == enrolAsking:
		e.phase, e.proved, e.proofs = enrolLeaving, [2]bool{}, 0
		return e, []any{enrolAsk{target: e.target, last: true}}
	}
	return e.retire()
}

func (e enrolment) retire() (enrolment, []any) {
	e.phase, e.bound = enrolOver, false
	return e, []any{enrolTell{state: stateStopped}, enrolRetire{}}
}

func onLeaveReply(e enrolment, ev enrolReply) (enrolment, []any) {
	if i, ok := challengeOf(ev); ok && !e.proved[i] {
		e.proved[i] = true
		return e, []any{enrolAsk{target: e.target, last: true}}
	}
	return e.retire()
}

// challengeOf tells whether an answer is a challenge that can be answered, and
// which of the two kinds.
func challengeOf(ev enrolReply) (kind int, ok bool) {
	switch ev.status {
	case 401:
		return 0, ev.readable
	case 407:
		return 1, ev.readable
	}
	return 0, false
}

func onReply(e enrolment, ev enrolReply) (enrolment, []any) {
	said := fmt.Sprintf("%d %s", ev.status, ev.reason)
	switch {
	case ev.status < 300:
		return e.registered(ev)
	case ev.status == 401 || ev.status == 407:
		return onChallenge(e, ev, said)
	case ev.status == 423 && ev.least > e.asked && ev.least <= maxExpires:
		e.asked = ev.least
		return e, []any{e.ask()}
	case ev.status < 400:
		return e.fail(said+": the registrar is elsewhere, and we go nowhere that the file does not name: set server", true)
	case ev.status == 408 || ev.status == 480 || ev.status >= 500 && ev.status < 600:
		if ev.later > 0 && (e.later == 0 || ev.later < e.later) {
			e.later = min(ev.later, refusedMost)
		}
		return e.nextTarget(said)
	}
	e.later = min(ev.later, refusedMost)
	return e.fail(said+": see server, domain and user", true)
}

func onChallenge(e enrolment, ev enrolReply, said string) (enrolment, []any) {
	i, ok := challengeOf(ev)
	switch {
	case !ok:
		return e.fail(said+": it asks for a proof by a method that we do not have", true)
	case e.proved[i] && !ev.stale, e.proofs >= maxProofs:
		return e.fail(said+": see password, auth_user and user", true)
	}
	e.proved[i] = true
	e.proofs++
	return e, []any{e.ask()}
}

// registered rests until some time before the binding ends (RFC 3261 section
// 10.2.4), spread so that the accounts of many do not come back together.
func (e enrolment) registered(ev enrolReply) (enrolment, []any) {
	if ev.elsewhere && !e.moved {
		e.moved = true
		return e, []any{e.ask()}
	}
	granted := min(max(ev.granted, minExpires), maxExpires)
	e.phase, e.bound, e.cut, e.fails = enrolResting, true, false, 0
	return e, []any{
		enrolTell{state: stateRegistered, granted: granted},
		enrolRest{granted * 80 / 100, granted * 90 / 100},
	}
}

// nextTarget tries the next place (RFC 3263 section 4.3), or gives up for a
// while when all have had their turn.
func (e enrolment) nextTarget(why string) (enrolment, []any) {
	if e.tried >= e.targets {
		return e.fail(why, false)
	}
	e.target, e.tried = (e.target+1)%e.targets, e.tried+1
	e.proved, e.proofs = [2]bool{}, 0
	return e, []any{e.ask()}
}

// fail rests the longer the more often it happens; the registrar's own wish
// counts where it is for longer.
func (e enrolment) fail(why string, serious bool) (enrolment, []any) {
	first, most := retryFirst, retryMost
	if serious {
		first, most = refusedFirst, refusedMost
	}
	rest := first
	for range e.fails {
		if rest *= 2; rest >= most {
			rest = most
			break
		}
	}
	rest = max(rest, e.later)
	e.phase, e.fails = enrolResting, min(e.fails+1, 16)
	return e, []any{
		enrolTell{state: stateFailed, why: why, serious: serious},
		enrolRest{rest, rest + rest/2},
	}
}
