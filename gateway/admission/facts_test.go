package admission

import (
	"math/rand/v2"

	"github.com/einwahl/einwahl/conference"
)

// open is a meeting that anybody with its PIN may enter.
func open() conference.State {
	return conference.State{
		Encryption:  conference.Transport,
		Recording:   conference.NotRecording,
		HostPresent: true,
	}
}

func policy() Policy { return NewPolicy(DefaultConfig(), DefaultRecordingConfig()) }

// with are the facts of a caller with the right PIN before the door of an open
// meeting, and what is different.
func with(change ...func(*Facts)) Facts {
	f := Facts{Meeting: open(), Proven: true, Policy: policy()}
	for _, c := range change {
		c(&f)
	}
	return f
}

func unproven(f *Facts)     { f.Proven = false }
func asHost(f *Facts)       { f.Identity.Host = true }
func asRegistered(f *Facts) { f.Identity.Registered = true }
func inside(f *Facts)       { f.Seated = true }
func overTLS(f *Facts)      { f.SecureLeg = true }
func wantsTLS(f *Facts)     { f.Policy.SecureLeg = true }
func unnamed(f *Facts)      { f.Caller.Anonymous = true }
func wantsNames(f *Facts)   { f.Policy.Anonymous = ChoiceRefuse }
func hasEnded(f *Facts)     { f.Meeting.Ended = true }
func isLocked(f *Facts)     { f.Meeting.Locked = true }
func hasLobby(f *Facts)     { f.Meeting.Lobby = true }
func letIn(f *Facts)        { f.Meeting.You.Admitted = true }
func noPhones(f *Facts)     { f.Meeting.PhonesRefused = true }
func guestList(f *Facts)    { f.Meeting.RegisteredOnly = true }
func hostAway(f *Facts)     { f.Meeting.HostPresent = false }
func mayBegin(f *Facts)     { f.Meeting.JoinBeforeHost = true }
func wasRemoved(f *Facts)   { f.Meeting.You.Removed = true }
func wasDeclined(f *Facts)  { f.Meeting.You.Declined = true }

func places(people, capacity int) func(*Facts) {
	return func(f *Facts) { f.Meeting.People, f.Meeting.Capacity = people, capacity }
}

func notBegun(f *Facts) { f.Meeting.NotStarted = true }
func canHold(f *Facts)  { f.WaitingRoom = true }
func guessed(f *Facts)  { f.PIN.Guessable = true }

func region(name string) func(*Facts) { return func(f *Facts) { f.Meeting.Region = name } }
func digits(n int) func(*Facts)       { return func(f *Facts) { f.PIN.Digits = n } }
func wantsPIN(n int) func(*Facts)     { return operator(func(p *Policy) { p.MinPIN = n }) }

func regions(names ...string) func(*Facts) {
	return operator(func(p *Policy) { p.Regions = names })
}

func keptForEndToEnd(f *Facts) { f.Policy.EndToEnd = true }
func takesNone(f *Facts)       { f.Policy.Phones = false }
func takesUnnamed(f *Facts)    { f.Policy.Anonymous = ChoiceAdmit }
func nobodyWaits(f *Facts)     { f.Policy.Host = ChoiceRefuse }
func allWait(f *Facts)         { f.Policy.Lobby = true }
func wantsList(f *Facts)       { f.Policy.Registered = true }
func noMeansLeave(f *Facts)    { f.Policy.AfterNo = conference.AfterNoLeave }
func closed(f *Facts)          { f.Policy.Hours = []Hours{{}} }

// asserts is a caller whom a trusted trunk names.
func asserts(number string) func(*Facts) {
	return func(f *Facts) { f.Caller.Number, f.Caller.Asserted = number, true }
}

// knows is an operator who has a list of numbers.
func knows(numbers ...string) func(*Facts) {
	return operator(func(p *Policy) { p.Numbers = numbers })
}

// meetingSays is what a meeting says of a no.
func meetingSays(a conference.AfterNo) func(*Facts) {
	return func(f *Facts) { f.Meeting.AfterNo = a }
}

func attested(a Attestation) func(*Facts) { return func(f *Facts) { f.Caller.Attested = a } }
func wantsProof(a Attestation) func(*Facts) {
	return func(f *Facts) { f.Policy.Attestation = a }
}

func encrypted(e conference.Encryption) func(*Facts) {
	return func(f *Facts) { f.Meeting.Encryption = e }
}

func recorded(r conference.Recording, c conference.Consent) func(*Facts) {
	return func(f *Facts) { f.Meeting.Recording, f.Meeting.Consent = r, c }
}

func says(a conference.Answer) func(*Facts) { return func(f *Facts) { f.Answer = a } }

func operator(change func(*Policy)) func(*Facts) { return func(f *Facts) { change(&f.Policy) } }

func refused(why Reason) Decision { return Decision{Verdict: Refuse, Reason: why} }
func waits(why Reason) Decision   { return Decision{Verdict: Wait, Reason: why} }

var (
	in      = Decision{Verdict: Admit, Reason: Open, Voice: true}
	asked   = Decision{Verdict: AskConsent, Reason: ConsentMissing}
	told    = Decision{Verdict: Admit, Reason: NoticeMissing, Notice: true}
	listens = Decision{Verdict: Admit, Reason: Listening}
	talks   = Decision{Verdict: Admit, Reason: Unrecorded, Voice: true}
)

// allFacts yields every combination of what can be so of a meeting and a caller,
// with encryption levels that do not exist among them. With each comes a draw of
// what an operator may want, always the same ones.
func allFacts(yield func(Facts) bool) {
	house, draw := rules(), rand.New(rand.NewPCG(1, 2))
	for bits := range 1 << 17 {
		on := func(i int) bool { return bits&(1<<i) != 0 }
		var f Facts
		m := &f.Meeting
		f.Proven, f.Seated, f.Identity.Host, f.Identity.Registered = on(0), on(1), on(2), on(3)
		m.Ended, m.You.Removed, m.You.Declined = on(4), on(5), on(6)
		m.Locked, m.Lobby, m.You.Admitted = on(7), on(8), on(9)
		m.HostPresent, m.JoinBeforeHost = on(10), on(11)
		m.PhonesRefused, m.RegisteredOnly = on(12), on(13)
		f.SecureLeg, f.Caller.Anonymous = on(14), on(16)
		f.Caller.Attested = GatewayAttested
		if on(15) {
			f.Caller.Attested = FullyAttested
		}
		m.Capacity = 2
		if on(14) == on(15) {
			m.People = 2
		}
		wish(draw, &f)
		for e := conference.Unknown - 1; e <= conference.EndToEnd+1; e++ {
			m.Encryption = e
			if !allRecordings(house, f, yield) {
				return
			}
		}
	}
}

// wish draws what an operator wants. What keeps callers out is drawn seldom, so
// that some come in.
func wish(draw *rand.Rand, f *Facts) {
	seldom := func() bool { return draw.IntN(8) == 0 }
	often := func() bool { return !seldom() }
	p := &f.Policy
	p.EndToEnd, p.SecureLeg, p.Registered = seldom(), seldom(), seldom()
	p.None, p.Transport, p.Enhanced, p.Phones = often(), often(), often(), often()
	p.Anonymous = []Choice{ChoiceAdmit, ChoiceAdmit, ChoiceWait, ChoiceRefuse, ""}[draw.IntN(5)]
	p.Host = []Choice{ChoiceWait, ChoiceWait, ChoiceRefuse, ""}[draw.IntN(4)]
	p.Lobby, f.WaitingRoom, f.Meeting.NotStarted = seldom(), often(), seldom()
	p.AfterNo, f.Meeting.AfterNo = conference.AfterNo(draw.IntN(4)), conference.AfterNo(draw.IntN(4))
	f.PIN = PIN{Digits: 4 + draw.IntN(3), Guessable: seldom()}
	f.Meeting.Region = []string{"", "eu"}[draw.IntN(2)]
	if seldom() {
		p.MinPIN = 5
	}
	if seldom() {
		p.Regions = []string{"eu"}
	}
	if seldom() {
		p.Hours = []Hours{{}} // never
	}
	if seldom() {
		p.Attestation = PartlyAttested
	}
}

// allRecordings yields f with every recording, policy and answer, where what
// comes before has not decided yet.
func allRecordings(house []rule, f Facts, yield func(Facts) bool) bool {
	m := &f.Meeting
	m.Recording = conference.NotRecording
	if decide(house, f) != in {
		m.Recording, m.Consent = conference.RecordingOn, conference.ConsentRequired
		return yield(f)
	}
	for r := conference.RecordingUnknown - 1; r <= conference.RecordingPaused+1; r++ {
		for c := conference.ConsentDefault - 1; c <= conference.ConsentRequired+1; c++ {
			last := conference.ConsentRequired + 1
			if c != conference.ConsentDefault {
				last = conference.ConsentDefault - 1 // the operator is not asked
			}
			for p := conference.ConsentDefault - 1; p <= last; p++ {
				for a := conference.Unanswered - 1; a <= conference.Declined+1; a++ {
					m.Recording, m.Consent, f.Policy.Consent, f.Answer = r, c, p, a
					if !yield(f) {
						return false
					}
				}
			}
		}
	}
	return true
}
