// Package conference is the vocabulary in which the gateway speaks of
// conferences: a [Backend] finds a [Meeting], a caller with the right PIN pays
// it a [Visit], and a visit that admission lets in takes a [Seat].
//
// The steps are apart because what is allowed at each of them differs. A
// meeting is only looked up; nothing about it may be told to the caller. A
// visit is known to the people in the meeting and hears of its changes, but
// carries no sound. Only a seat has an audio path, so a caller who is refused,
// who waits, or who has not agreed never has one.
//
// A backend pushes: whatever changes in the meeting arrives as a new [State],
// and the same pure decision is taken again for each visit.
package conference

import (
	"context"
	"errors"

	"github.com/einwahl/einwahl/transcode/pcm"
)

var (
	// ErrNoMeeting reports that no meeting has this number, or that it is over.
	ErrNoMeeting = errors.New("no such meeting")
	// ErrWrongPIN reports a PIN that opens nothing in this meeting.
	ErrWrongPIN = errors.New("wrong PIN")
	// ErrUnavailable reports that the conference service cannot be asked now.
	// Nobody is let in on a guess.
	ErrUnavailable = errors.New("conference service unavailable")
	// ErrNotAdmitted reports that the meeting itself will not seat this
	// caller, whatever the gateway has decided.
	ErrNotAdmitted = errors.New("not admitted by the meeting")
	// ErrGone reports that the meeting or the visit is over.
	ErrGone = errors.New("gone")
)

// Backend is a conference service. Its methods may be called from several
// goroutines.
type Backend interface {
	// Find looks up the meeting that a caller has keyed. It returns
	// ErrNoMeeting or ErrUnavailable.
	Find(ctx context.Context, number string) (Meeting, error)
	// Capabilities tells what the service can know of its meetings.
	Capabilities() Capabilities
}

// Capabilities tells an operator what a backend can and cannot know. What it
// cannot know is treated as the worst case.
type Capabilities struct {
	Encryption bool // it knows the encryption level of a meeting
	Recording  bool // it knows whether a meeting is recorded, and pushes changes
	Consent    bool // it prepares a recording: phones fall silent before it begins
	Lobby      bool // it has a waiting room
	Hosts      bool // it knows who is host, and whether one is there
	Region     bool // it knows where a meeting's sound is processed
	Keys       bool // a host's keys (lock, record, mute all, admit) reach it
}

// Meeting is a meeting that has been found. Until the PIN is right, nothing of
// it may be told to the caller.
type Meeting interface {
	ID() string
	// NeedsPIN reports whether a caller must key in a PIN.
	NeedsPIN() bool
	// Identify tells whose PIN this is, comparing in constant time. An empty
	// PIN is right where none is needed. It returns ErrWrongPIN,
	// ErrUnavailable or ErrNoMeeting.
	Identify(ctx context.Context, pin string) (Identity, error)
	// Visit announces the caller. The people in the meeting may see that
	// somebody is at the door; there is no audio. It returns ErrGone or
	// ErrUnavailable.
	Visit(ctx context.Context, who Guest) (Visit, error)
}

// Identity is what a PIN has shown about a caller.
type Identity struct {
	Host       bool
	Registered bool   // the PIN is this person's own
	Name       string // known only for registered persons
}

// Guest is a caller as the meeting may know them: already masked.
type Guest struct {
	Identity
	Call  string // the call's ID, for logs; random, says nothing about a person
	Label string // what others see, e.g. "Phone +49301... (3)" or "Phone 3"
	// Nickname is the number in Label that tells this caller from others, and all
	// of it that is ever spoken. 0: Label has none.
	Nickname int
	// Language the caller is spoken to in, for notices written by the host.
	Language string
	// Held callers come in only once a host has admitted them, also where others
	// come straight in. Their State has Lobby set.
	Held bool
	// Secure tells that signalling and sound of the call are encrypted as far
	// as the gateway; the others may see it.
	Secure bool
	// Looks tells that the caller only learns what the meeting is like. Nobody sees
	// them, not even in a waiting room, and they get no seat.
	Looks bool
}

// Visit is one caller's relation with a meeting, from the right PIN to the
// goodbye. Its methods may be called from several goroutines.
type Visit interface {
	// States delivers the state of the meeting now, and again after each
	// change. A slow reader gets the newest, not all. The channel is closed
	// when the visit is over for the meeting: a last state says why.
	States() <-chan State
	// Open takes the seat. Voice and Recording of the seat are shut until the
	// session says otherwise. It returns ErrNotAdmitted, ErrGone or
	// ErrUnavailable, and never a seat in a meeting that is end-to-end
	// encrypted, locked to this caller, or whose waiting room still holds them.
	Open(ctx context.Context) (Seat, error)
	// Command does what a host has keyed; RemoveLast to who was You.Last when the
	// host was asked, any other to nobody: 0. It returns ErrNotAdmitted where the
	// caller is no host, ErrGone where nobody is there whom it could be done
	// to, ErrUnavailable where the backend cannot do it.
	Command(ctx context.Context, c Command, who uint64) error
	// Leave ends the visit and its seat. It is safe to call twice.
	Leave()
}

// Seat is one phone caller's place in a meeting. What is read from it is what
// the others say; what is written to it is what the caller says. A seat that
// lives on a room's beat implements pcm.Clocked as well.
type Seat interface {
	pcm.Source
	pcm.Sink
	// SetMicrophone opens or shuts the caller's microphone as the others see
	// it. A seat begins with it shut.
	SetMicrophone(on bool)
	// SetHand raises or lowers the caller's hand.
	SetHand(up bool)
	// Answer tells the meeting how the caller stands to recording number run
	// (State.RecordingRun). Until the caller has answered a running or
	// prepared recording, the meeting keeps the caller's voice out of the meeting
	// and out of every file; after a no likewise, but in a meeting whose State
	// says AfterNoTalk only out of every file.
	Answer(run uint64, a Answer)
}

// Answer is how a caller stands to a recording.
type Answer int

const (
	// Unanswered: the voice stays out.
	Unanswered Answer = iota
	// Informed: notice was given, and notice is all that is asked.
	Informed
	// Agreed: the caller has pressed the key for yes.
	Agreed
	// Declined: the caller does not agree; the voice stays out of every file.
	Declined
)

var answerNames = [...]string{"unanswered", "informed", "agreed", "declined"}

func (a Answer) String() string {
	if a < 0 || int(a) >= len(answerNames) {
		return answerNames[Unanswered]
	}
	return answerNames[a]
}

// Command is something a host does by key.
type Command int

const (
	// ToggleLock locks the meeting, or opens it again.
	ToggleLock Command = iota + 1
	// MuteAll mutes everybody but hosts.
	MuteAll
	// AdmitNext admits who has waited longest.
	AdmitNext
	// ToggleRecording starts a recording, or stops it.
	ToggleRecording
	// RemoveLast takes out who came last, other than hosts and the caller. Who has
	// come since the host was asked stays.
	RemoveLast
	// EndMeeting ends the meeting for everybody.
	EndMeeting
)
