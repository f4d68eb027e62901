package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/rs/zerolog"

	"github.com/einwahl/einwahl/announcements"
)

// promptsCommand is `einwahl prompts`.
type promptsCommand struct {
	List   listCommand         `cmd:"" help:"List the prompts of a language with their lengths and words."`
	Play   playCommand         `cmd:"" help:"Write a prompt as WAV, as callers hear it."`
	Check  checkPromptsCommand `cmd:"" help:"Tell what is missing in a folder of recordings, and what is wrong with them."`
	Render renderCommand       `cmd:"" help:"Have your own words spoken by the configured synthesiser."`
}

// voices is what the commands that listen take.
type voices struct {
	file
	Language string `short:"l" aliases:"lang" placeholder:"LANG" help:"Language, such as en or de."`
}

func (v voices) open() (*announcements.Library, error) {
	c, err := v.load(os.Stderr)
	if err != nil {
		return nil, err
	}
	library, err := announcements.Open(c.Announcements, zerolog.Nop())
	if err != nil {
		return nil, err
	}
	if all := library.Languages(); v.Language != "" && !slices.Contains(all, v.Language) {
		return nil, fmt.Errorf("language %q is not spoken here; there are %s", v.Language, strings.Join(all, ", "))
	}
	return library, nil
}

type listCommand struct{ voices }

// Run lists the prompts of one language, or of all.
func (l listCommand) Run() error {
	library, err := l.open()
	if err != nil {
		return err
	}
	languages := library.Languages()
	if l.Language != "" {
		languages = []string{l.Language}
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	for _, language := range languages {
		for _, p := range library.Prompts() {
			if library.Has(language, p) {
				length := library.Duration(language, p).Round(100 * time.Millisecond)
				_, _ = fmt.Fprintf(table, "%s\t%s\t%.1fs\t%s\n", language, p, length.Seconds(), library.Text(language, p))
			}
		}
	}
	return table.Flush()
}

type playCommand struct {
	voices
	Prompt string `arg:"" help:"The prompt, as in the list."`
	Output string `short:"o" type:"path" placeholder:"FILE" help:"Where to write the WAV. Without it: standard output."`
}

// Run writes one prompt. Nothing is left behind where that fails.
func (p playCommand) Run() error {
	library, err := p.open()
	if err != nil {
		return err
	}
	language := p.Language
	if language == "" {
		language = "en"
	}
	prompt := announcements.Prompt(p.Prompt)
	if !slices.Contains(library.Prompts(), prompt) {
		return fmt.Errorf("no prompt is called %q; `einwahl prompts list` names them", p.Prompt)
	}
	var sound bytes.Buffer
	if err := library.WriteWAV(&sound, language, prompt); err != nil {
		return err
	}
	if p.Output != "" {
		return os.WriteFile(p.Output, sound.Bytes(), 0o644)
	}
	if isTerminal(os.Stdout) {
		return errors.New("a terminal plays no WAV: want -o FILE, or a player behind it: einwahl prompts play " + p.Prompt + " | aplay")
	}
	_, err = io.Copy(os.Stdout, &sound)
	return err
}
