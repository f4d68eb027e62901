package embedded

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// TestTheEndOfARecordingIsOnTheDisk: the ledger is told of it, and must be right after
// the power has failed. A pipe takes what is written, and has no disk to put it on.
func TestTheEndOfARecordingIsOnTheDisk(t *testing.T) {
	for name, noDisk := range map[string]func(t *testing.T, s *fileSet, pipe *os.File){
		"the sound": func(t *testing.T, s *fileSet, pipe *os.File) {
			file := s.open["p1"].file
			t.Cleanup(func() { _ = file.Close() })
			s.open["p1"].file = pipe
		},
		"the manifest": func(t *testing.T, s *fileSet, pipe *os.File) {
			if err := os.Link(pipe.Name(), filepath.Join(s.directory, manifestName+".new")); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRecorder(1, time.Unix(1000, 0))
			r.track("p1", true).push(0, []byte(silences[1].packet), r.began)
			files := newFiles(t, r.began)
			if err := r.writeQueued(files); err != nil {
				t.Fatal(err)
			}
			noDisk(t, files, namedPipe(t))
			if err := files.finish(time.Second, 0); !errors.Is(err, syscall.EINVAL) {
				t.Errorf("finished without having waited for the disk: %v", err)
			}
		})
	}
}

// namedPipe is a pipe that somebody holds open at its other end.
func namedPipe(t *testing.T) *os.File {
	t.Helper()
	name := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Fatal(err)
	}
	pipe, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pipe.Close() })
	return pipe
}
