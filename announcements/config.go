package announcements

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// longestLeadIn bounds what a caller would take for a dead line.
const longestLeadIn = 10 * time.Second

// Config is the "announcements" section of the operator's file.
type Config struct {
	// Directory holds the operator's own recordings, each as
	// <language>/<prompt>.wav, .opus or .ogg, and music.wav, .opus or .ogg.
	// Empty: only the built-in ones.
	Directory string `yaml:"directory"`
	// Synthesiser is a program with its arguments that reads a text from its
	// standard input and writes WAV to its standard output; {language} in an
	// argument stands for the language. It speaks for `einwahl prompts render`,
	// and the texts of the operator and of hosts. Empty: none.
	Synthesiser []string `yaml:"synthesiser"`
	// Cache is the folder for what the synthesiser has said while the gateway
	// runs, so that it need not be said again after a start. Empty: none.
	Cache string `yaml:"cache"`
	// LeadIn is the silence after answering, before the first word.
	LeadIn time.Duration `yaml:"lead_in"`
}

// DefaultConfig returns the settings used where the file is silent.
func DefaultConfig() Config {
	return Config{Cache: filepath.Join("data", "spoken"), LeadIn: 500 * time.Millisecond}
}

// Validate reports every mistake at once, each under its key in the file.
func (c Config) Validate() error {
	var errs []error
	if c.Directory != "" {
		switch info, err := os.Stat(c.Directory); {
		case err != nil:
			errs = append(errs, fmt.Errorf("directory: %w", err))
		case !info.IsDir():
			errs = append(errs, fmt.Errorf("directory: %s is no folder", c.Directory))
		}
	}
	if len(c.Synthesiser) > 0 {
		if _, err := exec.LookPath(c.Synthesiser[0]); err != nil {
			errs = append(errs, fmt.Errorf("synthesiser: %w", err))
		}
	}
	if c.LeadIn < 0 || c.LeadIn > longestLeadIn {
		errs = append(errs, fmt.Errorf("lead_in: %v is not between 0s and %v", c.LeadIn, longestLeadIn))
	}
	return errors.Join(errs...)
}
