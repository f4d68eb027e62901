package records

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/einwahl/einwahl/gateway/records/ledger"
	"github.com/einwahl/einwahl/gateway/records/store"
)

// answered appends consents with these answers.
func answered(t testing.TB, b *Book, answers ...string) {
	t.Helper()
	for _, a := range answers {
		c := sample
		c.Answer, c.Meeting = a, "meeting of "+a
		if err := b.AppendConsent(c); err != nil {
			t.Fatal(err)
		}
	}
}

// erasures are what the ledger tells of, newest last.
func erasures(t testing.TB, c Config) (told []ledger.Erasure) {
	t.Helper()
	entries, _ := consents(t, c)
	for _, e := range entries {
		if e.Kind == ledger.KindErased || e.Kind == ledger.KindPurged {
			x, err := ledger.ReadErasure(e.Body)
			if err != nil {
				t.Fatal(err)
			}
			told = append(told, x)
		}
	}
	return told
}

func TestErasedConsentsAreGoneAndTheChainFits(t *testing.T) {
	c := in(t.TempDir())
	b, end := open(t, c)
	answered(t, b, "agreed", "declined", "agreed")
	if err := b.Erase([]uint64{2}, "asked for by the caller"); err != nil {
		t.Fatal(err)
	}
	answered(t, b, "withdrawn")
	if r := whole(t, c); r.Entries != 5 || r.Erased != 1 {
		t.Errorf("%+v", r)
	}
	if x := erasures(t, c); len(x) != 1 || x[0].Count != 1 || x[0].Why == "" {
		t.Errorf("the ledger tells %+v", x)
	}
	entries, _ := consents(t, c)
	if !entries[1].Erased() || entries[0].Erased() {
		t.Errorf("erased: %v %v, want the second only", entries[0].Erased(), entries[1].Erased())
	}
	end()
	nowhere(t, c.Directory, "meeting of declined")
}

// An entry that will be written one day, or one that tells of erasures, must not
// be erased: the ledger would look tampered with from then on.
func TestOnlyWhatIsThereIsErased(t *testing.T) {
	c := in(t.TempDir())
	b, _ := open(t, c)
	answered(t, b, "agreed", "declined", "agreed")
	if err := b.Erase([]uint64{2, 2}, "asked for"); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		entries []uint64
		want    string
	}{
		{[]uint64{1, 5}, "there is no entry 5"}, // which tells of it
		{[]uint64{1, 1 << 63}, "there is no entry 9223372036854775808"},
		{[]uint64{1, 4}, "entry 4 tells what was erased"},
	} {
		if err := b.Erase(tt.entries, "asked for"); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%v: %v, want %q", tt.entries, err, tt.want)
		}
	}
	if err := b.Erase([]uint64{2}, "again"); err != nil {
		t.Error(err)
	}
	if err := b.EraseCalls([]int64{7}, "not there"); err != nil {
		t.Error(err)
	}
	answered(t, b, "agreed")
	if r := whole(t, c); r.Entries != 5 || r.Erased != 1 {
		t.Errorf("%+v", r)
	}
	if x := erasures(t, c); len(x) != 1 || x[0].Count != 1 {
		t.Errorf("the ledger tells %+v", x)
	}
}

// nowhere fails where a file of a folder has a text.
func nowhere(t testing.TB, folder, text string) {
	t.Helper()
	files, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if content, err := os.ReadFile(filepath.Join(folder, f.Name())); err != nil || bytes.Contains(content, []byte(text)) {
			t.Errorf("%s still has %q, %v", f.Name(), text, err)
		}
	}
}

func TestAClassIsPurgedUpToATime(t *testing.T) {
	c := in(t.TempDir())
	b, _ := open(t, c)
	answered(t, b, "agreed", "declined", "left", "agreed")
	middle := time.Now()
	answered(t, b, "declined")
	if n, err := b.Purge(t.Context(), ClassRefusal, middle); n != 2 || err != nil {
		t.Fatalf("purged %d, %v", n, err)
	}
	if n, err := b.Purge(t.Context(), ClassRefusal, middle); n != 0 || err != nil {
		t.Errorf("purged %d again, %v", n, err)
	}
	if x := erasures(t, c); len(x) != 1 || x[0].Class != "refusal" || x[0].From != 2 || x[0].To != 3 || x[0].Count != 2 || !x[0].Before.Equal(middle) {
		t.Errorf("the ledger tells %+v", x)
	}
	if r := whole(t, c); r.Erased != 2 {
		t.Errorf("%d erased", r.Erased)
	}
	nowhere(t, c.Directory, "meeting of left")
}

// A clock that was set back leaves entries that are younger than the next.
func TestPurgingLeavesWhatIsYoungerInBetween(t *testing.T) {
	c := in(t.TempDir())
	b, _ := open(t, c)
	answered(t, b, "declined", "declined", "declined")
	entries, _ := consents(t, c)
	kept := func(yield func(store.Kept, error) bool) {
		for i, e := range entries {
			at := e.Time
			if i == 1 {
				at = at.Add(time.Hour)
			}
			if !yield(store.Kept{Seq: e.Seq, Time: at}, nil) {
				return
			}
		}
	}
	ranges, err := outdated(kept, entries[2].Time.Add(time.Second))
	if err != nil || len(ranges) != 2 || len(ranges[0]) != 1 || ranges[0][0] != 1 || ranges[1][0] != 3 {
		t.Errorf("ranges %v, %v: the second is to stay", ranges, err)
	}
}

func TestCallsArePurgedAndTheLedgerTells(t *testing.T) {
	c := in(t.TempDir())
	b, end := open(t, c)
	begun := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	for day := range 4 {
		call := Call{Start: begun.AddDate(0, 0, day), Call: "call", Subject: "s" + string(rune('0'+day)), Meeting: strings.Repeat("4", day+1)}
		if err := b.AppendCall(call); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := b.PurgeCalls(t.Context(), begun.AddDate(0, 0, 2)); n != 2 || err != nil {
		t.Fatalf("purged %d, %v", n, err)
	}
	if told := calls(t, c); len(told) != 2 || told[0].Subject != "s2" {
		t.Errorf("left: %+v", told)
	}
	if x := erasures(t, c); len(x) != 1 || x[0].Class != "call" || x[0].Count != 2 {
		t.Errorf("the ledger tells %+v", x)
	}
	var found []store.Call
	look(t, c, func(r *Reader) { found = all(t, r.CallsOf("s3")) })
	if len(found) != 1 || found[0].Subject != "s3" {
		t.Fatalf("found %+v", found)
	}
	if err := b.EraseCalls([]int64{found[0].ID}, "asked for"); err != nil {
		t.Fatal(err)
	}
	if left := calls(t, c); len(left) != 1 {
		t.Errorf("left: %+v", left)
	}
	whole(t, c)
	end()
	nowhere(t, c.Directory, `"s0"`)
	nowhere(t, c.Directory, `"s3"`)
}
