package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/user"
	"strconv"
	"time"

	"github.com/einwahl/einwahl/conference/embedded"
	"github.com/einwahl/einwahl/gateway/records"
)

type exportRecording struct {
	recorded
	ID     string `arg:"" help:"The recording, as list names it."`
	Folder string `arg:"" type:"path" help:"Where to write: a folder that is not there yet, or empty."`
}

// Help says who can do it, and what it leaves behind.
func (exportRecording) Help() string {
	return `An entry in the ledger says who has exported which recording and when, before the first
file is written; without it nothing is. One that is refused, since the key is not here,
is entered too. einwahl records list shows them.

Where recordings are sealed to a private key (conference.embedded.seal_recordings_to)
take the recording's folder to the machine that has it, with its key beside the sound:

    cp -r data/recordings/ID /media/stick/ID
    cp data/records/recordings.keys/ID /media/stick/ID/key

and there, where no gateway is needed:

    einwahl recordings export --directory /media/stick --identity key.txt ID minutes

What was altered is left out, and named; the exit code is 1 then.`
}

// Run writes the files.
func (x exportRecording) Run(ctx context.Context) error {
	c, err := x.settings()
	if err != nil {
		return err
	}
	opener, err := x.opener()
	if err != nil {
		return err
	}
	r, err := embedded.FindRecording(c, x.ID)
	if err != nil {
		return fmt.Errorf("%w: `einwahl recordings list` names those that are there", err)
	}
	refused := r.Openable(opener)
	if err := x.enter(ctx, r, refused); err != nil {
		return fmt.Errorf("nothing is exported without an entry in the ledger: %w", err)
	}
	switch {
	case errors.Is(refused, embedded.ErrKeyElsewhere):
		return fmt.Errorf("%w: want --identity, or take it to the machine that has the private key (einwahl recordings export --help)", refused)
	case refused != nil:
		return refused
	}
	found, err := r.Export(ctx, x.Folder, opener, func(e embedded.Exported) {
		fmt.Printf("%s  %s  %s\n", e.SHA256, e.File, amount(e.Size))
	})
	if err != nil {
		return err
	}
	show(r.ID, found)
	if len(found.Faults) > 0 {
		fmt.Printf("Exported to %s without what was altered.\n", x.Folder)
		return errTold
	}
	fmt.Printf("Exported to %s.\n", x.Folder)
	return nil
}

// enter has the ledger tell that somebody takes the recording, or could not. Of a
// copy no ledger tells: whoever has made it has the gateway's machine.
func (x exportRecording) enter(ctx context.Context, r embedded.Recording, refused error) error {
	if x.Directory != "" {
		fmt.Println("This is a copy: no ledger tells that you export it.")
		return nil
	}
	a := records.Access{Time: time.Now(), Recording: r.ID, Meeting: r.Meeting, Outcome: records.AccessExported, Who: whoAmI()}
	if refused != nil {
		a.Outcome, a.Why = records.AccessRefused, refused.Error()
	}
	return x.either(ctx, http.MethodPost, "/records/access", a, nil, func(b *records.Book) error { return b.AppendAccess(a) })
}

// whoAmI is how the machine knows who has typed the command.
func whoAmI() string {
	name := "uid " + strconv.Itoa(os.Getuid())
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	if behind := os.Getenv("SUDO_USER"); behind != "" {
		name += ", for " + behind
	}
	return name
}
