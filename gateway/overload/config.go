package overload

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Config is the section "overload" of the operator's file. 0 is no limit.
type Config struct {
	Calls          int           `yaml:"calls"`
	CallsPerSecond int           `yaml:"calls_per_second"`
	Waiting        int           `yaml:"waiting"`  // calls that no processor was free for yet
	CPU            int           `yaml:"cpu"`      // percent of the processors
	Heap           int           `yaml:"heap"`     // percent of the memory
	Lateness       time.Duration `yaml:"lateness"` // of sound; one of Latenesses
}

// DefaultConfig returns the settings used where the file is silent.
func DefaultConfig() Config {
	return Config{Waiting: 30, CPU: 85, Heap: 85, Lateness: 40 * time.Millisecond}
}

// Latenesses are those that the audio clock counts and that matter to an ear.
func Latenesses() []time.Duration {
	return []time.Duration{
		5 * time.Millisecond, 10 * time.Millisecond, 20 * time.Millisecond, 40 * time.Millisecond, 60 * time.Millisecond,
	}
}

// Validate reports every mistake at once, each under its key in the file.
func (c Config) Validate() error {
	var errs []error
	for _, n := range []struct {
		key   string
		n, to int
	}{{"calls", c.Calls, 1 << 20}, {"calls_per_second", c.CallsPerSecond, 1 << 20}, {"waiting", c.Waiting, 1 << 20}} {
		if n.n < 0 || n.n > n.to {
			errs = append(errs, fmt.Errorf("%s: %d: want a number of calls up to %d, or 0 for no limit", n.key, n.n, n.to))
		}
	}
	for _, n := range []struct {
		key string
		n   int
	}{{"cpu", c.CPU}, {"heap", c.Heap}} {
		if n.n != 0 && (n.n < 10 || n.n > 100) {
			errs = append(errs, fmt.Errorf("%s: %d: want a percentage from 10 to 100, or 0 for no limit", n.key, n.n))
		}
	}
	if c.Lateness != 0 && !slices.Contains(Latenesses(), c.Lateness) {
		var want []string
		for _, l := range Latenesses() {
			want = append(want, l.String())
		}
		errs = append(errs, fmt.Errorf("lateness: %v: want one of %s, or 0 for no limit", c.Lateness, strings.Join(want, ", ")))
	}
	return errors.Join(errs...)
}
