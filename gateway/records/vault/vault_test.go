package vault

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

var (
	monday  = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	tuesday = monday.AddDate(0, 0, 1)
)

func open(t testing.TB, path string) *Vault {
	t.Helper()
	v, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func named(t testing.TB, v *Vault, class string, at time.Time, number string) string {
	t.Helper()
	if err := v.Name(class, at); err != nil {
		t.Fatal(err)
	}
	p, ok := v.Pseudonym(class, at, number)
	if !ok {
		t.Fatalf("nobody is known in %s on %v", class, at)
	}
	return p
}

func sealed(t testing.TB, v *Vault, class string, at time.Time, text string) []byte {
	t.Helper()
	b, err := v.Seal(class, at, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestPseudonymsOfOneDayAreTheSameAndOfTwoAreNot(t *testing.T) {
	v := open(t, filepath.Join(t.TempDir(), "keys"))
	first := named(t, v, "call", monday, "4930123")
	for _, same := range []string{named(t, v, "call", monday.Add(15*time.Hour), "4930123"), named(t, v, "refusal", monday, "4930123")} {
		if same != first {
			t.Errorf("%s and %s are one caller on one day", same, first)
		}
	}
	for what, other := range map[string]string{
		"another number": named(t, v, "call", monday, "4930124"),
		"another day":    named(t, v, "call", tuesday, "4930123"),
		"another place":  named(t, open(t, filepath.Join(t.TempDir(), "keys")), "call", monday, "4930123"),
	} {
		if other[len("2026-11-23"):] == first[len("2026-11-23"):] {
			t.Errorf("%s has the same pseudonym", what)
		}
	}
	if all := v.Pseudonyms("4930123"); len(all) != 2 || all[0] != first {
		t.Errorf("pseudonyms that can be found yet: %v", all)
	}
	if strings.Contains(first, "4930123") {
		t.Error("the pseudonym has the number")
	}
}

func TestKeysGoWithWhatTheyAreFor(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys")
	v := open(t, path)
	call, refusal := sealed(t, v, "call", monday, "a call"), sealed(t, v, "refusal", monday, "a no")
	named(t, v, "call", monday, "1")
	named(t, v, "refusal", monday, "1")
	for _, step := range []struct {
		name            string
		class           string
		before          time.Time
		destroyed       int
		call, no, names bool // there yet?
	}{
		{"nothing of a day that has not ended", "call", monday.Add(15 * time.Hour), 0, true, true, true},
		{"one class, and not the pseudonyms that another has", "call", tuesday, 1, false, true, true},
		{"not twice", "call", tuesday, 0, false, true, true},
		{"the last class, and the pseudonyms with it", "refusal", tuesday, 1, false, false, false},
	} {
		if n := v.Overdue(step.class, step.before); n != step.destroyed {
			t.Errorf("%s: %d overdue", step.name, n)
		}
		n, err := v.Destroy(step.class, step.before)
		if n != step.destroyed || err != nil {
			t.Errorf("%s: destroyed %d, %v", step.name, n, err)
		}
		for _, now := range []*Vault{v, open(t, path)} { // and it lasts
			_, errCall := now.Open("call", monday, call)
			_, errNo := now.Open("refusal", monday, refusal)
			if (errCall == nil) != step.call || (errNo == nil) != step.no || (len(now.Pseudonyms("1")) > 0) != step.names {
				t.Errorf("%s: call %v, no %v, names %v", step.name, errCall, errNo, now.Pseudonyms("1"))
			}
			if now.Gone("call", monday) == step.call {
				t.Errorf("%s: gone %v", step.name, !step.call)
			}
		}
	}
	if v.Days() != 0 {
		t.Errorf("%d days are left", v.Days())
	}
}

func TestWhatIsSealedStaysWhereItIs(t *testing.T) {
	v := open(t, filepath.Join(t.TempDir(), "keys"))
	b := sealed(t, v, "call", monday, "words")
	if plain, err := v.Open("call", monday, b); err != nil || string(plain) != "words" {
		t.Fatalf("%q, %v", plain, err)
	}
	if bytes.Contains(b, []byte("words")) || bytes.Equal(b, sealed(t, v, "call", monday, "words")) {
		t.Error("what is sealed can be read, or told to be the same")
	}
	sealed(t, v, "other", monday, "")
	for name, open := range map[string]func() ([]byte, error){
		"another class":  func() ([]byte, error) { return v.Open("other", monday, b) },
		"another moment": func() ([]byte, error) { return v.Open("call", monday.Add(1), b) },
		"another bit":    func() ([]byte, error) { c := bytes.Clone(b); c[20] ^= 1; return v.Open("call", monday, c) },
		"half of it":     func() ([]byte, error) { return v.Open("call", monday, b[:8]) },
	} {
		if _, err := open(); err == nil {
			t.Errorf("%s opens", name)
		}
	}
}

// The bytes of the old file are overwritten, though nothing names them any more.
func TestDestroyedKeysAreOverwritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys")
	v := open(t, path)
	sealed(t, v, "call", monday, "x")
	old, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	if err := v.DestroyAll(); err != nil {
		t.Fatal(err)
	}
	content := make([]byte, 1000)
	n, _ := old.ReadAt(content, 0)
	if n == 0 || strings.Trim(string(content[:n]), "\x00") != "" {
		t.Errorf("the old file still has %q", content[:n])
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestAVaultThatCannotBeWrittenGivesNoKey(t *testing.T) {
	v := open(t, filepath.Join(t.TempDir(), "nowhere", "keys"))
	if _, err := v.Seal("call", monday, nil); err == nil {
		t.Error("sealed with a key that is nowhere")
	}
	if err := v.Name("call", monday); err == nil {
		t.Error("named under a key that is nowhere")
	}
	if p, ok := v.Pseudonym("call", monday, "1"); ok {
		t.Errorf("known as %s by a key that is nowhere", p)
	}
	if v.Days() != 0 {
		t.Error("a key is there that is not on the disk")
	}
}

// TestADiskThatHangsHoldsNoReaderUp has the disk hang while a key is made: a pipe
// that nobody reads stands where the file is written.
func TestADiskThatHangsHoldsNoReaderUp(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys")
	v := open(t, path)
	b := sealed(t, v, "call", monday, "x")
	before := named(t, v, "call", monday, "1")
	if err := syscall.Mkfifo(path+".new", 0o600); err != nil {
		t.Fatal(err)
	}
	made := make(chan error)
	go func() { made <- v.Name("call", tuesday) }()
	for v.writing.TryLock() { // until it is at it
		v.writing.Unlock()
		runtime.Gosched()
	}
	if p, ok := v.Pseudonym("call", monday, "1"); !ok || p != before {
		t.Errorf("known as %q, want %q", p, before)
	}
	if _, ok := v.Pseudonym("call", tuesday, "1"); ok {
		t.Error("known by a key that is not on the disk")
	}
	if _, err := v.Open("call", monday, b); err != nil || v.Gone("call", monday) || v.Days() != 1 || v.Overdue("call", tuesday) != 1 || len(v.Pseudonyms("1")) != 1 {
		t.Errorf("what is there cannot be read meanwhile: %v", err)
	}
	if _, err := v.Seal("call", monday, nil); err != nil {
		t.Error(err)
	}
	pipe, err := os.Open(path + ".new")
	if err != nil {
		t.Fatal(err)
	}
	defer pipe.Close()
	if err := <-made; err == nil {
		t.Error("a pipe counts as a disk")
	}
}

func TestJoinedVaultsOpenWhatEitherDoes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys")
	v := open(t, path)
	b := sealed(t, v, "call", monday, "x")
	named(t, v, "call", monday, "1")
	before := open(t, path)
	if err := v.DestroyAll(); err != nil {
		t.Fatal(err)
	}
	c := sealed(t, v, "call", tuesday, "y")
	after := open(t, path)
	after.Join(before)
	for at, text := range map[time.Time][]byte{monday: b, tuesday: c} {
		if _, err := after.Open("call", at, text); err != nil {
			t.Errorf("%v: %v", at, err)
		}
	}
	if len(after.Pseudonyms("1")) != 1 {
		t.Error("the pseudonyms are not there")
	}
}

func FuzzDecode(f *testing.F) {
	key := base64.StdEncoding.EncodeToString(make([]byte, keySize))
	f.Add([]byte(`{"days":{"2026-11-23":{"pseudonyms":"` + key + `","named":["call"],"classes":{"call":"` + key + `"}}}}`))
	f.Add([]byte(`{"days":{"2026-11-23":{"classes":{"call":"AA=="}}}}`))
	f.Add([]byte(`{}`))
	f.Fuzz(func(t *testing.T, content []byte) {
		days, err := decode(content)
		if err != nil {
			return
		}
		again, err := json.Marshal(kept{days})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := decode(again); err != nil {
			t.Errorf("%s became %s: %v", content, again, err)
		}
	})
}
