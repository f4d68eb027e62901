package lockout

import (
	"errors"
	"fmt"
	"time"
)

// Config is "limits.guessing" of the operator's file. A limit is how many wrong
// tries within the window lock; 0 is no limit.
type Config struct {
	PerCaller  int           `yaml:"per_caller"`
	PerNumber  int           `yaml:"per_number"`
	PerMeeting int           `yaml:"per_meeting"`
	Window     time.Duration `yaml:"window"`
	Lock       time.Duration `yaml:"lock"` // so long it stays locked
}

// DefaultConfig returns the settings used where the file is silent. With them a
// PIN of six digits stands, on average, for more than a year of guessing
// without a pause.
func DefaultConfig() Config {
	return Config{PerCaller: 9, PerNumber: 100, PerMeeting: 20, Window: 10 * time.Minute, Lock: 30 * time.Minute}
}

// mostTries bounds the limits, and with them what is remembered.
const mostTries = 1000

// Validate reports every mistake at once, each under its key in the file.
func (c Config) Validate() error {
	var errs []error
	for _, n := range []struct {
		key string
		n   int
	}{{"per_caller", c.PerCaller}, {"per_number", c.PerNumber}, {"per_meeting", c.PerMeeting}} {
		if n.n < 0 || n.n > mostTries {
			errs = append(errs, fmt.Errorf("%s: %d: want a number from 1 to %d, or 0 for no limit", n.key, n.n, mostTries))
		}
	}
	for _, d := range []struct {
		key string
		d   time.Duration
	}{{"window", c.Window}, {"lock", c.Lock}} {
		if d.d < time.Minute || d.d > 24*time.Hour {
			errs = append(errs, fmt.Errorf("%s: %v: want a time from 1m to 24h", d.key, d.d))
		}
	}
	return errors.Join(errs...)
}
