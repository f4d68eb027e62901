package conference

import "fmt"

// State is a meeting as its service knows it at one moment, seen by one
// visitor. It is a value: comparing two tells what has changed.
type State struct {
	Encryption Encryption
	Recording  Recording
	// RecordingRun counts the recordings of this meeting; an answer belongs to
	// one of them. It grows with each start and when the purpose changes, not
	// with pause and resume.
	RecordingRun uint64
	Consent      Consent // what this meeting asks of those it records
	// Purpose is what the recording is for, in the visitor's language; callers
	// hear it before they are asked. Empty: the meeting does not say.
	Purpose string
	// Repurposed tells that this run goes on with a recording that ran already,
	// for another purpose.
	Repurposed bool
	AfterNo    AfterNo // what a no to the recording means here

	Locked         bool
	Lobby          bool // newcomers wait until a host admits them
	HostPresent    bool
	HostPIN        bool // a PIN makes a caller the host
	JoinBeforeHost bool // people may be there without a host
	PhonesRefused  bool // the meeting takes no telephones at all
	RegisteredOnly bool // only callers with a personal PIN
	NotStarted     bool // the meeting takes nobody yet
	Capacity       int  // most people at once; 0 is no limit
	People         int  // people with a seat now, phones included
	Ended          bool

	// Region is where the meeting's sound is processed, as its service names it.
	// Empty: the service cannot tell.
	Region string
	// Message is what the host or the operator says to those who wait, in the
	// visitor's language. Empty: nothing.
	Message string
	// Announce is how those who are in learn of who comes and goes; Joined and
	// Left are the last of them, this visitor not counted.
	Announce     Announce
	Joined, Left Passage

	// You is what of it concerns this visitor alone.
	You You
}

// You is the part of a State that concerns one visitor.
type You struct {
	Seated   bool // this visitor has a seat, and is one of People
	Admitted bool // a host has let this visitor through the waiting room
	Declined bool // a host has turned this visitor away from the waiting room
	Removed  bool // a host has removed this visitor
	Muted    bool // a host has shut this visitor's microphone
	// SpeakRequests counts how often a host has asked this visitor to speak. A
	// host can never open a microphone: the caller does, by key.
	SpeakRequests int
	// Waiting is how many people wait to be admitted; told to hosts only.
	Waiting int
	// Last stands for who came in last, other than hosts and this visitor; 0 is
	// nobody. It is never somebody else's, and told to hosts only.
	Last uint64
}

// Passage is somebody who has come or gone. Count grows with each.
type Passage struct {
	Count uint64
	Name  string // of a page or of somebody registered, as others see them
	// Phone tells that it was a telephone of which no name is known. Its label is
	// for the eye: part of a number may be in it.
	Phone    bool
	Nickname int // of a telephone, see Guest
}

// Announce is how callers learn of who comes and goes.
type Announce int

const (
	// AnnounceNothing: they do not.
	AnnounceNothing Announce = iota
	// AnnounceTones: a short tone, another one for those who go.
	AnnounceTones
	// AnnounceNames: the tone and the name, where it can be spoken; of a telephone
	// whose caller has none, that it is one.
	AnnounceNames
)

var announceNames = [...]string{"off", "tones", "names"}

func (a Announce) String() string {
	if a < 0 || int(a) >= len(announceNames) {
		return announceNames[AnnounceNothing]
	}
	return announceNames[a]
}

// ParseAnnounce reads what String writes.
func ParseAnnounce(s string) (Announce, error) {
	for i, name := range announceNames {
		if s == name {
			return Announce(i), nil
		}
	}
	return AnnounceNothing, fmt.Errorf("%q is no way to announce people: want off, tones or names", s)
}

// AfterNo is what becomes of a caller who says no to a recording.
type AfterNo int

const (
	// AfterNoDefault leaves it to the operator's file.
	AfterNoDefault AfterNo = iota
	// AfterNoListen: they may stay and listen.
	AfterNoListen
	// AfterNoLeave: they have to leave.
	AfterNoLeave
	// AfterNoTalk: they talk on, and the meeting keeps their voice out of every
	// file. Only a meeting can promise that, of itself.
	AfterNoTalk
)

var afterNoNames = [...]string{"", "listen", "leave", "talk"}

func (a AfterNo) String() string {
	if a < 0 || int(a) >= len(afterNoNames) {
		return afterNoNames[AfterNoListen]
	}
	return afterNoNames[a]
}

// ParseAfterNo reads what String writes. The empty string is AfterNoDefault.
func ParseAfterNo(s string) (AfterNo, error) {
	for i, name := range afterNoNames {
		if s == name {
			return AfterNo(i), nil
		}
	}
	return AfterNoListen, fmt.Errorf("%q is no consequence of a no: want listen, leave or talk", s)
}

// Encryption is who holds the keys of a meeting's media.
type Encryption int

const (
	// Unknown encryption is treated as end-to-end: refuse, and say so in the
	// log. It is the zero value, so that what nobody has set refuses.
	Unknown Encryption = iota
	// None is clear media.
	None
	// Transport is encrypted hop by hop.
	Transport
	// Enhanced is strong ciphers on every leg, with keys on the servers.
	Enhanced
	// EndToEnd is keys at the participants only. A telephone cannot take part.
	EndToEnd
)

var encryptionNames = [...]string{"unknown", "none", "transport", "enhanced", "e2ee"}

// Valid reports whether e is one of the five levels. Anything else counts as
// Unknown.
func (e Encryption) Valid() bool { return e >= Unknown && int(e) < len(encryptionNames) }

func (e Encryption) String() string {
	if !e.Valid() {
		return encryptionNames[Unknown]
	}
	return encryptionNames[e]
}

// ParseEncryption reads a level as it stands in the operator's file.
func ParseEncryption(s string) (Encryption, error) {
	for i, name := range encryptionNames {
		if s == name {
			return Encryption(i), nil
		}
	}
	return Unknown, fmt.Errorf("%q is no encryption level: want none, transport, enhanced or e2ee", s)
}

// Recording is where a meeting's recording stands.
type Recording int

const (
	// RecordingUnknown is treated as a running recording whose consent cannot
	// be asked. It is the zero value.
	RecordingUnknown Recording = iota
	// NotRecording is no recording.
	NotRecording
	// RecordingPrepared is the moment before a recording: phones are silenced,
	// nothing is recorded yet.
	RecordingPrepared
	// RecordingOn is a running recording.
	RecordingOn
	// RecordingPaused is a recording that will go on.
	RecordingPaused
)

var recordingNames = [...]string{"unknown", "off", "prepared", "on", "paused"}

func (r Recording) String() string {
	if r < 0 || int(r) >= len(recordingNames) {
		return recordingNames[RecordingUnknown]
	}
	return recordingNames[r]
}

// Active reports whether what is said may end in a recording now or in a
// moment.
func (r Recording) Active() bool { return r != NotRecording }

// Consent is what is asked of a caller before their voice is recorded.
type Consent int

const (
	// ConsentDefault leaves it to the operator's file.
	ConsentDefault Consent = iota
	// ConsentOff tells nothing.
	ConsentOff
	// ConsentNotice tells that a recording runs.
	ConsentNotice
	// ConsentRequired asks for a key.
	ConsentRequired
)

var consentNames = [...]string{"", "off", "notice", "required"}

func (c Consent) String() string {
	if c < 0 || int(c) >= len(consentNames) {
		return consentNames[ConsentRequired]
	}
	return consentNames[c]
}

// ParseConsent reads a policy as it stands in the operator's file. The empty
// string is ConsentDefault.
func ParseConsent(s string) (Consent, error) {
	for i, name := range consentNames {
		if s == name {
			return Consent(i), nil
		}
	}
	return ConsentRequired, fmt.Errorf("%q is no consent policy: want off, notice or required", s)
}
