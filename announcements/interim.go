package announcements

import (
	"errors"
	"io"
	"io/fs"
)

func decodeFile(files fs.FS, name string) ([]int16, error) {
	_, err := readFile(files, name)
	return nil, errors.Join(err, errors.ErrUnsupported)
}

func writeWAV(io.Writer, []int16) error { return errors.ErrUnsupported }
