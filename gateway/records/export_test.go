package records

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/einwahl/einwahl/gateway/records/ledger"
	"github.com/einwahl/einwahl/gateway/records/store"
)

// exports are what a ledger is exported as.
func exports(t testing.TB, c Config) (asJSON, asCSV string) {
	t.Helper()
	var list, table bytes.Buffer
	look(t, c, func(r *Reader) {
		if err := WriteJSON(&list, r.Entries(0)); err != nil {
			t.Fatal(err)
		}
		if err := WriteCSV(&table, r.Entries(0)); err != nil {
			t.Fatal(err)
		}
	})
	return list.String(), table.String()
}

// TestAnExportIsEnoughToVerify does what docs/records.md tells, with nothing but
// an export.
func TestAnExportIsEnoughToVerify(t *testing.T) {
	c := in(t.TempDir())
	b, _ := open(t, c)
	answered(t, b, "agreed", "declined")
	consent := sample
	consent.Purpose = "<Qualität & mehr>\u2028"
	if err := b.AppendConsent(consent); err != nil {
		t.Fatal(err)
	}
	if err := b.Erase([]uint64{2}, "asked for"); err != nil {
		t.Fatal(err)
	}
	text, _ := exports(t, c)
	var entries []struct {
		Seq                    uint64
		Time                   time.Time
		Kind, Class            string
		Erased                 bool
		Content                json.RawMessage
		Key                    []byte
		Commitment, Prev, Hash string
	}
	fromJSON(t, []byte(text), &entries)
	if len(entries) != 4 {
		t.Fatalf("%d entries in %s", len(entries), text)
	}
	last := strings.Repeat("00", sha256.Size)
	for i, e := range entries {
		mac := hmac.New(sha256.New, e.Key)
		mac.Write(e.Content)
		if got := hex.EncodeToString(mac.Sum(nil)); !e.Erased && got != e.Commitment {
			t.Errorf("entry %d: commitment %s, want %s", e.Seq, got, e.Commitment)
		}
		if e.Erased != (i == 1) || e.Erased != (e.Content == nil) {
			t.Errorf("entry %d: erased %v, content %s", e.Seq, e.Erased, e.Content)
		}
		h := sha256.New()
		h.Write([]byte("einwahl ledger entry 1\n"))
		h.Write(number(e.Seq))
		h.Write(number(uint64(e.Time.UnixNano())))
		for _, text := range []string{e.Kind, e.Class} {
			h.Write(number(uint64(len(text))))
			h.Write([]byte(text))
		}
		for _, hash := range []string{e.Commitment, e.Prev} {
			b, err := hex.DecodeString(hash)
			if err != nil {
				t.Fatal(err)
			}
			h.Write(b)
		}
		if got := hex.EncodeToString(h.Sum(nil)); got != e.Hash || e.Prev != last {
			t.Errorf("entry %d: hash %s after %s, want %s after %s", e.Seq, got, last, e.Hash, e.Prev)
		}
		last = e.Hash
	}
}

// number is eight bytes, big-endian.
func number(n uint64) []byte {
	b := make([]byte, 8)
	for i := range b {
		b[i] = byte(n >> (56 - 8*i))
	}
	return b
}

func TestTheTableHasWhatWasAsked(t *testing.T) {
	c := in(t.TempDir())
	b, _ := open(t, c)
	consent := sample
	consent.Purpose = `=HYPERLINK("x")`
	if err := b.AppendConsent(consent); err != nil {
		t.Fatal(err)
	}
	if err := b.Erase([]uint64{}, "nothing"); err != nil {
		t.Fatal(err)
	}
	_, text := exports(t, c)
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || len(rows) != 2 {
		t.Fatalf("%v: %q", err, rows)
	}
	row := map[string]string{}
	for i, name := range rows[0] {
		row[name] = rows[1][i]
	}
	for name, want := range map[string]string{
		"seq": "1", "kind": "recording", "class": "consent", "erased": "false", "time": "2026-11-21T22:00:00+01:00", "call": "c1",
		"meeting": "100000004", "run": "2", "policy": "required", "answer": "agreed", "key": "1", "language": "de",
		"prompts": "consent.intro consent.agree", "words": "abc", "heard_ms": "3000", "purpose": `'=HYPERLINK("x")`, "sealed": "",
	} {
		if row[name] != want {
			t.Errorf("%s = %q, want %q", name, row[name], want)
		}
	}
}

func TestNoCellIsAFormula(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "de": "de", "-21": "-21", "-0.5": "-0.5", "0.5": "0.5",
		"=1+1": "'=1+1", "+4930": "'+4930", "-1+cmd": "'-1+cmd", "@SUM(1)": "'@SUM(1)", "\t=1": "'\t=1",
	} {
		if got := harmless(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

// What is added to a record is to be seen in the tables too.
func TestTheTablesHaveEachField(t *testing.T) {
	var evidence, ended bytes.Buffer
	if err := WriteCSV(&evidence, func(func(ledger.Entry, error) bool) {}); err != nil {
		t.Fatal(err)
	}
	if err := WriteCallsCSV(&ended, func(func(store.Call, error) bool) {}); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		record reflect.Type
		table  string
	}{{reflect.TypeFor[Consent](), evidence.String()}, {reflect.TypeFor[Access](), evidence.String()}, {reflect.TypeFor[Call](), ended.String()}, {reflect.TypeFor[Sound](), ended.String()}} {
		columns := strings.Split(strings.TrimSpace(tt.table), ",")
		for i := range tt.record.NumField() {
			name, _, _ := strings.Cut(tt.record.Field(i).Tag.Get("json"), ",")
			name = strings.Replace(name, "_ns", "_ms", 1)
			if name != "-" && name != "sound" && !slices.Contains(columns, name) {
				t.Errorf("%s: %s has no column", tt.record, name)
			}
		}
	}
}

func TestWhatCannotBeReadIsExportedAsItStands(t *testing.T) {
	c := three(t)
	behind(t, c, `UPDATE ledger_entries SET body = 'no JSON' WHERE seq = 2`)
	text, table := exports(t, c)
	var entries []Exported
	fromJSON(t, []byte(text), &entries)
	if string(entries[1].Content) != `"no JSON"` || strings.Count(table, "\n") != 4 {
		t.Errorf("%s\n%s", text, table)
	}
}

func TestNothingIsAnEmptyList(t *testing.T) {
	var list bytes.Buffer
	if err := WriteJSON(&list, func(func(ledger.Entry, error) bool) {}); err != nil {
		t.Fatal(err)
	}
	var none []Exported
	if fromJSON(t, list.Bytes(), &none); len(none) != 0 {
		t.Errorf("%s", &list)
	}
}
