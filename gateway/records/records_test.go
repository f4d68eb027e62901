package records

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

func open(t *testing.T, dir string) *Book {
	t.Helper()
	b, err := Open(Config{Directory: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

// lines decodes what can be decoded of a file, and counts the rest.
func lines[T any](t *testing.T, name string) (records []T, torn int) {
	t.Helper()
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for s := bufio.NewScanner(file); s.Scan(); {
		var r T
		if json.Unmarshal(s.Bytes(), &r) != nil {
			torn++
			continue
		}
		records = append(records, r)
	}
	return records, torn
}

func TestAppendedRecordsStandInTheirFiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "deep", "records")
	b := open(t, dir)
	want := Consent{
		Time: time.Date(2026, 11, 21, 22, 0, 0, 0, time.UTC), Call: "c1", Meeting: "100000004", Run: 2,
		Policy: "required", Answer: "agreed", Key: "1", Language: "de",
		Prompts: []string{"consent.intro", "consent.agree"}, Words: "abc", Heard: 3 * time.Second,
	}
	if err := b.AppendConsent(want); err != nil {
		t.Fatal(err)
	}
	if err := b.AppendCall(Call{Call: "c1", Outcome: "left"}); err != nil {
		t.Fatal(err)
	}
	consents, torn := lines[Consent](t, filepath.Join(dir, "consents.jsonl"))
	if len(consents) != 1 || torn != 0 {
		t.Fatalf("consents = %v, torn %d", consents, torn)
	}
	got := consents[0]
	if !got.Time.Equal(want.Time) || got.Answer != want.Answer || got.Heard != want.Heard || got.Run != want.Run {
		t.Errorf("read %+v, want %+v", got, want)
	}
	if calls, _ := lines[Call](t, filepath.Join(dir, "calls.jsonl")); len(calls) != 1 {
		t.Errorf("calls = %v", calls)
	}
	info, err := os.Stat(filepath.Join(dir, "consents.jsonl"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode = %v, %v: records are nobody else's", info.Mode(), err)
	}
}

func TestALineTornByAPowerCutDoesNotSpoilTheNext(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "consents.jsonl")
	if err := os.WriteFile(name, []byte(`{"call":"c1"}`+"\n"+`{"call":"c2","mee`), 0o600); err != nil {
		t.Fatal(err)
	}
	b := open(t, dir)
	for _, call := range []string{"c3", "c4"} {
		if err := b.AppendConsent(Consent{Call: call}); err != nil {
			t.Fatal(err)
		}
	}
	records, torn := lines[Consent](t, name)
	if len(records) != 3 || torn != 1 || records[1].Call != "c3" || records[2].Call != "c4" {
		t.Errorf("records = %+v, torn %d", records, torn)
	}
}

func TestARecordThatCannotBeWrittenIsAnError(t *testing.T) {
	b := open(t, t.TempDir())
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
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
	if _, err := Open(Config{Directory: filepath.Join(file, "records")}); err == nil {
		t.Error("opened records inside a file")
	}
}

func TestManyCallsWriteWholeLines(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 10 {
				if err := b.AppendCall(Call{Call: "c", Outcome: "left"}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if calls, torn := lines[Call](t, filepath.Join(dir, "calls.jsonl")); len(calls) != 80 || torn != 0 {
		t.Errorf("%d calls, %d torn", len(calls), torn)
	}
}

func TestTheDefaultsAreValidAndNoFolderIsNot(t *testing.T) {
	if err := DefaultConfig().Validate(); err != nil {
		t.Error(err)
	}
	if err := (Config{}).Validate(); err == nil {
		t.Error("records without a folder are accepted")
	}
}
