package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/einwahl/einwahl/gateway/config"
	"github.com/einwahl/einwahl/gateway/records"
	"github.com/einwahl/einwahl/gateway/records/ledger"
)

// recordsCommand is `einwahl records`.
type recordsCommand struct {
	List       listRecordsCommand `cmd:"" help:"Show the newest evidence, or the newest calls."`
	Export     exportCommand      `cmd:"" help:"Write evidence or calls as JSON or CSV."`
	Verify     verifyCommand      `cmd:"" help:"Look whether somebody has altered, removed, inserted or reordered evidence. Exit 1 if so."`
	Checkpoint checkpointCommand  `cmd:"" help:"Print the newest signed checkpoint, to keep elsewhere."`
	Subject    subjectCommand     `cmd:"" help:"Write all that is kept about a telephone number, as JSON."`
	Erase      eraseCommand       `cmd:"" help:"Erase all that is kept about a telephone number. The evidence still verifies."`
	Purge      purgeCommand       `cmd:"" help:"Delete what has been kept for long enough, as the gateway does by itself, or everything."`
	Unseal     unsealCommand      `cmd:"" help:"Open the numbers that are sealed in an export. For the machine that has the private key."`
}

// kept is what the commands take that read records.
type kept struct {
	file
	Directory string `short:"d" type:"path" placeholder:"FOLDER" help:"Look at the records of this folder, such as a copy."`
}

// settings are those of the file, with the folder that is looked at.
func (k kept) settings() (config.Config, error) {
	c, err := k.load(os.Stderr)
	if k.Directory != "" {
		c.Records.Directory, c.Records.Postgres = k.Directory, ""
	}
	return c, err
}

// look opens the records, also while the gateway runs.
func (k kept) look(ctx context.Context) (*records.Reader, error) {
	c, err := k.settings()
	if err != nil {
		return nil, err
	}
	r, err := records.Look(ctx, c.Records)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%w: no gateway has kept records there", err)
	}
	return r, err
}

type listRecordsCommand struct {
	kept
	Calls bool   `help:"Calls, not evidence."`
	Last  uint64 `short:"n" default:"20" help:"How many of the newest."`
}

// Run shows a table.
func (l listRecordsCommand) Run(ctx context.Context) (err error) {
	r, err := l.look(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	if l.Calls {
		err = listCalls(table, r, int64(l.Last))
	} else {
		err = listEntries(table, r, l.Last)
	}
	return errors.Join(err, table.Flush())
}

func listEntries(w io.Writer, r *records.Reader, last uint64) error {
	end, err := r.Last()
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintln(w, "ENTRY\tTIME\tKIND\tANSWER\tKEY\tLANGUAGE\tMEETING\tCALL")
	for e, err := range r.Entries(end.Seq - min(end.Seq, last) + 1) {
		if err != nil {
			return err
		}
		var c records.Consent
		_ = json.Unmarshal(e.Body, &c) // what cannot be read has no columns
		switch {
		case e.Erased():
			c.Answer = "(erased)"
		case e.Kind == ledger.KindErased, e.Kind == ledger.KindPurged:
			x, _ := ledger.ReadErasure(e.Body)
			c.Answer = fmt.Sprintf("%d %s", x.Count, x.Class)
		case e.Kind == records.KindAccess:
			var a records.Access
			_ = json.Unmarshal(e.Body, &a) // likewise
			c.Answer, c.Meeting = strings.TrimSuffix(a.Outcome+", "+a.Who, ", "), a.Recording
		}
		_, _ = fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", e.Seq, e.Time.Local().Format(time.DateTime), e.Kind, c.Answer, c.Key, c.Language, c.Meeting, c.Call)
	}
	return nil
}

func listCalls(w io.Writer, r *records.Reader, last int64) error {
	end, err := r.LastCall()
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintln(w, "START\tDURATION\tTRUNK\tNUMBER\tCALLER\tMEETING\tOUTCOME\tR\tCALL")
	for row, err := range r.Calls(end - last + 1) {
		if err != nil {
			return err
		}
		var c records.Call
		if err := json.Unmarshal(row.Body, &c); err != nil {
			return fmt.Errorf("call record %d cannot be read: %w", row.ID, err)
		}
		rating := ""
		if c.Sound != nil && c.Sound.Rating > 0 {
			rating = fmt.Sprintf("%.0f", c.Sound.Rating)
		}
		_, _ = fmt.Fprintf(w, "%s\t%v\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", c.Start.Local().Format(time.DateTime), c.Duration.Round(time.Second),
			c.Trunk, c.Number, c.Caller, c.Meeting, c.Outcome, rating, c.Call)
	}
	return nil
}

type exportCommand struct {
	kept
	Calls  bool   `help:"Calls, not evidence."`
	Format string `short:"f" enum:"json,csv" default:"json" help:"json or csv."`
	Output string `short:"o" type:"path" placeholder:"FILE" help:"Where to write. Without it: standard output."`
}

// Run writes all there is. A file is there when it is whole.
func (x exportCommand) Run(ctx context.Context) (err error) {
	r, err := x.look(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	if x.Output == "" {
		return x.write(os.Stdout, r)
	}
	file, err := os.CreateTemp(filepath.Dir(x.Output), filepath.Base(x.Output)+".*") // readable by its owner only
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	err = errors.Join(x.write(file, r), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), x.Output)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("export: %w", err), os.Remove(file.Name()))
	}
	return nil
}

func (x exportCommand) write(w io.Writer, r *records.Reader) error {
	switch {
	case x.Calls && x.Format == "csv":
		return records.WriteCallsCSV(w, r.Calls(0))
	case x.Calls:
		return records.WriteCallsJSON(w, r.Calls(0))
	case x.Format == "csv":
		return records.WriteCSV(w, r.Entries(0))
	}
	return records.WriteJSON(w, r.Entries(0))
}

type verifyCommand struct {
	kept
	Checkpoint []string `type:"existingfile" placeholder:"FILE" help:"Checkpoints that were kept elsewhere. They show whether the end was cut off."`
	Key        []string `placeholder:"KEY" help:"Public key that has signed, such as one from before the records were accepted as broken. With --directory no other counts."`
}

// Run names all that does not fit.
func (v verifyCommand) Run(ctx context.Context) (err error) {
	r, err := v.look(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	verify := r.Verify
	if v.Directory != "" && len(v.Key) > 0 {
		verify = r.VerifyCopy
	}
	report, err := verify(v.Checkpoint, v.Key)
	if err != nil {
		return err
	}
	fmt.Printf("%s", count(int(report.Entries), "entry", "entries"))
	if report.Entries > 0 {
		fmt.Printf(" from %s to %s", report.First.Local().Format(time.DateTime), report.Last.Local().Format(time.DateTime))
	}
	if report.Erased > 0 {
		fmt.Printf(", %d of them erased, as other entries tell", report.Erased)
	}
	fmt.Printf("; %s.\n", count(int(report.Checkpoints), "checkpoint", "checkpoints"))
	if report.Whole() {
		fmt.Println("Nothing was altered, removed, inserted or reordered.")
		if v.Directory != "" && len(v.Key) == 0 {
			fmt.Println("The key that counted came with this folder: whoever has written all of it anew has signed it, too. --key takes the one that you have.")
		}
		if len(v.Checkpoint) == 0 {
			fmt.Println("Whether newer entries were cut off shows a checkpoint that was kept elsewhere: --checkpoint.")
		}
		return nil
	}
	for _, f := range report.Faults {
		fmt.Println(f)
	}
	if r.Locked() {
		fmt.Println("records.keys is not there, or empty: no content can be read, and each counts as gone.")
	}
	fmt.Printf("%s.\n", count(len(report.Faults), "fault", "faults"))
	return errTold
}

type checkpointCommand struct{ kept }

// Run prints one line.
func (k checkpointCommand) Run(ctx context.Context) (err error) {
	r, err := k.look(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	head, signed, err := r.Head()
	if err != nil {
		return err
	}
	if !signed {
		return errors.New("there is no checkpoint yet: nothing has been written")
	}
	_, err = fmt.Println(head)
	return err
}

type unsealCommand struct {
	Identity string `required:"" type:"existingfile" placeholder:"FILE" help:"The private key, as age-keygen has written it."`
	Export   string `arg:"" type:"existingfile" help:"What einwahl records export has written as JSON."`
}

// Run writes a table to standard output.
func (u unsealCommand) Run() error {
	identity, err := os.ReadFile(u.Identity)
	if err != nil {
		return err
	}
	export, err := os.Open(u.Export)
	if err != nil {
		return err
	}
	defer func() { _ = export.Close() }()
	return records.Unseal(os.Stdout, export, string(identity))
}
