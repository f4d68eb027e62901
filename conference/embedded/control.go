package embedded

import (
	"errors"
	"fmt"
	"slices"

	"github.com/einwahl/einwahl/conference"
)

// Info is a meeting as an operator sees it.
type Info struct {
	ID         string   `json:"id"`
	Title      string   `json:"title"`
	Encryption string   `json:"encryption"`
	Recording  string   `json:"recording"`
	Run        uint64   `json:"recording_run"`
	Consent    string   `json:"consent"`
	Locked     bool     `json:"locked"`
	Lobby      bool     `json:"lobby"`
	Phones     bool     `json:"phones"` // telephones may come in
	Capacity   int      `json:"capacity"`
	Speaking   []string `json:"speaking"` // by ID
	People     []Person `json:"people"`
}

// Control is what an operator does to a meeting. What is empty is left alone;
// the rest is done in the order of the fields, up to the first mistake.
type Control struct {
	Lock       *bool  `json:"lock,omitempty"`
	Encryption string `json:"encryption,omitempty"` // transport, enhanced, e2ee
	Recording  string `json:"recording,omitempty"`  // start, pause, resume, stop
	Admit      string `json:"admit,omitempty"`      // these five name a person
	Decline    string `json:"decline,omitempty"`
	Remove     string `json:"remove,omitempty"`
	Mute       string `json:"mute,omitempty"`
	AskToSpeak string `json:"ask_to_speak,omitempty"`
	MuteAll    bool   `json:"mute_all,omitempty"`
	End        bool   `json:"end,omitempty"`
}

// ErrBadControl reports a Control that asks for something that is not there,
// or not possible now.
var ErrBadControl = errors.New("cannot be done")

// Meetings tells of all meetings, in the order of the operator's file.
func (b *Backend) Meetings() []Info {
	b.mu.Lock()
	var found []*meeting
	for _, c := range b.configs {
		if m, ok := b.meetings[c.ID]; ok {
			found = append(found, m)
		}
	}
	b.mu.Unlock()
	infos := make([]Info, 0, len(found))
	for _, m := range found {
		if info, ok := m.info(); ok {
			infos = append(infos, info)
		}
	}
	return infos
}

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

func (m *meeting) info() (Info, bool) {
	var info Info
	ok := m.do(func() {
		v := m.state.meetingView()
		info = Info{
			ID: v.ID, Title: v.Title, Encryption: v.Encryption, Recording: v.Recording, Run: v.Run,
			Consent: v.Consent, Locked: v.Locked, Lobby: v.Lobby, People: m.state.peopleViews(true),
			Phones: m.state.policy.phones, Capacity: m.state.policy.capacity, Speaking: slices.Clone(m.speaking),
		}
	})
	return info, ok
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
	if c.End {
		s.end(partEnded)
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
		s.part(p, partRemoved)
	case "mute":
		if p.place == inside {
			s.muteByHost(p)
		}
	case "ask_to_speak":
		p.requests++
	}
}
