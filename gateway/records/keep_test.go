package records

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/einwahl/einwahl/gateway/records/ledger"
	"github.com/einwahl/einwahl/gateway/records/seal"
	"github.com/einwahl/einwahl/gateway/records/vault"
)

const telephone = "+4930123456"

// ended appends a call of a telephone that ended then.
func ended(t testing.TB, b *Book, call, number string, at time.Time) {
	t.Helper()
	if err := b.AppendCall(Call{Start: at.Add(-time.Minute), Duration: time.Minute, Call: call, Telephone: number, Trunk: "t", Number: "n"}); err != nil {
		t.Fatal(err)
	}
}

// said appends a consent of a call.
func said(t testing.TB, b *Book, call, number, answer string) {
	t.Helper()
	if err := b.AppendConsent(Consent{Time: time.Now(), Call: call, Answer: answer, Telephone: number}); err != nil {
		t.Fatal(err)
	}
}

func subject(t testing.TB, c Config, identities seal.Identities, numbers ...string) (s Subject) {
	t.Helper()
	look(t, c, func(r *Reader) {
		var err error
		if s, err = r.Subject(identities, numbers...); err != nil {
			t.Fatal(err)
		}
	})
	return s
}

// by is how entries were found, by answer.
func (s Subject) by(t testing.TB) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, k := range s.Evidence {
		var c Consent
		fromJSON(t, k.Content, &c)
		all[c.Answer] = k.By
	}
	return all
}

// Each kind goes with the clock, at its own time, and never later.
func TestEachKindIsKeptForItsDays(t *testing.T) {
	for _, tt := range []struct {
		name                           string
		days                           int
		call, notice, refusal, consent bool // there yet?
	}{
		{"on the same day", 0, true, true, true, true},
		{"on the last day of calls", 6, true, true, true, true},
		{"when calls are seven days old", 7, false, false, true, true},
		{"on the last day of refusals", 29, false, false, true, true},
		{"when refusals are thirty days old", 30, false, false, false, true},
		{"on the last day of consents", 364, false, false, false, true},
		{"when consents are a year old", 365, false, false, false, false},
		{"long after", 4000, false, false, false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := in(t.TempDir())
			b, _ := open(t, c)
			now := time.Now()
			ended(t, b, "c1", telephone, now)
			for _, answer := range []string{"informed", "declined", "agreed"} {
				said(t, b, "c1", telephone, answer)
			}
			then := dayOf(now).AddDate(0, 0, tt.days)
			purged, err := b.PurgeDue(t.Context(), then)
			if err != nil {
				t.Fatal(err)
			}
			there := map[string]bool{"call": len(calls(t, c)) > 0}
			entries, told := consents(t, c)
			for i, e := range entries {
				there[told[i].Answer] = there[told[i].Answer] || !e.Erased()
			}
			for kind, want := range map[string]bool{"call": tt.call, "informed": tt.notice, "declined": tt.refusal, "agreed": tt.consent} {
				if there[kind] != want {
					t.Errorf("%s is there: %v, want %v", kind, there[kind], want)
				}
			}
			for _, p := range purged {
				if p.Count != 1 || p.Keys != 1 {
					t.Errorf("purged %+v", p)
				}
			}
			if x := erasures(t, c); len(x) != len(purged) {
				t.Errorf("the ledger tells of %d of %d: %+v", len(x), len(purged), x)
			}
			whole(t, c)
			if again, err := b.PurgeDue(t.Context(), then); len(again) > 0 || err != nil {
				t.Errorf("purged again: %+v, %v", again, err)
			}
			look(t, c, func(r *Reader) {
				if left, err := r.Overdue(then, false); len(left) > 0 || err != nil {
					t.Errorf("left: %v, %v", left, err)
				}
			})
			// The day's pseudonyms go with the last record that has one.
			if s := subject(t, c, seal.Identities{}, telephone); (len(s.Evidence)+len(s.Calls) > 0) != tt.consent {
				t.Errorf("found: %+v", s)
			}
		})
	}
}

func TestNoRecordHasANumber(t *testing.T) {
	for name, set := range map[string]func(*Config){
		"by default":       func(*Config) {},
		"sealed":           func(c *Config) { c.SealTo = recipient },
		"with last digits": func(c *Config) { c.LastDigits = 3 },
	} {
		t.Run(name, func(t *testing.T) {
			c := in(t.TempDir())
			set(&c)
			b, end := open(t, c)
			ended(t, b, "c1", telephone, time.Now())
			ended(t, b, "c2", "", time.Now())
			for _, answer := range []string{"informed", "declined", "agreed"} {
				said(t, b, "c1", telephone, answer)
				said(t, b, "c2", "", answer)
			}
			entries, told := consents(t, c)
			for i, e := range entries {
				if strings.Contains(string(e.Body), "123456") {
					t.Errorf("%s", e.Body)
				}
				if shown := told[i].Subject != "" || told[i].Sealed != nil; shown != (told[i].Call == "c1") || told[i].Subject != "" && told[i].Sealed != nil {
					t.Errorf("%s has a pseudonym or a sealed number: %s", told[i].Call, e.Body)
				}
			}
			for _, call := range calls(t, c) {
				if (call.Subject != "") != (call.Call == "c1") || strings.Contains(call.Subject, "123456") {
					t.Errorf("%+v", call)
				}
				if want := c.LastDigits > 0 && call.Call == "c1"; (call.LastDigits == "456") != want || !want && call.LastDigits != "" {
					t.Errorf("last digits %q", call.LastDigits)
				}
			}
			end()
			nowhere(t, c.Directory, "123456")
			nowhere(t, c.Directory, `"answer"`) // nor can anything else be read
			nowhere(t, c.Directory, "declined")
		})
	}
}

func TestNumbersAreSpelledInOneWay(t *testing.T) {
	for given, want := range map[string]string{
		"+4930123456": "4930123456", "004930123456": "4930123456", "+49 (30) 123-456": "4930123456", "4930123456": "4930123456",
		"030123456": "030123456", "alice": "alice", "+": "+", "": "", "00": "",
	} {
		if got := spelled(given); got != want {
			t.Errorf("%q is spelled %q, want %q", given, got, want)
		}
	}
	for _, tt := range []struct {
		number string
		n      int
		want   string
	}{{telephone, 3, "456"}, {telephone, 0, ""}, {"123456", 3, ""}, {"alice0001", 3, ""}} {
		if got := lastDigits(tt.number, tt.n); got != tt.want {
			t.Errorf("last %d digits of %q: %q, want %q", tt.n, tt.number, got, tt.want)
		}
	}
}

func TestASubjectIsFoundAsLongAsAnybodyCan(t *testing.T) {
	c := in(t.TempDir())
	c.SealTo = recipient
	b, _ := open(t, c)
	for call, who := range map[string]string{"mine": telephone, "another's": "+4930999999", "nobody's": ""} {
		for _, answer := range []string{"informed", "declined", "agreed"} {
			said(t, b, call, who, answer)
		}
		ended(t, b, call, who, time.Now())
	}
	nobody := seal.Identities{}
	s := subject(t, c, nobody, "other spelling", "0049 30 123456")
	if by := s.by(t); len(s.Calls) != 1 || len(by) != 3 || by["informed"] != ByPseudonym || by["declined"] != ByPseudonym || by["agreed"] != ByCall || s.Unopened != 1 {
		t.Errorf("without the private key: %v, %d unopened, %d calls", by, s.Unopened, len(s.Calls))
	}
	s = subject(t, c, identities(t), telephone)
	if by := s.by(t); len(by) != 3 || by["agreed"] != BySeal || s.Unopened != 0 {
		t.Errorf("with the private key: %v, %d unopened", by, s.Unopened)
	}
	if _, err := b.PurgeDue(t.Context(), time.Now().AddDate(0, 0, 40)); err != nil {
		t.Fatal(err)
	}
	if s = subject(t, c, nobody, telephone); len(s.Calls)+len(s.Evidence) != 0 {
		t.Errorf("after forty days nobody can tell, but: %+v", s)
	}
	if by := subject(t, c, identities(t), telephone).by(t); len(by) != 1 || by["agreed"] != BySeal {
		t.Errorf("after forty days with the private key: %v", by)
	}
}

// Export, then erase, then verify (GDPR Art. 15 and 17).
func TestASubjectIsErasedAndTheChainFits(t *testing.T) {
	c := in(t.TempDir())
	c.SealTo = recipient
	b, _ := open(t, c)
	for call, who := range map[string]string{"mine": telephone, "another's": "+4930999999"} {
		said(t, b, call, who, "declined")
		said(t, b, call, who, "agreed")
		ended(t, b, call, who, time.Now())
	}
	s := subject(t, c, identities(t), telephone)
	var seqs []uint64
	for _, k := range s.Evidence {
		seqs = append(seqs, k.Seq)
	}
	if err := b.Erase(seqs, "asked for"); err != nil {
		t.Fatal(err)
	}
	if err := b.EraseCalls([]int64{s.Calls[0].ID}, "asked for"); err != nil {
		t.Fatal(err)
	}
	if s := subject(t, c, identities(t), telephone); len(s.Evidence)+len(s.Calls) != 0 {
		t.Errorf("still there: %+v", s)
	}
	if s := subject(t, c, identities(t), "+4930999999"); len(s.Evidence) != 2 || len(s.Calls) != 1 {
		t.Errorf("of somebody else: %+v", s)
	}
	if r := whole(t, c); r.Erased != 2 {
		t.Errorf("%d erased", r.Erased)
	}
}

func TestNumbersForBillingHaveAnEnd(t *testing.T) {
	now := time.Now()
	day := func(n int) string { return dayOf(now).AddDate(0, 0, n).Format(time.DateOnly) }
	c := in(t.TempDir())
	c.Billing = day(100)
	b, _ := open(t, c)
	ended(t, b, "c1", telephone, now)
	ended(t, b, "c2", "", now)
	ended(t, b, "c3", telephone, now.AddDate(0, 0, 102)) // after the last day
	billed := func() (all []Billed) {
		entries, _ := consents(t, c)
		for _, e := range entries {
			if e.Kind == KindBilling && !e.Erased() {
				var x Billed
				fromJSON(t, e.Body, &x)
				all = append(all, x)
			}
		}
		return all
	}
	if all := billed(); len(all) != 1 || all[0].Telephone != telephone || all[0].Call != "c1" {
		t.Errorf("kept for billing: %+v", all)
	}
	if s := subject(t, c, seal.Identities{}, telephone); len(s.Evidence) != 1 || s.Evidence[0].By != ByNumber {
		t.Errorf("found: %+v", s.Evidence)
	}
	for _, step := range []struct {
		days  int
		there int
	}{{100, 1}, {101, 0}} {
		if _, err := b.PurgeDue(t.Context(), dayOf(now).AddDate(0, 0, step.days)); err != nil || len(billed()) != step.there {
			t.Errorf("after %d days there are %d, want %d; %v", step.days, len(billed()), step.there, err)
		}
	}
	whole(t, c)

	for value, fault := range map[string]bool{"": false, day(0): false, day(-3): false, day(183): false, day(184): true, "2027-02-30": true, "yes": true} {
		c.Billing = value
		if err := c.Validate(); (err != nil) != fault {
			t.Errorf("billing %q: %v", value, err)
		}
	}
}

// What callers are told is how long records are kept.
func TestDaysThatAreTold(t *testing.T) {
	now := time.Date(2026, 11, 22, 23, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		calls   int
		billing string
		want    int
	}{{7, "", 7}, {1, "", 1}, {7, "2026-11-21", 7}, {7, "2026-11-22", 7}, {7, "2027-01-31", 71}, {30, "2026-12-01", 30}} {
		c := DefaultConfig()
		c.Keep.Calls, c.Billing = tt.calls, tt.billing
		if got := c.Days(now); got != tt.want {
			t.Errorf("%d days, billing %q: told %d, want %d", tt.calls, tt.billing, got, tt.want)
		}
	}
}

func TestRecordsAreNotKeptForTooLong(t *testing.T) {
	for _, tt := range []struct {
		keep  Keep
		wrong string
	}{
		{Keep{7, 365, 30}, ""},
		{Keep{1, 1, 1}, ""},
		{Keep{30, 1096, 365}, ""},
		{Keep{31, 365, 30}, "keep.calls"},
		{Keep{7, 1097, 30}, "keep.consents"},
		{Keep{7, 365, 366}, "keep.refusals"},
		{Keep{0, 365, 30}, "keep.calls"},
	} {
		c := DefaultConfig()
		c.Keep = tt.keep
		err := c.Validate()
		if (err == nil) != (tt.wrong == "") || err != nil && !strings.Contains(err.Error(), tt.wrong) {
			t.Errorf("%+v: %v", tt.keep, err)
		}
	}
}

// A backup of the database from before cannot be read when the keys are gone.
func TestDestroyedKeysMakeBackupsUnreadable(t *testing.T) {
	c := in(t.TempDir())
	b, end := open(t, c)
	ended(t, b, "call of the subject", telephone, time.Now())
	said(t, b, "call of the subject", telephone, "agreed")
	backup := in(t.TempDir())
	end()
	for _, name := range []string{"records.db", keyFile, "checkpoints.txt"} {
		content, err := os.ReadFile(filepath.Join(c.Directory, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(backup.Directory, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	keys, err := vault.Open(filepath.Join(c.Directory, keysFile))
	if err != nil || len(keys.Pseudonyms(spelled(telephone))) != 1 {
		t.Fatalf("keys before: %v", err)
	}
	b, end = open(t, c)
	if _, err := b.PurgeAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	whole(t, c)
	look(t, c, func(r *Reader) {
		if left, err := r.Overdue(time.Now(), true); len(left) > 0 || err != nil {
			t.Errorf("left: %v, %v", left, err)
		}
	})
	if len(calls(t, c)) != 0 {
		t.Error("calls are left")
	}
	end()
	nowhere(t, c.Directory, "sealed:")

	// The backup, with the keys that are left.
	content, err := os.ReadFile(filepath.Join(c.Directory, keysFile))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(backup.Directory, keysFile), content, 0o600); err != nil {
		t.Fatal(err)
	}
	nowhere(t, backup.Directory, "call of the subject")
	look(t, backup, func(r *Reader) {
		for _, e := range all(t, r.Entries(0)) {
			if !e.Erased() {
				t.Errorf("entry %d can be read: %s", e.Seq, e.Body)
			}
		}
		for _, c := range all(t, r.Calls(0)) {
			if c.Body != nil {
				t.Errorf("call %d can be read: %s", c.ID, c.Body)
			}
		}
		report, err := r.Verify(nil, nil)
		if err != nil || len(report.Faults) != 1 || report.Faults[0].Kind != ledger.Emptied {
			t.Errorf("faults of the backup: %v, %v", report.Faults, err)
		}
	})
	if s := subject(t, backup, seal.Identities{}, telephone); len(s.Calls)+len(s.Evidence) != 0 {
		t.Errorf("found in the backup: %+v", s)
	}
}

func TestWhatWasPurgedElsewhereIsTold(t *testing.T) {
	c := in(t.TempDir())
	b, _ := open(t, c)
	if err := b.TellPurged(Purged{Class: ClassRecording, Before: time.Now(), Count: 3}); err != nil {
		t.Fatal(err)
	}
	if x := erasures(t, c); len(x) != 1 || x[0].Class != "recording" || x[0].Count != 3 {
		t.Errorf("the ledger tells %+v", x)
	}
	whole(t, c)
}

func TestASubjectIsJSON(t *testing.T) {
	c := in(t.TempDir())
	b, _ := open(t, c)
	said(t, b, "call of the subject", telephone, "agreed")
	text, err := json.Marshal(subject(t, c, seal.Identities{}, telephone))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"number":"+4930123456"`, `"by":"pseudonym"`, `"answer":"agreed"`, `"calls":[]`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%s lacks %s", text, want)
		}
	}
}
