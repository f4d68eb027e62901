package call

import (
	"errors"
	"maps"
	"slices"
	"sync"

	"github.com/einwahl/einwahl/announcements"
	"github.com/einwahl/einwahl/gateway/admission"
	"github.com/einwahl/einwahl/sip"
)

// Outcome is how a call has ended: a reason of admission by its name, or one
// of those below. It is the name in logs, metrics and records.
type Outcome string

const (
	// HungUp: the caller has hung up.
	HungUp Outcome = "hung_up"
	// NotAcknowledged: our answer was never acknowledged.
	NotAcknowledged Outcome = "not_acknowledged"
	// NoSound: no sound came from the caller for too long.
	NoSound Outcome = "no_sound"
	// NotRefreshed: the caller has not refreshed the call in time.
	NotRefreshed Outcome = "not_refreshed"
	// NoReply: the caller no longer answers what we ask.
	NoReply Outcome = "no_reply"
	// NoCommonSound: the trunk's offer or answer of codecs and encryption does not
	// fit.
	NoCommonSound Outcome = "no_common_sound"
	// Wrong: too many pairs of number and PIN were wrong.
	Wrong Outcome = "wrong"
	// Silent: the caller pressed no key for too long.
	Silent Outcome = "silent"
	// NoHostCame: the caller has waited for the host for too long.
	NoHostCame Outcome = "no_host_came"
	// NotLetIn: the caller has waited to be let in for too long.
	NotLetIn Outcome = "not_let_in"
	// TooLong: the call has lasted as long as one may.
	TooLong Outcome = "too_long"
	// NoConsent: the caller has chosen to leave rather than to be recorded.
	NoConsent Outcome = "no_consent"
	// NoProcessing: the caller does not consent to their data being processed.
	NoProcessing Outcome = "no_processing"
	// Faulty: something of ours, or the conference service, does not work.
	Faulty Outcome = "fault"
	// Drained: the gateway closes.
	Drained Outcome = "drain"
	// SeatRefused: the meeting itself did not seat the caller, and did not say
	// why.
	SeatRefused Outcome = "seat_refused"
)

// farewell joins an outcome with what the caller hears and what the trunk is
// told.
type farewell struct {
	door  words // to a caller who was not in the meeting yet
	room  words // to one who was
	cause sip.Cause
}

// lost is the outcome of a call that has ended without our doing, by what the
// telephone says of it.
func lost(err error) Outcome {
	for _, row := range []struct {
		err     error
		outcome Outcome
	}{
		{sip.ErrNoAcknowledgement, NotAcknowledged},
		{sip.ErrNoMedia, NoSound},
		{sip.ErrExpired, NotRefreshed},
		{sip.ErrNoReply, NoReply},
		{sip.ErrOffer, NoCommonSound},
	} {
		if errors.Is(err, row.err) {
			return row.outcome
		}
	}
	return HungUp
}

// advice is where an operator may look, empty where nothing is wrong.
func (o Outcome) advice() string {
	switch o {
	case NotAcknowledged:
		return "the caller may not reach the address in our Contact: see sip.advertise, and advertise of the trunk"
	case NoSound:
		return "see the firewall before media.ports, media.advertise, and advertise of the trunk"
	case NoReply:
		return "the trunk has let the call go without saying so, or its answers do not come through"
	case NoCommonSound:
		return "see codecs and srtp of the trunk; the line before says what did not fit"
	}
	return ""
}

func refusal(o admission.Reason) Outcome { return Outcome(o.String()) }

// Farewell is how a call ends that admission refuses at the door: what its caller
// hears, and what the trunk is told. It reports false for reasons that send nobody
// away.
func Farewell(why admission.Reason) (row []announcements.Prompt, cause sip.Cause, known bool) {
	f, known := farewells()[refusal(why)]
	return f.door.prompts(), f.cause, known
}

// Outcomes lists every way in which a call ends, by name.
func Outcomes() []Outcome { return slices.Sorted(maps.Keys(farewells())) }

// Words are what is said to a caller who is sent away, at the door of a meeting and
// inside. They are empty where the call is gone already.
func (o Outcome) Words() (door, room []announcements.Prompt) {
	f := farewells()[o]
	return f.door.prompts(), f.room.prompts()
}

// farewells is the one map of them, made once. It is complete: a test goes through
// every reason and every outcome.
var farewells = sync.OnceValue(makeFarewells)

func makeFarewells() map[Outcome]farewell {
	say := func(row ...announcements.Prompt) words {
		return prompts(append(row, announcements.Goodbye)...)
	}
	// both is for what is said in the same words inside and out.
	both := func(cause sip.Cause, row ...announcements.Prompt) farewell {
		return farewell{door: say(row...), room: say(row...), cause: cause}
	}
	// A cause has three faces: an answer to INVITE (RFC 3261), a number in
	// Q.850 that carriers count, and words for who reads the trace. 57 is
	// "bearer capability not authorized", 21 "call rejected", 16 "normal", 31
	// "normal, unspecified", for what another time would change.
	bearer := func(text string) sip.Cause { return sip.Cause{Status: 403, Q850: 57, Text: text} }
	rejected := func(text string) sip.Cause { return sip.Cause{Status: 403, Q850: 21, Text: text} }
	normal := func(text string) sip.Cause { return sip.Cause{Status: 480, Q850: 16, Text: text} }
	later := func(text string) sip.Cause { return sip.Cause{Status: 480, Q850: 31, Text: text} }
	fault := sip.Cause{Status: 503, Q850: 41, Text: "Conference unavailable"}

	// A caller inside a meeting that turns end-to-end encrypted is told no
	// more than that: they have to be out within the length of the words.
	e2ee := both(bearer("Meeting is end-to-end encrypted"), announcements.RefuseE2EE)
	e2ee.room = prompts(announcements.RefuseE2EENow)
	over := both(normal("Meeting has ended"), announcements.RefuseEnded)
	over.room = say(announcements.Ended)

	return map[Outcome]farewell{
		refusal(admission.NotProven):         both(sip.Cause{Status: 404, Q850: 1, Text: "No such meeting or PIN"}, announcements.WrongLast),
		refusal(admission.EndToEndNumber):    both(bearer("Number is for end-to-end encryption only"), announcements.RefuseE2EENumber),
		refusal(admission.Ended):             over,
		refusal(admission.Removed):           both(rejected("Removed by a host"), announcements.Removed),
		refusal(admission.Declined):          both(rejected("Turned away by a host"), announcements.RefuseDeclined),
		refusal(admission.EndToEnd):          e2ee,
		refusal(admission.EncryptionUnknown): both(bearer("Encryption of the meeting is unknown"), announcements.RefuseUnknown),
		refusal(admission.EncryptionPolicy):  both(bearer("Encryption of the meeting not open to telephones"), announcements.RefusePolicy),
		refusal(admission.RegionPolicy):      both(bearer("Region of the meeting is not admitted"), announcements.RefuseRegion),
		refusal(admission.NoPhones):          both(bearer("Meeting takes no telephones"), announcements.RefusePhone),
		refusal(admission.InsecureLeg):       both(bearer("Call is not encrypted"), announcements.RefuseInsecure),
		refusal(admission.Anonymous):         both(rejected("Caller shows no number"), announcements.RefuseAnonymous),
		refusal(admission.NotAttested):       both(rejected("Number of the caller is not attested"), announcements.RefuseUnattested),
		refusal(admission.WeakPIN):           both(rejected("PIN of the meeting is too weak"), announcements.RefusePIN),
		refusal(admission.OutOfHours):        both(later("Telephones are not admitted at this time"), announcements.RefuseHours),
		refusal(admission.NotStarted):        both(later("Meeting has not begun"), announcements.RefuseEarly),
		refusal(admission.NotRegistered):     both(rejected("Not registered for the meeting"), announcements.RefuseRegistered),
		refusal(admission.Locked):            both(rejected("Meeting is locked"), announcements.RefuseLocked),
		refusal(admission.Full):              both(sip.Cause{Status: 486, Q850: 17, Text: "Meeting is full"}, announcements.RefuseFull),
		refusal(admission.HostAbsent):        both(sip.Cause{Status: 480, Q850: 18, Text: "No host is there"}, announcements.RefuseNoHost),
		refusal(admission.RecordingUnknown):  both(rejected("Recording of the meeting is unknown"), announcements.RefuseRecording),
		refusal(admission.RecordingDeclined): both(rejected("Caller does not agree to the recording"), announcements.RefuseNoConsent),

		HungUp: {cause: normal("Caller has hung up")},
		// The telephone has ended these itself, and has told the trunk why.
		NotAcknowledged: {cause: sip.Cause{Status: 408, Q850: 102, Text: "No ACK"}},
		NoSound:         {cause: sip.Cause{Status: 480, Q850: 127, Text: "No RTP"}},
		NotRefreshed:    {cause: sip.Cause{Status: 408, Q850: 102, Text: "Session not refreshed"}},
		NoReply:         {cause: sip.Cause{Status: 480, Q850: 102, Text: "No reply"}},
		NoCommonSound:   {cause: sip.Cause{Status: 488, Q850: 88, Text: "No common sound"}},

		Wrong:        both(sip.Cause{Status: 404, Q850: 1, Text: "No such meeting or PIN"}, announcements.WrongLast),
		Silent:       both(sip.Cause{Status: 408, Q850: 102, Text: "No key was pressed"}, announcements.TimeOut),
		NoHostCame:   both(sip.Cause{Status: 480, Q850: 19, Text: "No host came"}, announcements.WaitHostEnd),
		NotLetIn:     both(sip.Cause{Status: 480, Q850: 19, Text: "Nobody let the caller in"}, announcements.WaitEnd),
		TooLong:      both(normal("Call has lasted as long as one may"), announcements.LengthEnd),
		NoConsent:    {door: say(), room: say(announcements.Leave), cause: normal("Caller left without consent to recording")},
		NoProcessing: both(normal("Caller has not consented to being connected"), announcements.RefuseProcessing),
		Faulty:       both(fault, announcements.Fault),
		Drained:      both(sip.Cause{Status: 503, Q850: 41, Text: "Gateway is closing"}, announcements.Drain),
		SeatRefused:  both(rejected("Meeting did not seat the caller"), announcements.RefuseSeat),
	}
}
