package embedded

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/einwahl/einwahl/conference/embedded/vault"
)

const (
	// noReuse is how long the number of a meeting that is gone leads nowhere: who
	// still has the old invitation must not end up in another meeting.
	noReuse = 365 * 24 * time.Hour
	// mostMade bounds how many meetings are made: the more there are, the easier
	// one is found by guessing.
	mostMade = 10000
)

var (
	// ErrListed reports a meeting of the operator's file: it is changed there.
	ErrListed = errors.New("stands in the operator's file: change it there")
	// ErrBadSettings reports settings with which no meeting is made.
	ErrBadSettings = errors.New("no such meeting can be made")
)

// made is a meeting that was made while the gateway ran.
type made struct {
	MeetingConfig
	created time.Time
	chosen  bool // its number was chosen, and so can be guessed
}

// ledger is the made meetings. One at a time changes them; each change is on the
// disk before anybody hears of it.
type ledger struct {
	mu      sync.Mutex
	vault   *vault.Vault
	all     []made
	retired map[string]time.Time // numbers that led to a meeting, and until when
}

// kept is the ledger as it is written.
type kept struct {
	Meetings []keptMeeting        `json:"meetings"`
	Retired  map[string]time.Time `json:"retired,omitempty"` // since when
}

// keptMeeting has the PINs apart, since settings never show theirs.
type keptMeeting struct {
	Settings MeetingConfig `json:"settings"`
	PIN      string        `json:"pin"`
	HostPIN  string        `json:"host_pin"`
	Own      []string      `json:"own,omitempty"` // of the registrants, in their order
	Created  time.Time     `json:"created"`
	Chosen   bool          `json:"chosen,omitempty"`
}

// openLedger reads what was made before. One that cannot be read ends the start:
// going on without it would lose the meetings with the next change.
func openLedger(c Config) (*ledger, error) {
	v, content, err := vault.Open(c.vault())
	if err != nil {
		return nil, fmt.Errorf("meetings that were made: %w", err)
	}
	l := &ledger{vault: v, retired: map[string]time.Time{}}
	if content == nil {
		return l, nil
	}
	if err := l.decode(content); err != nil {
		return nil, fmt.Errorf("meetings that were made: %w", err)
	}
	return l, nil
}

// vault is where meetings are kept that were made, and their key.
func (c Config) vault() (file, key string) {
	key = c.KeyFile
	if key == "" {
		key = filepath.Join(c.Directory, "key")
	}
	return filepath.Join(c.Directory, "meetings"), key
}

// DestroyMade deletes all meetings that were made, with the key that they are sealed
// with: for the end of a gateway's life. It must not run.
func DestroyMade(c Config) error { return vault.Destroy(c.vault()) }

func (l *ledger) decode(content []byte) error {
	var k kept
	if err := json.Unmarshal(content, &k); err != nil {
		return err
	}
	for _, m := range k.Meetings {
		c := m.Settings
		c.PIN, c.HostPIN = Secret(m.PIN), Secret(m.HostPIN)
		if len(m.Own) != len(c.Registrants) {
			return fmt.Errorf("meeting %s has %d registrants and %d PINs of theirs", c.ID, len(c.Registrants), len(m.Own))
		}
		for i, pin := range m.Own {
			c.Registrants[i].PIN = Secret(pin)
		}
		l.all = append(l.all, made{c, m.Created, m.Chosen})
	}
	for id, since := range k.Retired {
		l.retired[id] = since
	}
	return ValidateMeetings(l.configs())
}

func (l *ledger) encode() ([]byte, error) {
	k := kept{Meetings: make([]keptMeeting, 0, len(l.all)), Retired: l.retired}
	for _, m := range l.all {
		one := keptMeeting{Settings: m.MeetingConfig, PIN: string(m.PIN), HostPIN: string(m.HostPIN), Created: m.created, Chosen: m.chosen}
		for _, r := range m.Registrants {
			one.Own = append(one.Own, string(r.PIN))
		}
		k.Meetings = append(k.Meetings, one)
	}
	return json.Marshal(k)
}

// change does something to the ledger and writes it. Where that fails nothing
// has changed. l.mu is held.
func (l *ledger) change(now time.Time, do func()) error {
	before := slices.Clone(l.all)
	retired := make(map[string]time.Time, len(l.retired))
	for id, since := range l.retired {
		if now.Sub(since) < noReuse {
			retired[id] = since
		}
	}
	l.retired, retired = retired, l.retired
	do()
	content, err := l.encode()
	if err == nil {
		err = l.vault.Keep(content)
	}
	if err != nil {
		l.all, l.retired = before, retired
		return fmt.Errorf("meetings that are made cannot be kept: %w", err)
	}
	return nil
}

func (l *ledger) find(id string) int {
	return slices.IndexFunc(l.all, func(m made) bool { return m.ID == id })
}

// configs are the meetings, for who is not to see the ledger change.
func (l *ledger) configs() []MeetingConfig {
	all := make([]MeetingConfig, len(l.all))
	for i, m := range l.all {
		all[i] = m.MeetingConfig
	}
	return all
}
