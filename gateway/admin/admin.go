// Package admin is the operator's window into the gateway: health, metrics, an
// HTTP API and a dashboard.
//
// It owns no state of the gateway. What it shows it asks of the small
// interfaces below, each time anew; what an operator does goes through
// [Control]. Everything but health, the meeting page and the telephone at /phone
// needs the operator's token.
package admin

import (
	"time"

	"github.com/einwahl/einwahl/gateway/records"
)

// Call is one telephone call as an operator sees it.
type Call struct {
	ID         string    `json:"id"`
	Trunk      string    `json:"trunk"`
	Number     string    `json:"number"`            // the number that was called
	Caller     string    `json:"caller"`            // as others in a meeting see it
	Meeting    string    `json:"meeting,omitempty"` // once the caller is in one
	Phase      string    `json:"phase"`
	Language   string    `json:"language,omitempty"`
	Since      time.Time `json:"since"`
	Codec      string    `json:"codec,omitempty"`
	Secure     bool      `json:"secure"`
	Held       bool      `json:"held"`
	PacketsIn  uint64    `json:"packets_in"`
	PacketsOut uint64    `json:"packets_out"`
	Lost       uint64    `json:"lost"`

	Sound *records.Sound `json:"sound,omitempty"` // once there is any
	// Fingerprint of the certificate with which a call from a browser is connected,
	// as it stands in SDP; other calls have none.
	Fingerprint string `json:"fingerprint,omitempty"`
}

// Meeting is one meeting as an operator sees it.
type Meeting struct {
	ID         string   `json:"id"`
	Title      string   `json:"title"`
	Backend    string   `json:"backend"`
	Encryption string   `json:"encryption"`
	Recording  string   `json:"recording"`
	Consent    string   `json:"consent,omitempty"`
	Locked     bool     `json:"locked"`
	Lobby      bool     `json:"lobby"`
	NoPhones   bool     `json:"no_phones,omitempty"` // it takes no telephones at all
	Capacity   int      `json:"capacity,omitempty"`
	People     []Person `json:"people"` // never nil

	// PhonesRefused is why no telephone can be in it now: e2ee, unknown or closed.
	PhonesRefused  string     `json:"phones_refused,omitempty"`
	RecordingRun   uint64     `json:"recording_run,omitempty"`
	Purpose        Texts      `json:"purpose,omitempty"`  // of the recording
	AfterNo        string     `json:"after_no,omitempty"` // of who says no to it: listen, leave, talk
	Message        Texts      `json:"message,omitempty"`  // to those who wait
	Announce       string     `json:"announce,omitempty"` // who comes and goes: off, tones, names
	Region         string     `json:"region,omitempty"`
	Start          *time.Time `json:"start,omitempty"`
	NotStarted     bool       `json:"not_started,omitempty"`
	RegisteredOnly bool       `json:"registered_only,omitempty"`
	HostFirst      bool       `json:"host_first,omitempty"` // nobody is in without a host
	Made           bool       `json:"made,omitempty"`       // over the API, and not in the operator's file
	// Fingerprint of the certificate with which browsers are connected, as it stands
	// in SDP: sha-256 and 32 bytes in hexadecimal. It is one for all meetings, as old as
	// the process, and told where one meeting is asked for.
	Fingerprint string `json:"fingerprint,omitempty"`
}

// Texts are words of a host or an operator, by language.
type Texts map[string]string

// Person is somebody in a meeting, or at its door.
type Person struct {
	ID       string `json:"id"`
	Name     string `json:"name"` // telephones: already masked
	Phone    bool   `json:"phone"`
	Host     bool   `json:"host"`
	Muted    bool   `json:"muted"`
	Hand     bool   `json:"hand"`
	Waiting  bool   `json:"waiting"`
	Speaking bool   `json:"speaking"`
	Recorded string `json:"recorded,omitempty"`
	// Secure tells of a telephone that its call is encrypted as far as the gateway.
	Secure     bool `json:"secure,omitempty"`
	Registered bool `json:"registered,omitempty"` // known by a PIN of their own
}

// Trunk is one SIP peer as an operator sees it.
type Trunk struct {
	Name     string   `json:"name"`
	Peers    []string `json:"peers"`
	Codecs   []string `json:"codecs"`
	SRTP     string   `json:"srtp"`
	Calls    int      `json:"calls"`
	MaxCalls int      `json:"max_calls"`
	Refused  uint64   `json:"refused"`
	// Registrations are the gateway's own accounts with it, in the order of the
	// file; Reachable is what came of asking its peers with OPTIONS.
	Registrations []Registration `json:"registrations"`
	Reachable     []Peer         `json:"reachable"`
}

// Decision is one answer of admission.
type Decision struct {
	Time       time.Time `json:"time"`
	Call       string    `json:"call"`
	Meeting    string    `json:"meeting,omitempty"`
	Decision   string    `json:"decision"` // admit, wait, ask_consent, refuse
	Reason     string    `json:"reason"`
	Encryption string    `json:"encryption"`
}

// Control is what an operator does to a meeting. Several of it may stand in one
// request; they are done in the order of the fields.
type Control struct {
	Lock       *bool  `json:"lock,omitempty"`
	Encryption string `json:"encryption,omitempty"`   // none, transport, enhanced, e2ee
	Recording  string `json:"recording,omitempty"`    // start, pause, resume, stop
	Admit      string `json:"admit,omitempty"`        // the ID of a person, here and below
	Decline    string `json:"decline,omitempty"`      //
	Remove     string `json:"remove,omitempty"`       //
	Mute       string `json:"mute,omitempty"`         //
	AskToSpeak string `json:"ask_to_speak,omitempty"` //
	MuteAll    bool   `json:"mute_all,omitempty"`
	// Purpose of the recording, and what is said to those who wait, by language;
	// {} takes them away. They stand until the meeting is over.
	Purpose *Texts `json:"purpose,omitempty"`
	Message *Texts `json:"message,omitempty"`
	End     bool   `json:"end,omitempty"`
}

// calls lists the calls that are running.
type calls interface {
	Calls() []Call
}

// meetings lists the meetings and lets an operator act on them. A Meeting is never
// changed, and is the same as before where nothing has changed: the stream goes by
// that. Meeting returns conference.ErrNoMeeting, Control that, ErrGone or
// ErrUnavailable, or says in plain words what does not fit.
type meetings interface {
	Meetings() []*Meeting
	Meeting(id string) (*Meeting, error)
	Control(id string, c Control) error
}

// making makes meetings and changes those that were made. Its methods return
// conference.ErrNoMeeting, ErrUnavailable, ErrFixed, or say in plain words what
// does not fit.
type making interface {
	Make(n NewMeeting) (Access, error)
	Change(id string, s Settings) error
	Unmake(id string) error
	Rotate(id string, r Rotation) (Access, error)
	Register(id string, who Registrant) (Access, error)
	Unregister(id, name string) error
	// Invitation is for any meeting, in a language or what comes nearest.
	Invitation(id, language string) (Invitation, error)
}

// trunks lists the trunks.
type trunks interface {
	Trunks() []Trunk
}
