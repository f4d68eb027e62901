package admission

import (
	"errors"
	"fmt"
	"slices"

	"github.com/einwahl/einwahl/conference"
)

// Choice is what an operator decides about an encryption level or a kind of
// caller.
type Choice string

const (
	// AdmitLevel lets telephones in.
	AdmitLevel Choice = "admit"
	// RefuseLevel keeps them out.
	RefuseLevel Choice = "refuse"
)

// Config is the "admission" section of the operator's file.
type Config struct {
	Encryption Levels `yaml:"encryption"`
	// SecureLeg refuses calls that came without TLS and SRTP.
	SecureLeg bool `yaml:"secure_leg"`
	// Caller is who may call.
	Caller CallerConfig `yaml:"caller"`
}

// CallerConfig decides about callers by what is known of their number. It lets
// nobody in by itself: a number is no proof of who calls.
type CallerConfig struct {
	// Attestation is the least that a carrier must have signed about the number:
	// A, B or C; off: nothing.
	Attestation string `yaml:"attestation"`
	// Anonymous is what becomes of callers who do not show their number.
	Anonymous Choice `yaml:"anonymous"`
}

// Levels decides about each encryption level. The last two are there so that a
// file can say what is always true; it cannot say anything else.
type Levels struct {
	None      Choice `yaml:"none"`
	Transport Choice `yaml:"transport"`
	Enhanced  Choice `yaml:"enhanced"`
	EndToEnd  Choice `yaml:"e2ee"`
	Unknown   Choice `yaml:"unknown"`
}

// DefaultConfig returns the settings used where the file is silent. A meeting
// without any encryption is refused: who runs one may say so.
func DefaultConfig() Config {
	return Config{
		Encryption: Levels{
			None:      RefuseLevel,
			Transport: AdmitLevel,
			Enhanced:  AdmitLevel,
			EndToEnd:  RefuseLevel,
			Unknown:   RefuseLevel,
		},
		Caller: CallerConfig{Attestation: attestationNames[Unattested], Anonymous: AdmitLevel},
	}
}

// Validate reports every mistake at once, each under its key in the file.
func (c Config) Validate() error {
	var errs []error
	for _, level := range []struct {
		key    string
		choice Choice
		never  bool
	}{
		{"none", c.Encryption.None, false},
		{"transport", c.Encryption.Transport, false},
		{"enhanced", c.Encryption.Enhanced, false},
		{"e2ee", c.Encryption.EndToEnd, true},
		{"unknown", c.Encryption.Unknown, true},
	} {
		switch {
		case level.choice != AdmitLevel && level.choice != RefuseLevel:
			errs = append(errs, fmt.Errorf("encryption.%s: %q is no choice: want admit or refuse", level.key, level.choice))
		case level.never && level.choice == AdmitLevel:
			errs = append(errs, fmt.Errorf("encryption.%s: telephones are always refused here; a telephone cannot encrypt end to end", level.key))
		}
	}
	if !slices.Contains(attestationNames[:], c.Caller.Attestation) {
		errs = append(errs, fmt.Errorf("caller.attestation: %q is no choice: want off, C, B or A", c.Caller.Attestation))
	}
	if c.Caller.Anonymous != AdmitLevel && c.Caller.Anonymous != RefuseLevel {
		errs = append(errs, fmt.Errorf("caller.anonymous: %q is no choice: want admit or refuse", c.Caller.Anonymous))
	}
	return errors.Join(errs...)
}

// RecordingConfig is the "recording" section of the operator's file.
type RecordingConfig struct {
	// Consent is what is asked of callers of meetings that do not say it
	// themselves: off, notice or required.
	Consent string `yaml:"consent"`
}

// DefaultRecordingConfig returns the settings used where the file is silent.
func DefaultRecordingConfig() RecordingConfig {
	return RecordingConfig{Consent: conference.ConsentRequired.String()}
}

// Validate reports every mistake at once, each under its key in the file.
func (c RecordingConfig) Validate() error {
	consent, err := conference.ParseConsent(c.Consent)
	switch {
	case err != nil:
		return fmt.Errorf("consent: %w", err)
	case consent == conference.ConsentDefault:
		return errors.New("consent: want off, notice or required")
	}
	return nil
}

// Policy is the operator's part of a decision. Its zero value admits nobody
// and requires consent.
type Policy struct {
	None, Transport, Enhanced bool // telephones may be in meetings of this level
	SecureLeg                 bool // calls must be encrypted
	Anonymous                 bool // callers need show no number
	Attestation               Attestation
	Consent                   conference.Consent
}

// NewPolicy makes a policy of two valid sections of the operator's file.
func NewPolicy(c Config, r RecordingConfig) Policy {
	consent, err := conference.ParseConsent(r.Consent)
	if err != nil {
		consent = conference.ConsentRequired
	}
	return Policy{
		None:        c.Encryption.None == AdmitLevel,
		Transport:   c.Encryption.Transport == AdmitLevel,
		Enhanced:    c.Encryption.Enhanced == AdmitLevel,
		SecureLeg:   c.SecureLeg,
		Anonymous:   c.Caller.Anonymous == AdmitLevel,
		Attestation: ParseAttestation(c.Caller.Attestation),
		Consent:     consent,
	}
}

// Consent is what is asked of the caller before they are recorded.
func Consent(f Facts) conference.Consent { return f.Policy.consent(f.Meeting) }

// consent is what is asked in meeting m: what it says itself, else what the
// operator says, and what nobody has said or what makes no sense is required.
func (p Policy) consent(m conference.State) conference.Consent {
	for _, c := range []conference.Consent{m.Consent, p.Consent} {
		switch c {
		case conference.ConsentDefault:
			continue
		case conference.ConsentOff, conference.ConsentNotice:
			return c
		default:
			return conference.ConsentRequired
		}
	}
	return conference.ConsentRequired
}
