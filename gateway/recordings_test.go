package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/einwahl/einwahl/conference/embedded"
	"github.com/einwahl/einwahl/conference/embedded/webtest"
	"github.com/einwahl/einwahl/gateway/lockout"
	"github.com/einwahl/einwahl/gateway/peertest"
	"github.com/einwahl/einwahl/gateway/records"
	"github.com/einwahl/einwahl/transcode/pace"
)

// kit is an operator's file with one recording.
type kit struct {
	path       string // of the file
	root       string
	recordings string
	keys       string // of recordings
	id         string // of the recording
}

// keepRecording records somebody as a gateway does, sealed to recipients or with the
// key beside.
func keepRecording(t *testing.T, sealTo ...string) kit {
	t.Helper()
	k := kit{root: t.TempDir()}
	k.recordings, k.keys = filepath.Join(k.root, "recordings"), filepath.Join(k.root, "records", "recordings.keys")
	c := embedded.DefaultConfig()
	c.WebRTC = embedded.WebRTC{Listen: []netip.Addr{netip.MustParseAddr("127.0.0.1")}}
	c.Recordings, c.RecordingKeys, c.Directory = k.recordings, k.keys, filepath.Join(k.root, "made")
	if len(sealTo) > 0 {
		to, err := records.Recipients(sealTo)
		if err != nil {
			t.Fatal(err)
		}
		c.SealRecordingsTo, c.SealTo = sealTo, to
	}
	folder := filepath.Join(k.root, "records")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	ledger := records.DefaultConfig()
	ledger.Directory = folder
	if err := withRecords(t.Context(), ledger, func(b *records.Book) error {
		c.Witness = witness{t, b}
		recordSomebody(t, c)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	all, err := embedded.Recordings(c)
	if err != nil || len(all) != 1 || all[0].Ended.IsZero() || all[0].Files == 0 {
		t.Fatalf("recordings %+v, %v", all, err)
	}
	k.id = all[0].ID
	k.path = write(t, filepath.Join(k.root, "einwahl.yaml"), "trunks: [{name: carrier, peers: [127.0.0.1], country: DE}]\nnumbers: [{number: n, trunks: [carrier]}]\n"+
		"records: {directory: "+folder+"}\nannouncements: {cache: "+filepath.Join(k.root, "spoken")+"}\n"+
		"conference: {embedded: {webrtc: {ports: 0}, recordings: "+k.recordings+", directory: "+c.Directory+", seal_recordings_to: ['"+strings.Join(sealTo, "', '")+"']}}\n")
	if len(sealTo) == 0 {
		text, err := os.ReadFile(k.path)
		if err != nil {
			t.Fatal(err)
		}
		write(t, k.path, strings.Replace(string(text), ", seal_recordings_to: ['']", "", 1))
	}
	return k
}

// witness has a ledger told of recordings.
type witness struct {
	t    *testing.T
	book *records.Book
}

func (w witness) Recorded(recording, meeting, sum string) {
	if err := w.book.AppendRecorded(recording, meeting, sum); err != nil {
		w.t.Error(err)
	}
}

// recordSomebody holds a meeting that is recorded.
func recordSomebody(t *testing.T, c embedded.Config) {
	t.Helper()
	m := embedded.DefaultMeetingConfig()
	m.ID, m.Recording, m.Consent = "1", "on", "off"
	clock := pace.New(1)
	b, err := embedded.New(c, []embedded.MeetingConfig{m}, clock, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 2)
	go func() { done <- clock.Run(ctx) }()
	go func() { done <- b.Run(ctx) }()
	<-b.Ready()
	server := httptest.NewServer(b.Handler())
	ada := webtest.Dial(t, server.URL, "1", webtest.Join{Name: "Ada"})
	ada.Joined()
	ada.Connected()
	peertest.Eventually(t, "somebody is recorded", func() bool {
		ada.Send([]byte{0xf8, 0xff, 0xfe})
		all, err := embedded.Recordings(c)
		return err == nil && len(all) == 1 && all[0].Files > 0
	})
	ada.Close()
	server.Close()
	stop()
	<-done
	<-done
}

func (k kit) export(t *testing.T, more ...string) (folder, stdout, stderr string, code int) {
	t.Helper()
	folder = filepath.Join(t.TempDir(), "minutes")
	stdout, stderr, code = call(t, append([]string{"recordings", "export", "-c", k.path, k.id, folder}, more...)...)
	return folder, stdout, stderr, code
}

// playable finds a whole export: files in Ogg Opus that their checksums are of.
func playable(t *testing.T, folder string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folder, "manifest.json"))
	var m struct {
		Tracks []struct{ File, SHA256 string }
	}
	if err != nil || json.Unmarshal(text, &m) != nil || len(m.Tracks) == 0 {
		t.Fatalf("%s, %v", text, err)
	}
	for _, track := range m.Tracks {
		sound, err := os.ReadFile(filepath.Join(folder, track.File))
		sum := sha256.Sum256(sound)
		if err != nil || !bytes.HasPrefix(sound, []byte("OggS")) || hex.EncodeToString(sum[:]) != track.SHA256 {
			t.Errorf("%s: %d bytes with checksum %x, and not %s; %v", track.File, len(sound), sum, track.SHA256, err)
		}
	}
}

func TestARecordingIsListedExportedAndVerified(t *testing.T) {
	k := keepRecording(t)
	if out := done(t, "recordings", "list", "-c", k.path); !strings.Contains(out, k.id) || !strings.Contains(out, "this machine") {
		t.Error(out)
	}
	if out := done(t, "recordings", "verify", "-c", k.path); !strings.Contains(out, k.id+": whole") {
		t.Error(out)
	}
	folder, out, stderr, code := k.export(t)
	if code != 0 || !strings.Contains(out, "Exported to "+folder) {
		t.Fatalf("exit %d: %s%s", code, out, stderr)
	}
	playable(t, folder)
	if out := done(t, "records", "list", "-c", k.path); !strings.Contains(out, "access") || !strings.Contains(out, "exported, ") || !strings.Contains(out, k.id) {
		t.Errorf("the ledger does not tell it:\n%s", out)
	}
	if _, stderr, code := call(t, "recordings", "export", "-c", k.path, k.id, folder); code != 1 || !strings.Contains(stderr, "want a folder that is not there yet") {
		t.Errorf("into a folder that is full: exit %d: %s", code, stderr)
	}
	if _, stderr, code := call(t, "recordings", "export", "-c", k.path, "1-20200101T000000Z", folder+"2"); code != 1 || !strings.Contains(stderr, "einwahl recordings list") {
		t.Errorf("one that is not there: exit %d: %s", code, stderr)
	}
	sealed, err := filepath.Glob(filepath.Join(k.recordings, k.id, "*.sealed"))
	if err != nil || len(sealed) == 0 {
		t.Fatal(sealed, err)
	}
	text, err := os.ReadFile(sealed[0])
	if err != nil {
		t.Fatal(err)
	}
	text[60] ^= 1
	write(t, sealed[0], string(text))
	if out, _, code := call(t, "recordings", "verify", "-c", k.path, k.id); code != 1 || !strings.Contains(out, filepath.Base(sealed[0])+": block 0 is altered") {
		t.Errorf("exit %d: %s", code, out)
	}
	if _, out, _, code := k.export(t); code != 1 || !strings.Contains(out, "block 0 is altered") || !strings.Contains(out, "without what was altered") {
		t.Errorf("exit %d: %s", code, out)
	}
}

func TestARecordingIsSealedToWhoIsElsewhere(t *testing.T) {
	k := keepRecording(t, sealTo)
	key := write(t, filepath.Join(t.TempDir(), "key.txt"), identity+"\n")
	if out := done(t, "recordings", "list", "-c", k.path); !strings.Contains(out, "the private key") {
		t.Error(out)
	}
	folder, _, stderr, code := k.export(t)
	if _, err := os.Stat(folder); code != 1 || err == nil || !strings.Contains(stderr, "want --identity") {
		t.Errorf("without the private key: exit %d: %s", code, stderr)
	}
	if out := done(t, "records", "list", "-c", k.path); !strings.Contains(out, "refused, ") {
		t.Errorf("the ledger does not tell that it was refused:\n%s", out)
	}
	if out := done(t, "recordings", "verify", "-c", k.path); !strings.Contains(out, "only the checksums") {
		t.Error(out)
	}
	// The ledger shows without the key that somebody has altered it, checksums and all.
	manifest := filepath.Join(k.recordings, k.id, "manifest.json")
	before, err := os.ReadFile(manifest)
	if err != nil {
		t.Fatal(err)
	}
	write(t, manifest, strings.Replace(string(before), `"meeting": "1"`, `"meeting": "2"`, 1))
	if out, _, code := call(t, "recordings", "verify", "-c", k.path); code != 1 || !strings.Contains(out, "not the one that the ledger tells of") {
		t.Errorf("an altered manifest: exit %d: %s", code, out)
	}
	write(t, manifest, string(before))
	// What lies on this machine does not open it.
	raw, err := os.ReadFile(filepath.Join(k.keys, k.id))
	if err != nil || !bytes.HasPrefix(raw, []byte("age-encryption.org/v1")) {
		t.Errorf("the key is %q, %v", raw, err)
	}
	folder, out, stderr, code := k.export(t, "--identity", key)
	if code != 0 {
		t.Fatalf("with the private key: exit %d: %s%s", code, out, stderr)
	}
	playable(t, folder)
	// The machine that has the private key has no gateway.
	stick := filepath.Join(t.TempDir(), "stick")
	if err := os.CopyFS(filepath.Join(stick, k.id), os.DirFS(filepath.Join(k.recordings, k.id))); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(stick, k.id, "key"), string(raw))
	folder = filepath.Join(t.TempDir(), "minutes")
	if out := done(t, "recordings", "export", "--directory", stick, "--identity", key, k.id, folder); !strings.Contains(out, "no ledger tells") {
		t.Error(out)
	}
	playable(t, folder)
}

// Whoever calls the gateway's own folder a copy does not get by the ledger.
func TestTheGatewaysOwnRecordingsAreNoCopy(t *testing.T) {
	k := keepRecording(t)
	link := filepath.Join(t.TempDir(), "copy")
	if err := os.Symlink(k.recordings, link); err != nil {
		t.Fatal(err)
	}
	for _, directory := range []string{k.recordings, filepath.Join(k.recordings, k.id, ".."), link} {
		folder, stdout, stderr, code := k.export(t, "--directory", directory)
		if _, err := os.Stat(folder); code != 1 || err == nil || !strings.Contains(stderr, "leave --directory out") {
			t.Errorf("export of %s: exit %d: %s%s", directory, code, stdout, stderr)
		}
		if stdout, stderr, code := call(t, "recordings", "verify", "-c", k.path, "-d", directory); code != 1 || !strings.Contains(stderr, "leave --directory out") {
			t.Errorf("verify of %s: exit %d: %s%s", directory, code, stdout, stderr)
		}
	}
}

func TestARecordingThatSomebodyHasRemovedIsNamed(t *testing.T) {
	for name, tt := range map[string]struct {
		remove func(k kit) error
		code   int
		want   string
	}{
		"all of it":    {func(k kit) error { return os.RemoveAll(filepath.Join(k.recordings, k.id)) }, 1, ": it is not there, and the gateway has not deleted it"},
		"its manifest": {func(k kit) error { return os.Remove(filepath.Join(k.recordings, k.id, "manifest.json")) }, 1, ": it is not there, and the gateway has not deleted it"},
		"when it is due": {
			func(k kit) error {
				c := embedded.DefaultConfig()
				c.Recordings, c.RecordingKeys = k.recordings, k.keys
				_, err := embedded.PurgeRecordings(c, longAfter())
				return err
			},
			0, "0 recordings looked at; nothing in them was altered",
		},
	} {
		t.Run(name, func(t *testing.T) {
			k := keepRecording(t)
			if err := tt.remove(k); err != nil {
				t.Fatal(err)
			}
			if out, stderr, code := call(t, "recordings", "verify", "-c", k.path); code != tt.code || !strings.Contains(out, tt.want) {
				t.Errorf("exit %d: %s%s", code, out, stderr)
			}
		})
	}
}

func TestNothingIsExportedWithoutAnEntry(t *testing.T) {
	k := keepRecording(t)
	write(t, filepath.Join(k.root, "records", "ledger.key"), "no key")
	folder, _, stderr, code := k.export(t)
	if _, err := os.Stat(folder); code != 1 || err == nil || !strings.Contains(stderr, "nothing is exported without an entry") {
		t.Errorf("exit %d: %s", code, stderr)
	}
}

func TestExportingWhileTheGatewayRuns(t *testing.T) {
	k := keepRecording(t)
	end := besides(t, k.path)
	folder, out, stderr, code := k.export(t)
	if code != 0 {
		t.Errorf("exit %d: %s%s", code, out, stderr)
	}
	playable(t, folder)
	if out := done(t, "records", "list", "-c", k.path); !strings.Contains(out, "with the operator's token") {
		t.Error(out)
	}
	end()
}

// fillBeside writes what a gateway keeps beside records and recordings.
func (k kit) fillBeside(t *testing.T) (spoken, made string) {
	t.Helper()
	spoken, made = filepath.Join(k.root, "spoken"), filepath.Join(k.root, "made")
	for _, folder := range []string{spoken, made} {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{
		filepath.Join(spoken, "a.spoken.wav"), filepath.Join(made, "meetings"), filepath.Join(made, "key"), filepath.Join(made, "notes of yours"),
		filepath.Join(k.root, "records", "consents.jsonl"), filepath.Join(k.root, "records", "calls.jsonl"), filepath.Join(k.root, "records", lockout.File),
	} {
		write(t, name, strings.Repeat("ab", 32))
	}
	return spoken, made
}

func TestTheEndOfAGatewayLeavesNoSoundAndNoKey(t *testing.T) {
	k := keepRecording(t)
	spoken, made := k.fillBeside(t)
	out := done(t, "records", "purge", "--all", "--verify", "-c", k.path)
	if !strings.Contains(out, "recording  1 record") || !strings.Contains(out, "Verified: nothing is left") {
		t.Error(out)
	}
	for folder, want := range map[string]int{spoken: 0, made: 1, k.recordings: 0, k.keys: 0} {
		if left, err := os.ReadDir(folder); len(left) != want || err != nil {
			t.Errorf("%s: %v, %v", folder, left, err)
		}
	}
	for _, name := range []string{"consents.jsonl", "calls.jsonl"} {
		if _, err := os.Stat(filepath.Join(k.root, "records", name)); err == nil {
			t.Errorf("%s is left", name)
		}
	}
}

func TestWhatCannotBeDeletedAtTheEndKeepsNothingElse(t *testing.T) {
	for name, tt := range map[string]struct {
		fault      func(t *testing.T, k kit)
		want, told string
	}{
		"a recording that nobody can read": {
			func(t *testing.T, k kit) {
				if err := os.Mkdir(filepath.Join(k.recordings, "2"), 0o700); err != nil {
					t.Fatal(err)
				}
				write(t, filepath.Join(k.recordings, "2", "manifest.json"), "no manifest")
			},
			"manifest", "access     1 record",
		},
		"a class that stays": {
			func(t *testing.T, k kit) {
				tamper(t, filepath.Join(k.root, "records"), `CREATE TRIGGER full BEFORE UPDATE ON ledger_entries BEGIN SELECT RAISE(ABORT, 'disk full'); END`)
			},
			"disk full", "recording  1 record",
		},
		"records that were tampered with": {
			func(t *testing.T, k kit) {
				tamper(t, filepath.Join(k.root, "records"), `DELETE FROM ledger_entries WHERE seq = 1`)
			},
			"tampered with", "recording  1 record",
		},
		"records that are not there": {
			func(t *testing.T, k kit) {
				if err := os.Rename(filepath.Join(k.root, "records"), filepath.Join(k.root, "elsewhere")); err != nil {
					t.Fatal(err)
				}
			},
			"no gateway has kept records there", "recording  1 record",
		},
	} {
		t.Run(name, func(t *testing.T) {
			k := keepRecording(t)
			spoken, made := k.fillBeside(t)
			tt.fault(t, k)
			out, stderr, code := call(t, "records", "purge", "--all", "-c", k.path)
			if code != 1 || !strings.Contains(stderr, tt.want) || !strings.Contains(out, tt.told) || strings.Contains(out, "All keys are destroyed") {
				t.Errorf("exit %d: %s%s", code, out, stderr)
			}
			for _, gone := range []string{
				filepath.Join(spoken, "a.spoken.wav"), filepath.Join(made, "meetings"), filepath.Join(made, "key"), filepath.Join(k.recordings, k.id),
				filepath.Join(k.root, "records", "calls.jsonl"), filepath.Join(k.root, "records", lockout.File),
			} {
				if _, err := os.Stat(gone); err == nil {
					t.Errorf("%s is left", gone)
				}
			}
		})
	}
}

func TestWhatIsLeftIsTold(t *testing.T) {
	k := keepRecording(t)
	write(t, filepath.Join(k.root, "key"), "left")
	write(t, filepath.Join(k.root, "records", "calls.jsonl"), "left")
	c, err := file{Config: k.path}.load(os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	c.Announcements.Cache, c.Conference.Embedded.Directory = k.root, k.root
	for _, name := range []string{"a.spoken.wav", "meetings"} {
		write(t, filepath.Join(k.root, name), "left")
	}
	left, err := traces(c)
	all := strings.Join(left, "\n")
	for _, want := range []string{
		filepath.Join(k.recordings, k.id) + " is a recording", filepath.Join(k.keys, k.id) + " is the key of a recording",
		"a.spoken.wav has a text", "calls.jsonl has records of an older version", "meetings has meetings that were made", "key is the key of meetings",
	} {
		if err != nil || !strings.Contains(all, want) {
			t.Errorf("%q is missing (%v):\n%s", want, err, all)
		}
	}
}
