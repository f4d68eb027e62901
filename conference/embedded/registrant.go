package embedded

import (
	"errors"
	"fmt"

	"github.com/einwahl/einwahl/conference"
)

// Registrant is somebody with a PIN of their own. Whoever gives it is known by
// name; it carries one at a time: a second caller with it waits for a host.
type Registrant struct {
	Name string `yaml:"name" json:"name"` // as others see them
	PIN  Secret `yaml:"pin" json:"-"`
}

// checkRegistrants looks whether each can be told from everybody else.
func (m MeetingConfig) checkRegistrants() error {
	var errs []error
	names, pins := map[string]bool{}, map[Secret]bool{m.PIN: true, m.HostPIN: true, "": true}
	for i, r := range m.Registrants {
		key := fmt.Sprintf("registrants[%d]", i)
		switch {
		case r.Name == "" || r.Name != cleanName(r.Name):
			errs = append(errs, fmt.Errorf("%s.name: want a name of at most %d printable characters", key, maxName))
		case names[r.Name]:
			errs = append(errs, fmt.Errorf("%s.name: %q is there already", key, r.Name))
		}
		names[r.Name] = true
		switch err := checkPIN(key+".pin", r.PIN); {
		case err != nil:
			errs = append(errs, err)
		case r.PIN == "":
			errs = append(errs, fmt.Errorf("%s.pin: want one", key))
		case pins[r.PIN]:
			errs = append(errs, fmt.Errorf("%s.pin: is somebody else's in this meeting already", key))
		}
		pins[r.PIN] = true
	}
	if len(m.Registrants) > 0 && m.PIN == "" && !m.RegisteredOnly {
		errs = append(errs, errors.New("registrants: telephones are not asked for a PIN where there is none for all: want pin, or registered_only"))
	}
	if m.RegisteredOnly && len(m.Registrants) == 0 {
		errs = append(errs, errors.New("registered_only: nobody but hosts could come in: want registrants"))
	}
	return errors.Join(errs...)
}

// newcomer is who wants to come in.
type newcomer struct {
	conference.Identity
	name     string // as others see them
	phone    bool
	nickname int // of a telephone, see conference.Guest
	language string
	secure   bool   // a telephone whose call is encrypted as far as the gateway
	held     bool   // the gateway wants them in a waiting room
	was      string // a page's pass from before, if it says so
	pass     string // its pass from now on
	looks    bool   // only, and is seen by nobody
}

// seen is the name under which others see a newcomer: that which goes with
// their own PIN, else the one they come with.
func (n newcomer) seen() string {
	if n.Registered && n.Name != "" {
		return n.Name
	}
	return n.name
}
