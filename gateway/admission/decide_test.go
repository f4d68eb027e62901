package admission

import (
	"testing"

	"github.com/einwahl/einwahl/conference"
)

type row struct {
	name  string
	facts Facts
	want  Decision
}

// table is the truth table. Each row is named as a rule of the house.
func table() []row {
	const (
		off      = conference.ConsentOff
		notice   = conference.ConsentNotice
		required = conference.ConsentRequired
		standard = conference.ConsentDefault
		on       = conference.RecordingOn
	)
	recordingUnknownNow := conference.RecordingUnknown
	return []row{
		{"an open meeting takes who has its PIN", with(), in},

		{"without a PIN nobody comes in", with(unproven), refused(NotProven)},
		{"without a PIN nobody hears that a meeting is end-to-end encrypted", with(unproven, encrypted(conference.EndToEnd)), refused(NotProven)},
		{"without a PIN nobody hears that a meeting is locked", with(unproven, isLocked), refused(NotProven)},
		{"without a PIN nobody hears that a meeting is over", with(unproven, hasEnded), refused(NotProven)},
		{"without a PIN nobody waits", with(unproven, hasLobby), refused(NotProven)},

		{"a number for end-to-end encryption takes nobody", with(keptForEndToEnd), refused(EndToEndNumber)},
		{"it takes no host", with(keptForEndToEnd, asHost), refused(EndToEndNumber)},
		{"it lets go who is in", with(keptForEndToEnd, inside), refused(EndToEndNumber)},
		{"it says so without a PIN", with(keptForEndToEnd, unproven), refused(EndToEndNumber)},

		{"a meeting that is over takes nobody", with(hasEnded), refused(Ended)},
		{"a meeting that is over lets go who is in", with(hasEnded, inside), refused(Ended)},
		{"a meeting that is over and forgets the rest is over", with(hasEnded, encrypted(conference.Unknown)), refused(Ended)},
		{"who was removed goes", with(wasRemoved, inside), refused(Removed)},
		{"who was removed stays out", with(wasRemoved), refused(Removed)},
		{"who was removed and forgotten hears of the removal", with(wasRemoved, encrypted(conference.Unknown)), refused(Removed)},
		{"who was turned away goes", with(wasDeclined, hasLobby), refused(Declined)},
		{"who was turned away and forgotten hears of it", with(wasDeclined, encrypted(conference.Unknown)), refused(Declined)},
		{"the end of a meeting is told before a removal", with(hasEnded, wasRemoved), refused(Ended)},
		{"being turned away is told before end-to-end encryption", with(wasDeclined, encrypted(conference.EndToEnd)), refused(Declined)},
		{"a removal is told before being turned away", with(wasRemoved, wasDeclined), refused(Removed)},

		{"end-to-end encryption takes no telephone", with(encrypted(conference.EndToEnd)), refused(EndToEnd)},
		{"end-to-end encryption takes no host by telephone", with(encrypted(conference.EndToEnd), asHost), refused(EndToEnd)},
		{"end-to-end encryption takes no secure leg", with(encrypted(conference.EndToEnd), overTLS), refused(EndToEnd)},
		{"end-to-end encryption takes nobody a host has let in", with(encrypted(conference.EndToEnd), hasLobby, letIn), refused(EndToEnd)},
		{"a meeting that turns end-to-end encrypted lets go who is in", with(encrypted(conference.EndToEnd), inside), refused(EndToEnd)},
		{"end-to-end encryption is told before a missing host", with(encrypted(conference.EndToEnd), hostAway), refused(EndToEnd)},
		{"end-to-end encryption is told before a lock", with(encrypted(conference.EndToEnd), isLocked), refused(EndToEnd)},
		{"end-to-end encryption is told before no telephones", with(encrypted(conference.EndToEnd), noPhones), refused(EndToEnd)},
		{"unknown encryption counts as end-to-end", with(encrypted(conference.Unknown)), refused(EncryptionUnknown)},
		{"unknown encryption lets go who is in", with(encrypted(conference.Unknown), inside), refused(EncryptionUnknown)},
		{"a level nobody has heard of is unknown", with(encrypted(conference.EndToEnd + 1)), refused(EncryptionUnknown)},
		{"a level below all others is unknown", with(encrypted(-1)), refused(EncryptionUnknown)},

		{"clear meetings are refused by default", with(encrypted(conference.None)), refused(EncryptionPolicy)},
		{"clear meetings are open where the operator says so", with(encrypted(conference.None), operator(func(p *Policy) { p.None = true })), in},
		{"enhanced encryption takes telephones by default", with(encrypted(conference.Enhanced)), in},
		{"enhanced encryption takes none where the operator says so", with(encrypted(conference.Enhanced), operator(func(p *Policy) { p.Enhanced = false })), refused(EncryptionPolicy)},
		{"transport encryption takes none where the operator says so", with(operator(func(p *Policy) { p.Transport = false })), refused(EncryptionPolicy)},
		{"the operator's choice concerns who is in", with(inside, operator(func(p *Policy) { p.Transport = false })), refused(EncryptionPolicy)},
		{"the operator's choice is told before the meeting's", with(noPhones, operator(func(p *Policy) { p.Transport = false })), refused(EncryptionPolicy)},

		{"a region may be anywhere", with(region("us")), in},
		{"an operator may name regions", with(regions("eu"), region("us")), refused(RegionPolicy)},
		{"a region that is named is", with(regions("de", "eu"), region("eu")), in},
		{"it may be written in capitals", with(regions("eu"), region("EU")), in},
		{"a region that nobody knows is none of them", with(regions("eu")), refused(RegionPolicy)},
		{"a region of another beginning is none", with(regions("eu"), region("eu-north")), refused(RegionPolicy)},
		{"a star stands for the rest", with(regions("eu*"), region("eu-north")), in},
		{"a star does not stand before it", with(regions("eu*"), region("us-eu")), refused(RegionPolicy)},
		{"a star alone is any region, known or not", with(regions("*")), in},
		{"a region that changes lets go who is in", with(inside, regions("eu"), region("us")), refused(RegionPolicy)},
		{"a region keeps out a host", with(asHost, regions("eu")), refused(RegionPolicy)},
		{"the operator's choice of encryption is told before regions", with(encrypted(conference.None), regions("eu")), refused(EncryptionPolicy)},
		{"regions are told before no telephones", with(regions("eu"), noPhones), refused(RegionPolicy)},

		{"an operator may take no telephones", with(takesNone), refused(NoPhones)},
		{"an operator who takes none takes no host", with(takesNone, asHost), refused(NoPhones)},
		{"an operator who takes none any more lets go who is in", with(takesNone, inside), refused(NoPhones)},
		{"an operator who takes none tells it before an insecure leg", with(takesNone, wantsTLS), refused(NoPhones)},
		{"a meeting may take no telephones", with(noPhones), refused(NoPhones)},
		{"a meeting without telephones takes no host by telephone", with(noPhones, asHost), refused(NoPhones)},
		{"a meeting that takes telephones no more lets them go", with(noPhones, inside), refused(NoPhones)},
		{"no telephones is told before an insecure leg", with(noPhones, wantsTLS), refused(NoPhones)},
		{"an operator may want encrypted calls", with(wantsTLS), refused(InsecureLeg)},
		{"an encrypted call is what that operator wants", with(wantsTLS, overTLS), in},
		{"an encrypted call is welcome anywhere", with(overTLS), in},
		{"an insecure leg is told before a missing number", with(wantsTLS, wantsNames, unnamed), refused(InsecureLeg)},

		{"callers need show no number", with(unnamed), in},
		{"callers without a number wait where somebody can let them in", with(unnamed, canHold), waits(InLobby)},
		{"those with one do not", with(canHold), in},
		{"who was let in without a number is", with(unnamed, canHold, letIn), in},
		{"a host needs no number", with(unnamed, canHold, asHost), in},
		{"who is in without a number stays", with(unnamed, canHold, inside), in},
		{"an operator may want nobody to wait for that", with(unnamed, canHold, takesUnnamed), in},
		{"a choice about numbers that nobody has heard of refuses", with(unnamed, operator(func(p *Policy) { p.Anonymous = "perhaps" })), refused(Anonymous)},
		{"an operator may want them to", with(wantsNames, unnamed), refused(Anonymous)},
		{"who shows one is what that operator wants", with(wantsNames), in},
		{"a host shows one as well", with(wantsNames, unnamed, asHost), refused(Anonymous)},
		{"a new wish for numbers concerns who is in", with(wantsNames, unnamed, inside), refused(Anonymous)},
		{"a missing number is told before one that nobody vouches for", with(wantsNames, unnamed, wantsProof(FullyAttested)), refused(Anonymous)},
		{"nobody need vouch for a number", with(attested(Unattested)), in},
		{"an operator may want somebody to", with(wantsProof(GatewayAttested)), refused(NotAttested)},
		{"the level that is wanted is enough", with(wantsProof(PartlyAttested), attested(PartlyAttested)), in},
		{"a higher one is", with(wantsProof(GatewayAttested), attested(FullyAttested)), in},
		{"a lower one is not", with(wantsProof(FullyAttested), attested(PartlyAttested)), refused(NotAttested)},
		{"a level nobody has heard of is none", with(wantsProof(GatewayAttested), attested(FullyAttested+1)), refused(NotAttested)},
		{"a level below all others is none", with(wantsProof(GatewayAttested), attested(-1)), refused(NotAttested)},
		{"where nothing is wanted, any level will do", with(attested(-1)), in},
		{"a number that nobody vouches for keeps out a host", with(wantsProof(FullyAttested), asHost), refused(NotAttested)},
		{"a number opens nothing without a PIN", with(unproven, attested(FullyAttested)), refused(NotProven)},
		{"a number that nobody vouches for is told before the guest list", with(wantsProof(FullyAttested), guestList), refused(NotAttested)},

		{"a number that nobody vouches for is told before a weak PIN", with(wantsProof(FullyAttested), wantsPIN(6)), refused(NotAttested)},

		{"any PIN will do, and none", with(digits(0)), in},
		{"any PIN will do, if it is guessed first as well", with(digits(4), guessed), in},
		{"an operator may want longer ones", with(wantsPIN(6), digits(5)), refused(WeakPIN)},
		{"a PIN of that length is long enough", with(wantsPIN(6), digits(6)), in},
		{"a longer one is", with(wantsPIN(6), digits(7)), in},
		{"where a PIN is wanted, none is too short", with(wantsPIN(1)), refused(WeakPIN)},
		{"a PIN that anybody would try is too weak", with(wantsPIN(6), digits(8), guessed), refused(WeakPIN)},
		{"a host's PIN is held to it", with(wantsPIN(6), digits(5), asHost), refused(WeakPIN)},
		{"a new wish for PINs concerns who is in", with(wantsPIN(6), digits(5), inside), refused(WeakPIN)},
		{"a weak PIN is told before the hours", with(wantsPIN(6), closed), refused(WeakPIN)},

		{"an operator may keep hours", with(closed), refused(OutOfHours)},
		{"the end of the hours puts nobody out", with(closed, inside), in},
		{"the hours hold for hosts", with(closed, asHost), refused(OutOfHours)},
		{"the hours are told before the beginning", with(closed, notBegun), refused(OutOfHours)},
		{"a meeting that has not begun takes nobody", with(notBegun), refused(NotStarted)},
		{"a meeting that has not begun takes no host", with(notBegun, asHost), refused(NotStarted)},
		{"a beginning that is put off puts nobody out", with(notBegun, inside), in},
		{"the beginning is told before the guest list", with(notBegun, guestList), refused(NotStarted)},

		{"a guest list keeps out who is not on it", with(guestList), refused(NotRegistered)},
		{"an operator's list of numbers is not the meeting's", with(guestList, knows("+4930*"), asserts("+4930111")), refused(NotRegistered)},
		{"an operator may want a guest list", with(wantsList), refused(NotRegistered)},
		{"a PIN of one's own is on it", with(wantsList, asRegistered), in},
		{"a host is on it", with(wantsList, asHost), in},
		{"a new list of the operator puts nobody out", with(wantsList, inside), in},
		{"a number that a trusted trunk names is on it", with(wantsList, knows("+4930111"), asserts("+4930111")), in},
		{"a number that is attested is on it", with(wantsList, knows("+4930111"), attested(FullyAttested), func(f *Facts) { f.Caller.Number = "+4930111" }), in},
		{"one that is attested in part is not", with(wantsList, knows("+4930111"), attested(PartlyAttested), func(f *Facts) { f.Caller.Number = "+4930111" }), refused(NotRegistered)},
		{"one that the telephone has named itself is not", with(wantsList, knows("+4930111"), func(f *Facts) { f.Caller.Number = "+4930111" }), refused(NotRegistered)},
		{"another number is not", with(wantsList, knows("+4930111"), asserts("+4930112")), refused(NotRegistered)},
		{"a number with a beginning that is listed is on it", with(wantsList, knows("+49301*"), asserts("+4930111")), in},
		{"a number that is withheld is not", with(wantsList, knows("*"), asserts("+4930111"), unnamed), refused(NotRegistered)},
		{"no number is none, whatever is listed", with(wantsList, knows("*"), asserts("")), refused(NotRegistered)},
		{"the operator's guest list is told before a lock", with(wantsList, isLocked), refused(NotRegistered)},
		{"a guest list lets in whom it names", with(guestList, asRegistered), in},
		{"a guest list lets in a host", with(guestList, asHost), in},
		{"a new guest list puts nobody out", with(guestList, inside), in},
		{"the guest list is told before a lock", with(guestList, isLocked), refused(NotRegistered)},

		{"a lock keeps callers out", with(isLocked), refused(Locked)},
		{"a lock does not keep the host out", with(isLocked, asHost), in},
		{"a lock puts nobody out", with(isLocked, inside), in},
		{"a lock keeps out who was let in but has not entered", with(isLocked, hasLobby, letIn), refused(Locked)},
		{"a lock is told before a full room", with(isLocked, places(5, 5)), refused(Locked)},

		{"a full room takes nobody", with(places(5, 5)), refused(Full)},
		{"an overfull room takes nobody", with(places(6, 5)), refused(Full)},
		{"the last place is a place", with(places(4, 5)), in},
		{"a full room takes no host", with(places(5, 5), asHost), refused(Full)},
		{"a full room puts nobody out", with(places(5, 5), inside), in},
		{"a room without a limit is never full", with(places(500, 0)), in},
		{"nobody waits for a host before a full room", with(places(5, 5), hostAway), refused(Full)},
		{"nobody waits in the lobby of a full room", with(places(5, 5), hasLobby), refused(Full)},

		{"callers wait for the host", with(hostAway), waits(NoHost)},
		{"an operator may let nobody wait for the host", with(hostAway, nobodyWaits), refused(HostAbsent)},
		{"the host need not wait there", with(hostAway, nobodyWaits, asHost), in},
		{"nor is there anything to wait for with a host", with(nobodyWaits), in},
		{"nor in a meeting that may begin without", with(hostAway, nobodyWaits, mayBegin), in},
		{"nor does a host who leaves put anybody out", with(hostAway, nobodyWaits, inside), in},
		{"a choice about hosts that nobody has heard of refuses", with(hostAway, operator(func(p *Policy) { p.Host = "perhaps" })), refused(HostAbsent)},
		{"a full room is told before a missing host", with(hostAway, nobodyWaits, places(5, 5)), refused(Full)},
		{"the host does not wait for the host", with(hostAway, asHost), in},
		{"a meeting may begin before its host", with(hostAway, mayBegin), in},
		{"a host who leaves puts nobody out", with(hostAway, inside), in},
		{"the host is waited for before the lobby", with(hostAway, hasLobby), waits(NoHost)},
		{"who was let in waits for a host who is gone again", with(hostAway, hasLobby, letIn), waits(NoHost)},

		{"callers wait in the lobby", with(hasLobby), waits(InLobby)},
		{"who was let in passes the lobby", with(hasLobby, letIn), in},
		{"the host passes the lobby", with(hasLobby, asHost), in},
		{"a new lobby puts nobody out", with(hasLobby, inside), in},
		{"an operator may let all wait", with(allWait), waits(InLobby)},
		{"who was let in there is", with(allWait, letIn), in},
		{"the host passes there", with(allWait, asHost), in},
		{"the operator's lobby puts nobody out", with(allWait, inside), in},
		{"nobody is asked for consent in the operator's lobby", with(allWait, recorded(recordingUnknownNow, required)), waits(InLobby)},
		{"nor without a number", with(unnamed, canHold, recorded(recordingUnknownNow, required)), waits(InLobby)},
		{"nobody is asked for consent before they are let in", with(hasLobby, recorded(on, required)), waits(InLobby)},
		{"a recording nobody knows of is told after the wait", with(hasLobby, recorded(recordingUnknownNow, required)), waits(InLobby)},

		{"a recording nobody knows of keeps callers out", with(recorded(recordingUnknownNow, required)), refused(RecordingUnknown)},
		{"a recording nobody knows of keeps out who would only be told", with(recorded(recordingUnknownNow, notice)), refused(RecordingUnknown)},
		{"a recording nobody knows of keeps out by default", with(recorded(recordingUnknownNow, standard)), refused(RecordingUnknown)},
		{"a recording nobody knows of lets go who is in", with(inside, recorded(recordingUnknownNow, required)), refused(RecordingUnknown)},
		{"no answer opens a recording nobody knows of", with(says(conference.Agreed), recorded(recordingUnknownNow, required)), refused(RecordingUnknown)},
		{"who only wants to listen is kept out of it as well", with(says(conference.Declined), recorded(recordingUnknownNow, required)), refused(RecordingUnknown)},
		{"where nothing is told, not knowing keeps nobody out", with(recorded(recordingUnknownNow, off)), in},
		{"a recording state nobody has heard of is unknown", with(recorded(conference.RecordingPaused+1, required)), refused(RecordingUnknown)},
		{"a recording state below all others is unknown", with(recorded(-1, required)), refused(RecordingUnknown)},

		{"a recording that needs consent asks for it", with(recorded(on, required)), asked},
		{"a prepared recording asks for it", with(recorded(conference.RecordingPrepared, required)), asked},
		{"a paused recording asks for it", with(recorded(conference.RecordingPaused, required)), asked},
		{"a recording that begins asks who is in", with(inside, recorded(on, required)), asked},
		{"a host is asked as well", with(asHost, recorded(on, required)), asked},
		{"consent is required where nobody says otherwise", with(recorded(on, standard), operator(func(p *Policy) { p.Consent = standard })), asked},
		{"the operator's choice counts where the meeting has none", with(recorded(on, standard), operator(func(p *Policy) { p.Consent = notice })), told},
		{"the meeting's choice counts before the operator's", with(recorded(on, required), operator(func(p *Policy) { p.Consent = off })), asked},
		{"a choice nobody has heard of is required", with(recorded(on, required+1)), asked},
		{"having been told is no consent", with(says(conference.Informed), recorded(on, required)), asked},
		{"an answer nobody has heard of is none", with(says(conference.Declined+1), recorded(on, required)), asked},
		{"who agrees is heard", with(says(conference.Agreed), recorded(on, required)), in},
		{"who declines listens", with(says(conference.Declined), recorded(on, required)), listens},
		{"who declines a prepared recording listens", with(says(conference.Declined), recorded(conference.RecordingPrepared, required)), listens},

		{"a recording nobody knows of is told before a goodbye", with(noMeansLeave, says(conference.Declined), recorded(recordingUnknownNow, required)), refused(RecordingUnknown)},
		{"a no may be a goodbye", with(noMeansLeave, says(conference.Declined), recorded(on, required)), refused(RecordingDeclined)},
		{"also for who is in", with(inside, noMeansLeave, says(conference.Declined), recorded(on, required)), refused(RecordingDeclined)},
		{"not without a recording", with(noMeansLeave, says(conference.Declined), recorded(conference.NotRecording, required)), in},
		{"not before it", with(noMeansLeave, recorded(on, required)), asked},
		{"nor after a yes", with(noMeansLeave, says(conference.Agreed), recorded(on, required)), in},
		{"the meeting may say that it is", with(meetingSays(conference.AfterNoLeave), says(conference.Declined), recorded(on, required)), refused(RecordingDeclined)},
		{"the meeting may say that it is not", with(noMeansLeave, meetingSays(conference.AfterNoListen), says(conference.Declined), recorded(on, required)), listens},
		{"unless the operator insists", with(operator(func(p *Policy) { p.LeastAfterNo = conference.AfterNoLeave }), meetingSays(conference.AfterNoListen), says(conference.Declined), recorded(on, required)), refused(RecordingDeclined)},
		{"an operator who insists on less changes nothing", with(operator(func(p *Policy) { p.LeastAfterNo = conference.AfterNoListen }), meetingSays(conference.AfterNoLeave), says(conference.Declined), recorded(on, required)), refused(RecordingDeclined)},
		{"a consequence nobody has heard of is listening", with(meetingSays(conference.AfterNoTalk+1), says(conference.Declined), recorded(on, required)), listens},

		{"who says no may talk on where the meeting says so", with(meetingSays(conference.AfterNoTalk), says(conference.Declined), recorded(on, required)), talks},
		{"also where notice would be enough", with(meetingSays(conference.AfterNoTalk), says(conference.Declined), recorded(on, notice)), talks},
		{"also while nothing is recorded yet", with(meetingSays(conference.AfterNoTalk), says(conference.Declined), recorded(conference.RecordingPrepared, required)), talks},
		{"also where the operator has said otherwise in general", with(noMeansLeave, meetingSays(conference.AfterNoTalk), says(conference.Declined), recorded(on, required)), talks},
		{"who has not answered does not talk there", with(meetingSays(conference.AfterNoTalk), recorded(on, required)), asked},
		{"nor who was only told", with(meetingSays(conference.AfterNoTalk), says(conference.Informed), recorded(on, required)), asked},
		{"without a recording there is nothing to talk outside of", with(meetingSays(conference.AfterNoTalk), says(conference.Declined), recorded(conference.NotRecording, required)), in},
		{"who has agreed is in", with(meetingSays(conference.AfterNoTalk), says(conference.Agreed), recorded(on, required)), in},
		{"an operator cannot say it for a meeting that does not", with(operator(func(p *Policy) { p.AfterNo = conference.AfterNoTalk }), says(conference.Declined), recorded(on, required)), listens},
		{"nor of one that says listening", with(operator(func(p *Policy) { p.AfterNo = conference.AfterNoTalk }), meetingSays(conference.AfterNoListen), says(conference.Declined), recorded(on, required)), listens},
		{"an operator may insist on listening", with(operator(func(p *Policy) { p.LeastAfterNo = conference.AfterNoListen }), meetingSays(conference.AfterNoTalk), says(conference.Declined), recorded(on, required)), listens},
		{"and on leaving", with(operator(func(p *Policy) { p.LeastAfterNo = conference.AfterNoLeave }), meetingSays(conference.AfterNoTalk), says(conference.Declined), recorded(on, required)), refused(RecordingDeclined)},
		{"an operator who has nothing against it of this meeting changes nothing", with(operator(func(p *Policy) { p.LeastAfterNo = conference.AfterNoTalk }), meetingSays(conference.AfterNoTalk), says(conference.Declined), recorded(on, required)), talks},
		{"nor is listening talking for it", with(operator(func(p *Policy) { p.LeastAfterNo = conference.AfterNoTalk }), meetingSays(conference.AfterNoListen), says(conference.Declined), recorded(on, required)), listens},
		{"what nobody has heard of does not let anybody talk", with(operator(func(p *Policy) { p.LeastAfterNo = conference.AfterNoTalk + 1 }), meetingSays(conference.AfterNoTalk), says(conference.Declined), recorded(on, required)), listens},

		{"an operator may insist on a key", with(operator(func(p *Policy) { p.LeastConsent = required }), recorded(on, notice)), asked},
		{"an operator may insist on a notice", with(operator(func(p *Policy) { p.LeastConsent = notice }), recorded(on, off)), told},
		{"what a meeting wants is not less for it", with(operator(func(p *Policy) { p.LeastConsent = off }), recorded(on, required)), asked},
		{"what nobody has heard of insists on a key", with(operator(func(p *Policy) { p.LeastConsent = required + 1 }), recorded(on, off)), asked},

		{"where notice is enough, it is given first", with(recorded(on, notice)), told},
		{"where notice is enough, who was told is heard", with(says(conference.Informed), recorded(on, notice)), in},
		{"where notice is enough, a yes is more than enough", with(says(conference.Agreed), recorded(on, notice)), in},
		{"where notice is enough, a no still is listening", with(says(conference.Declined), recorded(on, notice)), listens},
		{"an answer nobody has heard of is no notice", with(says(conference.Declined+1), recorded(on, notice)), told},
		{"where nothing is told, callers are heard", with(recorded(on, off)), in},
		{"where nothing is told, a no still is listening", with(says(conference.Declined), recorded(on, off)), listens},

		{"without a recording nobody is asked", with(recorded(conference.NotRecording, required)), in},
		{"without a recording nobody is told", with(recorded(conference.NotRecording, notice)), in},
		{"without a recording a no of before shuts nothing", with(says(conference.Declined), recorded(conference.NotRecording, required)), in},
	}
}

func TestDecide(t *testing.T) {
	for _, tt := range table() {
		t.Run(tt.name, func(t *testing.T) {
			if got := Decide(tt.facts); got != tt.want {
				t.Errorf("Decide = %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestNothingKnownIsRefused(t *testing.T) {
	if got := Decide(Facts{}); got.Verdict != Refuse {
		t.Errorf("Decide of no facts = %+v", got)
	}
	if (Decision{}).Verdict != Refuse {
		t.Error("the zero decision does not refuse")
	}
}

// TestDecideOverAllFacts goes through every combination of facts, with values
// that do not exist among them.
func TestDecideOverAllFacts(t *testing.T) {
	house := rules()
	var seen [Open + 1]bool
	for f := range allFacts {
		d := decide(house, f)
		seen[d.Reason] = true
		e := f.Meeting.Encryption
		sealed := e == conference.EndToEnd || e == conference.Unknown || !e.Valid()
		switch {
		case sealed && d.Verdict != Refuse:
			t.Fatalf("%v meeting: %+v for %+v", e, d, f)
		case d.Voice && d.Verdict != Admit:
			t.Fatalf("voice without admission: %+v for %+v", d, f)
		case (d.Verdict == Refuse || d.Verdict == Wait) && d.Reason == Open:
			t.Fatalf("no reason: %+v for %+v", d, f)
		case !f.Proven && d.Reason != NotProven && d.Reason != EndToEndNumber:
			t.Fatalf("told something without a PIN: %+v for %+v", d, f)
		case d.Voice && f.Meeting.Recording.Active() && Consent(f) == conference.ConsentRequired && f.Answer != conference.Agreed && f.Answer != conference.Declined:
			t.Fatalf("recorded without consent: %+v for %+v", d, f)
		case d.Voice && f.Meeting.Recording.Active() && f.Answer == conference.Declined && f.Meeting.AfterNo != conference.AfterNoTalk:
			t.Fatalf("heard after a no, in a meeting that does not keep that out of its files: %+v for %+v", d, f)
		case d.Voice && f.Meeting.Recording.Active() && f.Answer == conference.Declined && d.Reason != Unrecorded:
			t.Fatalf("heard after a no as if there had been none: %+v for %+v", d, f)
		case f.Policy.SecureLeg && !f.SecureLeg && d.Verdict != Refuse:
			t.Fatalf("a call in the clear: %+v for %+v", d, f)
		case f.PIN.Digits < f.Policy.MinPIN && d.Verdict != Refuse:
			t.Fatalf("a PIN too short: %+v for %+v", d, f)
		case len(f.Policy.Regions) > 0 && f.Meeting.Region == "" && d.Verdict != Refuse:
			t.Fatalf("a region nobody knows: %+v for %+v", d, f)
		case f.Policy.Lobby && !f.Seated && !f.Identity.Host && !f.Meeting.You.Admitted && d.Verdict == Admit:
			t.Fatalf("past the operator's lobby: %+v for %+v", d, f)
		case f.Policy.EndToEnd && d != refused(EndToEndNumber):
			t.Fatalf("taken at a number for end-to-end encryption: %+v for %+v", d, f)
		}
	}
	for _, r := range Reasons() {
		if !seen[r] {
			t.Errorf("no facts lead to %v", r)
		}
	}
}

// BenchmarkDecide is the longest way, of a caller in whose way nothing stands.
func BenchmarkDecide(b *testing.B) {
	f := with(inside, recorded(conference.RecordingOn, conference.ConsentRequired), says(conference.Agreed))
	b.ReportAllocs()
	for b.Loop() {
		if Decide(f) != in {
			b.Fatal("not admitted")
		}
	}
}
