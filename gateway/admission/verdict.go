package admission

// Verdict is what becomes of the caller.
type Verdict int

const (
	// Refuse: the caller hears why and is let go. It is the zero value.
	Refuse Verdict = iota
	// Wait: the caller stays on the line, without sound either way.
	Wait
	// AskConsent: the caller is asked about the recording. Their voice is shut.
	AskConsent
	// Admit: the caller has a place in the meeting.
	Admit
)

var verdictNames = [...]string{"refuse", "wait", "ask_consent", "admit"}

// String is the verdict's name in logs and metrics.
func (v Verdict) String() string {
	return nameOf(int(v), verdictNames[:])
}

// nameOf is the i-th of some names; what has none is called by the first.
func nameOf(i int, names []string) string {
	if i < len(names) {
		return names[max(i, 0)]
	}
	return names[0]
}

// Reason is why.
type Reason int

const (
	// NotProven: no PIN has been right. It is the zero value.
	NotProven Reason = iota
	// EndToEndNumber: the operator keeps the number for end-to-end encryption.
	EndToEndNumber
	// Ended: the meeting is over.
	Ended
	// Removed: a host has taken the caller out.
	Removed
	// Declined: a host has turned the caller away at the waiting room.
	Declined
	// EndToEnd: the keys are at the participants only.
	EndToEnd
	// EncryptionUnknown: nobody can say who holds the keys.
	EncryptionUnknown
	// EncryptionPolicy: the operator admits no telephones at this level.
	EncryptionPolicy
	// RegionPolicy: the meeting's sound is processed where the operator does not
	// want it, or nobody can say where.
	RegionPolicy
	// NoPhones: the meeting takes no telephones, or the operator lets none in.
	NoPhones
	// InsecureLeg: the operator wants calls encrypted, and this one is not.
	InsecureLeg
	// Anonymous: the operator wants callers to show a number, and this one does
	// not.
	Anonymous
	// NotAttested: the operator wants callers' numbers vouched for, and nobody
	// does, or not enough.
	NotAttested
	// WeakPIN: the operator wants better PINs than the one that was keyed.
	WeakPIN
	// OutOfHours: the operator lets telephones in at other times.
	OutOfHours
	// NotStarted: the meeting takes nobody yet.
	NotStarted
	// NotRegistered: the meeting or the operator has a guest list and the caller is
	// not on it.
	NotRegistered
	// Locked: a host has locked the meeting.
	Locked
	// Full: all places are taken.
	Full
	// HostAbsent: the operator lets nobody wait for a host.
	HostAbsent
	// NoHost: the meeting waits for its host.
	NoHost
	// InLobby: a host has yet to let the caller in.
	InLobby
	// RecordingUnknown: nobody can say whether the meeting is recorded.
	RecordingUnknown
	// RecordingDeclined: the caller does not want to be recorded, and only who
	// does may stay.
	RecordingDeclined
	// Unrecorded: the caller does not want to be recorded, and talks on outside
	// the recording.
	Unrecorded
	// Listening: the caller does not want to be recorded, and listens.
	Listening
	// ConsentMissing: the caller has not answered whether they may be recorded.
	ConsentMissing
	// NoticeMissing: the caller has not heard yet that the meeting is recorded.
	NoticeMissing
	// Open: nothing stands against it.
	Open
)

var reasonNames = [...]string{
	NotProven: "not_proven", EndToEndNumber: "e2ee_number",
	Ended: "ended", Removed: "removed", Declined: "declined",
	EndToEnd: "e2ee", EncryptionUnknown: "unknown", EncryptionPolicy: "policy", RegionPolicy: "region",
	NoPhones: "phone", InsecureLeg: "insecure", Anonymous: "anonymous", NotAttested: "unattested", WeakPIN: "pin",
	OutOfHours: "hours", NotStarted: "not_started", NotRegistered: "registered", Locked: "locked", Full: "full",
	HostAbsent: "host_absent", NoHost: "no_host", InLobby: "lobby",
	RecordingUnknown: "recording_unknown", RecordingDeclined: "recording_declined",
	Unrecorded: "unrecorded", Listening: "listening", ConsentMissing: "consent", NoticeMissing: "notice", Open: "open",
}

// String is the reason's name in logs, metrics and records.
func (r Reason) String() string {
	return nameOf(int(r), reasonNames[:])
}

// Reasons lists every reason there is.
func Reasons() []Reason {
	all := make([]Reason, len(reasonNames))
	for i := range all {
		all[i] = Reason(i)
	}
	return all
}
