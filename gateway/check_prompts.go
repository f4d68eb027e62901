package main

import (
	"fmt"
	"strings"

	"github.com/einwahl/einwahl/announcements"
)

// checkPromptsCommand is `einwahl prompts check`.
type checkPromptsCommand struct {
	Directory string `arg:"" type:"existingdir" name:"dir" help:"The folder, as announcements.directory names it: <language>/<prompt>.wav, .opus or .ogg."`
	Partial   bool   `help:"Only some prompts are to be replaced: what the built-in voice says need not be there."`
}

// Help is what --help adds.
func (checkPromptsCommand) Help() string {
	return `Listens to each recording and tells what is missing, what no prompt is called,
what is in a format that is not read, and what is too loud, too quiet, clipped
or too long. Exit code 1 where there is anything. To bring in a voice of your
own, put its recordings into a folder, check them, and name the folder in
announcements.directory.`
}

// Run tells everything at once, one line each.
func (c checkPromptsCommand) Run() error {
	review, err := announcements.Check(c.Directory)
	if err != nil {
		return err
	}
	faults := len(review.Faults)
	for _, fault := range review.Faults {
		fmt.Println(fault)
	}
	for _, l := range review.Languages {
		fmt.Printf("%s: %d of %d prompts are recorded", l.Language, l.Recorded, l.Needed)
		switch {
		case len(l.Missing) == 0:
			fmt.Println(".")
			continue
		case !c.Partial || !l.BuiltIn:
			faults += len(l.Missing)
			fmt.Printf("; missing are: %s.\n", names(l.Missing))
		default:
			fmt.Println("; the built-in voice speaks the others.")
		}
	}
	if faults > 0 {
		fmt.Printf("%s.\n", count(faults, "fault", "faults"))
		return errTold
	}
	return nil
}

func names(prompts []announcements.Prompt) string {
	row := make([]string, len(prompts))
	for i, p := range prompts {
		row[i] = string(p)
	}
	return strings.Join(row, ", ")
}
