package embedded

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// names are those of the recordings, sorted. The folders are the operator's to
// name, so that none of their letters may mean anything.
func (a archive) names() (all []string, err error) {
	entries, err := os.ReadDir(a.recordings)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look for recordings: %w", err)
	}
	for _, e := range entries {
		if a.isRecording(e.Name()) {
			all = append(all, e.Name())
		}
	}
	return all, nil
}

// isRecording reports whether a folder is a recording's: it has a manifest, or lacks
// one and there is its key, or it looks like what is left of one.
func (a archive) isRecording(name string) bool {
	_, err := os.Stat(filepath.Join(a.recordings, name, manifestName))
	if !errors.Is(err, fs.ErrNotExist) {
		return err == nil
	}
	_, err = os.Stat(filepath.Join(a.keys, name))
	return err == nil || a.isLeft(name)
}

// recordingName is what makeDirectory calls a folder.
var recordingName = regexp.MustCompile(`-[0-9]{8}T[0-9]{6}Z(-[0-9]{1,3})?$`)

// isLeft reports whether a folder has a recording's name and nothing in it but what a
// recorder writes. The name alone says little: others put the time into theirs too.
func (a archive) isLeft(name string) bool {
	files, err := os.ReadDir(filepath.Join(a.recordings, name))
	return err == nil && recordingName.MatchString(name) && !slices.ContainsFunc(files, func(f fs.DirEntry) bool {
		return strings.TrimSuffix(f.Name(), ".new") != manifestName && f.Name() != copiedKey &&
			!strings.HasSuffix(f.Name(), sealedSuffix) && !strings.HasSuffix(f.Name(), opusSuffix)
	})
}

// keyNames are those of the files in which keys are: the recordings' names.
func (a archive) keyNames() (all []string, err error) {
	entries, err := os.ReadDir(a.keys)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look for keys of recordings: %w", err)
	}
	for _, e := range entries {
		if e.Type().IsRegular() {
			all = append(all, e.Name())
		}
	}
	return all, nil
}

// Traces names what is there yet of recordings and of meetings that were made, their
// keys among it.
func Traces(c Config) (left []string, err error) {
	a := c.archive()
	recordings, err := a.names()
	for _, name := range recordings {
		left = append(left, filepath.Join(a.recordings, name)+" is a recording")
	}
	keys, fault := a.keyNames()
	for _, name := range keys {
		left = append(left, filepath.Join(a.keys, name)+" is the key of a recording")
	}
	made, key := c.vault()
	for name, what := range map[string]string{made: "has meetings that were made", key: "is the key of meetings that were made"} {
		if _, err := os.Stat(name); err == nil {
			left = append(left, name+" "+what)
		}
	}
	return left, errors.Join(err, fault)
}
