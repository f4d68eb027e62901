package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/einwahl/einwahl/gateway/admin"
	"github.com/einwahl/einwahl/gateway/app"
	"github.com/einwahl/einwahl/gateway/config"
	"github.com/einwahl/einwahl/gateway/lockout"
	"github.com/einwahl/einwahl/gateway/records"
	"github.com/einwahl/einwahl/gateway/records/seal"
	"github.com/einwahl/einwahl/gateway/records/store"
	plans "github.com/einwahl/einwahl/sip/identity"
)

// aboutNumber is whom a command is about.
type aboutNumber struct {
	Number   string `required:"" placeholder:"NUMBER" help:"The person's telephone number, best as +4930...."`
	Identity string `type:"existingfile" placeholder:"FILE" help:"The private key of records.seal_to, as age-keygen has written it: finds what has the number sealed. It is used here and goes nowhere."`
}

// keptAbout is all that there is about a number.
type keptAbout struct {
	records.Subject
	// Guessing are the wrong tries that are counted for the number now.
	Guessing *lockout.Known `json:"guessing,omitempty"`
	Notes    []string       `json:"notes"`
}

// spellings are the ways in which trunks may have sent a number, each once. The
// first is as it was asked for.
func spellings(c config.Config, number string) []string {
	all := []string{number}
	add := func(more ...string) {
		for _, n := range more {
			if !slices.Contains(all, n) {
				all = append(all, n)
			}
		}
	}
	for _, t := range c.Trunks {
		if plan, err := plans.NewPlan(t.Country); err == nil {
			add(plan.Canonical(number))
		}
	}
	for _, n := range all {
		if digits, international := strings.CutPrefix(n, "+"); international {
			add("00"+digits, digits)
		}
	}
	return all
}

// find looks for what is kept about the number.
func (a aboutNumber) find(ctx context.Context, k kept) (found keptAbout, err error) {
	c, err := k.settings()
	if err != nil {
		return found, err
	}
	var identities seal.Identities
	if a.Identity != "" {
		text, err := os.ReadFile(a.Identity)
		if err != nil {
			return found, err
		}
		if identities, err = seal.ParseIdentities(string(text)); err != nil {
			return found, fmt.Errorf("%s: %w", a.Identity, err)
		}
	}
	r, err := k.look(ctx)
	if err != nil {
		return found, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	numbers := spellings(c, a.Number)
	if found.Subject, err = r.Subject(identities, numbers...); err != nil {
		return found, err
	}
	if found.Guessing, err = lockout.Look(filepath.Join(c.Records.Directory, lockout.File), numbers...); err != nil {
		return found, err
	}
	found.Notes = notes(c, found.Unopened, a.Identity != "")
	return found, nil
}

// notes say what was not found because nobody can find it.
func notes(c config.Config, unopened int, keyed bool) []string {
	all := []string{
		fmt.Sprintf("Calls are kept for %s at most, and known by a pseudonym whose key is destroyed with them: of earlier ones nobody can tell whose they were (GDPR Art. 11(2)).", count(c.Records.Keep.Calls, "day", "days")),
		"Of calls that withheld the number nothing is kept by which they could be found.",
		"Recordings are named by meeting and time, not by number: one of a meeting in which the number was, at that time, may have this voice.",
	}
	switch {
	case unopened > 0 && keyed:
		all = append(all, fmt.Sprintf("%s cannot be opened with this private key; another may open them.", count(unopened, "sealed number", "sealed numbers")))
	case unopened > 0:
		all = append(all, fmt.Sprintf("%s are there, and each may be this one: the private key opens them (--identity).", count(unopened, "sealed number", "sealed numbers")))
	}
	return all
}

type subjectCommand struct {
	kept
	aboutNumber
}

// Run writes JSON.
func (s subjectCommand) Run(ctx context.Context) error {
	found, err := s.find(ctx, s.kept)
	if err != nil {
		return err
	}
	return printJSON(found)
}

type eraseCommand struct {
	live
	aboutNumber
	KeepConsents bool   `help:"Leave the proof of consents that were given, where recordings of them are kept."`
	Why          string `default:"asked for by the person" help:"The reason that stays in the ledger. It must not name anybody."`
}

// Run erases what is found about a number.
func (e eraseCommand) Run(ctx context.Context) error {
	found, err := e.find(ctx, kept{file: e.file})
	if err != nil {
		return err
	}
	what := admin.Erase{Why: e.Why}
	for _, c := range found.Calls {
		what.Calls = append(what.Calls, c.ID)
	}
	for _, k := range found.Evidence {
		if !k.Erased && (!e.KeepConsents || k.Class != string(records.ClassConsent)) {
			what.Entries = append(what.Entries, k.Seq)
		}
	}
	if len(what.Calls)+len(what.Entries) > 0 {
		err = e.either(ctx, http.MethodPost, "/records/erase", what, nil, func(b *records.Book) error {
			return errors.Join(b.Erase(what.Entries, what.Why), b.EraseCalls(what.Calls, what.Why))
		})
	}
	if err != nil {
		return err
	}
	fmt.Printf("Erased: %s, %s of evidence.\n", count(len(what.Calls), "call", "calls"), count(len(what.Entries), "entry", "entries"))
	if found.Guessing != nil {
		fmt.Println("Wrong tries of this number are counted; they are forgotten within a day.")
	}
	for _, n := range found.Notes {
		fmt.Println(n)
	}
	return nil
}

// either has the gateway do something that runs, or does it with its records
// where none runs.
func (l live) either(ctx context.Context, method, path string, body, into any, alone func(*records.Book) error) error {
	c, err := l.load(os.Stderr)
	if err != nil {
		return err
	}
	err = withRecords(ctx, c.Records, alone)
	if errors.Is(err, store.ErrInUse) {
		return l.ask(ctx, method, path, body, into)
	}
	return err
}

// withRecords opens records that no gateway has open.
func withRecords(ctx context.Context, c records.Config, do func(*records.Book) error) error {
	if _, err := os.Stat(c.Directory); err != nil {
		return fmt.Errorf("%w: no gateway has kept records there", err)
	}
	return records.Alone(ctx, c, zerolog.Nop(), do)
}

type purgeCommand struct {
	live
	Yes    bool `help:"Delete by the machine's clock although the gateway doubts it: you have looked, and it is right."`
	All    bool `help:"Delete every content, every call, all keys, wrong tries, recordings, meetings that were made and spoken texts: the end of this gateway's life. It must not run."`
	Verify bool `help:"Look afterwards whether nothing is left."`
}

// due deletes what is due, where no gateway runs.
func (p purgeCommand) due(ctx context.Context, b *records.Book) ([]records.Purged, error) {
	c, err := p.load(io.Discard) // warned already
	if err != nil {
		return nil, err
	}
	now := time.Now()
	if p.Yes {
		if err := b.Trust(now); err != nil {
			return nil, err
		}
	}
	return app.PurgeDue(ctx, b, c.BuiltIn(), now)
}

// Run deletes what has been kept for long enough, or all.
func (p purgeCommand) Run(ctx context.Context) error {
	var done struct {
		Purged []records.Purged `json:"purged"`
	}
	var err error
	if p.All {
		done.Purged, err = p.all(ctx)
	} else {
		err = p.either(ctx, http.MethodPost, "/records/purge", admin.Purge{RightClock: p.Yes}, &done, func(b *records.Book) (err error) {
			done.Purged, err = p.due(ctx, b)
			return err
		})
	}
	p.tell(done.Purged) // also where something else could not be deleted
	if err != nil {
		return err
	}
	if len(done.Purged) == 0 {
		fmt.Println("There was nothing to delete.")
	}
	if p.All {
		fmt.Println("All keys are destroyed. Meetings that were made and spoken texts are deleted; your file is still there.")
	}
	if !p.Verify {
		return nil
	}
	return p.verify(ctx)
}

// tell tells what was deleted.
func (p purgeCommand) tell(done []records.Purged) {
	for _, d := range done {
		if p.All { // their keys go all at once, with those of today
			fmt.Printf("%-10s %s\n", d.Class, count(d.Count, "record", "records"))
			continue
		}
		keys := "keys of " + count(d.Keys, "day", "days") + " destroyed"
		if d.Class == records.ClassRecording { // each has its own
			keys = "their keys destroyed"
		}
		fmt.Printf("%-10s %s older than %s; %s\n", d.Class, count(d.Count, "record", "records"), d.Before.UTC().Format(time.DateTime), keys)
	}
}
