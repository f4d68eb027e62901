package announcements

import "strconv"

// Prompt names something that can be said. Each language has its own words
// and its own recording for it.
type Prompt string

// Finding the meeting.
const (
	Welcome   Prompt = "welcome"
	AskNumber Prompt = "ask.number"
	AskPIN    Prompt = "ask.pin"
	// Wrong is said for an unknown meeting and for a wrong PIN alike, so that
	// nobody learns which of the two it was.
	Wrong     Prompt = "wrong"
	WrongLast Prompt = "wrong.last"
	// TimeWarn comes before a time-out: any key gives more time.
	TimeWarn Prompt = "time.warn"
	TimeOut  Prompt = "time.out"
)

// The privacy notice. [Notice] puts it together so that it says only what is true
// for the operator's settings.
const (
	PrivacyShort   Prompt = "privacy.short"
	PrivacyMasked  Prompt = "privacy.masked"
	PrivacyHidden  Prompt = "privacy.hidden"
	PrivacyFull    Prompt = "privacy.full"
	PrivacyNotice  Prompt = "privacy.notice"
	PrivacyConsent Prompt = "privacy.consent"
	PrivacyMore    Prompt = "privacy.more"
	PrivacyLong    Prompt = "privacy.long"
)

// Why a caller may not enter, and why they have to leave.
const (
	RefuseE2EE       Prompt = "refuse.e2ee"
	RefuseE2EENow    Prompt = "refuse.e2ee.now"
	RefuseUnknown    Prompt = "refuse.unknown"
	RefuseLocked     Prompt = "refuse.locked"
	RefuseFull       Prompt = "refuse.full"
	RefusePhone      Prompt = "refuse.phone"
	RefuseRegistered Prompt = "refuse.registered"
	RefuseInsecure   Prompt = "refuse.insecure"
	RefusePolicy     Prompt = "refuse.policy"
	RefuseRecording  Prompt = "refuse.recording"
	RefuseEnded      Prompt = "refuse.ended"
	RefuseDeclined   Prompt = "refuse.declined"
	RefuseE2EENumber Prompt = "refuse.e2ee.number"
	RefuseRegion     Prompt = "refuse.region"
	RefuseAnonymous  Prompt = "refuse.anonymous"
	RefuseUnattested Prompt = "refuse.unattested"
	RefuseHours      Prompt = "refuse.hours"
	RefuseEarly      Prompt = "refuse.early"
	RefuseNoHost     Prompt = "refuse.no_host"
	RefusePIN        Prompt = "refuse.pin"
	RefuseSeat       Prompt = "refuse.seat"
	RefuseProcessing Prompt = "refuse.processing"
	RefuseNoConsent  Prompt = "refuse.no_consent"
)

// Waiting and entering.
const (
	WaitHost       Prompt = "wait.host"
	WaitRoom       Prompt = "wait.room"
	WaitStill      Prompt = "wait.still"
	WaitEnd        Prompt = "wait.end"
	WaitHostPIN    Prompt = "wait.host.pin"
	WaitHostEnd    Prompt = "wait.host.end"
	Enter          Prompt = "enter"
	EnterMuted     Prompt = "enter.muted"
	EnterListening Prompt = "enter.listening"
)

// Recording and consent. RecordingOn and RecordingStart only tell; the
// question is ConsentIntro, ConsentAgree, ConsentListen (where the meeting
// allows it), ConsentLeave and ConsentRepeat, one item each, so that
// [Speech.Begun] shows which of the keys has been named.
const (
	RecordingOn     Prompt = "recording.on"
	RecordingStart  Prompt = "recording.start"
	RecordingPause  Prompt = "recording.pause"
	RecordingResume Prompt = "recording.resume"
	RecordingStop   Prompt = "recording.stop"
	ConsentIntro    Prompt = "consent.intro"
	ConsentAgree    Prompt = "consent.agree"
	ConsentListen   Prompt = "consent.listen"
	ConsentLeave    Prompt = "consent.leave"
	// ConsentAnswer, ConsentTalk, ConsentTalks and ConsentWithdrawnTalks are in the
	// place of ConsentIntro, ConsentListen, ConsentNo and ConsentWithdrawn where a
	// no means talking on outside the recording.
	ConsentAnswer         Prompt = "consent.answer"
	ConsentTalk           Prompt = "consent.talk"
	ConsentTalks          Prompt = "consent.talks"
	ConsentWithdrawnTalks Prompt = "consent.withdrawn.talks"
	// ConsentRefuse is the second key where a no means leaving.
	ConsentRefuse Prompt = "consent.refuse"
	// ConsentUntold stands in place of the yes where the purpose cannot be told.
	ConsentUntold    Prompt = "consent.untold"
	ConsentRepeat    Prompt = "consent.repeat"
	ConsentYes       Prompt = "consent.yes"
	ConsentNo        Prompt = "consent.no"
	ConsentNone      Prompt = "consent.none"
	ConsentWithdrawn Prompt = "consent.withdrawn"
	// ConsentNothing answers *2 where nothing is being recorded.
	ConsentNothing Prompt = "consent.nothing"
)

// A recording's purpose, which the operator writes, and the consent to being
// processed at all, where the operator asks for it.
const (
	ConsentPurpose Prompt = "consent.purpose"
	ConsentChanged Prompt = "consent.changed"
	ProcessIntro   Prompt = "process.intro"
	ProcessAgree   Prompt = "process.agree"
	ProcessLeave   Prompt = "process.leave"
	ProcessYes     Prompt = "process.yes"
)

// What the operator says of themselves, and who waits is told.
const (
	PrivacyController  Prompt = "privacy.controller"
	privacyDayOne      Prompt = "privacy.days.one"
	privacyDaysBefore  Prompt = "privacy.days.before"
	privacyDaysAfter   Prompt = "privacy.days.after"
	PrivacyTransfer    Prompt = "privacy.transfer"
	privacyOperator    Prompt = "privacy.operator"
	privacyAddress     Prompt = "privacy.address"
	privacyDPO         Prompt = "privacy.dpo"
	privacyBasis       Prompt = "privacy.basis"
	privacyCarriers    Prompt = "privacy.carriers"
	privacyRecipients  Prompt = "privacy.recipients"
	privacyKept        Prompt = "privacy.kept"
	privacyRights      Prompt = "privacy.rights"
	privacyWithdraw    Prompt = "privacy.withdraw"
	privacyHangUp      Prompt = "privacy.hang_up"
	privacyAuthorities Prompt = "privacy.authorities"
	privacyAuthority   Prompt = "privacy.authority"
	privacyEnd         Prompt = "privacy.end"
	PrivacyWhere       Prompt = "privacy.where"
	WaitMessage        Prompt = "wait.message"
	WaitLonger         Prompt = "wait.longer"
)

// In the meeting.
const (
	MuteSelf   Prompt = "mute.self"
	UnmuteSelf Prompt = "unmute.self"
	MuteHost   Prompt = "mute.host"
	UnmuteAsk  Prompt = "unmute.ask"
	// UnmuteHeld answers *6 while the voice is held back for want of consent.
	UnmuteHeld Prompt = "unmute.held"
	HandUp     Prompt = "hand.up"
	HandDown   Prompt = "hand.down"

	StateAlone        Prompt = "state.alone"
	StateNone         Prompt = "state.none"
	StateTransport    Prompt = "state.transport"
	StateEnhanced     Prompt = "state.enhanced"
	StateRecording    Prompt = "state.recording"
	StatePaused       Prompt = "state.paused"
	StateNotRecording Prompt = "state.not_recording"
	// StateUnrecorded is for who talks on outside the recording.
	StateUnrecorded Prompt = "state.unrecorded"
	StateLeg        Prompt = "state.leg"
	StateMuted      Prompt = "state.muted"
	StateUnmuted    Prompt = "state.unmuted"

	LockOn      Prompt = "lock.on"
	LockOff     Prompt = "lock.off"
	MuteAll     Prompt = "mute.all"
	AdmittedOne Prompt = "admitted.one"
	AdmitNone   Prompt = "admit.none"
	NotHost     Prompt = "not.host"
	// CommandFailed answers a host's key that the meeting could not obey.
	CommandFailed Prompt = "command.failed"
	Help          Prompt = "help"
	HelpHost      Prompt = "help.host"
	KeyUnknown    Prompt = "key.unknown"
)

// Who comes and goes, what a host does by key and has to confirm, and how long
// a call may last.
const (
	EnterFirst     Prompt = "enter.first"
	othersOne      Prompt = "others.one"
	othersBefore   Prompt = "others.before"
	othersAfter    Prompt = "others.after"
	Joined         Prompt = "joined"
	Left           Prompt = "left"
	phoneSome      Prompt = "phone.some"
	phoneNth       Prompt = "phone.nth"
	StateLegSecure Prompt = "state.leg.secure"
	RemoveAsk      Prompt = "remove.ask"
	RemovedLast    Prompt = "removed.last"
	RemoveNone     Prompt = "remove.none"
	EndAsk         Prompt = "end.ask"
	Unchanged      Prompt = "unchanged"
	HelpHostMore   Prompt = "help.host.more"
	LengthWarn     Prompt = "length.warn"
	LengthLonger   Prompt = "length.longer"
	LengthEnd      Prompt = "length.end"
)

// The end of a call.
const (
	Removed Prompt = "removed"
	Ended   Prompt = "ended"
	Moved   Prompt = "moved"
	Fault   Prompt = "fault"
	Drain   Prompt = "drain"
	Goodbye Prompt = "goodbye"
	Leave   Prompt = "leave"
)

// Pieces of sequences. They are not sentences by themselves: [People],
// [Waiting] and [Digits] join them.
const (
	peopleBefore Prompt = "people.before"
	peopleAfter  Prompt = "people.after"

	waitingNone   Prompt = "waiting.none"
	waitingOne    Prompt = "waiting.one"
	waitingBefore Prompt = "waiting.before"
	waitingAfter  Prompt = "waiting.after"

	keyStar Prompt = "key.star"
	keyHash Prompt = "key.hash"

	// numberAnd joins hundreds and the rest where a language says so.
	numberAnd Prompt = "number.and"
)

// languagePrompt is the offer of a language by key, in that language.
func languagePrompt(key rune) Prompt { return Prompt("language." + string(key)) }

// numberPrompt is a number word that is one recording.
func numberPrompt(n int) Prompt { return Prompt("number." + strconv.Itoa(n)) }

// ownPrompt is a recording that only the operator has.
func ownPrompt(name string) Prompt { return Prompt("own." + name) }

// allPrompts are the prompts that each language has, whatever its grammar:
// promptsOf adds the number words.
func allPrompts() []Prompt {
	all := []Prompt{
		Welcome, AskNumber, AskPIN, Wrong, WrongLast, TimeWarn, TimeOut,
		PrivacyShort, PrivacyMasked, PrivacyHidden, PrivacyFull, PrivacyNotice, PrivacyConsent, PrivacyMore, PrivacyLong,
		RefuseE2EE, RefuseE2EENow, RefuseUnknown, RefuseLocked, RefuseFull, RefusePhone, RefuseRegistered,
		RefuseInsecure, RefusePolicy, RefuseRecording, RefuseEnded, RefuseDeclined,
		WaitHost, WaitHostPIN, WaitRoom, WaitStill, WaitEnd, WaitHostEnd, Enter, EnterMuted, EnterListening,
		RecordingOn, RecordingStart, RecordingPause, RecordingResume, RecordingStop,
		ConsentIntro, ConsentAgree, ConsentListen, ConsentLeave, ConsentRefuse, ConsentUntold, ConsentRepeat,
		privacyOperator, privacyAddress, privacyDPO, privacyBasis, privacyCarriers, privacyRecipients, privacyKept,
		privacyRights, privacyWithdraw, privacyHangUp, privacyAuthorities, privacyAuthority, privacyEnd,
		ConsentAnswer, ConsentTalk, ConsentTalks, ConsentWithdrawnTalks, StateUnrecorded,
		ConsentYes, ConsentNo, ConsentNone, ConsentWithdrawn, ConsentNothing,
		MuteSelf, UnmuteSelf, MuteHost, UnmuteAsk, UnmuteHeld, HandUp, HandDown,
		StateAlone, StateNone, StateTransport, StateEnhanced,
		StateRecording, StatePaused, StateNotRecording, StateLeg, StateMuted, StateUnmuted,
		LockOn, LockOff, MuteAll, AdmittedOne, AdmitNone, NotHost, CommandFailed, Help, HelpHost, KeyUnknown,
		Removed, Ended, Moved, Fault, Drain, Goodbye, Leave,
		peopleBefore, peopleAfter, waitingNone, waitingOne, waitingBefore, waitingAfter,
		RefuseE2EENumber, RefuseRegion, RefuseAnonymous, RefuseUnattested, RefuseHours, RefuseEarly, RefuseNoHost,
		RefusePIN, RefuseSeat, RefuseProcessing, RefuseNoConsent, ConsentPurpose, ConsentChanged, ProcessIntro,
		ProcessAgree, ProcessLeave, ProcessYes, PrivacyController, privacyDayOne, privacyDaysBefore,
		privacyDaysAfter, PrivacyTransfer, PrivacyWhere, WaitMessage, WaitLonger, EnterFirst, othersOne,
		othersBefore, othersAfter, Joined, Left, phoneSome, phoneNth, StateLegSecure, RemoveAsk, RemovedLast, RemoveNone, EndAsk,
		Unchanged, HelpHostMore, LengthWarn, LengthLonger, LengthEnd,
		keyStar, keyHash,
	}
	for key := '1'; key <= '9'; key++ {
		all = append(all, languagePrompt(key))
	}
	return all
}
