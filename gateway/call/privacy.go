package call

import (
	"fmt"
	"strings"

	"github.com/einwahl/einwahl/announcements"
)

// How much of a caller's number others see.
const (
	NumberMasked = "masked"
	NumberHidden = "hidden"
	NumberFull   = "full"
)

// PrivacyConfig is the "privacy" section of the operator's file.
type PrivacyConfig struct {
	// CallerNumber is what others in the meeting see of a caller's number.
	CallerNumber string `yaml:"caller_number"`

	// Consent asks callers by key whether their data may be processed at all.
	Consent bool `yaml:"consent"`

	// What the notice says of the operator: see announcements.Notice.
	Controller announcements.Texts `yaml:"controller"`
	Address    announcements.Texts `yaml:"address"`
	DPO        announcements.Texts `yaml:"dpo"`
	Basis      announcements.Texts `yaml:"basis"`
	Recipients announcements.Texts `yaml:"recipients"`
	Transfer   announcements.Texts `yaml:"transfer"`
	Authority  announcements.Texts `yaml:"authority"`
	URL        announcements.Texts `yaml:"url"`
}

// Told is a text of the notice, with its key in the file.
type Told struct {
	Key   string
	Texts announcements.Texts
}

// Told are the texts of the notice, those too that are empty.
func (c PrivacyConfig) Told() []Told {
	return []Told{
		{"controller", c.Controller},
		{"address", c.Address},
		{"dpo", c.DPO},
		{"basis", c.Basis},
		{"recipients", c.Recipients},
		{"transfer", c.Transfer},
		{"authority", c.Authority},
		{"url", c.URL},
	}
}

// notice is what callers are told of all this, and after how many days their
// data are deleted.
func (c PrivacyConfig) notice(days int) announcements.Notice {
	return announcements.Notice{
		Number: c.CallerNumber, Days: days, Processing: c.Consent, Controller: c.Controller, Address: c.Address, DPO: c.DPO, Basis: c.Basis,
		Recipients: c.Recipients, Transfer: c.Transfer, Authority: c.Authority, Where: c.URL,
	}
}

// DefaultPrivacyConfig returns the settings used where the file is silent.
func DefaultPrivacyConfig() PrivacyConfig { return PrivacyConfig{CallerNumber: NumberMasked} }

// Validate reports every mistake at once, each under its key in the file.
func (c PrivacyConfig) Validate() error {
	switch c.CallerNumber {
	case NumberMasked, NumberHidden, NumberFull:
		return nil
	}
	return fmt.Errorf("caller_number: %q is no choice: want masked, hidden or full", c.CallerNumber)
}

// Label is how others see a caller: number is what the trunk has sent, empty
// where it is suppressed; nth tells the callers of a meeting apart, and is 0 as
// long as this one has come to none. shown is nth where the label has it, else 0.
//
// A masked number keeps its beginning and never its last digits: the end is
// what tells one line of a town or a company from the next. What does not look
// like a telephone number is not shown in any part.
func (c PrivacyConfig) Label(number string, nth int) (label string, shown int) {
	const first, hidden = 5, 4
	digits := strings.TrimPrefix(number, "+")
	if strings.Trim(digits, "0123456789") != "" {
		digits = ""
	}
	label, nickname := "Phone", " %d"
	switch {
	case c.CallerNumber == NumberFull && digits != "":
		return "Phone " + number, 0
	case c.CallerNumber == NumberMasked && len(digits) >= first+hidden:
		sign := number[:len(number)-len(digits)]
		label, nickname = "Phone "+sign+digits[:first]+"...", " (%d)"
	}
	if nth == 0 {
		return label, 0
	}
	return label + fmt.Sprintf(nickname, nth), nth
}
