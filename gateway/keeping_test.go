package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/einwahl/einwahl/gateway/config"
	"github.com/einwahl/einwahl/gateway/lockout"
	"github.com/einwahl/einwahl/gateway/peertest"
	"github.com/einwahl/einwahl/gateway/records"
	"github.com/einwahl/einwahl/sip"
)

const (
	known   = "+4930123456"
	another = "+4930999999"
)

// keepNumbers makes records of two people, and a recording, as a gateway does.
func keepNumbers(t *testing.T) (path, folder string) {
	t.Helper()
	root := t.TempDir()
	folder = filepath.Join(root, "records")
	c := records.DefaultConfig()
	c.Directory, c.SealTo = folder, sealTo
	if err := records.Alone(t.Context(), c, zerolog.Nop(), fill); err != nil {
		t.Fatal(err)
	}
	guard, err := lockout.Open(filepath.Join(folder, lockout.File), lockout.DefaultConfig(), zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	if settle, ok := guard.Line("carrier", "n", known).Try(""); ok {
		settle(lockout.Wrong)
	}
	if err := guard.Keep(); err != nil {
		t.Fatal(err)
	}
	recordings := filepath.Join(root, "recordings")
	if err := os.MkdirAll(filepath.Join(recordings, "1"), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(recordings, "1", "manifest.json"), `{"meeting": "1", "ended": "`+time.Now().Format(time.RFC3339)+`"}`)
	return write(t, "", "trunks: [{name: carrier, peers: [127.0.0.1], country: DE}]\nnumbers: [{number: n, trunks: [carrier]}]\n"+
		"records: {directory: "+folder+", seal_to: "+sealTo+"}\nconference: {embedded: {recordings: "+recordings+", keep: 183}}\n"), folder
}

func fill(b *records.Book) error {
	for call, number := range map[string]string{"call-1": known, "call-2": another} {
		for _, answer := range []string{"agreed", "declined"} {
			c := records.Consent{Time: time.Now(), Call: call, Meeting: "100000004", Answer: answer, Language: "de", Telephone: number}
			if err := b.AppendConsent(c); err != nil {
				return err
			}
		}
		if err := b.AppendCall(records.Call{Start: time.Now(), Call: call, Outcome: "left", Telephone: number}); err != nil {
			return err
		}
	}
	return nil
}

// asked asks for what is kept about a number.
func asked(t *testing.T, path string, args ...string) (k keptAbout, text string) {
	t.Helper()
	text = done(t, append([]string{"records", "subject", "-c", path}, args...)...)
	if err := json.Unmarshal([]byte(text), &k); err != nil {
		t.Fatalf("%v:\n%s", err, text)
	}
	return k, text
}

func TestAPersonGetsWhatIsKept(t *testing.T) {
	path, _ := keepNumbers(t)
	key := write(t, filepath.Join(t.TempDir(), "key.txt"), identity+"\n")
	for _, spelling := range []string{known, "030 123456", "0049 30 123456", "004930123456"} {
		k, text := asked(t, path, "--number", spelling, "--identity", key)
		if len(k.Calls) != 1 || len(k.Evidence) != 2 || k.Unopened != 0 || k.Calls[0].Call.Call != "call-1" || strings.Contains(text, "call-2") {
			t.Errorf("%s: %s", spelling, text)
		}
		if k.Guessing == nil || len(k.Guessing.Wrong) != 1 {
			t.Errorf("%s: wrong tries %+v", spelling, k.Guessing)
		}
	}
	k, text := asked(t, path, "--number", known)
	if len(k.Evidence) != 2 || k.Unopened != 1 || !strings.Contains(text, "--identity") {
		t.Errorf("without the private key: %s", text)
	}
	k, text = asked(t, path, "--number", "+49301")
	if len(k.Calls)+len(k.Evidence) != 0 || k.Guessing != nil {
		t.Errorf("of nobody: %s", text)
	}
}

func TestANumberIsLookedForInEachSpellingOnce(t *testing.T) {
	de, none := sip.TrunkConfig{Country: "DE"}, sip.TrunkConfig{}
	for number, want := range map[string][]string{
		known:          {known, "004930123456", "4930123456"},
		"004930123456": {"004930123456", known, "4930123456"},
		"030 123456":   {"030 123456", known, "004930123456", "4930123456"},
		"alice":        {"alice"},
	} {
		if got := spellings(config.Config{Trunks: []sip.TrunkConfig{de, none, de}}, number); !slices.Equal(got, want) {
			t.Errorf("%s is looked for as %q, want %q", number, got, want)
		}
	}
}

func TestAPersonIsForgottenAndTheChainFits(t *testing.T) {
	path, _ := keepNumbers(t)
	key := write(t, filepath.Join(t.TempDir(), "key.txt"), identity+"\n")
	if out := done(t, "records", "erase", "-c", path, "--number", known, "--identity", key, "--keep-consents"); !strings.Contains(out, "Erased: 1 call, 1 entry of evidence.\nWrong tries of this number are counted") {
		t.Error(out)
	}
	if out := done(t, "records", "erase", "-c", path, "--number", known, "--identity", key); !strings.Contains(out, "Erased: 0 calls, 1 entry of evidence.") {
		t.Error(out)
	}
	if k, text := asked(t, path, "--number", known, "--identity", key); len(k.Calls)+len(k.Evidence) != 0 {
		t.Error(text)
	}
	if k, text := asked(t, path, "--number", another, "--identity", key); len(k.Calls) != 1 || len(k.Evidence) != 2 {
		t.Error(text)
	}
	if out := done(t, "records", "verify", "-c", path); !strings.Contains(out, "2 of them erased") {
		t.Error(out)
	}
}

func TestPurgingDeletesWhatIsDueAndAllWhereTheGatewayIsGivenUp(t *testing.T) {
	path, folder := keepNumbers(t)
	if out := done(t, "records", "purge", "--verify", "-c", path); !strings.Contains(out, "There was nothing to delete.") || !strings.Contains(out, "Verified") {
		t.Error(out)
	}
	due := filepath.Join(filepath.Dir(folder), "recordings", "2")
	if err := os.Mkdir(due, 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(due, "manifest.json"), `{"meeting": "2", "ended": "2020-11-01T00:00:00Z"}`)
	if out := done(t, "records", "purge", "--verify", "-c", path); !strings.Contains(out, "recording  1 record ") || !strings.Contains(out, "Verified") {
		t.Errorf("a recording that is due, and no gateway runs:\n%s", out)
	}
	if _, err := os.Stat(due); err == nil {
		t.Error("it is there yet")
	}
	out := done(t, "records", "purge", "--all", "--verify", "-c", path)
	if !strings.Contains(out, "All keys are destroyed.") || strings.Contains(out, "keys of 0 days") {
		t.Errorf("it does not say what becomes of the keys:\n%s", out)
	}
	for _, want := range []string{"recording ", "call ", "refusal ", "consent ", "Verified: nothing is left"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing:\n%s", want, out)
		}
	}
	if k, text := asked(t, path, "--number", known); len(k.Calls)+len(k.Evidence)+k.Unopened != 0 || k.Guessing != nil {
		t.Error(text)
	}
	if _, err := os.Stat(filepath.Join(folder, lockout.File)); err == nil {
		t.Error("wrong tries are left")
	}
	// A trace is told.
	write(t, filepath.Join(folder, "records.db.bak"), "sealed:AAAA")
	if out, _, code := call(t, "records", "purge", "--all", "--verify", "-c", path); code != 1 || !strings.Contains(out, "records.db.bak has contents of records") {
		t.Errorf("exit %d: %s", code, out)
	}
}

// A machine that starts in the year 2036 deletes nothing, unless somebody says
// that it is so. Here it is the gateway that last ran long ago.
func TestNothingIsPurgedByAClockThatIsDoubted(t *testing.T) {
	path, folder := keepNumbers(t)
	due := filepath.Join(filepath.Dir(folder), "recordings", "2")
	if err := os.Mkdir(due, 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(due, "manifest.json"), `{"meeting": "2", "ended": "2020-11-01T00:00:00Z"}`)
	write(t, filepath.Join(folder, "clock.json"), `{"believed": "2020-11-02T00:00:00Z"}`)
	if out, stderr, code := call(t, "records", "purge", "-c", path); code != 1 || out != "" || !strings.Contains(stderr, "this gateway last ran at 2020-11-02T00:00:00Z") {
		t.Errorf("exit %d: %s%s", code, out, stderr)
	}
	if _, err := os.Stat(due); err != nil {
		t.Error("it is deleted all the same")
	}
	if out := done(t, "records", "purge", "--yes", "--verify", "-c", path); !strings.Contains(out, "recording  1 record ") || !strings.Contains(out, "Verified") {
		t.Error(out)
	}
	if _, err := os.Stat(due); err == nil {
		t.Error("it is there yet")
	}
	if out := done(t, "records", "purge", "-c", path); !strings.Contains(out, "There was nothing to delete.") {
		t.Errorf("the clock is doubted again: %s", out)
	}
}

// besides runs a gateway by the operator's file beside the commands that are tested,
// until end: at addresses that are free, which it adds to the file.
func besides(t *testing.T, path string) (end func()) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	write(t, path, string(content)+"sip: {listen: ['udp://127.0.0.1:0']}\nadmin: {listen: '127.0.0.1:"+strconv.Itoa(peertest.Port(t))+"'}\n")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return begin(t, program(ctx, t.TempDir(), "run", "--config", path)).end
}

// What must be written is written by the gateway that runs.
func TestErasingWhileTheGatewayRuns(t *testing.T) {
	path, _ := keepNumbers(t)
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	write(t, path, strings.Replace(string(content), "{embedded: {", "{embedded: {webrtc: {ports: 0}, ", 1))
	end := besides(t, path)
	if out := done(t, "records", "erase", "-c", path, "--number", known); !strings.Contains(out, "Erased: 1 call, 2 entries of evidence.") {
		t.Error(out)
	}
	if out := done(t, "records", "purge", "-c", path, "--verify"); !strings.Contains(out, "Verified") {
		t.Error(out)
	}
	if _, stderr, code := call(t, "records", "purge", "-c", path, "--all"); code != 1 || !strings.Contains(stderr, "the gateway runs") {
		t.Errorf("exit %d: %s", code, stderr)
	}
	if out := done(t, "records", "verify", "-c", path); !strings.Contains(out, "2 of them erased") {
		t.Error(out)
	}
	end()
}
