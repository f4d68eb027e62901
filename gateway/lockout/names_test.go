package lockout

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
)

func TestCallersHaveOtherNamesEachDay(t *testing.T) {
	g, at := testGuard(DefaultConfig())
	first := g.Line("t", "n", "+4930123").caller
	at.sleep(23 * time.Hour)
	if again := g.Line("t", "n", "+4930123").caller; again != first {
		t.Error("a caller has another name on the same day")
	}
	old := g.key
	at.sleep(time.Hour)
	if next := g.Line("t", "n", "+4930123").caller; next == first || bytes.Equal(g.key, old) {
		t.Error("a caller has the same name after a day")
	}
	at.sleep(30 * time.Minute)
	g.Line("t", "n", "+4930123")
	if g.before != nil {
		t.Error("the key of the day before is there when nothing can be counted under it")
	}
}

func TestALockOutlastsTheKey(t *testing.T) {
	g, at := testGuard(Config{PerCaller: 3, Window: 10 * time.Minute, Lock: 30 * time.Minute})
	at.sleep(24*time.Hour - 2*time.Minute)
	running := g.Line("t", "n", "1")
	times(2, func(int) { try(running, "", Wrong) })
	at.sleep(2 * time.Minute)
	if !try(g.Line("t", "n", "1"), "", Wrong) || !g.Line("t", "n", "1").Hidden("100") {
		t.Error("wrong tries of just before are forgotten with the key")
	}
	if g.Line("t", "n", "2").Hidden("100") {
		t.Error("another caller is locked")
	}
	// A call that began under the old key goes on counting.
	try(running, "", Wrong)
	at.sleep(29 * time.Minute)
	if !g.Line("t", "n", "1").Hidden("100") {
		t.Error("the lock is over too early")
	}
}

// A try that is being looked at while the names of two days become one ends where
// it began: it takes no place for good.
func TestATryEndsWhereItBegan(t *testing.T) {
	g, at := testGuard(Config{PerCaller: 3, Window: 10 * time.Minute, Lock: 30 * time.Minute})
	at.sleep(24*time.Hour - time.Minute)
	old := g.Line("t", "n", "1")
	at.sleep(time.Minute)
	settle, ok := g.Line("t", "n", "1").Try("")
	if !ok {
		t.Fatal("a first try is not looked at")
	}
	try(old, "", Wrong)
	g.Line("t", "n", "1")
	settle(Void)
	at.sleep(time.Hour)
	g.sweep(at.now())
	if left := g.buckets[Caller]; len(left) > 0 {
		t.Errorf("%+v is left", left)
	}
}

func TestAKeyLastsOverARestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "guessing.json")
	g, err := Open(path, DefaultConfig(), zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	const number = "+4930123456"
	for range 2 {
		try(g.Line("t", "n", number), "", Wrong)
	}
	if err := g.Keep(); err != nil {
		t.Fatal(err)
	}
	again, err := Open(path, DefaultConfig(), zerolog.Nop())
	if err != nil || again.Line("t", "n", number).caller != g.Line("t", "n", number).caller || !again.since.Equal(g.since) {
		t.Errorf("another key, or another age: %v", err)
	}
	k, err := Look(path, number)
	if err != nil || k == nil || len(k.Wrong) != 2 {
		t.Errorf("known of the caller: %+v, %v", k, err)
	}
	try(g.Line("t", "n", "4930123456"), "", Wrong)
	if err := g.Keep(); err != nil {
		t.Fatal(err)
	}
	if k, err := Look(path, number, "4930123456"); err != nil || k == nil || len(k.Wrong) != 3 {
		t.Errorf("known of the caller in two spellings: %+v, %v", k, err)
	}
	for _, nobody := range []string{"+4930123457", ""} {
		if k, err := Look(path, nobody); k != nil || err != nil {
			t.Errorf("known of %q: %+v, %v", nobody, k, err)
		}
	}
	content, err := os.ReadFile(path)
	if err != nil || strings.Contains(string(content), "30123456") {
		t.Errorf("the number is in the file: %s, %v", content, err)
	}
	if k, err := Look(path+".none", number); k != nil || err != nil {
		t.Errorf("without a file: %+v, %v", k, err)
	}
}
