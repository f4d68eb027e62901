package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"

	"github.com/rs/zerolog"

	"github.com/einwahl/einwahl/announcements"
)

// renderCommand is `einwahl prompts render`.
type renderCommand struct {
	file
	Language string   `short:"l" aliases:"lang" default:"en" placeholder:"LANG" help:"Language, such as en or de."`
	Prompts  []string `arg:"" optional:"" name:"prompt" help:"The prompts, as in the list. Without any: all that have words of your own."`
}

// Help is what --help adds.
func (renderCommand) Help() string {
	return `Your own words stand in <language>/<prompt>.txt in the folder that
announcements.directory names; a prompt without such a file is spoken in the
built-in words. The recording is written beside them and takes the place of the
built-in one at the next start of the gateway.`
}

// Run renders one prompt after the other, and stops at the first that fails.
func (r renderCommand) Run(ctx context.Context) error {
	c, err := r.load(os.Stderr)
	if err != nil {
		return err
	}
	own, err := announcements.OwnWords(c.Announcements, r.Language)
	if err != nil {
		return err
	}
	library, err := announcements.Open(c.Announcements, zerolog.Nop())
	if err != nil {
		return err
	}
	names := r.Prompts
	if len(names) == 0 {
		for _, p := range slices.Sorted(maps.Keys(own)) {
			names = append(names, string(p))
		}
	}
	if len(names) == 0 {
		return fmt.Errorf("nothing to render: want the name of a prompt, or your own words in %s/%s/<prompt>.txt", c.Announcements.Directory, r.Language)
	}
	for i, name := range names {
		p := announcements.Prompt(name)
		words := own[p]
		if words == "" && library.Has(r.Language, p) {
			words = library.Text(r.Language, p)
		}
		file, err := announcements.Render(ctx, c.Announcements, r.Language, p, words)
		if err != nil {
			return err
		}
		fmt.Printf("%d/%d  %s\n", i+1, len(names), file)
	}
	return nil
}
