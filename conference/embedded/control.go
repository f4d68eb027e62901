package embedded

import (
	"errors"
	"fmt"

	"github.com/einwahl/einwahl/conference"
)

// Control is what an operator does to a meeting. What is empty is left alone;
// the rest is done in the order of the fields, up to the first mistake.
type Control struct {
	Lock       *bool
	Encryption string // transport, enhanced, e2ee
	Recording  string // start, pause, resume, stop
	Admit      string // these five name a person
	Decline    string
	Remove     string
	Mute       string
	AskToSpeak string
	MuteAll    bool
	// Purpose and Message, where they are not nil, stand until the meeting is
	// over, or its settings say something else.
	Purpose *Texts
	Message *Texts
	End     bool
}

// ErrBadControl reports a Control that asks for something that is not there,
// or not possible now.
var ErrBadControl = errors.New("cannot be done")

// Control does to meeting id what c says. It returns conference.ErrNoMeeting,
// or an error that is ErrBadControl and tells why.
func (b *Backend) Control(id string, c Control) error {
	m := b.meeting(id)
	if m == nil {
		return conference.ErrNoMeeting
	}
	err := conference.ErrNoMeeting
	m.do(func() { err = m.state.control(c) })
	if err != nil && !errors.Is(err, conference.ErrNoMeeting) {
		return fmt.Errorf("%w: %w", ErrBadControl, err)
	}
	return err
}

// control applies an operator's orders.
func (s *state) control(c Control) error {
	if c.Lock != nil {
		s.lock(*c.Lock, false)
	}
	if c.Encryption != "" {
		if err := s.order("encryption", c.Encryption); err != nil {
			return err
		}
	}
	if c.Recording != "" {
		if err := s.order("record_"+c.Recording, ""); err != nil {
			return err
		}
	}
	for _, o := range []struct{ action, person string }{
		{"admit", c.Admit},
		{"decline", c.Decline},
		{"remove", c.Remove},
		{"mute", c.Mute},
		{"ask_to_speak", c.AskToSpeak},
	} {
		if o.person == "" {
			continue
		}
		if err := s.order(o.action, o.person); err != nil {
			return err
		}
	}
	if c.MuteAll {
		s.muteAll()
	}
	if err := s.reword(c); err != nil {
		return err
	}
	if c.End {
		s.end(partEnded)
	}
	return nil
}

// reword takes new words for the meeting.
func (s *state) reword(c Control) error {
	if c.Purpose != nil {
		if err := c.Purpose.check("purpose"); err != nil {
			return err
		}
		s.setPurpose(*c.Purpose)
	}
	if c.Message != nil {
		if err := c.Message.check("message"); err != nil {
			return err
		}
		s.message = *c.Message
	}
	return nil
}

// order does one thing that a host or an operator has asked for. argument is a
// person or an encryption level.
func (s *state) order(action, argument string) error {
	switch action {
	case "admit", "decline", "remove", "mute", "ask_to_speak":
		p := s.find(argument)
		if p == nil {
			return errNoPerson
		}
		s.orderPerson(action, p)
	case "lock":
		s.lock(true, true)
	case "unlock":
		s.lock(false, true)
	case "mute_all":
		s.muteAll()
	case "record_start":
		return s.recordStart()
	case "record_pause":
		return s.recordPause()
	case "record_resume":
		return s.recordResume()
	case "record_stop":
		return s.recordStop()
	case "end":
		s.end(partEnded)
	case "encryption":
		level, err := conference.ParseEncryption(argument)
		if err != nil {
			return err
		}
		if level == conference.None || level == conference.Unknown {
			return fmt.Errorf("encryption %s: want transport, enhanced or e2ee", argument)
		}
		s.encrypt(level)
	default:
		return fmt.Errorf("%q is nothing that can be done to a meeting", action)
	}
	return nil
}

func (s *state) orderPerson(action string, p *person) {
	switch action {
	case "admit":
		s.admit(p)
	case "decline":
		s.decline(p)
	case "remove":
		s.remove(p)
	case "mute":
		if p.place == inside {
			s.muteByHost(p)
		}
	case "ask_to_speak":
		p.requests++
	}
}
