package lasting

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestAFileIsReplacedWhole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path+half, []byte("half of what a crash has left"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, content := range []string{"the first, and long", "second", ""} {
		if err := Replace(path, []byte(content)); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != content {
			t.Errorf("there is %q, %v", got, err)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	alone(t, path)
}

// What could not be put in its place may be a private key: it is not left beside.
func TestAFaultLeavesNothingBeside(t *testing.T) {
	for name, fault := range map[string]func(path string) error{
		"a disk that does not keep it": func(path string) error { return pipe(t, path+half) },
		"a place that is taken":        func(path string) error { return os.MkdirAll(filepath.Join(path, "taken"), 0o700) },
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "key")
			if err := fault(path); err != nil {
				t.Fatal(err)
			}
			if err := Replace(path, []byte("secret")); err == nil {
				t.Error("it counts as kept")
			}
			alone(t, path)
		})
	}
	if err := Replace(filepath.Join(t.TempDir(), "nowhere", "key"), nil); err == nil {
		t.Error("a folder that is not there counts as a disk")
	}
}

// pipe makes one that takes what is written, and cannot be synced.
func pipe(t *testing.T, path string) error {
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		return err
	}
	reader, err := os.OpenFile(path, os.O_RDWR, 0)
	if err == nil {
		t.Cleanup(func() { _ = reader.Close() })
	}
	return err
}

// alone finds nothing beside a file.
func alone(t *testing.T, path string) {
	t.Helper()
	beside, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range beside {
		if f.Name() != filepath.Base(path) {
			t.Errorf("%s is left", f.Name())
		}
	}
}
