package lockout

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// clock is a time that the test moves.
type clock struct{ time.Time }

func (c *clock) now() time.Time        { return c.Time }
func (c *clock) sleep(d time.Duration) { c.Time = c.Add(d) }

func testGuard(c Config) (*Guard, *clock) {
	at := &clock{time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)}
	return newGuard(c, zerolog.Nop(), at.now), at
}

// try makes a try and tells whether it was looked at.
func try(l *Line, meeting string, v Verdict) bool {
	settle, ok := l.Try(meeting)
	if ok {
		settle(v)
	}
	return ok
}

func TestWrongTriesLock(t *testing.T) {
	limits := Config{PerCaller: 3, PerNumber: 6, PerMeeting: 5, Window: 10 * time.Minute, Lock: 30 * time.Minute}
	for _, tt := range []struct {
		name  string
		story func(g *Guard, at *clock)
		// Who finds meeting 100 afterwards?
		caller, other, elsewhere bool
	}{
		{"nobody without a wrong try", func(*Guard, *clock) {}, true, true, true},
		{"nobody by fewer tries than the limit", func(g *Guard, _ *clock) {
			times(2, func(int) { try(g.Line("t", "n", "1"), "100", Wrong) })
		}, true, true, true},
		{"a caller with too many", func(g *Guard, _ *clock) {
			times(3, func(int) { try(g.Line("t", "n", "1"), "200", Wrong) })
		}, false, true, true},
		{"a caller with too many at meetings that do not exist", func(g *Guard, _ *clock) {
			times(3, func(int) { try(g.Line("t", "n", "1"), "", Wrong) })
		}, false, true, true},
		{"a caller, also on another number", func(g *Guard, _ *clock) {
			times(3, func(int) { try(g.Line("t", "m", "1"), "200", Wrong) })
		}, false, true, true},
		{"nobody by tries over a longer time", func(g *Guard, at *clock) {
			times(20, func(int) { try(g.Line("t", "n", "1"), "100", Wrong); at.sleep(5 * time.Minute) })
		}, true, true, true},
		{"a caller until the lock is over", func(g *Guard, at *clock) {
			times(3, func(int) { try(g.Line("t", "n", "1"), "200", Wrong) })
			at.sleep(30 * time.Minute)
		}, true, true, true},
		{"a caller up to the end of the lock", func(g *Guard, at *clock) {
			times(3, func(int) { try(g.Line("t", "n", "1"), "200", Wrong) })
			at.sleep(30*time.Minute - time.Second)
		}, false, true, true},
		{"nobody whose right try came between", func(g *Guard, _ *clock) {
			times(4, func(int) {
				try(g.Line("t", "n", "1"), "200", Wrong)
				try(g.Line("t", "n", "1"), "300", Right)
			})
		}, true, true, true},
		{"everybody, by a meeting with too many from different callers", func(g *Guard, _ *clock) {
			times(5, func(i int) { try(g.Line("t", "n", fmt.Sprint("x", i)), "100", Wrong) })
		}, false, false, false},
		{"a meeting, whatever right tries came between", func(g *Guard, _ *clock) {
			times(5, func(i int) {
				try(g.Line("t", "m", fmt.Sprint("x", i)), "100", Wrong)
				try(g.Line("t", "m", fmt.Sprint("x", i)), "100", Right)
			})
		}, false, false, false},
		{"a number with too many from different callers, and no other", func(g *Guard, _ *clock) {
			times(6, func(i int) { try(g.Line("t", "n", fmt.Sprint("x", i)), fmt.Sprint(i), Wrong) })
		}, false, false, true},
		{"nobody while the conference service does not answer", func(g *Guard, _ *clock) {
			times(50, func(int) { try(g.Line("t", "n", "1"), "100", Void) })
		}, true, true, true},
		{"nobody after the operator has opened everything", func(g *Guard, _ *clock) {
			times(5, func(i int) { try(g.Line("t", "n", fmt.Sprint("x", i)), "100", Wrong) })
			g.Clear()
		}, true, true, true},
		{"a caller, no longer than the rule says when the clock was set back", func(g *Guard, at *clock) {
			times(3, func(int) { try(g.Line("t", "n", "1"), "200", Wrong) })
			at.sleep(-48 * time.Hour)
			g.Line("t", "n", "1").Hidden("100")
			at.sleep(30 * time.Minute)
		}, true, true, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g, at := testGuard(limits)
			tt.story(g, at)
			for _, who := range []struct {
				name  string
				line  *Line
				finds bool
			}{
				{"the caller", g.Line("t", "n", "1"), tt.caller},
				{"another caller", g.Line("t", "n", "2"), tt.other},
				{"another caller on another number", g.Line("t", "m", "2"), tt.elsewhere},
			} {
				if finds := !who.line.Hidden("100"); finds != who.finds {
					t.Errorf("%s finds the meeting: %v, want %v", who.name, finds, who.finds)
				}
				if looked := try(who.line, "100", Void); looked != who.finds {
					t.Errorf("a try of %s is looked at: %v, want %v", who.name, looked, who.finds)
				}
			}
		})
	}
}

func times(n int, do func(i int)) {
	for i := range n {
		do(i)
	}
}

func TestAnonymousCallersShareTheirBucket(t *testing.T) {
	g, _ := testGuard(DefaultConfig())
	times(9, func(i int) {
		try(g.Line("t", fmt.Sprint(i), ""), "200", Wrong)
		try(g.Line("t", fmt.Sprint(i), ""), "100", Right) // opens nothing that others guess through
	})
	if !g.Line("t", "n", "").Hidden("100") {
		t.Error("nine wrong tries without a number did not lock those without a number")
	}
	if g.Line("t", "n", "1").Hidden("100") || g.Line("u", "n", "").Hidden("100") {
		t.Error("callers with a number, or on another trunk, are locked out with them")
	}
}

// Whoever keys in a thousand PINs at one moment must have no more tries than
// one after the other.
func TestTriesAtOneMomentAreNoMoreThanOneByOne(t *testing.T) {
	g, _ := testGuard(DefaultConfig())
	looked := 0
	var settle []func(Verdict)
	times(1000, func(i int) {
		if s, ok := g.Line("t", fmt.Sprint(i), fmt.Sprint("x", i)).Try("100"); ok {
			looked++
			settle = append(settle, s)
		}
	})
	if looked != 20 {
		t.Errorf("%d tries were looked at together, want 20", looked)
	}
	for _, s := range settle[1:] {
		s(Wrong)
	}
	settle[0](Right)
	if g.Line("t", "n", "9").Hidden("100") {
		t.Error("nineteen wrong tries and a right one have locked the meeting, want that it takes twenty")
	}
	try(g.Line("t", "n", "9"), "100", Wrong)
	if !g.Line("t", "n", "8").Hidden("100") {
		t.Error("the twentieth wrong try has not locked the meeting")
	}
}

// A locked meeting looks like none: tries at it count as those at nothing do.
func TestALockedMeetingIsCountedLikeNone(t *testing.T) {
	g, _ := testGuard(DefaultConfig())
	times(20, func(i int) { try(g.Line("t", "n", fmt.Sprint("x", i)), "100", Wrong) })
	for _, meeting := range []string{"100", ""} {
		line := g.Line("t", "m", "caller at "+meeting)
		n := 0
		for ; n < 100 && !line.Hidden("200"); n++ {
			try(line, meeting, Wrong)
		}
		if n != 9 {
			t.Errorf("a caller is locked out after %d tries at meeting %q, want 9", n, meeting)
		}
	}
}

// Callers are counted without bound by nobody: who invents numbers to push
// others out of the memory ends in one bucket.
func TestNobodyIsForgottenForAnothersSake(t *testing.T) {
	c := DefaultConfig()
	c.PerNumber, c.PerMeeting = 0, 0
	g, at := testGuard(c)
	guesser := g.Line("t", "n", "guesser")
	times(9, func(int) { try(guesser, "", Wrong) })
	times(3*mostCallers, func(i int) { try(g.Line("t", "n", fmt.Sprint("x", i)), "", Wrong) })
	if n := len(g.buckets[Caller]); n > mostCallers+1 {
		t.Errorf("%d callers are remembered, want at most %d", n, mostCallers)
	}
	if !guesser.Hidden("100") {
		t.Error("the guesser was forgotten")
	}
	if !g.Line("t", "n", "fresh").Hidden("100") {
		t.Error("a caller for whom there is no place is not counted with those without a number")
	}
	at.sleep(time.Hour)
	try(g.Line("t", "n", "later"), "", Wrong)
	if n := len(g.buckets[Caller]); n > 2 {
		t.Errorf("%d callers are remembered an hour later, want the last", n)
	}
}

// Who has come in without a PIN, or to a service that did not answer, takes no
// place from others.
func TestCallersWithoutAWrongTryAreForgotten(t *testing.T) {
	g, _ := testGuard(DefaultConfig())
	times(9, func(int) { try(g.Line("t", "n", ""), "", Wrong) })
	times(mostCallers, func(i int) { try(g.Line("t", "n", fmt.Sprint("x", i)), "100", Void) })
	if g.Line("t", "n", "honest").Hidden("100") {
		t.Error("a caller is counted with those without a number, though nobody else has guessed")
	}
	if n := len(g.buckets[Caller]); n > 1 {
		t.Errorf("%d callers are remembered, want the one who guessed", n)
	}
}

func TestLocksSurviveARestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "guessing.json")
	g, err := Open(path, DefaultConfig(), zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	const number = "+4930123456"
	times(9, func(int) { try(g.Line("t", "n", number), "100", Wrong) })
	if err := g.Keep(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil || bytes.Contains(content, []byte("30123456")) {
		t.Errorf("the file names the caller, or cannot be read: %v\n%s", err, content)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file is %v, %v: want it readable by its owner only", info.Mode(), err)
	}
	again, err := Open(path, DefaultConfig(), zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	if !again.Line("t", "n", number).Hidden("100") || again.Line("t", "n", "other").Hidden("100") {
		t.Error("after a restart the caller is not locked out, or another is")
	}
	if left, _ := filepath.Glob(path + ".*"); len(left) > 0 {
		t.Errorf("files were left behind: %v", left)
	}
}

func TestABrokenFileIsReplacedAndTold(t *testing.T) {
	for name, content := range map[string]string{
		"cut off": `{"key":"`, "empty": "", "not ours": `{"key":"c2hvcnQ="}`, "no object": `[1,2]`,
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "guessing.json")
			if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			var log bytes.Buffer
			if _, err := Open(path, DefaultConfig(), zerolog.New(&log)); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(log.String(), `"level":"error"`) {
				t.Errorf("the log does not tell: %s", &log)
			}
			if left, _ := filepath.Glob(path + ".*"); len(left) > 0 {
				t.Errorf("what it has about callers is kept for good: %v", left)
			}
			if _, err := Open(path, DefaultConfig(), zerolog.Nop()); err != nil {
				t.Errorf("the new file cannot be read: %v", err)
			}
		})
	}
}

// Who has the file must not see for longer who has guessed than the gateway does.
func TestWhatIsForgottenIsGoneFromTheFile(t *testing.T) {
	const number = "+4930123456"
	for name, tt := range map[string]struct {
		tries      int
		then       time.Duration
		looks      bool // somebody calls then
		wrong      int  // that the file has
		lockedOnly bool
	}{
		"in the window":                   {2, 9 * time.Minute, false, 2, false},
		"after the window":                {2, 10 * time.Minute, false, 0, false},
		"after it, when the caller calls": {2, 10 * time.Minute, true, 0, false},
		"while they are locked out":       {9, 29 * time.Minute, false, 0, true},
		"when they are not any more":      {9, 30 * time.Minute, true, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			g, at := testGuard(DefaultConfig())
			g.path = filepath.Join(t.TempDir(), File)
			keep := func() {
				if err := g.Keep(); err != nil {
					t.Fatal(err)
				}
			}
			times(tt.tries, func(int) { try(g.Line("t", "n", number), "", Wrong) })
			keep()
			at.sleep(tt.then)
			if tt.looks {
				g.Line("t", "n", number).Hidden("100")
				try(g.Line("t", "n", number), "100", Right)
			}
			keep()
			k, err := Look(g.path, number)
			if err != nil || (k != nil) != (tt.wrong > 0 || tt.lockedOnly) || k != nil && len(k.Wrong) != tt.wrong {
				t.Errorf("the file has %+v, %v", k, err)
			}
		})
	}
}

// One of several tries goes from the file at its own time.
func TestEachTryIsForgottenAtItsTime(t *testing.T) {
	g, at := testGuard(DefaultConfig())
	g.path = filepath.Join(t.TempDir(), File)
	for _, step := range []struct {
		try  bool
		want int
	}{{true, 1}, {true, 2}, {false, 1}} {
		if step.try {
			try(g.Line("t", "n", "1"), "", Wrong)
		}
		g.Locked() // as when metrics are read
		if err := g.Keep(); err != nil {
			t.Fatal(err)
		}
		if k, err := Look(g.path, "1"); err != nil || k == nil || len(k.Wrong) != step.want {
			t.Errorf("at %v the file has %+v, %v; want %d", at, k, err, step.want)
		}
		at.sleep(6 * time.Minute)
	}
}

func TestRemovingLeavesNothing(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{File, File + ".new", File + ".broken", File + ".123456", "records.db"} {
		if err := os.WriteFile(filepath.Join(folder, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := Remove(filepath.Join(folder, File)); err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(filepath.Join(folder, "*")); len(left) != 1 || filepath.Base(left[0]) != "records.db" {
		t.Errorf("left: %q", left)
	}
	if err := Remove(filepath.Join(folder, File)); err != nil {
		t.Errorf("where there is none: %v", err)
	}
}

func TestRunKeepsWhatIsCounted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "guessing.json")
	synctest.Test(t, func(t *testing.T) {
		g, err := Open(path, DefaultConfig(), zerolog.Nop())
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- g.Run(ctx) }()
		try(g.Line("t", "n", "1"), "100", Wrong)
		time.Sleep(2 * keepEvery)
		if content, err := os.ReadFile(path); err != nil || !bytes.Contains(content, []byte(`"100"`)) {
			t.Errorf("two seconds later the file does not have the try: %v\n%s", err, content)
		}
		try(g.Line("t", "n", "1"), "200", Wrong)
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if content, err := os.ReadFile(path); err != nil || !bytes.Contains(content, []byte(`"200"`)) {
			t.Errorf("the last try was not written at the end: %v\n%s", err, content)
		}
	})
}

func TestALockIsToldWithoutTheCaller(t *testing.T) {
	var log bytes.Buffer
	at := &clock{time.Now()}
	g := newGuard(DefaultConfig(), zerolog.New(&log), at.now)
	times(20, func(i int) { try(g.Line("carrier", "+4930555", fmt.Sprintf("+4989%06d", i)), "100", Wrong) })
	if n := strings.Count(log.String(), "\n"); n != 1 || !strings.Contains(log.String(), `"scope":"meeting"`) || strings.Contains(log.String(), "4989") {
		t.Errorf("want one line that names the meeting and no caller:\n%s", &log)
	}
	if st := g.Stats(); st.Wrong != 20 || st.Locks[Meeting] != 1 || st.Locks[Caller] != 0 {
		t.Errorf("stats = %+v, want 20 wrong tries and a lock of a meeting", st)
	}
	locked := g.Locked()
	if len(locked) != 1 || locked[0].Name != "100" || !locked[0].Until.Equal(at.Add(30*time.Minute)) {
		t.Errorf("locked = %+v, want meeting 100 for half an hour", locked)
	}
}

func TestValidateReportsEveryMistake(t *testing.T) {
	if err := DefaultConfig().Validate(); err != nil {
		t.Errorf("the defaults are refused: %v", err)
	}
	err := Config{PerCaller: -1, PerNumber: 1001, Window: time.Second, Lock: 25 * time.Hour}.Validate()
	if err == nil {
		t.Fatal("nothing is reported")
	}
	var keys []string
	for line := range strings.Lines(err.Error()) {
		key, _, _ := strings.Cut(line, ":")
		keys = append(keys, key)
	}
	if want := []string{"per_caller", "per_number", "window", "lock"}; !slices.Equal(keys, want) {
		t.Errorf("mistakes of %v, want %v", keys, want)
	}
}

func FuzzRestore(f *testing.F) {
	f.Add([]byte(`{"key":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=","buckets":{"meeting":{"100":{"wrong":["2026-11-02T09:00:00Z"],"until":"2026-11-02T09:30:00Z"}}}}`))
	f.Add([]byte(`{"key":`))
	f.Fuzz(func(t *testing.T, content []byte) {
		g, _ := testGuard(DefaultConfig())
		if g.restore(content) == nil {
			try(g.Line("t", "n", "1"), "100", Wrong)
			g.Locked()
		}
	})
}
