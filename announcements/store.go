package announcements

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/einwahl/einwahl/transcode/wav"
)

const (
	// storeRoom is how many files are kept.
	storeRoom = 500
	// storeAge is how long a file is kept that nobody has needed: a message of a
	// host is nobody's business for ever.
	storeAge = 30 * 24 * time.Hour
	// storeSuffix tells them from whatever else may lie there.
	storeSuffix = ".spoken.wav"
)

// store is a folder with what was spoken, so that it need not be spoken again
// after a start. Without a folder it keeps nothing.
type store struct{ folder string }

// read is a recording by its name, nil where there is none that can be used. It
// counts as the latest then.
func (s store) read(name string) []int16 {
	if s.folder == "" {
		return nil
	}
	file := name + storeSuffix
	sound, err := decodeFile(os.DirFS(s.folder), file)
	if err != nil {
		return nil
	}
	now := time.Now()
	_ = os.Chtimes(filepath.Join(s.folder, file), now, now) // else it only goes sooner
	return sound
}

// write keeps a recording, for the gateway's user only: it may be a message for
// a few.
func (s store) write(name string, sound []int16) error {
	if s.folder == "" {
		return nil
	}
	var file bytes.Buffer
	if err := wav.Write(&file, clipRate, sound); err != nil {
		return err
	}
	if err := os.MkdirAll(s.folder, 0o700); err != nil {
		return err
	}
	if err := replace(filepath.Join(s.folder, name+storeSuffix), file.Bytes(), 0o600); err != nil {
		return err
	}
	return s.tidy(time.Now())
}

// tidy takes away what is too old at a time, and the oldest where there are too
// many.
func (s store) tidy(now time.Time) error {
	entries, err := s.entries()
	if err != nil {
		return err
	}
	var files []fs.FileInfo
	for _, e := range entries {
		if info, err := e.Info(); err == nil {
			files = append(files, info)
		}
	}
	slices.SortFunc(files, func(a, b fs.FileInfo) int { return a.ModTime().Compare(b.ModTime()) })
	for i, file := range files {
		if i >= len(files)-storeRoom && now.Sub(file.ModTime()) < storeAge {
			break
		}
		if err := os.Remove(filepath.Join(s.folder, file.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// entries are what the store has put into its folder, also what a crash has left
// half written there.
func (s store) entries() ([]fs.DirEntry, error) {
	if s.folder == "" {
		return nil, nil
	}
	all, err := os.ReadDir(s.folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return slices.DeleteFunc(all, func(e fs.DirEntry) bool {
		return !strings.HasSuffix(strings.TrimSuffix(e.Name(), halfSuffix), storeSuffix)
	}), err
}

// Spoken are the files in which texts are kept that were spoken.
func Spoken(c Config) (files []string, err error) {
	entries, err := store{c.Cache}.entries()
	if err != nil {
		return nil, fmt.Errorf("look for spoken texts: %w", err)
	}
	for _, e := range entries {
		files = append(files, filepath.Join(c.Cache, e.Name()))
	}
	return files, nil
}
