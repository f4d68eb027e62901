package main

import (
	"os"

	"github.com/einwahl/einwahl/gateway/disclosure"
)

// privacyCommand is `einwahl privacy`.
type privacyCommand struct {
	file
	Language   string   `short:"l" default:"en" enum:"de,en" help:"de or en."`
	Statements []string `arg:"" optional:"" name:"statement" help:"record, measures, encryption, accessibility or processor. Without one: all."`
}

// Help is what --help adds.
func (privacyCommand) Help() string {
	return `Writes, in Markdown, what a data protection officer asks for: a record of processing
(GDPR Art. 30), the measures (Art. 32), what is encrypted how, a statement on
accessibility, and the beginning of a processor's annex. What the file does not say is
left to be filled in. Nothing is started.`
}

// Run writes the statements.
func (p privacyCommand) Run() error {
	c, err := p.load(os.Stderr)
	if err != nil {
		return err
	}
	return disclosure.Write(os.Stdout, c, p.Language, p.Statements...)
}
