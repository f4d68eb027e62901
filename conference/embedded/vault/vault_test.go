package vault

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// places are where a test keeps a vault.
func places(t *testing.T) (file, key string) {
	t.Helper()
	folder := t.TempDir()
	return filepath.Join(folder, "made", "meetings"), filepath.Join(folder, "keys", "key")
}

// opened is a vault at its places.
func opened(t *testing.T, file, key string) *Vault {
	t.Helper()
	v, _, err := Open(file, key)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// keeps has it keep a content.
func keeps(t *testing.T, v *Vault, content string) {
	t.Helper()
	if err := v.Keep([]byte(content)); err != nil {
		t.Fatal(err)
	}
}

// holds looks whether that is what was kept.
func holds(t *testing.T, file, key, want string) {
	t.Helper()
	if _, content, err := Open(file, key); err != nil || string(content) != want {
		t.Errorf("%q, %v, want %q", content, err, want)
	}
}

func TestWhatIsKeptIsThereAgain(t *testing.T) {
	file, key := places(t)
	v, content, err := Open(file, key)
	if err != nil || content != nil {
		t.Fatalf("a vault that is not there: %q, %v", content, err)
	}
	if _, err := os.Stat(filepath.Dir(file)); !os.IsNotExist(err) {
		t.Error("something is made before anything is kept")
	}
	for _, want := range []string{"first", "", "PIN 739204, and more than was there before"} {
		if err := v.Keep([]byte(want)); err != nil {
			t.Fatal(err)
		}
		if _, got, err := Open(file, key); err != nil || string(got) != want || got == nil {
			t.Errorf("%q, %v, want %q", got, err, want)
		}
	}
	for _, name := range []string{file, key} {
		text, err := os.ReadFile(name)
		if err != nil || bytes.Contains(text, []byte("739204")) {
			t.Errorf("%s can be read: %v", name, err)
		}
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
		beside, err := os.ReadDir(filepath.Dir(name))
		beside = slices.DeleteFunc(beside, func(e os.DirEntry) bool { return e.Name() == filepath.Base(file)+".lock" })
		if err != nil || len(beside) != 1 {
			t.Errorf("beside %s: %v, %v", name, beside, err)
		}
	}
}

func TestAVaultOpensWithItsKeyOnly(t *testing.T) {
	file, key := places(t)
	v := opened(t, file, key)
	keeps(t, v, "meetings")
	sealed, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	right, err := os.ReadFile(key)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name string, text []byte) {
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, spoil := range map[string]func(){
		"another key":        func() { write(key, []byte(strings.Repeat("ab", keyLength))) },
		"no key":             func() { _ = os.Remove(key) },
		"a key that is none": func() { write(key, []byte("short")) },
		"nothing in it":      func() { write(file, nil) },
		"half of it":         func() { write(file, sealed[:len(sealed)/2]) },
		"a changed bit":      func() { write(file, append(bytes.Clone(sealed[:len(sealed)-1]), sealed[len(sealed)-1]^1)) },
		"another version":    func() { write(file, bytes.Replace(sealed, []byte("vault 1"), []byte("vault 2"), 1)) },
	} {
		t.Run(name, func(t *testing.T) {
			spoil()
			if _, content, err := Open(file, key); err == nil {
				t.Errorf("opened: %q", content)
			}
			write(file, sealed)
			write(key, right)
		})
	}
}

func TestWhatCannotBeWrittenIsToldAndChangesNothing(t *testing.T) {
	file, key := places(t)
	v := opened(t, file, key)
	keeps(t, v, "before")
	aside := file + ".aside"
	if err := os.Rename(file, aside); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(file, 0o700); err != nil {
		t.Fatal(err)
	}
	if v.Keep([]byte("after")) == nil {
		t.Error("a folder was replaced by a file")
	}
	holds(t, aside, key, "before")
}

func TestTwoDoNotOverwriteEachOther(t *testing.T) {
	file, key := places(t)
	first := opened(t, file, key)
	second := opened(t, file, key)
	keeps(t, first, "of the first")
	if second.Keep([]byte("of the second")) == nil {
		t.Error("what the first has kept is lost")
	}
	holds(t, file, key, "of the first")
}

func TestADestroyedVaultIsGoneWithItsKey(t *testing.T) {
	file, key := places(t)
	v := opened(t, file, key)
	keeps(t, v, "meetings")
	held, err := os.Open(key) // as a disk holds what was deleted
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = held.Close() }()
	for range 2 {
		if err := Destroy(file, key); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{file, key} {
		if left, err := os.ReadDir(filepath.Dir(name)); len(left) > 0 || err != nil {
			t.Errorf("left: %v, %v", left, err)
		}
	}
	text := make([]byte, 2*keyLength)
	if _, err := held.Read(text); err != nil || !bytes.Equal(text, make([]byte, len(text))) {
		t.Errorf("where the key was there is %q, %v", text, err)
	}
}

func FuzzUnseal(f *testing.F) {
	v := &Vault{file: filepath.Join(f.TempDir(), "file"), key: filepath.Join(f.TempDir(), "key")}
	if err := v.Keep([]byte("meetings")); err != nil {
		f.Fatal(err)
	}
	sealed, err := os.ReadFile(v.file)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sealed)
	f.Add([]byte(header))
	f.Fuzz(func(t *testing.T, text []byte) {
		content, err := unseal(v.seal, text)
		if (err == nil) != bytes.Equal(text, sealed) {
			t.Errorf("%q, %v", content, err)
		}
	})
}

// Gateways that change a vault at the same moment lose nothing that one of them
// has told to be kept, nor the key that it is sealed with.
func TestWhatIsKeptAtTheSameMomentIsNotLost(t *testing.T) {
	for range 20 {
		file, key := places(t)
		var told atomic.Int32
		var all sync.WaitGroup
		begin := make(chan struct{})
		for range 8 {
			v, content, err := Open(file, key)
			if err != nil || content != nil {
				t.Fatalf("%q, %v", content, err)
			}
			all.Go(func() {
				<-begin
				if v.Keep([]byte("of one of them")) == nil {
					told.Add(1)
				}
			})
		}
		close(begin)
		all.Wait()
		_, content, err := Open(file, key)
		if err != nil || string(content) != "of one of them" {
			t.Fatalf("%q, %v", content, err)
		}
		if n := told.Load(); n != 1 {
			t.Fatalf("%d were told that theirs is kept", n)
		}
	}
}
