package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/rs/zerolog"
)

// Log is the section "log".
type Log struct {
	// Level is the least that is logged: debug, info, warn or error.
	Level string `yaml:"level"`
	// Format is auto, console or json. auto is console on a terminal.
	Format string `yaml:"format" reload:"restart"`
}

// DefaultLog returns the settings used where the file is silent.
func DefaultLog() Log { return Log{Level: "info", Format: "auto"} }

// Validate reports every mistake at once, each under its key in the file.
func (l Log) Validate() error {
	return errors.Join(
		oneOf("level", l.Level, "debug", "info", "warn", "error"),
		oneOf("format", l.Format, "auto", "console", "json"),
	)
}

// Threshold is the level as the logger knows it.
func (l Log) Threshold() zerolog.Level {
	level, err := zerolog.ParseLevel(l.Level)
	if err != nil {
		return zerolog.InfoLevel
	}
	return level
}

func oneOf(key, got string, want ...string) error {
	if slices.Contains(want, got) {
		return nil
	}
	return fmt.Errorf("%s: %q: want one of %s", key, got, strings.Join(want, ", "))
}
