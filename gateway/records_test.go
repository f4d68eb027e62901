package main

import (
	"database/sql"
	"encoding/csv"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/einwahl/einwahl/gateway/records"
)

// A pair of keys that age-keygen has made for these tests.
const (
	sealTo   = "age1637m0a7202sux7xk0s0uyqrg5hrtsujatutds57tvlck9g5gwu4symqhl9"
	identity = "AGE-SECRET-KEY-1DRZEAFJ79JP93W6MUKSMKVU7AZSMMCZ9CPFX0TYEWQA0J4VCHM7Q4ELYJJ"
)

// keep makes records as a gateway does, and returns the operator's file.
func keep(t *testing.T) (path, folder string) {
	t.Helper()
	folder = filepath.Join(t.TempDir(), "records")
	c := records.DefaultConfig()
	c.Directory, c.SealTo = folder, sealTo
	err := records.Alone(t.Context(), c, zerolog.Nop(), func(b *records.Book) error {
		for _, answer := range []string{"agreed", "declined", "withdrawn"} {
			consent := records.Consent{Time: time.Now(), Call: "call-1", Meeting: "100000004", Answer: answer, Language: "de", Telephone: "+4930123456", Words: "=1+1"}
			if err := b.AppendConsent(consent); err != nil {
				return err
			}
		}
		return b.AppendCall(records.Call{Start: time.Now(), Call: "call-1", Outcome: "left", Sound: &records.Sound{Codec: "PCMA", Rating: 91}})
	})
	if err != nil {
		t.Fatal(err)
	}
	return write(t, "", "records: {directory: "+folder+", seal_to: "+sealTo+"}\n"), folder
}

// tamper changes the database behind the gateway's back.
func tamper(t *testing.T, folder string, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(folder, "records.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			t.Fatal(err)
		}
	}
}

// done runs a command that must succeed.
func done(t *testing.T, args ...string) string {
	t.Helper()
	stdout, stderr, code := call(t, args...)
	if code != 0 {
		t.Fatalf("%q: exit %d\n%s%s", args, code, stdout, stderr)
	}
	return stdout
}

func TestVerifyNamesWhatWasTamperedWith(t *testing.T) {
	path, folder := keep(t)
	if out := done(t, "records", "verify", "-c", path); !strings.Contains(out, "3 entries from ") || !strings.Contains(out, "Nothing was altered") {
		t.Errorf("whole records: %s", out)
	}
	anchor := write(t, filepath.Join(t.TempDir(), "anchor"), done(t, "records", "checkpoint", "-c", path))

	copied := t.TempDir()
	for _, name := range []string{"records.db", "ledger.key"} {
		content, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(copied, name), string(content))
	}
	if out, _, code := call(t, "records", "verify", "-d", copied); code != 1 || !strings.Contains(out, "records.keys is not there") {
		t.Errorf("a copy without the keys: exit %d: %s", code, out)
	}

	tamper(t, folder, `UPDATE ledger_entries SET body = (SELECT body FROM ledger_entries WHERE seq = 1) WHERE seq = 2`)
	out, _, code := call(t, "records", "verify", "-c", path)
	if code != 1 || !strings.Contains(out, "entry 2 altered: its content is not the one that was written\n1 fault.") {
		t.Errorf("exit %d: %s", code, out)
	}
	if _, stderr, code := call(t, "run", "-c", path); code != 1 || !strings.Contains(stderr, "the records were tampered with; entry 2 altered") {
		t.Errorf("run: exit %d: %s", code, stderr)
	}

	// Whoever reaches the whole folder can cut the end off, but not elsewhere.
	tamper(t, folder, `DELETE FROM ledger_entries WHERE seq > 1`, `DELETE FROM ledger_checkpoints WHERE seq > 1`)
	if err := os.Remove(filepath.Join(folder, "checkpoints.txt")); err != nil {
		t.Fatal(err)
	}
	if out := done(t, "records", "verify", "-c", path); !strings.Contains(out, "Whether newer entries were cut off") {
		t.Errorf("it claims more than can be seen: %s", out)
	}
	out, _, code = call(t, "records", "verify", "-c", path, "--checkpoint", anchor)
	if code != 1 || !strings.Contains(out, "entries 2 to 3 removed") {
		t.Errorf("exit %d: %s", code, out)
	}
}

// Whoever hands over a copy must not bring the key along with which it is
// verified, nor does a checkpoint that was not kept whole show anything.
func TestACopyIsVerifiedWithWhatTheAuditorHas(t *testing.T) {
	path, folder := keep(t)
	line := done(t, "records", "checkpoint", "-c", path)
	key := strings.Fields(line)[4]
	const came = "The key that counted came with this folder"
	if out := done(t, "records", "verify", "-d", folder, "--key", key); !strings.Contains(out, "Nothing was altered") || strings.Contains(out, came) {
		t.Errorf("the true one: %s", out)
	}
	_, forged := keep(t)
	if out := done(t, "records", "verify", "-d", forged); !strings.Contains(out, came) {
		t.Errorf("a forged one, without a key that somebody else has: %s", out)
	}
	if out, _, code := call(t, "records", "verify", "-d", forged, "--key", key); code != 1 || !strings.Contains(out, "not signed with a key that is trusted") {
		t.Errorf("a forged one, with its own key: exit %d: %s", code, out)
	}
	for name, text := range map[string]string{"nothing": "", "half a line": strings.TrimSpace(line)[:100]} {
		torn := write(t, filepath.Join(t.TempDir(), "kept"), text)
		if out, stderr, code := call(t, "records", "verify", "-d", folder, "--checkpoint", torn); code == 0 || !strings.Contains(stderr, "no checkpoint") {
			t.Errorf("%s was kept: exit %d: %s%s", name, code, out, stderr)
		}
	}
}

func TestEvidenceIsListedAndExported(t *testing.T) {
	path, _ := keep(t)
	for command, want := range map[string][]string{
		"list":         {"1 ", "recording", "agreed", "100000004", "call-1"},
		"list --calls": {"call-1", "left", "91"},
		"list -n 1":    {"withdrawn"},
	} {
		out := done(t, append(append([]string{"records"}, strings.Fields(command)...), "-c", path)...)
		for _, w := range want {
			if !strings.Contains(out, w) {
				t.Errorf("%s lacks %q:\n%s", command, w, out)
			}
		}
		if command == "list -n 1" && strings.Contains(out, "agreed") {
			t.Errorf("more than the newest:\n%s", out)
		}
	}

	var entries []records.Exported
	if err := json.Unmarshal([]byte(done(t, "records", "export", "-c", path)), &entries); err != nil || len(entries) != 3 {
		t.Fatalf("JSON: %d entries, %v", len(entries), err)
	}
	var calls []records.ExportedCall
	if err := json.Unmarshal([]byte(done(t, "records", "export", "--calls", "-c", path)), &calls); err != nil || len(calls) != 1 || calls[0].Outcome != "left" {
		t.Fatalf("JSON: %+v, %v", calls, err)
	}
	for _, args := range [][]string{{"export", "-f", "csv"}, {"export", "-f", "csv", "--calls"}} {
		out := done(t, append(append([]string{"records"}, args...), "-c", path)...)
		rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
		if err != nil || len(rows) < 2 {
			t.Errorf("%q: %v\n%s", args, err, out)
		}
		if strings.Contains(out, ",=1+1") {
			t.Errorf("a spreadsheet would compute:\n%s", out)
		}
	}
}

// Who has to report a breach of a day finds there which meetings and how many calls
// it concerned, and who was asked (GDPR Art. 33(3)).
func TestAnExportTellsWhichMeetingsAndCallsADayHad(t *testing.T) {
	folder, now := filepath.Join(t.TempDir(), "records"), time.Now().UTC()
	c := records.DefaultConfig()
	c.Directory = folder
	had := map[string]int{} // calls of today, by meeting
	err := records.Alone(t.Context(), c, zerolog.Nop(), func(b *records.Book) error {
		for i, meeting := range []string{"100000001", "100000002", "100000001", "", "100000002", "100000001"} {
			begun := now.Truncate(24 * time.Hour).Add(time.Duration(i) * time.Second)
			if i == 5 {
				begun = begun.AddDate(0, 0, -3)
			} else {
				had[meeting]++
			}
			id := "call-" + strconv.Itoa(i)
			if err := b.AppendCall(records.Call{Start: begun, Duration: time.Minute, Call: id, Meeting: meeting, Telephone: known, Number: "n", Outcome: "left"}); err != nil {
				return err
			}
			if err := b.AppendConsent(records.Consent{Time: begun, Call: id, Meeting: meeting, Answer: "agreed"}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var calls []records.ExportedCall
	if err := json.Unmarshal([]byte(done(t, "records", "export", "--calls", "-d", folder)), &calls); err != nil {
		t.Fatal(err)
	}
	var entries []records.Exported
	if err := json.Unmarshal([]byte(done(t, "records", "export", "-d", folder)), &entries); err != nil {
		t.Fatal(err)
	}
	told, asked := map[string]int{}, map[string]int{}
	for _, x := range calls {
		if x.Start.UTC().YearDay() == now.YearDay() && x.Duration == time.Minute && x.Subject != "" {
			told[x.Meeting]++
		}
	}
	for _, x := range entries {
		var of records.Consent
		if err := json.Unmarshal(x.Content, &of); err != nil {
			t.Fatal(err)
		}
		if of.Time.UTC().YearDay() == now.YearDay() {
			asked[of.Meeting]++
		}
	}
	if !maps.Equal(told, had) || !maps.Equal(asked, had) {
		t.Errorf("calls by meeting %v, answers %v, want %v", told, asked, had)
	}
}

func TestSealedNumbersAreOpenedElsewhere(t *testing.T) {
	path, _ := keep(t)
	file := filepath.Join(t.TempDir(), "export.json")
	done(t, "records", "export", "-o", file, "-c", path)
	content, err := os.ReadFile(file)
	if err != nil || strings.Contains(string(content), "30123456") {
		t.Fatalf("%v, or the number can be read:\n%s", err, content)
	}
	key := write(t, filepath.Join(t.TempDir(), "key.txt"), identity+"\n")
	out := done(t, "records", "unseal", "--identity", key, file)
	if n := strings.Count(out, "'+4930123456"); n != 2 || strings.Contains(out, "declined") {
		t.Errorf("the numbers of who agreed and withdrew are to be there:\n%s", out)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestRecordsThatAreNotThere(t *testing.T) {
	_, stderr, code := call(t, "records", "verify", "--directory", t.TempDir())
	if code != 1 || !strings.Contains(stderr, "no gateway has kept records there") {
		t.Errorf("exit %d: %s", code, stderr)
	}
}
