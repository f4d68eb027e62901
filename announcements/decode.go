package announcements

import (
	"fmt"
	"io"
	"io/fs"
)

// readFile reads a file that is not too large to be a recording.
func readFile(files fs.FS, name string) ([]byte, error) {
	f, err := files.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, largestFile+1))
	if err != nil {
		return nil, err
	}
	if len(data) > largestFile {
		return nil, fmt.Errorf("larger than %d MB", largestFile>>20)
	}
	return data, nil
}
