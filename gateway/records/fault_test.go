package records

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/einwahl/einwahl/gateway/records/ledger"
	"github.com/einwahl/einwahl/gateway/records/vault"
)

// behind changes the database behind the gateway's back.
func behind(t testing.TB, c Config, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(c.Directory, "records.db")+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// faults are what is found with these public keys beside the gateway's own.
func faults(t testing.TB, c Config, keys ...string) (all []string) {
	t.Helper()
	look(t, c, func(r *Reader) {
		report, err := r.Verify(nil, keys)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range report.Faults {
			all = append(all, f.String())
		}
	})
	return all
}

// three makes records with three entries.
func three(t *testing.T) Config {
	t.Helper()
	c := in(t.TempDir())
	b, end := open(t, c)
	answered(t, b, "agreed", "declined", "withdrawn")
	end()
	return c
}

func TestAGatewayDoesNotStartOnBrokenRecordsUnlessTold(t *testing.T) {
	c := three(t)
	behind(t, c, `UPDATE ledger_entries SET body = (SELECT body FROM ledger_entries WHERE seq = 1) WHERE seq = 2`)
	want := []string{"entry 2 altered: its content is not the one that was written"}
	if _, err := Open(c, zerolog.Nop()); err == nil || !strings.Contains(err.Error(), want[0]) {
		t.Errorf("started: %v", err)
	}
	c.Broken = Accept
	b, end := open(t, c)
	answered(t, b, "agreed")
	end()
	if got := faults(t, c); !slices.Equal(got, want) {
		t.Errorf("%q, want %q still", got, want)
	}
}

// What stands before the first place is in no export, and would lead a purge
// astray.
func TestRowsBeforeTheFirstPlaceAreNamed(t *testing.T) {
	c := three(t)
	behind(t, c, `INSERT INTO ledger_entries SELECT -seq, time, kind, class, commitment, prev, hash, key, body FROM ledger_entries`)
	want := []string{"inserted: before the first place there are rows: 3"}
	if got := faults(t, c); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	c.Broken = Accept
	b, end := open(t, c)
	if n, err := b.Purge(t.Context(), ClassConsent, time.Now()); n != 2 || err != nil {
		t.Errorf("purged %d, %v", n, err)
	}
	end()
	if got := faults(t, c); !slices.Equal(got, want) {
		t.Errorf("after purging %q, want %q", got, want)
	}
}

// A disk that is full at the very first start leaves no half of a key behind.
func TestHalfAKeyIsNotInTheWay(t *testing.T) {
	c := in(t.TempDir())
	if err := os.WriteFile(filepath.Join(c.Directory, keyFile+".new"), []byte("-----BEGIN PRI"), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		b, end := open(t, c)
		answered(t, b, "agreed")
		end()
	}
	whole(t, c)
}

func TestWithoutItsKeyNothingIsSignedUnlessTold(t *testing.T) {
	c := three(t)
	var before string
	look(t, c, func(r *Reader) {
		head, _, err := r.Head()
		if err != nil {
			t.Fatal(err)
		}
		before = ledger.FormatKey(head.Key)
	})
	if err := os.Remove(filepath.Join(c.Directory, keyFile)); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(c, zerolog.Nop()); err == nil || !strings.Contains(err.Error(), "ledger.key: the key that has signed the records is not there") {
		t.Errorf("started: %v", err)
	}
	look(t, c, func(r *Reader) {
		if _, err := r.Verify(nil, nil); err == nil || !strings.Contains(err.Error(), "--key takes its public half") {
			t.Errorf("verified without a key: %v", err)
		}
		if report, err := r.Verify(nil, []string{before}); err != nil || !report.Whole() {
			t.Errorf("%+v, %v: the public key is enough", report, err)
		}
	})
	c.Broken = Accept
	b, end := open(t, c)
	answered(t, b, "agreed")
	end()
	if got := faults(t, c); len(got) == 0 || !strings.Contains(got[0], "not signed with a key that is trusted") {
		t.Errorf("%q: the old key is not known", got)
	}
	if got := faults(t, c, before); got != nil {
		t.Errorf("%q, with the old key", got)
	}
}

func TestCutOffEntriesShowByTheFileOfCheckpoints(t *testing.T) {
	c := three(t)
	behind(t, c, "DELETE FROM ledger_entries WHERE seq > 1", "DELETE FROM ledger_checkpoints WHERE seq > 1")
	if got, want := faults(t, c), []string{"entries 2 to 3 removed: nothing stands in its place"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	file := filepath.Join(c.Directory, "checkpoints.txt")
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, append(content, "einwahl-checkpoint-1 3 2026-11-22T"...), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := faults(t, c); len(got) != 1 {
		t.Errorf("with a last line that was torn: %q", got)
	}
}

// A line that somebody has damaged is named, and an operator who accepts it has
// a gateway that starts.
func TestADamagedCheckpointIsNamedAndCanBeAccepted(t *testing.T) {
	for name, tt := range map[string]struct {
		damage func(line string) string
		want   string
	}{
		"not the word that begins a line": {func(line string) string { return "x" + line }, "checkpoints.txt, line 2: no checkpoint"},
		"another place than was signed": {
			func(line string) string {
				return strings.Replace(line, "einwahl-checkpoint-1 6", "einwahl-checkpoint-1 5", 1)
			},
			"checkpoints.txt, line 2: the signature of the checkpoint is wrong",
		},
		"half of it": {func(line string) string { return line[:50] + "\n" }, "checkpoints.txt, line 2: no checkpoint"},
	} {
		t.Run(name, func(t *testing.T) {
			c := in(t.TempDir())
			for range 3 {
				b, end := open(t, c)
				answered(t, b, "agreed", "declined", "withdrawn")
				end()
			}
			content, err := os.ReadFile(anchors(c))
			if err != nil {
				t.Fatal(err)
			}
			lines := strings.SplitAfter(string(content), "\n")
			lines[1] = tt.damage(lines[1])
			if err := os.WriteFile(anchors(c), []byte(strings.Join(lines, "")), 0o600); err != nil {
				t.Fatal(err)
			}
			if got := faults(t, c); len(got) != 1 || !strings.HasPrefix(got[0], "altered: ") || !strings.Contains(got[0], tt.want) {
				t.Errorf("%q, want %q", got, tt.want)
			}
			if _, err := Open(c, zerolog.Nop()); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("started: %v", err)
			}
			c.Broken = Accept
			var log strings.Builder
			b, err := Open(c, zerolog.New(&log))
			if err != nil {
				t.Fatal(err)
			}
			if err := b.Close(); err != nil || !strings.Contains(log.String(), tt.want) || !strings.Contains(log.String(), "records.broken accepts it") {
				t.Errorf("%v; the log does not say it: %s", err, &log)
			}
		})
	}
}

// What a power cut leaves of a line is gone with the next one: else no gateway
// would ever start on it again.
func TestAfterATornCheckpointTheFileGoesOn(t *testing.T) {
	for _, tt := range []struct {
		name string
		left int // bytes of the last line that are lost
	}{{"most of it", 200}, {"its end only", 1}} {
		c := three(t)
		file := anchors(c)
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(file, int64(len(content)-tt.left)); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			b, end := open(t, c)
			answered(t, b, "agreed")
			end()
		}
		all, err := keptAnchors(file)
		if err != nil || len(all) < 2 || all[len(all)-1].Seq != 5 {
			t.Errorf("%s: %d checkpoints, %v", tt.name, len(all), err)
		}
		whole(t, c)
	}
}

func TestAfterAFaultOfTheDiskTheChainGoesOn(t *testing.T) {
	c := in(t.TempDir())
	b, _ := open(t, c)
	answered(t, b, "agreed")
	behind(t, c, `CREATE TRIGGER full BEFORE INSERT ON ledger_checkpoints BEGIN SELECT RAISE(ABORT, 'disk full'); END`)
	if err := b.AppendConsent(sample); err == nil || !strings.Contains(err.Error(), "disk full") {
		t.Errorf("written to a full disk: %v", err)
	}
	behind(t, c, `DROP TRIGGER full`)
	answered(t, b, "agreed")
	if r := whole(t, c); r.Entries != 2 {
		t.Errorf("%d entries, want 2", r.Entries)
	}
}

// What cannot be deleted is not told as deleted, whether it is old or dated ahead.
func TestWhatCannotBePurgedIsNotTold(t *testing.T) {
	for name, at := range map[string]time.Time{"old": time.Now().AddDate(-1, 0, 0), "dated ahead": time.Now().AddDate(10, 0, 0)} {
		t.Run(name, func(t *testing.T) {
			c := in(t.TempDir())
			b, _ := open(t, c)
			ended(t, b, "call", telephone, at)
			if at.After(time.Now()) {
				if _, err := b.PurgeDue(t.Context(), time.Now()); err != nil { // finds it
					t.Fatal(err)
				}
			}
			behind(t, c, `CREATE TRIGGER full BEFORE DELETE ON calls BEGIN SELECT RAISE(ABORT, 'disk full'); END`)
			then := dayOf(time.Now()).AddDate(0, 0, 8)
			if told, err := b.PurgeDue(t.Context(), then); err == nil || len(told) != 0 {
				t.Errorf("told %+v, %v", told, err)
			}
			behind(t, c, `DROP TRIGGER full`)
			if told, err := b.PurgeDue(t.Context(), then); err != nil || len(told) != 1 || told[0].Count != 1 || len(calls(t, c)) != 0 {
				t.Errorf("the next time: told %+v, %v", told, err)
			}
		})
	}
}

// A disk that hangs holds no call up for good, and what waits for it is bounded.
func TestADiskThatHangsHoldsNobodyUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &Book{requests: make(chan request, 2), over: make(chan struct{})} // nobody writes
		const callers = 100
		failed := make(chan error, callers)
		begun := time.Now()
		for range callers {
			go func() { failed <- b.submit(request{}) }()
		}
		for range callers {
			if err := <-failed; !errors.Is(err, errHangs) {
				t.Error(err)
			}
		}
		if took := time.Since(begun); took != longest || len(b.requests) != cap(b.requests) {
			t.Errorf("after %v %d requests wait", took, len(b.requests))
		}
	})
}

// Nor does the first caller of a day, whose pseudonym wants a key, wait for the
// disk: that is the writer's work, and here nobody writes.
func TestTheFirstPseudonymOfADayHoldsNobodyUp(t *testing.T) {
	keys, err := vault.Open(filepath.Join(t.TempDir(), "no such folder", keysFile))
	if err != nil {
		t.Fatal(err)
	}
	for name, add := range map[string]func(*Book) error{
		"a caller who is asked": func(b *Book) error { return b.AppendConsent(Consent{Answer: "declined", Telephone: telephone}) },
		"a call that has ended": func(b *Book) error { return b.AppendCall(Call{Telephone: telephone}) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := &Book{vault: keys, clock: &timekeeper{}, requests: make(chan request, 2), over: make(chan struct{})}
				begun := time.Now()
				if err := add(b); !errors.Is(err, errHangs) || time.Since(begun) != longest {
					t.Errorf("after %v: %v", time.Since(begun), err)
				}
			})
		})
	}
}

// A copy that was brought back is behind the file of checkpoints: what is
// written from there on must get into it all the same.
func TestARestoredCopyIsAnchoredAtOnce(t *testing.T) {
	c := in(t.TempDir())
	b, end := open(t, c)
	answered(t, b, "agreed", "agreed", "agreed", "agreed", "agreed")
	end()
	behind(t, c, "DELETE FROM ledger_entries WHERE seq > 2", "DELETE FROM ledger_checkpoints WHERE seq > 2")
	c.Broken = Accept
	b, end = open(t, c)
	answered(t, b, "declined")
	end()
	all, _, err := ownAnchors(c)
	if err != nil || len(all) == 0 || all[len(all)-1].Seq != 3 {
		t.Errorf("%v, %v: want entry 3 as the last", all, err)
	}
}

func TestNothingIsAddedToWhatSomebodyElseHasWritten(t *testing.T) {
	c := in(t.TempDir())
	b, _ := open(t, c)
	answered(t, b, "agreed")
	behind(t, c, `INSERT INTO ledger_entries SELECT seq + 1, time, kind, class, commitment, prev, hash, key, body FROM ledger_entries`)
	for range 2 {
		if err := b.AppendConsent(sample); err == nil {
			t.Error("written")
		}
	}
	if err := b.AppendConsent(sample); err == nil || !strings.Contains(err.Error(), "somebody else has written") {
		t.Errorf("%v", err)
	}
}

func TestWhatTheLedgerTellsOfItselfStays(t *testing.T) {
	b, _ := open(t, in(t.TempDir()))
	if _, err := b.Purge(t.Context(), classLedger, sample.Time); err == nil {
		t.Error("purged")
	}
}
