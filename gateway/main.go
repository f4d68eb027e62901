// Command einwahl lets people who only have a telephone into meetings, or tells
// them in words why not.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

const about = `Telephone dial-in to meetings.

Without a command the gateway runs on its built-in sample: it takes calls from
this machine only, on sip:en@127.0.0.1, and holds nine meetings to try.

An operator begins with the sample file:

    einwahl config > einwahl.yaml              # write it, commented
    einwahl check --config einwahl.yaml        # every mistake at once
    einwahl run   --config einwahl.yaml        # a signal HUP reads it again

Exit codes: 0 done, 1 what was asked could not be done, 2 it was not understood.`

// commands is the command line.
type commands struct {
	Run        runCommand        `cmd:"" default:"withargs" help:"Run the gateway (the default)."`
	Check      checkCommand      `cmd:"" help:"Report every mistake of a file, and what the conference services can tell. Starts nothing."`
	Explain    explainCommand    `cmd:"" help:"Tell what becomes of a call, rule by rule, and which setting says so. Starts nothing."`
	Config     configCommand     `cmd:"" help:"Print the sample file: every key with its default, unit and reason."`
	Prompts    promptsCommand    `cmd:"" help:"List what callers can hear, or write one prompt as WAV."`
	Meetings   meetingsCommand   `cmd:"" help:"Make, show, change and end meetings of a running gateway, and print invitations."`
	Records    recordsCommand    `cmd:"" help:"Show, export and verify evidence of consent and records of calls."`
	Recordings recordingsCommand `cmd:"" help:"List, export and verify recordings."`
	Privacy    privacyCommand    `cmd:"" help:"Write what a data protection officer asks for, from the file, in German or English. Starts nothing."`
	Health     healthCommand     `cmd:"" help:"Ask a running gateway whether it is well. For containers: exit 0 or 1."`
	Version    versionCommand    `cmd:"" help:"Print the version, the commit and the codec libraries."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var c commands
	parser := kong.Must(&c,
		kong.Name("einwahl"),
		kong.Description(about),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.BindTo(ctx, (*context.Context)(nil)),
	)
	line, err := parser.Parse(os.Args[1:])
	if err != nil {
		fmt.Fprintf(os.Stderr, "einwahl: %v; `einwahl --help` names the commands, and --help after one its flags\n", err)
		os.Exit(2) //nolint:gocritic // nothing has begun
	}
	if err := line.Run(); err != nil {
		if !errors.Is(err, errTold) {
			fmt.Fprintf(os.Stderr, "einwahl: %v\n%s", err, remedy(err))
		}
		stop()
		os.Exit(1)
	}
}

// errTold ends the program with exit code 1 after everything has been said.
var errTold = errors.New("told already")
