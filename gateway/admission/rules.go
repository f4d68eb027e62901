package admission

import "github.com/einwahl/einwahl/conference"

// rule is one line of the house rules: where all of its terms hold, its
// decision stands. Rules are data, so that a test can take each of them and
// each of their terms away and see whether anybody would notice.
type rule struct {
	name string
	when []term
	then Decision
}

type term func(Facts) bool

func (r rule) applies(f Facts) bool {
	for _, holds := range r.when {
		if !holds(f) {
			return false
		}
	}
	return true
}

// rules lists the rules in the order in which they are asked. The order is
// part of the rules:
//
// Nothing about a meeting may be told to somebody without its PIN, so that
// comes before everything. Then what is over: a service that ends a meeting or
// takes somebody out may forget the rest of its state, and "the meeting has
// ended" is truer than "encryption unknown". All of these refuse, so nothing
// that stands before encryption can let anybody past it.
//
// Then what a telephone is, encryption first, and who calls: these hold at the
// door and for everybody inside, host or not, because they protect the meeting
// and not its order. Then the order of the house, at the door only. There what refuses
// comes before what waits, so that nobody waits ten minutes for a no, and the
// host before the lobby, because without a host nobody opens it.
//
// Recording comes last: nobody is asked for consent, which leaves a record,
// before it is certain that they could come in.
func rules() []rule {
	return []rule{
		{"without a right PIN nothing is told", when(not(proven)), refuse(NotProven)},
		{"an ended meeting takes nobody", when(ended), refuse(Ended)},
		{"who was removed stays out", when(removed), refuse(Removed)},
		{"who was turned away stays out", when(declined), refuse(Declined)},

		{"end-to-end encryption takes no telephone", when(endToEnd), refuse(EndToEnd)},
		{"unknown encryption counts as end-to-end", when(encryptionUnknown), refuse(EncryptionUnknown)},
		{"the operator decides about each level", when(not(levelAdmitted)), refuse(EncryptionPolicy)},
		{"a meeting may take no telephones", when(phonesRefused), refuse(NoPhones)},
		{"the operator may want an encrypted call", when(secureLegWanted, not(secureLeg)), refuse(InsecureLeg)},
		{"the operator may want callers to show a number", when(anonymous, not(anonymousAdmitted)), refuse(Anonymous)},
		{"the operator may want the number to be vouched for", when(not(attestedEnough)), refuse(NotAttested)},

		{"a guest list admits whom it names, and hosts", when(atDoor, registeredOnly, not(registered), not(host)), refuse(NotRegistered)},
		{"a lock keeps out all but hosts", when(atDoor, locked, not(host)), refuse(Locked)},
		{"a full room takes nobody", when(atDoor, full), refuse(Full)},
		{"callers wait for the host", when(atDoor, not(host), not(hostPresent), not(joinBeforeHost)), wait(NoHost)},
		{"callers wait to be let in", when(atDoor, lobby, not(host), not(admitted)), wait(InLobby)},

		{"what may be recorded in secret takes nobody", when(recordingUnknown, not(consentOff)), refuse(RecordingUnknown)},
		{"a no to recording is listening", when(recording, saidNo), Decision{Verdict: Admit, Reason: Listening}},
		{"consent is asked first", when(recording, consentRequired, not(agreed)), Decision{Verdict: AskConsent, Reason: ConsentMissing}},
		{"notice is given first", when(recording, consentNotice, unanswered), Decision{Verdict: Admit, Reason: NoticeMissing, Notice: true}},
	}
}

func when(terms ...term) []term { return terms }

func refuse(why Reason) Decision { return Decision{Verdict: Refuse, Reason: why} }

func wait(why Reason) Decision { return Decision{Verdict: Wait, Reason: why} }

func not(t term) term { return func(f Facts) bool { return !t(f) } }

func proven(f Facts) bool   { return f.Proven }
func ended(f Facts) bool    { return f.Meeting.Ended }
func removed(f Facts) bool  { return f.Meeting.You.Removed }
func declined(f Facts) bool { return f.Meeting.You.Declined }

func endToEnd(f Facts) bool { return f.Meeting.Encryption == conference.EndToEnd }

func encryptionUnknown(f Facts) bool {
	return f.Meeting.Encryption == conference.Unknown || !f.Meeting.Encryption.Valid()
}

// levelAdmitted knows only the three levels that an operator may admit, so a
// level that is added to the vocabulary one day is refused until it is
// thought about here.
func levelAdmitted(f Facts) bool {
	switch f.Meeting.Encryption {
	case conference.None:
		return f.Policy.None
	case conference.Transport:
		return f.Policy.Transport
	case conference.Enhanced:
		return f.Policy.Enhanced
	default:
		return false
	}
}

func phonesRefused(f Facts) bool   { return f.Meeting.PhonesRefused }
func secureLegWanted(f Facts) bool { return f.Policy.SecureLeg }
func secureLeg(f Facts) bool       { return f.SecureLeg }

func anonymous(f Facts) bool         { return f.Caller.Anonymous }
func anonymousAdmitted(f Facts) bool { return f.Policy.Anonymous }

// attestedEnough takes a level nobody has heard of for none.
func attestedEnough(f Facts) bool {
	has := f.Caller.Attested
	if has > FullyAttested {
		has = Unattested
	}
	return f.Policy.Attestation == Unattested || has >= f.Policy.Attestation
}

func atDoor(f Facts) bool         { return !f.Seated }
func host(f Facts) bool           { return f.Identity.Host }
func registeredOnly(f Facts) bool { return f.Meeting.RegisteredOnly }
func registered(f Facts) bool     { return f.Identity.Registered }
func locked(f Facts) bool         { return f.Meeting.Locked }
func hostPresent(f Facts) bool    { return f.Meeting.HostPresent }
func joinBeforeHost(f Facts) bool { return f.Meeting.JoinBeforeHost }
func lobby(f Facts) bool          { return f.Meeting.Lobby }
func admitted(f Facts) bool       { return f.Meeting.You.Admitted }

func full(f Facts) bool {
	return f.Meeting.Capacity > 0 && f.Meeting.People >= f.Meeting.Capacity
}

func recording(f Facts) bool { return f.Meeting.Recording.Active() }

// recordingUnknown is also what is none of the known values.
func recordingUnknown(f Facts) bool {
	r := f.Meeting.Recording
	return r < conference.NotRecording || r > conference.RecordingPaused
}

// Where nothing is to be told of a recording, not knowing of it is no reason
// to refuse: an operator who writes "off" has decided that. In every other
// case a recording nobody knows of would be one nobody was told of.
func consentOff(f Facts) bool      { return Consent(f) == conference.ConsentOff }
func consentNotice(f Facts) bool   { return Consent(f) == conference.ConsentNotice }
func consentRequired(f Facts) bool { return Consent(f) == conference.ConsentRequired }

func saidNo(f Facts) bool { return f.Answer == conference.Declined }
func agreed(f Facts) bool { return f.Answer == conference.Agreed }

// unanswered is everything that is no answer, so that an unknown value opens
// nothing.
func unanswered(f Facts) bool {
	return f.Answer != conference.Informed && f.Answer != conference.Agreed && f.Answer != conference.Declined
}
