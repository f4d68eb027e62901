package admission

import (
	"slices"
	"strconv"
	"strings"

	"github.com/einwahl/einwahl/conference"
)

// term is a question about the facts.
type term func(Facts) fact

// fact is the answer to a term: whether it holds, and what is so in either case.
type fact struct {
	holds   bool
	words   string
	value   string // that ends the words; apart, since it is only wanted in explanations
	setting string // key of the operator's setting that was looked at; empty: none was
}

// is a fact, in the words for yes and for no.
func is(holds bool, yes, no string) fact {
	if holds {
		return fact{holds: true, words: yes}
	}
	return fact{words: no}
}

// stated is a fact whose words are the same for yes and for no.
func stated(holds bool, words, value string) fact {
	return fact{holds: holds, words: words, value: value}
}

// by names the setting that a fact comes from.
func (x fact) by(key string) fact {
	x.setting = key
	return x
}

func not(t term) term {
	return func(f Facts) fact {
		x := t(f)
		x.holds = !x.holds
		return x
	}
}

func numberSealed(f Facts) fact {
	return is(f.Policy.EndToEnd, "the number is kept for end-to-end encryption", "the number is not kept for end-to-end encryption").by("e2ee")
}

func proven(f Facts) fact {
	return is(f.Proven, "the PIN is right, or none is needed", "no PIN was right")
}

func ended(f Facts) fact {
	return is(f.Meeting.Ended, "the meeting is over", "the meeting is not over")
}

func removed(f Facts) fact {
	return is(f.Meeting.You.Removed, "a host has taken the caller out", "no host has taken the caller out")
}

func declined(f Facts) fact {
	return is(f.Meeting.You.Declined, "a host has turned the caller away", "no host has turned the caller away")
}

func endToEnd(f Facts) fact { return encryption(f, f.Meeting.Encryption == conference.EndToEnd) }

func encryptionUnknown(f Facts) fact {
	return encryption(f, f.Meeting.Encryption == conference.Unknown || !f.Meeting.Encryption.Valid())
}

func encryption(f Facts, holds bool) fact {
	return stated(holds, "the meeting's encryption is", f.Meeting.Encryption.String())
}

// levelAdmitted knows only the three levels that an operator may admit, so a
// level that is added to the vocabulary one day is refused until it is
// thought about here.
func levelAdmitted(f Facts) fact {
	switch f.Meeting.Encryption {
	case conference.None:
		return encryption(f, f.Policy.None).by("encryption.none")
	case conference.Transport:
		return encryption(f, f.Policy.Transport).by("encryption.transport")
	case conference.Enhanced:
		return encryption(f, f.Policy.Enhanced).by("encryption.enhanced")
	default:
		return encryption(f, false)
	}
}

// regionAdmitted holds where the operator has named no regions. Where there are
// some, a meeting that does not say where it is fits none but "*".
func regionAdmitted(f Facts) fact {
	region := strings.ToLower(f.Meeting.Region)
	named := slices.ContainsFunc(f.Policy.Regions, func(r string) bool { return fits(r, region) })
	return stated(len(f.Policy.Regions) == 0 || named, "the meeting's region is", orUnknown(region)).by("regions")
}

func phonesRefused(f Facts) fact {
	return is(f.Meeting.PhonesRefused, "the meeting takes no telephones", "the meeting takes telephones")
}

func phonesAdmitted(f Facts) fact {
	return is(f.Policy.Phones, "the operator lets telephones in", "the operator lets no telephones in").by("phones")
}

func secureLegWanted(f Facts) fact {
	return is(f.Policy.SecureLeg, "the call must be encrypted", "the call need not be encrypted").by("secure_leg")
}

func secureLeg(f Facts) fact {
	return is(f.SecureLeg, "the call is encrypted", "the call is not encrypted")
}

func anonymous(f Facts) fact {
	return is(f.Caller.Anonymous, "the caller shows no number", "the caller shows a number")
}

func anonymousAdmitted(f Facts) fact {
	choice := f.Policy.Anonymous
	return is(choice == ChoiceAdmit || choice == ChoiceWait, "callers need show none", "callers have to show one").by("caller.anonymous")
}

func anonymousWait(f Facts) fact {
	return is(f.Policy.Anonymous == ChoiceWait, "callers who show none wait to be let in", "callers who show none need not wait").by("caller.anonymous")
}

// attestedEnough takes a level nobody has heard of for none.
func attestedEnough(f Facts) fact {
	has := f.Caller.Attested.known()
	return stated(has >= f.Policy.Attestation, "attestation of the caller's number is", has.String()).by("caller.attestation")
}

func pinWanted(f Facts) fact {
	return is(f.Policy.MinPIN > 0, "not any PIN will do", "any PIN will do").by("min_pin")
}

func pinGood(f Facts) fact {
	if f.PIN.Guessable {
		return fact{words: "the PIN is one that anybody would try"}.by("min_pin")
	}
	return stated(f.PIN.Digits >= f.Policy.MinPIN, "the digits of the PIN are", strconv.Itoa(f.PIN.Digits)).by("min_pin")
}

func withinHours(f Facts) fact {
	open := slices.ContainsFunc(f.Policy.Hours, func(h Hours) bool { return h.hold(f.Now) })
	return is(len(f.Policy.Hours) == 0 || open, "telephones may come in at this time", "telephones may not come in at this time").by("hours")
}

func atDoor(f Facts) fact { return is(!f.Seated, "the caller is at the door", "the caller is in") }

func notStarted(f Facts) fact {
	return is(f.Meeting.NotStarted, "the meeting has not begun", "the meeting has begun")
}

func host(f Facts) fact {
	return is(f.Identity.Host, "the caller is a host", "the caller is no host")
}

func registeredOnly(f Facts) fact {
	return is(f.Meeting.RegisteredOnly, "the meeting has a guest list", "the meeting has no guest list")
}

func registeredWanted(f Facts) fact {
	return is(f.Policy.Registered, "the operator wants registered callers", "the operator lets anybody in").by("registered")
}

func registered(f Facts) fact {
	return is(f.Identity.Registered, "the PIN is the caller's own", "the PIN is not the caller's own")
}

// numberKnown holds for a number of the operator's list, but only where somebody
// answers for it: what a telephone says of itself proves nothing.
func numberKnown(f Facts) fact {
	c := f.Caller
	answered := c.Asserted || c.Attested == FullyAttested
	listed := slices.ContainsFunc(f.Policy.Numbers, func(n string) bool { return c.Number != "" && fits(n, c.Number) })
	switch {
	case c.Anonymous || !listed:
		return fact{words: "the caller's number is not on the operator's list"}.by("caller.numbers")
	case !answered:
		return fact{words: "the caller's number is on the operator's list, and nobody answers for it"}.by("caller.numbers")
	}
	return fact{holds: true, words: "the caller's number is on the operator's list"}.by("caller.numbers")
}

func locked(f Facts) fact {
	return is(f.Meeting.Locked, "the meeting is locked", "the meeting is not locked")
}

func full(f Facts) fact {
	all := f.Meeting.Capacity > 0 && f.Meeting.People >= f.Meeting.Capacity
	return is(all, "all places are taken", "there is a place")
}

func hostPresent(f Facts) fact {
	return is(f.Meeting.HostPresent, "a host is there", "no host is there")
}

func joinBeforeHost(f Facts) fact {
	return is(f.Meeting.JoinBeforeHost, "the meeting may begin without a host", "the meeting needs a host")
}

// waitForHost takes a choice nobody has heard of for a refusal.
func waitForHost(f Facts) fact {
	return is(f.Policy.Host == ChoiceWait, "callers may wait for a host", "callers may not wait for a host").by("host")
}

func lobby(f Facts) fact {
	return is(f.Meeting.Lobby, "newcomers wait to be let in", "newcomers need not wait to be let in")
}

func lobbyAlways(f Facts) fact {
	return is(f.Policy.Lobby, "all callers wait to be let in", "it is left to the meeting who waits").by("lobby")
}

func waitingRoom(f Facts) fact {
	return is(f.WaitingRoom, "the conference service has a waiting room", "the conference service has no waiting room")
}

func admitted(f Facts) fact {
	return is(f.Meeting.You.Admitted, "a host has let the caller in", "no host has let the caller in")
}

func recording(f Facts) fact {
	return stated(f.Meeting.Recording.Active(), "recording is", f.Meeting.Recording.String())
}

// recordingUnknown is also what is none of the known values.
func recordingUnknown(f Facts) fact {
	r := f.Meeting.Recording
	return stated(r < conference.NotRecording || r > conference.RecordingPaused, "recording is", r.String())
}

// Where nothing is to be told of a recording, not knowing of it is no reason
// to refuse: an operator who writes "off" has decided that. In every other
// case a recording nobody knows of would be one nobody was told of.
func consentOff(f Facts) fact      { return consent(f, Consent(f) == conference.ConsentOff) }
func consentNotice(f Facts) fact   { return consent(f, Consent(f) == conference.ConsentNotice) }
func consentRequired(f Facts) fact { return consent(f, Consent(f) == conference.ConsentRequired) }

func consent(f Facts, holds bool) fact {
	return stated(holds, "what is asked before a recording is", Consent(f).String()).by("consent")
}

func noIsLeaving(f Facts) fact {
	return is(AfterNo(f) == conference.AfterNoLeave, "who says no to a recording leaves", "who says no to a recording may stay").by("after_no")
}

func noIsTalking(f Facts) fact {
	return is(AfterNo(f) == conference.AfterNoTalk, "who says no to a recording talks on outside of it", "who says no to a recording listens").by("after_no")
}

func saidNo(f Facts) fact { return answer(f, f.Answer == conference.Declined) }
func agreed(f Facts) fact { return answer(f, f.Answer == conference.Agreed) }

// unanswered is everything that is no answer, so that an unknown value opens
// nothing.
func unanswered(f Facts) fact {
	return answer(f, f.Answer != conference.Informed && f.Answer != conference.Agreed && f.Answer != conference.Declined)
}

func answer(f Facts, holds bool) fact {
	return stated(holds, "the caller's answer to the recording is", f.Answer.String())
}
