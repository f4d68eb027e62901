// Package lasting puts small files on the disk whole: whoever reads one, also after
// a power cut, finds what stood there before or what stands there now.
package lasting

import (
	"errors"
	"os"
	"path/filepath"
)

// half is how the name of a file ends that is not in its place yet. What a crash
// leaves of one the next is written over.
const half = ".new"

// Replace puts a file, which its owner only can read, in the place of another one or
// of none, in one step. When it returns nil, that lasts. After an error nothing is
// left beside the file, which is the old one unless it is only that nobody knows
// whether the new one lasts.
func Replace(path string, content []byte) error {
	next := path + half
	file, err := os.OpenFile(next, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	if err = errors.Join(err, file.Sync(), file.Close()); err == nil {
		err = os.Rename(next, path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(next))
	}
	return syncFolder(filepath.Dir(path))
}

// syncFolder makes the names of new files last.
func syncFolder(name string) error {
	folder, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
