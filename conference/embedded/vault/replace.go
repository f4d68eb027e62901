package vault

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// Replace writes a file, for its owner only, beside the old one and puts it in its
// place, and reports whether it is there. When it returns no error, both the content
// and the name are on the disk.
func Replace(name string, content []byte) (placed bool, err error) {
	file, err := os.OpenFile(name+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return false, err
	}
	defer func() {
		if !placed {
			_ = os.Remove(file.Name())
		}
	}()
	if _, err = file.Write(content); err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return false, err
	}
	if err = os.Rename(file.Name(), name); err != nil {
		return false, err
	}
	return true, SyncFolder(filepath.Dir(name))
}

// SyncFolder makes names of files last.
func SyncFolder(name string) error {
	folder, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// lock waits until no other program changes what a file stands for, and keeps
// them waiting until the lock is closed, or this program has ended.
func lock(name string) (*os.File, error) {
	file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock vault: %w", err)
	}
	for {
		err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock vault: %s: %w", name, err), file.Close())
	}
	return file, nil
}

// Destroy deletes a vault and its key, so that no copy of the file can be read
// either. The key is overwritten first. What is not there is no error.
func Destroy(file, key string) error {
	if err := Blank(key); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("destroy key of a vault: %w", err)
	}
	for _, name := range []string{key, file, file + ".new", key + ".new", file + ".lock"} {
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("delete vault: %w", err)
		}
	}
	return nil
}

// Blank overwrites a file with zeros, and returns when they are on the disk. Whether
// that writes them where the content was is the disk's affair.
func Blank(name string) error {
	file, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	info, err := file.Stat()
	if err == nil {
		_, err = file.WriteAt(make([]byte, info.Size()), 0)
	}
	return errors.Join(err, file.Sync(), file.Close())
}
