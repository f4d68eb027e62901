package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/einwahl/einwahl/announcements"
	"github.com/einwahl/einwahl/conference/embedded"
	"github.com/einwahl/einwahl/gateway/config"
	"github.com/einwahl/einwahl/gateway/lockout"
	"github.com/einwahl/einwahl/gateway/records"
	"github.com/einwahl/einwahl/gateway/records/store"
)

// longAfter is a moment at which everything has been kept for long enough.
func longAfter() time.Time { return time.Now().AddDate(1000, 0, 0) }

// all deletes everything that a gateway has kept about anybody. What cannot be deleted
// here keeps nothing there; but where the gateway runs nothing is.
func (p purgeCommand) all(ctx context.Context) (done []records.Purged, err error) {
	c, err := p.load(os.Stderr)
	if err != nil {
		return nil, err
	}
	recordings := func(tell func(records.Purged) error) error {
		n, err := embedded.PurgeRecordings(c.BuiltIn(), longAfter())
		if n == 0 {
			return err
		}
		files := records.Purged{Class: records.ClassRecording, Before: time.Now(), Count: n}
		done = append(done, files)
		return errors.Join(err, tell(files))
	}
	opened := false
	err = withRecords(ctx, c.Records, func(b *records.Book) error {
		opened = true
		err := recordings(b.TellPurged)
		kept, fault := b.PurgeAll(ctx)
		done = append(done, kept...)
		return errors.Join(err, fault)
	})
	switch {
	case errors.Is(err, store.ErrInUse):
		return nil, errors.New("the gateway runs: end it first, since it would go on keeping records")
	case ctx.Err() != nil:
		return done, errors.Join(ctx.Err(), err)
	case !opened: // there is no ledger that could tell of them
		err = errors.Join(err, recordings(func(records.Purged) error { return nil }))
	}
	return done, errors.Join(err, purgeBeside(c))
}

// purgeBeside deletes what is beside records and recordings.
func purgeBeside(c config.Config) error {
	files, err := besideRecords(c)
	for _, file := range files {
		if fault := os.Remove(file); !errors.Is(fault, fs.ErrNotExist) {
			err = errors.Join(err, fault)
		}
	}
	if fault := lockout.Remove(filepath.Join(c.Records.Directory, lockout.File)); !errors.Is(fault, fs.ErrNotExist) { // nor its folder
		err = errors.Join(err, fault)
	}
	return errors.Join(err, embedded.DestroyMade(c.BuiltIn()))
}

// besideRecords are the files that tell of people and are no records of today's: texts
// that were spoken, and what older versions have written.
func besideRecords(c config.Config) ([]string, error) {
	files, err := announcements.Spoken(c.Announcements)
	for _, name := range []string{"consents.jsonl", "calls.jsonl"} {
		old := filepath.Join(c.Records.Directory, name)
		if _, fault := os.Stat(old); fault == nil {
			files = append(files, old)
		}
	}
	return files, err
}

// verify looks whether anything is left that should be gone.
func (p purgeCommand) verify(ctx context.Context) (err error) {
	c, err := p.load(os.Stderr)
	if err != nil {
		return err
	}
	r, err := records.Look(ctx, c.Records)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	report, err := r.Verify(nil, nil)
	if err != nil {
		return err
	}
	left, err := r.Overdue(time.Now(), p.All)
	if err != nil {
		return err
	}
	if p.All {
		traces, err := traces(c)
		if err != nil {
			return err
		}
		left = append(left, traces...)
	}
	for _, l := range left {
		fmt.Println("left: " + l)
	}
	for _, f := range report.Faults {
		fmt.Println(f)
	}
	if len(left)+len(report.Faults) > 0 {
		return errTold
	}
	fmt.Printf("Verified: nothing is left that should be gone, and the chain of %s fits.\n", count(int(report.Entries), "entry", "entries"))
	return nil
}

// traces are the files in which something is left of records, deleted or not, and
// what else tells of people.
func traces(c config.Config) (left []string, err error) {
	err = filepath.WalkDir(c.Records.Directory, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if bytes.Contains(content, []byte(store.SealedMark)) {
			left = append(left, path+" has contents of records, which nothing opens any more")
		}
		return nil
	})
	if err != nil {
		return left, err
	}
	kept, err := embedded.Traces(c.BuiltIn())
	beside, fault := besideRecords(c)
	for _, file := range beside {
		what := " has a text that was spoken"
		if filepath.Ext(file) == ".jsonl" {
			what = " has records of an older version"
		}
		kept = append(kept, file+what)
	}
	return append(left, kept...), errors.Join(err, fault)
}
