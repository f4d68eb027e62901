package records

import (
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/einwahl/einwahl/gateway/records/seal"
	"github.com/einwahl/einwahl/gateway/records/store"
)

// Secret is a text of the operator's file that is not to be seen.
type Secret string

// String keeps the secret.
func (Secret) String() string { return "<secret>" }

// GoString keeps the secret.
func (Secret) GoString() string { return "<secret>" }

// MarshalText keeps the secret.
func (Secret) MarshalText() ([]byte, error) { return []byte("<secret>"), nil }

// What is done at start about records that do not fit.
const (
	Refuse = "refuse"
	Accept = "accept"
)

// Config is the "records" section of the operator's file.
type Config struct {
	// Directory is where the key and, without Postgres, the database is; it is
	// made where it is missing.
	Directory string `yaml:"directory"`
	// Postgres is the connection string of a database of PostgreSQL.
	Postgres Secret `yaml:"postgres"`
	// SealTo is the public key of age that callers' numbers are sealed to; empty:
	// they are not kept at all.
	SealTo string `yaml:"seal_to"`
	// Broken is what happens at start where the records were tampered with.
	Broken string `yaml:"broken"`

	// Keep is for how long records are kept.
	Keep Keep `yaml:"keep"`
	// LastDigits is how many of the last digits of a caller's number a call record
	// shows.
	LastDigits int `yaml:"last_digits"`
	// Billing is the last day, as 2027-03-31, on which callers' full numbers are
	// kept. Empty: they never are.
	Billing string `yaml:"billing"`
}

// DefaultConfig returns the settings used where the file is silent.
func DefaultConfig() Config {
	return Config{
		Directory: filepath.Join("data", "records"), Broken: Refuse,
		Keep: Keep{Calls: 7, Consents: 365, Refusals: 30},
	}
}

// Validate reports every mistake at once, each under its key in the file.
func (c Config) Validate() error {
	var errs []error
	if c.Directory == "" {
		errs = append(errs, errors.New("directory: want a folder; without records nobody could be asked for consent"))
	}
	if c.Postgres != "" {
		if err := store.CheckPostgres(string(c.Postgres)); err != nil {
			errs = append(errs, fmt.Errorf("postgres: %w", err))
		}
	}
	if c.SealTo != "" {
		if _, err := seal.ParseRecipient(c.SealTo); err != nil {
			errs = append(errs, fmt.Errorf("seal_to: %w", err))
		}
	}
	if c.Broken != Refuse && c.Broken != Accept {
		errs = append(errs, fmt.Errorf("broken: %q is no choice: want refuse or accept", c.Broken))
	}
	if c.LastDigits < 0 || c.LastDigits > mostDigits {
		errs = append(errs, fmt.Errorf("last_digits: %d: want 0 to %d", c.LastDigits, mostDigits))
	}
	return errors.Join(append(errs, c.Keep.validate(), c.validateBilling(time.Now()))...)
}

// Recipients are those to whom keys of recordings are sealed, by their public keys
// of age.
func Recipients(keys []string) (seal.Recipients, error) { return seal.ParseRecipients(keys) }
