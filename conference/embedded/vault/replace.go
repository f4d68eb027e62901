package vault

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// replace writes a file beside the old one and puts it in its place. When it
// returns nil, both the content and the name are on the disk.
func replace(name string, content []byte) (err error) {
	file, err := os.OpenFile(name+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("write vault: %w", err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(file.Name())
		}
	}()
	if _, err = file.Write(content); err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("write vault: %w", err)
	}
	if err = os.Rename(file.Name(), name); err != nil {
		return fmt.Errorf("write vault: %w", err)
	}
	if err = syncFolder(filepath.Dir(name)); err != nil {
		return fmt.Errorf("write vault: %w", err)
	}
	return nil
}

// syncFolder makes names of files last.
func syncFolder(name string) error {
	folder, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
