package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/einwahl/einwahl/conference/embedded"
	"github.com/einwahl/einwahl/gateway/records/seal"
)

// recordingsCommand is `einwahl recordings`.
type recordingsCommand struct {
	List   listRecordings   `cmd:"" help:"List recordings, who can open them, and when they are deleted."`
	Export exportRecording  `cmd:"" help:"Make files of a recording that anybody can play. The ledger tells that you have."`
	Verify verifyRecordings `cmd:"" help:"Look whether recordings are what was written. Exit 1 if one is not."`
}

// Help teaches what stands behind the commands.
func (recordingsCommand) Help() string {
	return `Recordings are encrypted on the disk, each with a key of its own that is destroyed
with it. To listen to one:

    einwahl recordings list   --config einwahl.yaml
    einwahl recordings export --config einwahl.yaml 100000001-20261122T090000Z minutes

makes the folder minutes: one Ogg Opus file for each speaker, the mix, and
manifest.json with their checksums. What you do with it is no longer under the
gateway's care: delete it when you are done.`
}

// recorded is what the commands take that are about recordings.
type recorded struct {
	live
	Directory string `short:"d" type:"path" placeholder:"FOLDER" help:"Look at the recordings of this folder, such as a copy, each with its key in a file 'key' beside the sound."`
	Identity  string `type:"existingfile" placeholder:"FILE" help:"The private key of conference.embedded.seal_recordings_to, as age-keygen has written it. It is used here and goes nowhere."`
}

// errOwn keeps the ledger from being passed by.
var errOwn = errors.New("these are the gateway's own recordings: leave --directory out, so that the ledger tells of it")

// settings are those of the file, with the folder that is looked at.
func (r recorded) settings() (embedded.Config, error) {
	file, err := r.load(os.Stderr)
	c := file.BuiltIn()
	if r.Directory == "" || err != nil {
		return c, err
	}
	if sameFolder(r.Directory, c.Recordings) {
		return c, fmt.Errorf("%s: %w", r.Directory, errOwn)
	}
	c.Recordings, c.RecordingKeys = r.Directory, ""
	return c, nil
}

// sameFolder reports whether two names, links or not, lead to one folder.
func sameFolder(name, other string) bool {
	a, err := os.Stat(name)
	b, fault := os.Stat(other)
	return err == nil && fault == nil && os.SameFile(a, b)
}

// opener is the private key, nil where none is given.
func (r recorded) opener() (embedded.Opener, error) {
	if r.Identity == "" {
		return nil, nil //nolint:nilnil // there need not be one
	}
	text, err := os.ReadFile(r.Identity)
	if err != nil {
		return nil, err
	}
	keys, err := seal.ParseIdentities(string(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.Identity, err)
	}
	return keys, nil
}

type listRecordings struct{ recorded }

// Run shows a table.
func (l listRecordings) Run() error {
	c, err := l.settings()
	if err != nil {
		return err
	}
	all, err := embedded.Recordings(c)
	if len(all) == 0 && err == nil {
		fmt.Println("There is no recording in " + c.Recordings + ".")
		return nil
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "RECORDING\tMEETING\tBEGAN\tLENGTH\tFILES\tSIZE\tOPENED BY\tDELETED")
	for _, r := range all {
		length := "no end yet"
		if !r.Ended.IsZero() {
			length = r.Duration.Round(time.Second).String()
		}
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%d\t%s\t%s\t%s\n", r.ID, r.Meeting, r.Began.Local().Format(time.DateTime),
			length, r.Files, amount(r.Size), openedBy(r), r.Delete.Local().Format(time.DateTime))
	}
	return errors.Join(table.Flush(), err)
}

func openedBy(r embedded.Recording) string {
	switch r.Key {
	case embedded.KeyHere:
		return "this machine"
	case embedded.KeyElsewhere:
		return "the private key"
	case embedded.KeyNone:
		return "anybody: it is not encrypted"
	}
	return "nobody: its key is gone"
}

// amount is a size as people read it.
func amount(n int64) string {
	const kB = 1000
	switch {
	case n < kB:
		return fmt.Sprintf("%d B", n)
	case n < kB*kB:
		return fmt.Sprintf("%.1f kB", float64(n)/kB)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/(kB*kB))
}

type verifyRecordings struct {
	recorded
	ID []string `arg:"" optional:"" help:"Recordings, as list names them. Without any: all."`
}

// Help says what can be found out.
func (verifyRecordings) Help() string {
	return `With a recording's key this names what somebody has altered, removed, added, moved or
cut off. Without it (it is sealed to a private key, or gone) checksums are compared. The
ledger, which is signed, has the checksum of the manifest, and the manifest has those of
the files; einwahl records verify looks whether the ledger is what was written.
A recording that the ledger tells of and that somebody has removed is named while its key
is there: the gateway would have deleted that first.
An end that is missing in a recording that never ended is told and is no fault: so a
crash leaves it.`
}

// Run names all that does not fit.
func (v verifyRecordings) Run(ctx context.Context) error {
	c, err := v.settings()
	if err != nil {
		return err
	}
	opener, err := v.opener()
	if err != nil {
		return err
	}
	told, err := v.told(ctx)
	if err != nil {
		return err
	}
	all, err := v.chosen(c)
	faults := 0
	if err != nil {
		faults++
		fmt.Println(err)
	}
	for _, id := range v.removed(c, told) {
		faults++
		fmt.Println(id + ": it is not there, and the gateway has not deleted it: the ledger tells of it, and its key is there")
	}
	for _, r := range all {
		x, err := r.Verify(ctx, opener)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			x.Faults = append(x.Faults, err.Error())
		}
		compare(r, told, &x)
		faults += len(x.Faults)
		show(r.ID, x)
	}
	if faults > 0 {
		fmt.Printf("%s.\n", count(faults, "fault", "faults"))
		return errTold
	}
	fmt.Printf("%s looked at; nothing in them was altered, removed or added.\n", count(len(all), "recording", "recordings"))
	return nil
}

// told is what the ledger says of recordings; nil of a copy, of which none tells.
func (v verifyRecordings) told(ctx context.Context) (all map[string]string, err error) {
	if v.Directory != "" {
		return nil, nil //nolint:nilnil // nothing is told of a copy
	}
	r, err := kept{file: v.file}.look(ctx)
	if errors.Is(err, os.ErrNotExist) {
		return map[string]string{}, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	return r.Recorded()
}

// removed are the recordings that the ledger tells of and somebody else than the
// gateway has removed; not where some were named.
func (v verifyRecordings) removed(c embedded.Config, told map[string]string) (all []string) {
	if len(v.ID) > 0 {
		return nil
	}
	for _, id := range slices.Sorted(maps.Keys(told)) {
		if embedded.Removed(c, id) {
			all = append(all, id)
		}
	}
	return all
}

// compare compares a recording with what the ledger says of it.
func compare(r embedded.Recording, told map[string]string, x *embedded.Examination) {
	want, there := told[r.ID]
	switch sum, err := r.Sum(); {
	case told == nil || !there && r.Ended.IsZero():
	case !there:
		x.Notes = append(x.Notes, "the ledger does not tell of its end: it is older than records.keep.consents, or of an older version, or the gateway did not get to write it")
	case err != nil || sum != want:
		x.Faults = append(x.Faults, "its manifest is not the one that the ledger tells of")
	}
}

// chosen are the recordings that were named, or all.
func (v verifyRecordings) chosen(c embedded.Config) (all []embedded.Recording, err error) {
	if len(v.ID) == 0 {
		return embedded.Recordings(c)
	}
	for _, id := range v.ID {
		r, fault := embedded.FindRecording(c, id)
		if err = errors.Join(err, fault); fault == nil {
			all = append(all, r)
		}
	}
	return all, err
}

// show writes what was found of a recording.
func show(id string, x embedded.Examination) {
	for _, f := range x.Faults {
		fmt.Printf("%s: %s\n", id, f)
	}
	if len(x.Faults) == 0 && len(x.Notes) == 0 {
		fmt.Printf("%s: whole\n", id)
	}
	if len(x.Notes) > 0 {
		fmt.Printf("%s: note: %s\n", id, strings.Join(x.Notes, "; "))
	}
}
