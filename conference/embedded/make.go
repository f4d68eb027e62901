package embedded

import (
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/einwahl/einwahl/conference"
	"github.com/einwahl/einwahl/conference/embedded/digits"
)

const (
	// numberDigits and pinDigits are how many there are where nobody says.
	numberDigits, pinDigits = 10, 6
	// ownDigits are those of a personal PIN. A meeting has many of them, and each is
	// right: with a hundred, eight digits are as good as six with one. Where there
	// are more than manyOwn they have one more, and mostOwn is all that there can be.
	ownDigits = 8
	manyOwn   = 100
	mostOwn   = 1000
	// Numbers that are chosen have at least as many digits, and at most.
	minChosen, maxChosen = 8, 12
	// mostPIN is the longest PIN that people key in without a mistake, and shortPIN
	// the shortest, which is for meetings with a waiting room.
	shortPIN, mostPIN = 4, 12
)

// DefaultNewMeeting returns the settings of a meeting that is made: nobody comes
// in but at a host's word, and nobody is in without a host.
func DefaultNewMeeting() MeetingConfig {
	m := DefaultMeetingConfig()
	m.Lobby, m.JoinBeforeHost = true, false
	return m
}

// Make makes a meeting, which stays until it is unmade. What of number and PINs
// is missing it makes up; n is the number of digits, 0 for the usual. It returns
// the settings, PINs and all, or an error that is ErrBadSettings or
// conference.ErrUnavailable.
func (b *Backend) Make(m MeetingConfig, n int) (MeetingConfig, error) {
	b.made.mu.Lock()
	defer b.made.mu.Unlock()
	if len(b.made.all) >= mostMade {
		return MeetingConfig{}, fmt.Errorf("%w: there are %d already", ErrBadSettings, mostMade)
	}
	chosen := m.ID != ""
	if err := b.number(&m, n); err != nil {
		return MeetingConfig{}, err
	}
	if err := complete(&m, chosen); err != nil {
		return MeetingConfig{}, err
	}
	now := time.Now()
	err := b.keep(now, func(l *ledger) { l.all = append(l.all, made{m, now, chosen}) })
	return m, err
}

// number gives the meeting its number, or looks whether the one that was chosen
// will do. b.made.mu is held.
func (b *Backend) number(m *MeetingConfig, n int) error {
	if m.ID != "" {
		switch weak := digits.Pattern(m.ID); {
		case len(m.ID) < minChosen || len(m.ID) > maxChosen:
			return fmt.Errorf("%w: id: a number of your own choice has %d to %d digits", ErrBadSettings, minChosen, maxChosen)
		case weak != "":
			return fmt.Errorf("%w: id: is easy to guess: %s", ErrBadSettings, weak)
		case b.taken(m.ID):
			return fmt.Errorf("%w: id: %s is, or was within a year, the number of another meeting", ErrBadSettings, m.ID)
		}
		return nil
	}
	if n == 0 {
		n = numberDigits
	}
	if n < digits.MinNumber || n > digits.MaxNumber {
		return fmt.Errorf("%w: digits: want %d to %d", ErrBadSettings, digits.MinNumber, digits.MaxNumber)
	}
	for m.ID == "" || b.taken(m.ID) {
		var err error
		if m.ID, err = digits.Number(rand.Reader, n); err != nil {
			return fmt.Errorf("%w: %w", conference.ErrUnavailable, err)
		}
	}
	return nil
}

// taken reports whether a number leads, or led, to a meeting.
func (b *Backend) taken(id string) bool {
	_, was := b.made.retired[id]
	b.mu.Lock()
	defer b.mu.Unlock()
	return was || b.made.find(id) >= 0 || slices.ContainsFunc(b.configs, func(c MeetingConfig) bool { return c.ID == id })
}

// complete makes up the PINs that are missing, and looks at the others and at
// all settings.
func complete(m *MeetingConfig, chosen bool) error {
	if chosen && !m.Lobby {
		return fmt.Errorf("%w: lobby: a number of your own choice can be guessed, so the waiting room stays on", ErrBadSettings)
	}
	least := digits.MinPIN
	if m.Lobby {
		least = shortPIN
	}
	if len(m.Registrants) > mostOwn {
		return fmt.Errorf("%w: registrants: want at most %d: each PIN more makes it easier to guess one", ErrBadSettings, mostOwn)
	}
	own := ownDigits
	if len(m.Registrants) > manyOwn {
		own++
	}
	m.Registrants = slices.Clone(m.Registrants)
	all := []pinKind{{"pin", &m.PIN, least, pinDigits}, {"host_pin", &m.HostPIN, digits.MinPIN, pinDigits}}
	for i := range m.Registrants {
		all = append(all, pinKind{fmt.Sprintf("registrants[%d].pin", i), &m.Registrants[i].PIN, ownDigits, own})
	}
	var errs []error
	for _, pin := range all {
		if *pin.value != "" {
			errs = append(errs, goodPIN(pin.key, *pin.value, m.ID, pin.least))
			continue
		}
		made, err := m.newPIN(pin.digits)
		if err != nil {
			return err
		}
		*pin.value = made
	}
	if err := errors.Join(append(errs, m.Validate())...); err != nil {
		return fmt.Errorf("%w: %w", ErrBadSettings, err)
	}
	return nil
}

// pinKind is one PIN of a meeting: where it stands, the least number of digits
// if it was chosen, and how many there are if it is made up.
type pinKind struct {
	key    string
	value  *Secret
	least  int
	digits int
}

// newPIN makes a PIN that is none of the meeting's.
func (m *MeetingConfig) newPIN(n int) (Secret, error) {
	taken := []string{string(m.PIN), string(m.HostPIN)}
	for _, r := range m.Registrants {
		taken = append(taken, string(r.PIN))
	}
	pin, err := digits.PIN(rand.Reader, n, m.ID, taken...)
	if err != nil {
		return "", fmt.Errorf("%w: %w", conference.ErrUnavailable, err)
	}
	return Secret(pin), nil
}

// goodPIN reports what is wrong with a PIN that was chosen, without showing it.
func goodPIN(key string, pin Secret, number string, least int) error {
	if len(pin) < least || len(pin) > mostPIN {
		return fmt.Errorf("%s: want %d to %d digits", key, least, mostPIN)
	}
	if weak := digits.WeakPIN(string(pin), number); weak != "" {
		return fmt.Errorf("%s: is easy to guess: %s", key, weak)
	}
	return nil
}

// Unmake ends a meeting for good. Its number leads nowhere for a year. It returns
// conference.ErrNoMeeting, ErrListed or conference.ErrUnavailable.
func (b *Backend) Unmake(id string) error {
	b.made.mu.Lock()
	defer b.made.mu.Unlock()
	i, err := b.madeAt(id)
	if err != nil {
		return err
	}
	now := time.Now()
	return b.keep(now, func(l *ledger) {
		l.all = slices.Delete(l.all, i, i+1)
		l.retired[id] = now
	})
}

// Change has do change the settings of a meeting that was made, its number
// excepted; a PIN that do leaves empty is made up. People who are there stay. It
// returns the new settings, PINs and all, or conference.ErrNoMeeting, ErrListed,
// ErrBadSettings, conference.ErrUnavailable or what do returns.
func (b *Backend) Change(id string, do func(*MeetingConfig) error) (MeetingConfig, error) {
	b.made.mu.Lock()
	defer b.made.mu.Unlock()
	i, err := b.madeAt(id)
	if err != nil {
		return MeetingConfig{}, err
	}
	was := b.made.all[i]
	m := was.MeetingConfig
	m.Registrants = slices.Clone(m.Registrants)
	if err := do(&m); err != nil {
		return MeetingConfig{}, err
	}
	m.ID = id
	if err := complete(&m, was.chosen); err != nil {
		return MeetingConfig{}, err
	}
	err = b.keep(time.Now(), func(l *ledger) { l.all[i].MeetingConfig = m })
	return m, err
}

// madeAt finds a meeting that was made. b.made.mu is held.
func (b *Backend) madeAt(id string) (int, error) {
	if i := b.made.find(id); i >= 0 {
		return i, nil
	}
	if _, err := b.Settings(id); err != nil {
		return -1, err
	}
	return -1, fmt.Errorf("it %w", ErrListed)
}

// keep changes the ledger, and then the meetings. b.made.mu is held.
func (b *Backend) keep(now time.Time, do func(*ledger)) error {
	if err := b.made.change(now, func() { do(b.made) }); err != nil {
		b.log.Error().Err(err).Msg("meeting not kept")
		return fmt.Errorf("%w: %w", conference.ErrUnavailable, err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.kept = b.made.configs()
	b.reconcile()
	return nil
}

// Settings are those of a meeting, of the operator's file or made, PINs and all.
func (b *Backend) Settings(id string) (MeetingConfig, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := b.listed()
	i := slices.IndexFunc(all, func(c MeetingConfig) bool { return c.ID == id })
	if i < 0 {
		return MeetingConfig{}, conference.ErrNoMeeting
	}
	return all[i], nil
}

// listed are all meetings: those of the operator's file and those that were
// made. b.mu is held.
func (b *Backend) listed() []MeetingConfig { return slices.Concat(b.configs, b.kept) }

// Apart reports meetings of a file that have the number of one that was made.
func Apart(file, made []MeetingConfig) error {
	var errs []error
	for i, c := range file {
		if slices.ContainsFunc(made, func(m MeetingConfig) bool { return m.ID == c.ID }) {
			errs = append(errs, fmt.Errorf("meetings[%d].id: %s is the number of a meeting that was made: einwahl meetings end %s, or another number", i, c.ID, c.ID))
		}
	}
	return errors.Join(errs...)
}
