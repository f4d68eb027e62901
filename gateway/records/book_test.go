package records

import (
	"context"
	"encoding/json"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/einwahl/einwahl/gateway/records/ledger"
)

// open opens records and runs them until the test ends, or until they are ended
// before.
func open(t testing.TB, c Config) (b *Book, end func()) {
	t.Helper()
	b, err := Open(c, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	end = sync.OnceFunc(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(end)
	return b, end
}

// in are the settings of a folder.
func in(dir string) Config {
	c := DefaultConfig()
	c.Directory = dir
	return c
}

// look shows the records of a folder.
func look(t testing.TB, c Config, at func(*Reader)) {
	t.Helper()
	r, err := Look(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	at(r)
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}

// all is what a row has.
func all[T any](t testing.TB, row iter.Seq2[T, error]) (have []T) {
	t.Helper()
	for x, err := range row {
		if err != nil {
			t.Fatal(err)
		}
		have = append(have, x)
	}
	return have
}

// consents reads the evidence as it stands in the ledger.
func consents(t testing.TB, c Config) (entries []ledger.Entry, told []Consent) {
	t.Helper()
	look(t, c, func(r *Reader) { entries = all(t, r.Entries(0)) })
	for _, e := range entries {
		var consent Consent
		if !e.Erased() {
			fromJSON(t, e.Body, &consent)
		}
		told = append(told, consent)
	}
	return entries, told
}

func calls(t testing.TB, c Config) (told []Call) {
	t.Helper()
	look(t, c, func(r *Reader) {
		for _, row := range all(t, r.Calls(0)) {
			var call Call
			fromJSON(t, row.Body, &call)
			told = append(told, call)
		}
	})
	return told
}

func fromJSON(t testing.TB, text []byte, into any) {
	t.Helper()
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatal(err)
	}
}

// whole fails unless nothing is wrong with the ledger, and returns what was
// found.
func whole(t testing.TB, c Config) (report ledger.Report) {
	t.Helper()
	look(t, c, func(r *Reader) {
		var err error
		if report, err = r.Verify(nil, nil); err != nil {
			t.Fatal(err)
		}
	})
	for _, f := range report.Faults {
		t.Errorf("verify: %s", f)
	}
	return report
}

var sample = Consent{
	Time: time.Date(2026, 11, 21, 22, 0, 0, 0, time.FixedZone("", 3600)), Call: "c1", Meeting: "100000004", Run: 2,
	Policy: "required", Answer: "agreed", Key: "1", Language: "de",
	Prompts: []string{"consent.intro", "consent.agree"}, Words: "abc", Heard: 3 * time.Second,
}

func TestAppendedRecordsAreThere(t *testing.T) {
	c := in(filepath.Join(t.TempDir(), "deep", "records"))
	b, _ := open(t, c)
	if err := b.AppendConsent(sample); err != nil {
		t.Fatal(err)
	}
	if err := b.AppendCall(Call{Call: "c1", Outcome: "left"}); err != nil {
		t.Fatal(err)
	}
	entries, told := consents(t, c)
	if len(told) != 1 {
		t.Fatalf("consents = %+v", told)
	}
	got, want := told[0], sample
	want.Kind = KindRecording
	if _, offset := got.Time.Zone(); !got.Time.Equal(want.Time) || offset != 3600 {
		t.Errorf("time %v, want %v, with the offset of the place", got.Time, want.Time)
	}
	got.Time = want.Time
	if a, b := asJSON(t, got), asJSON(t, want); a != b {
		t.Errorf("read %s, want %s", a, b)
	}
	if e := entries[0]; e.Seq != 1 || e.Kind != KindRecording || e.Class != string(ClassConsent) {
		t.Errorf("entry %+v", e)
	}
	if told := calls(t, c); len(told) != 1 || told[0].Outcome != "left" {
		t.Errorf("calls = %+v", told)
	}
	whole(t, c)
}

func asJSON(t testing.TB, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestRecordsAreNobodyElses(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "records")
	b, end := open(t, in(dir))
	if err := b.AppendConsent(sample); err != nil {
		t.Fatal(err)
	}
	readable := func() {
		files, err := os.ReadDir(dir)
		if err != nil || len(files) < 3 {
			t.Fatalf("%v, %v", files, err)
		}
		for _, f := range files {
			if info, err := f.Info(); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%s: mode %v, %v", f.Name(), info.Mode(), err)
			}
		}
	}
	readable()
	end()
	readable()
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("folder: mode %v, %v", info.Mode(), err)
	}
}

func TestARecordThatCannotBeWrittenIsAnError(t *testing.T) {
	b, end := open(t, in(t.TempDir()))
	end()
	if err := b.AppendConsent(Consent{}); err == nil {
		t.Error("a consent that was not written counts as written")
	}
	if err := b.AppendCall(Call{}); err == nil {
		t.Error("a call that was not written counts as written")
	}
	if err := b.Close(); err != nil {
		t.Errorf("closing twice: %v", err)
	}
}

func TestAFolderThatCannotBeMadeIsAnError(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(in(filepath.Join(file, "records")), zerolog.Nop()); err == nil {
		t.Error("opened records inside a file")
	}
}

func TestRecordsOfManyCallsAreAllThere(t *testing.T) {
	c := in(t.TempDir())
	b, _ := open(t, c)
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			for range 10 {
				if err := b.AppendCall(Call{Call: "c", Outcome: "left"}); err != nil {
					t.Error(err)
				}
				if err := b.AppendConsent(sample); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if told := calls(t, c); len(told) != 500 {
		t.Errorf("%d calls, want 500", len(told))
	}
	if r := whole(t, c); r.Entries != 500 || r.Checkpoints >= 500 {
		t.Errorf("%d entries in %d writes: they should wait for each other", r.Entries, r.Checkpoints)
	}
}

func TestARestartGoesOnWhereItEnded(t *testing.T) {
	c := in(t.TempDir())
	for range 3 {
		b, end := open(t, c)
		for range 2 {
			if err := b.AppendConsent(sample); err != nil {
				t.Fatal(err)
			}
		}
		end()
	}
	if r := whole(t, c); r.Entries != 6 || r.Checkpoints != 9 { // one in the file for each run
		t.Errorf("%d entries, %d checkpoints", r.Entries, r.Checkpoints)
	}
}

func TestTwoGatewaysDoNotShareRecords(t *testing.T) {
	c := in(t.TempDir())
	_, end := open(t, c)
	if _, err := Open(c, zerolog.Nop()); err == nil || !strings.Contains(err.Error(), "another gateway") {
		t.Errorf("opened twice: %v", err)
	}
	end()
	open(t, c)
}

func TestOnlyConsentsHoldASealedNumber(t *testing.T) {
	c := in(t.TempDir())
	c.SealTo = recipient
	b, _ := open(t, c)
	for _, answer := range []string{"agreed", "withdrawn", "declined", "left", "informed"} {
		consent := sample
		consent.Answer, consent.Telephone = answer, telephone
		if err := b.AppendConsent(consent); err != nil {
			t.Fatal(err)
		}
	}
	entries, told := consents(t, c)
	for i, consent := range told {
		if strings.Contains(string(entries[i].Body), telephone[3:]) {
			t.Errorf("%s holds the number: %s", consent.Answer, entries[i].Body)
		}
		if want := consent.Class() == ClassConsent; (consent.Sealed != nil) != want {
			t.Errorf("%s: sealed number is there: %v, want %v", consent.Answer, !want, want)
			continue
		}
		if consent.Sealed == nil {
			continue
		}
		if got, err := identities(t).Open(consent.Sealed); err != nil || got != telephone {
			t.Errorf("%s: opened %q, %v", consent.Answer, got, err)
		}
	}
}

func TestWithoutARecipientNumbersAreNotKept(t *testing.T) {
	c := in(t.TempDir())
	b, _ := open(t, c)
	consent := sample
	consent.Telephone = "+4930123456"
	if err := b.AppendConsent(consent); err != nil {
		t.Fatal(err)
	}
	if entries, told := consents(t, c); told[0].Sealed != nil || strings.Contains(string(entries[0].Body), "4930") {
		t.Errorf("kept: %s", entries[0].Body)
	}
}
