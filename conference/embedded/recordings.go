package embedded

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Recording is one as it is on the disk.
type Recording struct {
	ID       string // the name of its folder
	Meeting  string
	Began    time.Time
	Ended    time.Time     // zero while it runs, and after a crash
	Duration time.Duration // likewise
	Delete   time.Time     // when it is deleted at the latest
	Files    int
	Size     int64  // of the files, in bytes
	Key      string // who can open it: one of those below

	archive archive
}

// Who can open a recording.
const (
	KeyHere      = "here"      // this machine
	KeyElsewhere = "elsewhere" // whoever has the private key
	KeyGone      = "nobody"
	KeyNone      = "anybody" // it is of an older version, and not sealed
)

// Recordings lists those that are kept, the oldest of each meeting first. One whose
// manifest cannot be read is told as an error; the others are there all the same.
func Recordings(c Config) (all []Recording, err error) {
	names, err := c.archive().names()
	errs := []error{err}
	for _, name := range names {
		r, err := FindRecording(c, name)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		all = append(all, r)
	}
	return all, errors.Join(errs...)
}

// FindRecording looks at one recording.
func FindRecording(c Config, id string) (Recording, error) {
	r := Recording{ID: id, archive: c.archive()}
	if id != filepath.Base(id) || id == "." || id == ".." {
		return r, fmt.Errorf("%q is no recording's name", id)
	}
	m, err := readManifest(r.folder())
	if errors.Is(err, fs.ErrNotExist) {
		return r, r.missing(c.Keep)
	}
	if err != nil {
		return r, err
	}
	r.Meeting, r.Began, r.Files = m.Meeting, m.Began, len(m.Tracks)
	r.Duration = time.Duration(m.Duration * float64(time.Second))
	if m.Ended != nil {
		r.Ended = *m.Ended
	}
	for _, t := range m.Tracks {
		if info, err := os.Stat(filepath.Join(r.folder(), t.File)); err == nil {
			r.Size += info.Size()
		}
	}
	r.Key = r.whoOpens(m)
	r.Delete, err = m.dueAt(r.folder(), c.Keep)
	return r, err
}

// missing says what is there of a recording without a manifest.
func (r Recording) missing(keep int) error {
	due, err := manifest{}.dueAt(r.folder(), keep)
	if err != nil || !r.archive.isRecording(r.ID) {
		return fmt.Errorf("there is no recording %s in %s", r.ID, r.archive.recordings)
	}
	return fmt.Errorf("recording %s has no %s: without it nobody can open it, and it is deleted on %s", r.ID, manifestName, due.Format(time.DateOnly))
}

// Removed reports whether a recording that has been there is gone and was not
// deleted: its key, which goes first, is there yet.
func Removed(c Config, id string) bool {
	a := c.archive()
	_, err := os.Stat(filepath.Join(a.recordings, id, manifestName))
	_, fault := os.Stat(filepath.Join(a.keys, id))
	return errors.Is(err, fs.ErrNotExist) && fault == nil
}

// Sum is the SHA-256 of the manifest as it is now, in hexadecimal.
func (r Recording) Sum() (string, error) { return r.archive.sum(r.ID) }

func (a archive) sum(recording string) (string, error) {
	text, err := os.ReadFile(filepath.Join(a.recordings, recording, manifestName))
	if err != nil {
		return "", fmt.Errorf("read the manifest of a recording: %w", err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}

// tell tells that a recording has ended.
func (a archive) tell(recording, meeting string) error {
	if a.witness == nil {
		return nil
	}
	sum, err := a.sum(recording)
	if err == nil {
		a.witness.Recorded(recording, meeting, sum)
	}
	return err
}

func (r Recording) folder() string { return filepath.Join(r.archive.recordings, r.ID) }

func (r Recording) whoOpens(m manifest) string {
	if m.Format == "" {
		return KeyNone
	}
	switch _, err := r.archive.key(r.ID, nil); {
	case err == nil:
		return KeyHere
	case errors.Is(err, ErrKeyElsewhere):
		return KeyElsewhere
	}
	return KeyGone
}

// Openable reports why a recording cannot be opened: nil, an error that wraps
// ErrKeyGone or ErrKeyElsewhere, or another one. The opener is nil where there is no
// private key.
func (r Recording) Openable(o Opener) error {
	if r.Key == KeyNone {
		return nil
	}
	_, err := r.archive.key(r.ID, o)
	return err
}
