package admission

import "sync"

// rule is one line of the house rules: where all of its terms hold, its
// decision stands. Rules are data, so that a test can take each of them and
// each of their terms away and see whether anybody would notice.
type rule struct {
	name string
	when []term
	then Decision
	// early rules look at the call and at its time only, so they can be asked
	// before it is answered.
	early bool
}

func (r rule) applies(f Facts) bool {
	for _, t := range r.when {
		if !t(f).holds {
			return false
		}
	}
	return true
}

// rules lists the rules in the order in which they are asked, made once. The
// order is part of the rules:
//
// A number that is kept for end-to-end encryption says so to everybody who
// calls it, whatever they key in. Else nothing about a meeting may be told to
// somebody without its PIN, so that comes before everything about meetings. Then
// what is over: a service that ends a meeting or takes somebody out may forget
// the rest of its state, and "the meeting has ended" is truer than "encryption
// unknown". All of these refuse, so nothing that stands before encryption can let
// anybody past it.
//
// Then what a telephone is, encryption first, where the sound goes, and who
// calls: these hold at the door and for everybody inside, host or not, because
// they protect the meeting and not its order. Then the order of the house, at
// the door only. There what refuses comes before what waits, so that nobody
// waits ten minutes for a no, and the host before the lobby, because without a
// host nobody opens it.
//
// Recording comes last: nobody is asked for consent, which leaves a record,
// before it is certain that they could come in.
var rules = sync.OnceValue(makeRules)

func makeRules() []rule {
	return []rule{
		early("a number may be kept for end-to-end encryption", when(numberSealed), refuse(EndToEndNumber)),
		late("without a right PIN nothing is told", when(not(proven)), refuse(NotProven)),
		late("an ended meeting takes nobody", when(ended), refuse(Ended)),
		late("who was removed stays out", when(removed), refuse(Removed)),
		late("who was turned away stays out", when(declined), refuse(Declined)),

		late("end-to-end encryption takes no telephone", when(endToEnd), refuse(EndToEnd)),
		late("unknown encryption counts as end-to-end", when(encryptionUnknown), refuse(EncryptionUnknown)),
		late("the operator decides about each level", when(not(levelAdmitted)), refuse(EncryptionPolicy)),
		late("the operator may name the regions", when(not(regionAdmitted)), refuse(RegionPolicy)),
		late("a meeting may take no telephones", when(phonesRefused), refuse(NoPhones)),
		early("the operator may let no telephones in", when(not(phonesAdmitted)), refuse(NoPhones)),
		early("the operator may want an encrypted call", when(secureLegWanted, not(secureLeg)), refuse(InsecureLeg)),
		early("the operator may want callers to show a number", when(anonymous, not(anonymousAdmitted)), refuse(Anonymous)),
		early("the operator may want the number to be vouched for", when(not(attestedEnough)), refuse(NotAttested)),
		late("the operator may want a better PIN", when(pinWanted, not(pinGood)), refuse(WeakPIN)),

		early("the operator may keep hours", when(atDoor, not(withinHours)), refuse(OutOfHours)),
		late("a meeting that has not begun takes nobody", when(atDoor, notStarted), refuse(NotStarted)),
		late("a guest list admits whom it names, and hosts", when(atDoor, registeredOnly, not(registered), not(host)), refuse(NotRegistered)),
		late("the operator's guest list admits known numbers too", when(atDoor, registeredWanted, not(registered), not(numberKnown), not(host)), refuse(NotRegistered)),
		late("a lock keeps out all but hosts", when(atDoor, locked, not(host)), refuse(Locked)),
		late("a full room takes nobody", when(atDoor, full), refuse(Full)),
		late("the operator may let nobody wait for a host", when(atDoor, not(host), not(hostPresent), not(joinBeforeHost), not(waitForHost)), refuse(HostAbsent)),
		late("callers wait for the host", when(atDoor, not(host), not(hostPresent), not(joinBeforeHost)), wait(NoHost)),
		late("callers wait to be let in", when(atDoor, lobby, not(host), not(admitted)), wait(InLobby)),
		late("the operator may let all wait to be let in", when(atDoor, lobbyAlways, not(host), not(admitted)), wait(InLobby)),
		late("callers without a number may have to wait to be let in", when(atDoor, waitingRoom, anonymous, anonymousWait, not(host), not(admitted)), wait(InLobby)),

		late("what may be recorded in secret takes nobody", when(recordingUnknown, not(consentOff)), refuse(RecordingUnknown)),
		late("a no to recording may be a goodbye", when(recording, saidNo, noIsLeaving), refuse(RecordingDeclined)),
		late("a no to recording may be talking outside of it", when(recording, saidNo, noIsTalking), Decision{Verdict: Admit, Reason: Unrecorded, Voice: true}),
		late("a no to recording is listening", when(recording, saidNo), Decision{Verdict: Admit, Reason: Listening}),
		late("consent is asked first", when(recording, consentRequired, not(agreed)), Decision{Verdict: AskConsent, Reason: ConsentMissing}),
		late("notice is given first", when(recording, consentNotice, unanswered), Decision{Verdict: Admit, Reason: NoticeMissing, Notice: true}),
	}
}

func early(name string, terms []term, then Decision) rule {
	return rule{name: name, when: terms, then: then, early: true}
}

func late(name string, terms []term, then Decision) rule {
	return rule{name: name, when: terms, then: then}
}

func when(terms ...term) []term { return terms }

func refuse(why Reason) Decision { return Decision{Verdict: Refuse, Reason: why} }

func wait(why Reason) Decision { return Decision{Verdict: Wait, Reason: why} }
