package embedded

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/einwahl/einwahl/conference"
)

// Secret is a PIN in the operator's file. It prints as <secret>.
type Secret string

func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return "<secret>"
}

// GoString keeps a PIN out of %#v.
func (s Secret) GoString() string { return s.String() }

// MarshalText keeps a PIN out of YAML and JSON.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MeetingConfig is one entry of "meetings" in the operator's file.
type MeetingConfig struct {
	ID    string `yaml:"id" json:"id,omitzero"`       // the number that a caller keys, and the page's address
	Title string `yaml:"title" json:"title,omitzero"` // shown to who is in
	PIN   Secret `yaml:"pin" json:"-"`
	// HostPIN makes a host of who gives it. In a meeting without one the
	// browser that has been in longest is the host.
	HostPIN    Secret `yaml:"host_pin" json:"-"`
	Encryption string `yaml:"encryption" json:"encryption,omitzero"` // transport, enhanced or e2ee
	Recording  string `yaml:"recording" json:"recording,omitzero"`   // off: when a host starts it; on: whenever somebody is in
	Consent    string `yaml:"consent" json:"consent,omitzero"`       // off, notice, required; empty: the operator's policy
	Lobby      bool   `yaml:"lobby" json:"lobby,omitzero"`           // newcomers wait until a host admits them
	Locked     bool   `yaml:"locked" json:"locked,omitzero"`         // nobody but hosts comes in
	// JoinBeforeHost lets people in while no host is there.
	JoinBeforeHost bool `yaml:"join_before_host" json:"join_before_host,omitzero"`
	Phones         bool `yaml:"phones" json:"phones,omitzero"`     // telephones may come in
	Capacity       int  `yaml:"capacity" json:"capacity,omitzero"` // most people at once, phones included; 0: no limit
	// Purpose is what a recording is for; it is told before the question.
	Purpose Texts `yaml:"purpose" json:"purpose,omitzero"`
	// AfterNo is what becomes of who says no to a recording: listen, leave, talk;
	// empty: the operator's policy.
	AfterNo string `yaml:"after_no" json:"after_no,omitzero"`
	// Message is said to those who wait.
	Message Texts `yaml:"message" json:"message,omitzero"`
	// Announce is how telephones learn of who comes and goes: off, tones, names.
	Announce string `yaml:"announce" json:"announce,omitzero"`
	// Region is where the meeting's sound is processed; empty: the service's.
	Region string `yaml:"region" json:"region,omitzero"`
	// Start is when the meeting begins: before it only hosts come in, unless one
	// is there already. Zero: at any time.
	Start When `yaml:"start" json:"start,omitzero"`
	// RegisteredOnly takes people only with a PIN of their own, and hosts.
	RegisteredOnly bool `yaml:"registered_only" json:"registered_only,omitzero"`
	// Registrants are people with PINs of their own.
	Registrants []Registrant `yaml:"registrants" json:"registrants,omitzero"`
}

// DefaultMeetingConfig returns the settings of a meeting of which the file
// names nothing but its number.
func DefaultMeetingConfig() MeetingConfig {
	return MeetingConfig{Encryption: "transport", Recording: "off", JoinBeforeHost: true, Phones: true, Announce: conference.AnnounceTones.String()}
}

// UnmarshalYAML puts the defaults below what the file says.
func (m *MeetingConfig) UnmarshalYAML(decode func(any) error) error {
	type plain MeetingConfig
	p := plain(DefaultMeetingConfig())
	if err := decode(&p); err != nil {
		return err
	}
	*m = MeetingConfig(p)
	return nil
}

// Validate reports every mistake at once, each under its key.
func (m MeetingConfig) Validate() error {
	var errs []error
	if m.ID == "" || len(m.ID) > 32 || strings.IndexFunc(m.ID, func(r rune) bool { return r < '0' || r > '9' }) >= 0 {
		errs = append(errs, fmt.Errorf("id: %q: want 1 to 32 digits, which a telephone can key", m.ID))
	}
	if len(m.Title) > 200 {
		errs = append(errs, errors.New("title: want at most 200 bytes"))
	}
	if !utf8.ValidString(m.Title) || strings.IndexFunc(m.Title, playsTricks) >= 0 {
		errs = append(errs, errors.New("title: want one line without control characters: it stands in invitations"))
	}
	errs = append(errs, checkPIN("pin", m.PIN), checkPIN("host_pin", m.HostPIN))
	if m.PIN != "" && m.PIN == m.HostPIN {
		errs = append(errs, errors.New("host_pin: is the same as pin: everybody would be host"))
	}
	switch m.Encryption {
	case "", "transport", "enhanced", "e2ee":
	default:
		errs = append(errs, fmt.Errorf("encryption: %q: want transport, enhanced or e2ee", m.Encryption))
	}
	switch m.Recording {
	case "", "off", "on":
	default:
		errs = append(errs, fmt.Errorf("recording: %q: want off or on", m.Recording))
	}
	if m.Encryption == "e2ee" && m.Recording == "on" {
		errs = append(errs, errors.New("recording: an end-to-end encrypted meeting cannot be recorded by its server"))
	}
	if _, err := conference.ParseConsent(m.Consent); err != nil {
		errs = append(errs, fmt.Errorf("consent: %w", err))
	}
	if m.Capacity < 0 {
		errs = append(errs, errors.New("capacity: want 0 for no limit, or a number of people"))
	}
	return errors.Join(append(errs, m.checkManners(), m.checkRegistrants())...)
}

// playsTricks reports what makes a text look like something else: other lines, or
// another order.
func playsTricks(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp, unicode.Bidi_Control)
}

// checkManners checks what callers hear, and of whom.
func (m MeetingConfig) checkManners() error {
	var errs []error
	errs = append(errs, m.Purpose.check("purpose"), m.Message.check("message"))
	if _, err := conference.ParseAfterNo(m.AfterNo); err != nil {
		errs = append(errs, fmt.Errorf("after_no: %w", err))
	}
	if _, err := conference.ParseAnnounce(m.Announce); err != nil && m.Announce != "" {
		errs = append(errs, fmt.Errorf("announce: %w", err))
	}
	if err := checkRegion(m.Region); err != nil {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// checkRegion keeps a region to what can be compared with another's.
func checkRegion(region string) error {
	if len(region) > 32 || strings.Trim(region, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		return fmt.Errorf("region: %q: want small letters, digits and -, such as de or eu-west", region)
	}
	return nil
}

func checkPIN(key string, pin Secret) error {
	if len(pin) > 32 || strings.IndexFunc(string(pin), func(r rune) bool { return !unicode.IsDigit(r) || r > '9' }) >= 0 {
		return fmt.Errorf("%s: want at most 32 digits, which a telephone can key", key)
	}
	return nil
}

// ValidateMeetings checks each meeting, and that no number is there twice.
func ValidateMeetings(meetings []MeetingConfig) error {
	var errs []error
	seen := map[string]int{}
	for i, m := range meetings {
		for _, err := range split(m.Validate()) {
			errs = append(errs, fmt.Errorf("meetings[%d].%w", i, err))
		}
		if first, ok := seen[m.ID]; ok {
			errs = append(errs, fmt.Errorf("meetings[%d].id: %s is the number of meetings[%d] already", i, m.ID, first))
		}
		seen[m.ID] = i
	}
	return errors.Join(errs...)
}

// split takes a joined error apart, so that each part gets its full key.
func split(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []error
		for _, part := range joined.Unwrap() {
			all = append(all, split(part)...)
		}
		return all
	}
	if err != nil {
		return []error{err}
	}
	return nil
}

// policy is a meeting's settings in the words of the conference package.
type policy struct {
	id, title      string
	pin, hostPIN   string
	encryption     conference.Encryption
	record         bool
	consent        conference.Consent
	lobby, locked  bool
	joinBeforeHost bool
	phones         bool
	capacity       int
	purpose        Texts
	afterNo        conference.AfterNo
	message        Texts
	announce       conference.Announce
	region         string
	start          time.Time // nobody but hosts before; zero: at any time
	registeredOnly bool
	registrants    []Registrant
	numbers        []string // for the invitation
}

// policy translates settings that Validate has passed. What they leave to the
// operator is as the others say.
func (m MeetingConfig) policy(consents, afterNos string) policy {
	level, err := conference.ParseEncryption(m.Encryption)
	if m.Encryption == "" {
		level, err = conference.Transport, nil
	}
	if err != nil {
		level = conference.Unknown
	}
	consent, err := conference.ParseConsent(m.Consent)
	if consent == conference.ConsentDefault && err == nil {
		consent, err = conference.ParseConsent(consents)
	}
	if consent == conference.ConsentDefault || err != nil {
		consent = conference.ConsentRequired
	}
	afterNo, err := conference.ParseAfterNo(cmp.Or(m.AfterNo, afterNos))
	if err != nil {
		afterNo = conference.AfterNoLeave
	}
	announce, _ := conference.ParseAnnounce(m.Announce) // nothing, where nothing is said
	return policy{
		purpose: m.Purpose, afterNo: afterNo, message: m.Message, announce: announce,
		start: m.Start.Time, registeredOnly: m.RegisteredOnly, registrants: m.Registrants,
		id: m.ID, title: m.Title, pin: string(m.PIN), hostPIN: string(m.HostPIN),
		encryption: level, record: m.Recording == "on", consent: consent,
		lobby: m.Lobby, locked: m.Locked, joinBeforeHost: m.JoinBeforeHost,
		phones: m.Phones, capacity: m.Capacity,
	}
}

// policy is what is in force for a meeting under these settings.
func (c Config) policy(m MeetingConfig) policy {
	p := m.policy(c.Consent, c.AfterNo)
	p.region = cmp.Or(m.Region, c.Region)
	return p
}
