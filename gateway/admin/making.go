package admin

import "errors"

// ErrFixed reports a meeting of the operator's file, which is changed there.
var ErrFixed = errors.New("stands in the operator's file: change it there")

// Settings are those of a meeting that is made over the API. What is left out
// has its default, or stays as it was.
type Settings struct {
	Title          *string `json:"title,omitempty"`
	Encryption     *string `json:"encryption,omitempty"`       // transport, enhanced, e2ee
	Recording      *string `json:"recording,omitempty"`        // off, on
	Consent        *string `json:"consent,omitempty"`          // off, notice, required
	Lobby          *bool   `json:"lobby,omitempty"`            // true by default
	Locked         *bool   `json:"locked,omitempty"`           //
	JoinBeforeHost *bool   `json:"join_before_host,omitempty"` // false by default
	Phones         *bool   `json:"phones,omitempty"`
	Capacity       *int    `json:"capacity,omitempty"`
	Purpose        *Texts  `json:"purpose,omitempty"`
	AfterNo        *string `json:"after_no,omitempty"` // listen, leave, talk
	Message        *Texts  `json:"message,omitempty"`
	Announce       *string `json:"announce,omitempty"` // off, tones, names
	Start          *string `json:"start,omitempty"`    // 2026-12-01T09:00:00+01:00
	RegisteredOnly *bool   `json:"registered_only,omitempty"`
}

// NewMeeting is a meeting that is to be made. Number and PINs that are left out
// are made up.
type NewMeeting struct {
	Settings
	ID          string       `json:"id,omitempty"`     // a number of one's own choice: 8 to 12 digits
	Digits      int          `json:"digits,omitempty"` // of a number that is made up: 9 to 11
	PIN         string       `json:"pin,omitempty"`
	HostPIN     string       `json:"host_pin,omitempty"`
	Registrants []Registrant `json:"registrants,omitempty"`
}

// Registrant is somebody with a PIN of their own.
type Registrant struct {
	Name string `json:"name"`
	PIN  string `json:"pin,omitempty"` // in a request: empty makes one up
}

// Access is what opens a meeting, as far as it is new. It is told once.
type Access struct {
	ID          string       `json:"id"`
	PIN         string       `json:"pin,omitempty"`
	HostPIN     string       `json:"host_pin,omitempty"`
	Registrants []Registrant `json:"registrants,omitempty"`
}

// Rotation names the PINs that are to be replaced; none is that of all guests.
type Rotation struct {
	PIN        bool   `json:"pin,omitempty"`
	HostPIN    bool   `json:"host_pin,omitempty"`
	Registrant string `json:"registrant,omitempty"` // by name
}

// Invitation is what people are sent.
type Invitation struct {
	Language string   `json:"language"`
	Text     string   `json:"text"`    // all of it
	Public   string   `json:"public"`  // the same without the PIN
	Private  string   `json:"private"` // the PIN, to be sent another way
	OneTap   []string `json:"one_tap"` // what a mobile telephone dials, PIN included
}
