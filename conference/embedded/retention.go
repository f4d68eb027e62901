package embedded

import (
	"errors"
	"fmt"
	"io/fs"
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
// not kept for as long any more. What is no recording stays.
func PurgeRecordings(c Config, now time.Time) (count int, err error) {
	a := c.archive()
	names, err := a.names()
	errs := []error{err}
	for _, name := range names {
		gone, err := a.purge(name, now, c.Keep)
		if gone {
			count++
		}
		errs = append(errs, err)
	}
	return count, errors.Join(append(errs, a.destroyStrays(now, c.Keep))...)
}

// purge deletes one recording that has been kept for long enough, and reports
// whether it is gone. A manifest that is lost or broken keeps it for no longer; where
// somebody else's files are in its folder it is its key alone that goes then, and
// the sound is nobody's.
func (a archive) purge(name string, now time.Time, days int) (gone bool, err error) {
	folder := filepath.Join(a.recordings, name)
	m, wrong := readManifest(folder)
	told := wrong
	if errors.Is(wrong, fs.ErrNotExist) {
		told = nil // who lists recordings is: this one may just begin
	}
	due, err := m.dueAt(folder, days)
	if err != nil || now.Before(due) {
		return false, errors.Join(told, err)
	}
	err = a.destroyKey(name)
	if wrong != nil && !a.isLeft(name) {
		return false, errors.Join(told, err)
	}
	fault := os.RemoveAll(folder)
	return fault == nil, errors.Join(err, fault)
}

// dueAt is when the recording of a folder is deleted. One that is running, or that
// a crash has ended, or of which no manifest tells, ended when it was last written to.
func (m manifest) dueAt(folder string, days int) (due time.Time, err error) {
	var ended time.Time
	if m.Ended != nil {
		ended = *m.Ended
	} else if ended, err = lastWritten(folder); err != nil {
		return time.Time{}, err
	}
	due = keptUntil(ended, days)
	if m.Delete != nil && m.Delete.Before(due) {
		due = *m.Delete
	}
	return due, nil
}

// lastWritten is when a file of a folder was last written to, or the folder where
// there is none.
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
	if !at.IsZero() {
		return at, nil
	}
	info, err := os.Stat(folder)
	if err != nil {
		return at, fmt.Errorf("look at a recording: %w", err)
	}
	return info.ModTime(), nil
}
