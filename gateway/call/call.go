// Package call leads one telephone call from its first word to its last.
//
// What happens is decided by a pure function: next takes the state of a call
// and something that has happened, and gives the new state and what is to be
// done. What the caller hears and whether their voice is open is not done by
// actions at all: outline reads it off the state, and a [Session] makes the
// telephone and the seat agree with it after each step. So no order of events
// can leave a voice open that the state would not open.
//
// A Session is thin: it turns what the telephone, the meeting, the clock and
// the disk have to say into events, and carries actions out.
package call

import (
	"context"
	"time"

	"github.com/rs/zerolog"

	"github.com/einwahl/einwahl/announcements"
	"github.com/einwahl/einwahl/conference"
	"github.com/einwahl/einwahl/gateway/admission"
	"github.com/einwahl/einwahl/gateway/lockout"
	"github.com/einwahl/einwahl/gateway/records"
	"github.com/einwahl/einwahl/sip"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// phone is what a Session needs of a telephone call.
type phone interface {
	// Ring tells the caller that it rings.
	Ring()
	// Early lets the caller hear before the call is answered.
	Early(context.Context) error
	Answer(context.Context) error
	// Secure reports whether signalling and sound are encrypted.
	Secure() bool
	// Connect sets what the caller hears and where their voice goes; nil is
	// silence. When it returns, what was connected before is no longer used.
	Connect(hear pcm.Source, speak pcm.Sink)
	Digits() <-chan rune
	Done() <-chan struct{}
	// Err is why the call has ended, once it is done.
	Err() error
	Hangup(sip.Cause)
	// Sound is how the call sounds, nil before there is any.
	Sound() *records.Sound
}

// service is where meetings are found.
type service interface {
	Find(ctx context.Context, number string) (conference.Meeting, error)
}

// recorder keeps evidence. What it has returned from without an error lasts.
type recorder interface {
	AppendConsent(records.Consent) error
	AppendCall(records.Call) error
}

// Observer is told what is worth counting. Its methods must not block.
type Observer interface {
	// Decided is told each new decision about this caller.
	Decided(d admission.Decision, e conference.Encryption)
	// Spoke is told each prompt as its speech begins.
	Spoke(p announcements.Prompt, language string)
	// Seated is told each seat that a meeting has opened for this caller, from
	// any goroutine.
	Seated()
	// Ended is told what the call was, once it is over.
	Ended(records.Call)
}

// Setup is all that a call needs. Settings are those of the moment at which
// the call came in; a reload concerns later calls.
type Setup struct {
	Phone     phone
	Call      string // random ID
	Trunk     string
	Number    string // the called number, as it stands in the operator's file
	Secure    bool   // signalling and media are encrypted, as far as is known before the answer
	Known     admission.Caller
	Telephone string // the caller's number where they show it: for their label, and for evidence that seals it
	// Nickname is the number, from 1, by which this caller is told from the others
	// in a meeting. The session's goroutine alone calls it.
	Nickname func(meeting string) int
	Program  string // name and version of this program, for the evidence

	Languages []string            // with several, the caller chooses by key
	Meeting   string              // the number leads to this meeting; empty: the caller keys one
	Message   announcements.Texts // for who waits, where the meeting has none
	Early     bool                // a refusal that is known before the answer is told before it
	Guesses   *lockout.Line
	Service   service
	Library   *announcements.Library
	Records   recorder
	Observer  Observer
	Policy    admission.Policy // for calls to this number
	// WaitingRoom is set where the service can hold single callers until a host
	// admits them.
	WaitingRoom bool
	Limits      Config
	Tone        time.Duration // between the tones that tell of a recording; 0: none
	Privacy     PrivacyConfig
	Days        int // after which records of this call are deleted, as callers are told
	Log         zerolog.Logger
}

// Info is a call as an operator may see it.
type Info struct {
	Call       string    `json:"call"`
	Trunk      string    `json:"trunk"`
	Number     string    `json:"number"`
	Caller     string    `json:"caller,omitempty"`
	Start      time.Time `json:"start"`
	Phase      string    `json:"phase"`
	Language   string    `json:"language,omitempty"`
	Meeting    string    `json:"meeting,omitempty"`
	Encryption string    `json:"encryption,omitempty"`
	Secure     bool      `json:"secure"`
	Seated     bool      `json:"seated"`
	Voice      bool      `json:"voice"` // the caller can be heard
	Hand       bool      `json:"hand"`
}
