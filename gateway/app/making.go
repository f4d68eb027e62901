package app

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/einwahl/einwahl/conference"
	"github.com/einwahl/einwahl/conference/embedded"
	"github.com/einwahl/einwahl/gateway/admin"
	"github.com/einwahl/einwahl/gateway/invitation"
)

// Make makes a meeting.
func (m meetings) Make(n admin.NewMeeting) (admin.Access, error) {
	c := embedded.DefaultNewMeeting()
	c.ID, c.PIN, c.HostPIN = n.ID, embedded.Secret(n.PIN), embedded.Secret(n.HostPIN)
	for _, r := range n.Registrants {
		c.Registrants = append(c.Registrants, embedded.Registrant{Name: r.Name, PIN: embedded.Secret(r.PIN)})
	}
	if err := m.apply(n.Settings, &c); err != nil {
		return admin.Access{}, err
	}
	made, err := m.backend.Make(c, n.Digits)
	if err != nil {
		return admin.Access{}, err
	}
	return admin.Access{ID: made.ID, PIN: string(made.PIN), HostPIN: string(made.HostPIN), Registrants: registrants(made)}, nil
}

// Change changes a meeting that was made.
func (m meetings) Change(id string, s admin.Settings) error {
	_, err := m.change(id, func(c *embedded.MeetingConfig) error { return m.apply(s, c) })
	return err
}

// Unmake ends a meeting for good.
func (m meetings) Unmake(id string) error {
	err := fixed(m.backend.Unmake(id))
	if errors.Is(err, admin.ErrFixed) {
		return fmt.Errorf("%w; einwahl meetings end --keep %s sends everybody out and leaves it", err, id)
	}
	return err
}

// Rotate replaces PINs, and tells the new ones.
func (m meetings) Rotate(id string, r admin.Rotation) (admin.Access, error) {
	c, err := m.change(id, func(c *embedded.MeetingConfig) error {
		if r.PIN {
			c.PIN = ""
		}
		if r.HostPIN {
			c.HostPIN = ""
		}
		if r.Registrant == "" {
			return nil
		}
		i := registered(*c, r.Registrant)
		if i < 0 {
			return fmt.Errorf("nobody called %q is registered", r.Registrant)
		}
		c.Registrants[i].PIN = ""
		return nil
	})
	if err != nil {
		return admin.Access{}, err
	}
	access := admin.Access{ID: id}
	if r.PIN {
		access.PIN = string(c.PIN)
	}
	if r.HostPIN {
		access.HostPIN = string(c.HostPIN)
	}
	if i := registered(c, r.Registrant); r.Registrant != "" {
		access.Registrants = registrants(c)[i : i+1]
	}
	return access, nil
}

// Register gives somebody a PIN of their own.
func (m meetings) Register(id string, who admin.Registrant) (admin.Access, error) {
	c, err := m.change(id, func(c *embedded.MeetingConfig) error {
		c.Registrants = append(c.Registrants, embedded.Registrant{Name: who.Name, PIN: embedded.Secret(who.PIN)})
		return nil
	})
	if err != nil {
		return admin.Access{}, err
	}
	all := registrants(c)
	return admin.Access{ID: id, Registrants: all[len(all)-1:]}, nil
}

// Unregister takes somebody's PIN away.
func (m meetings) Unregister(id, name string) error {
	_, err := m.change(id, func(c *embedded.MeetingConfig) error {
		i := registered(*c, name)
		if i < 0 {
			return fmt.Errorf("nobody called %q is registered", name)
		}
		c.Registrants = slices.Delete(c.Registrants, i, i+1)
		return nil
	})
	return err
}

func (m meetings) change(id string, do func(*embedded.MeetingConfig) error) (embedded.MeetingConfig, error) {
	c, err := m.backend.Change(id, do)
	return c, fixed(err)
}

// fixed puts the backend's word for a meeting of the operator's file into the
// operator's server's.
func fixed(err error) error {
	if errors.Is(err, embedded.ErrListed) {
		return fmt.Errorf("it %w", admin.ErrFixed)
	}
	return err
}

func registered(c embedded.MeetingConfig, name string) int {
	return slices.IndexFunc(c.Registrants, func(r embedded.Registrant) bool { return r.Name == name })
}

func registrants(c embedded.MeetingConfig) []admin.Registrant {
	var all []admin.Registrant
	for _, r := range c.Registrants {
		all = append(all, admin.Registrant{Name: r.Name, PIN: string(r.PIN)})
	}
	return all
}

// apply writes what settings say into those of a meeting, and looks whether what
// they have callers told can be spoken.
func (m meetings) apply(s admin.Settings, c *embedded.MeetingConfig) error {
	if err := apply(s, c); err != nil {
		return err
	}
	return m.spoken(*c)
}

// spoken looks whether the words of a meeting can be spoken.
func (m meetings) spoken(c embedded.MeetingConfig) error {
	if wrong := m.app.settings.Load().CheckMeeting(m.app.library, c); len(wrong) > 0 {
		return wrong
	}
	return nil
}

// apply writes what settings say into those of a meeting.
func apply(s admin.Settings, c *embedded.MeetingConfig) error {
	put(&c.Title, s.Title)
	put(&c.Encryption, s.Encryption)
	put(&c.Recording, s.Recording)
	put(&c.Consent, s.Consent)
	put(&c.Lobby, s.Lobby)
	put(&c.Locked, s.Locked)
	put(&c.JoinBeforeHost, s.JoinBeforeHost)
	put(&c.Phones, s.Phones)
	put(&c.Capacity, s.Capacity)
	put(&c.Purpose, (*embedded.Texts)(s.Purpose))
	put(&c.AfterNo, s.AfterNo)
	put(&c.Message, (*embedded.Texts)(s.Message))
	put(&c.Announce, s.Announce)
	put(&c.RegisteredOnly, s.RegisteredOnly)
	if s.Start == nil {
		return nil
	}
	if err := c.Start.UnmarshalText([]byte(*s.Start)); err != nil {
		return fmt.Errorf("start: %w", err)
	}
	return nil
}

func put[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

// Invitation writes the invitation to a meeting.
func (m meetings) Invitation(id, language string) (admin.Invitation, error) {
	c, err := m.backend.Settings(id)
	if err != nil {
		return admin.Invitation{}, err
	}
	file := m.app.settings.Load().Config
	meeting := invitation.Meeting{ID: id, Title: c.Title, PIN: string(c.PIN), Start: c.Start.Time, Phones: phones(c)}
	if page := file.Conference.Embedded.Page; page != "" {
		meeting.Page = strings.TrimSuffix(page, "/") + "/meet/" + id
	}
	language = invitation.Language(language)
	numbers := dialled(entrances(file), id)
	i := admin.Invitation{
		Language: language, OneTap: []string{},
		Text:    invitation.Text(language, meeting, numbers),
		Public:  invitation.Public(language, meeting, numbers),
		Private: invitation.Private(language, meeting, numbers),
	}
	for _, n := range numbers {
		if tap := invitation.OneTap(language, meeting, n); tap != "" && meeting.Phones == invitation.Welcome {
			i.OneTap = append(i.OneTap, tap)
		}
	}
	return i, nil
}

// phones is whether the settings let telephones in. A host may still change the
// encryption; who calls then is told.
func phones(c embedded.MeetingConfig) invitation.Phones {
	switch {
	case c.Encryption == conference.EndToEnd.String():
		return invitation.Sealed
	case !c.Phones:
		return invitation.Closed
	}
	return invitation.Welcome
}
