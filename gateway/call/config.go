package call

import (
	"errors"
	"fmt"
	"time"

	"github.com/einwahl/einwahl/gateway/lockout"
)

// Config is the "limits" section of the operator's file: how patient the
// gateway is.
type Config struct {
	Ring          time.Duration  `yaml:"ring"`           // it rings so long before the call is answered
	Tries         int            `yaml:"tries"`          // wrong pairs of number and PIN before goodbye
	Guessing      lockout.Config `yaml:"guessing"`       // wrong pairs over many calls; validated apart
	WrongDelay    time.Duration  `yaml:"wrong_delay"`    // what the first wrong pair costs; each further one twice as much
	Rounds        int            `yaml:"rounds"`         // times a question is asked into silence
	FirstDigit    time.Duration  `yaml:"first_digit"`    // wait for the first key
	BetweenDigits time.Duration  `yaml:"between_digits"` // then this pause ends an entry, as # does
	MaxDigits     int            `yaml:"max_digits"`     // of a number or a PIN; more are not taken
	Choose        time.Duration  `yaml:"choose"`         // from the answer to the right PIN
	Lookup        time.Duration  `yaml:"lookup"`         // every look-up takes this long, or a multiple
	Backend       time.Duration  `yaml:"backend"`        // the conference service is unavailable after this long
	Consent       time.Duration  `yaml:"consent"`        // wait for a key after the question
	Remind        time.Duration  `yaml:"remind"`         // say again why the caller waits
	Wait          time.Duration  `yaml:"wait"`           // for the host, or in the waiting room
	Length        time.Duration  `yaml:"length"`         // of a call, before it has to be extended; 0: no limit
	MutedFrom     int            `yaml:"muted_from"`     // callers enter muted where so many are; 0 never
	Drain         time.Duration  `yaml:"drain"`          // calls run on for so long when the gateway closes, before they are told
}

// DefaultConfig returns the settings used where the file is silent.
func DefaultConfig() Config {
	return Config{
		Tries:         3,
		Guessing:      lockout.DefaultConfig(),
		WrongDelay:    time.Second,
		Rounds:        3,
		FirstDigit:    10 * time.Second,
		BetweenDigits: 5 * time.Second,
		MaxDigits:     20,
		Choose:        90 * time.Second,
		Lookup:        250 * time.Millisecond,
		Backend:       10 * time.Second,
		Consent:       10 * time.Second,
		Remind:        90 * time.Second,
		Wait:          10 * time.Minute,
		Length:        4 * time.Hour,
		MutedFrom:     4,
		Drain:         10 * time.Second,
	}
}

// Validate reports every mistake at once, each under its key in the file.
func (c Config) Validate() error {
	var errs []error
	for _, n := range []struct {
		key      string
		n        int
		from, to int
	}{
		{"tries", c.Tries, 1, 5},
		{"rounds", c.Rounds, 1, 10},
		{"max_digits", c.MaxDigits, 4, 32},
		{"muted_from", c.MutedFrom, 0, 1 << 30},
	} {
		if n.n < n.from || n.n > n.to {
			errs = append(errs, fmt.Errorf("%s: %d: want a number from %d to %d", n.key, n.n, n.from, n.to))
		}
	}
	for _, d := range []struct {
		key      string
		d        time.Duration
		from, to time.Duration
	}{
		{"ring", c.Ring, 0, time.Minute},
		{"wrong_delay", c.WrongDelay, 0, 5 * time.Second},
		{"first_digit", c.FirstDigit, time.Second, time.Minute},
		{"between_digits", c.BetweenDigits, time.Second, time.Minute},
		{"choose", c.Choose, 10 * time.Second, 10 * time.Minute},
		{"lookup", c.Lookup, 0, 5 * time.Second},
		{"backend", c.Backend, time.Second, time.Minute},
		{"consent", c.Consent, 3 * time.Second, time.Minute},
		{"remind", c.Remind, 10 * time.Second, time.Hour},
		{"wait", c.Wait, 10 * time.Second, time.Hour},
		{"length", c.Length, 0, longestCall},
		{"drain", c.Drain, 0, 24 * time.Hour},
	} {
		if d.d < d.from || d.d > d.to {
			errs = append(errs, fmt.Errorf("%s: %v: want a time from %v to %v", d.key, d.d, d.from, d.to))
		}
	}
	return errors.Join(errs...)
}
