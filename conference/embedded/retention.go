package embedded

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// longWithoutReason is for how many days recordings may be kept without a word
// of why.
const longWithoutReason = 183

// keptUntil is when a recording is deleted that ended then.
func keptUntil(ended time.Time, days int) time.Time { return ended.UTC().AddDate(0, 0, days) }

// PurgeRecordings deletes the recordings that have been kept for long enough
// with their keys, so that no copy of them can be read either, and tells how many
// those were: each on the day that its manifest names, or earlier where they are
// not kept for as long any more. What has no manifest is no recording and stays.
func PurgeRecordings(c Config, now time.Time) (count int, err error) {
	a := c.archive()
	names, err := a.names()
	errs := []error{err}
	for _, name := range names {
		folder := filepath.Join(a.recordings, name)
		due, err := dueAt(folder, c.Keep)
		switch {
		case err != nil:
			err = errors.Join(err, a.closeBroken(folder, now, c.Keep))
		case !now.Before(due):
			err = a.destroyKey(name)
			fault := os.RemoveAll(folder)
			if fault == nil {
				count++
			}
			err = errors.Join(err, fault)
		}
		errs = append(errs, err)
	}
	return count, errors.Join(append(errs, a.destroyStrays(now, c.Keep))...)
}

// closeBroken destroys the key of what may be a recording and says so no more, on the
// day that it would have been deleted: its sound is nobody's then, whatever else stays.
func (a archive) closeBroken(folder string, now time.Time, days int) error {
	at, err := lastWritten(folder)
	if err != nil || now.Before(keptUntil(at, days)) {
		return err
	}
	return a.destroyKey(filepath.Base(folder))
}

// dueAt is when a recording is deleted. One that is running, or that a crash has
// ended, ended when it was last written to.
func dueAt(folder string, days int) (time.Time, error) {
	m, err := readManifest(folder)
	if err != nil {
		return time.Time{}, err
	}
	var ended time.Time
	if m.Ended != nil {
		ended = *m.Ended
	} else if ended, err = lastWritten(folder); err != nil {
		return time.Time{}, err
	}
	due := keptUntil(ended, days)
	if m.Delete != nil && m.Delete.Before(due) {
		due = *m.Delete
	}
	return due, nil
}

// lastWritten is when a file of a folder was last written to.
func lastWritten(folder string) (at time.Time, err error) {
	files, err := os.ReadDir(folder)
	if err != nil {
		return at, fmt.Errorf("look at a recording: %w", err)
	}
	for _, f := range files {
		if info, err := f.Info(); err == nil && info.ModTime().After(at) {
			at = info.ModTime()
		}
	}
	return at, nil
}
