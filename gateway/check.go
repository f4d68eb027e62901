package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/einwahl/einwahl/announcements"
	"github.com/einwahl/einwahl/conference"
	"github.com/einwahl/einwahl/conference/embedded"
	"github.com/einwahl/einwahl/gateway/config"

	"github.com/rs/zerolog"
)

// checkCommand is `einwahl check`.
type checkCommand struct {
	file
}

// Run reads the file as `run` would, tells all that is wrong, and starts
// nothing.
func (k checkCommand) Run() error {
	c, err := k.load(os.Stdout)
	if err != nil {
		return err
	}
	c.Announcements.Cache = "" // nothing is left behind
	library, err := announcements.Open(c.Announcements, zerolog.Nop())
	if err != nil {
		return fmt.Errorf("announcements: %w", err)
	}
	if err := library.Keep(context.Background(), c.Phrases(library)...); err != nil {
		return fmt.Errorf("announcements: %w", err)
	}
	name := k.Config
	if name == "" {
		name = "built-in sample"
	}
	fmt.Printf("%s: no mistake. %s, %s, %s.\n", name,
		count(len(c.Trunks), "trunk", "trunks"), count(len(c.Numbers), "number", "numbers"), count(len(c.Meetings), "meeting", "meetings"))
	for _, hint := range c.Hints(time.Now()) {
		fmt.Printf("\nNot a mistake, but hardly meant: %s.\n", hint)
	}
	for _, words := range unexpected(c) {
		fmt.Printf("\nNot a mistake, but callers would hardly expect it: %s.\n", words)
	}
	made, err := c.Conference.Embedded.Made()
	if err != nil {
		return fmt.Errorf("conference.embedded: %w", err)
	}
	if err := embedded.Apart(c.Meetings, made); err != nil {
		return err
	}
	if len(made) > 0 {
		fmt.Printf("\nBeside those of the file, %s made by einwahl meetings.\n", count(len(made), "meeting was", "meetings were"))
	}
	for _, problem := range library.Problems() {
		fmt.Printf("\nannouncements.directory: a recording is not used: %v\n", problem)
	}
	fmt.Printf("\nWhat the conference services can tell. What one cannot tell is taken as the worst.\n")
	for _, b := range backends(c) {
		tell(b.name, b.can)
	}
	return nil
}

type backend struct {
	name string
	can  conference.Capabilities
}

// backends lists the conference services of a file with what they can tell.
func backends(config.Config) []backend {
	return []backend{{config.Embedded, (*embedded.Backend)(nil).Capabilities()}}
}

// tell says what a backend can, and what happens where it cannot.
func tell(name string, c conference.Capabilities) {
	fmt.Printf("\n  %s\n", name)
	for _, row := range []struct {
		what, otherwise string
		can             bool
	}{
		{"encryption level", "every telephone is refused", c.Encryption},
		{"recording, and its changes", "callers are refused where consent is required", c.Recording},
		{"silence before a recording begins", "a recording may begin before callers are told", c.Consent},
		{"waiting room", "callers come straight in", c.Lobby},
		{"hosts, and whether one is there", "nobody waits for a host", c.Hosts},
		{"where sound is processed", "callers are refused where admission.regions names any", c.Region},
		{"a host's keys", "*4 *5 *7 *8 are refused in words", c.Keys},
	} {
		if row.can {
			fmt.Printf("    yes  %s\n", row.what)
			continue
		}
		fmt.Printf("    no   %s%s\n", row.what, ": "+row.otherwise)
	}
}

// configCommand is `einwahl config`.
type configCommand struct{}

// Run prints the sample.
func (configCommand) Run() error {
	_, err := os.Stdout.Write(config.SampleFile())
	return err
}
