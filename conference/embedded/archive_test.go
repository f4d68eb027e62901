package embedded

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/einwahl/einwahl/conference/embedded/sealed"
)

// keepRecording is a finished recording of two people and the mix, as it is on the disk.
func keepRecording(t *testing.T, change func(*Config)) (Config, Recording) {
	t.Helper()
	c := DefaultConfig()
	c.Recordings = filepath.Join(t.TempDir(), "recordings")
	if change != nil {
		change(&c)
	}
	r := newRecorder(1, time.Now().Add(-5*time.Second))
	r.keep = c.Keep
	for i, name := range []string{"p1", "p2", mixName} {
		track := r.track(name, i == 0)
		for ts := range uint32(150) {
			at := time.Duration(ts) * frameTicks * time.Second / clockRate
			track.push(ts*frameTicks, []byte(silences[1].packet), r.began.Add(at))
		}
	}
	close(r.stopped)
	if err := r.write(c.archive(), "1", func() {}); err != nil {
		t.Fatal(err)
	}
	all, err := Recordings(c)
	if err != nil || len(all) != 1 {
		t.Fatalf("recordings %v, %v", all, err)
	}
	return c, all[0]
}

func nothing(Exported) {}

// witness is what was told of recordings.
type witness []string

func (w *witness) Recorded(recording, meeting, sum string) { *w = append(*w, recording, meeting, sum) }

func TestARecordingIsListed(t *testing.T) {
	var told witness
	c, r := keepRecording(t, func(c *Config) { c.Witness = &told })
	if sum, err := r.Sum(); err != nil || !slices.Equal(told, []string{r.ID, "1", sum}) {
		t.Errorf("told of its end: %v, want %s, %v", told, sum, err)
	}
	if r.Meeting != "1" || r.Files != 3 || r.Size == 0 || r.Key != KeyHere || r.Duration < 5*time.Second || !r.Delete.Equal(keptUntil(r.Ended, 30)) {
		t.Errorf("%+v", r)
	}
	if x, err := r.Verify(t.Context(), nil); err != nil || len(x.Faults)+len(x.Notes) > 0 {
		t.Errorf("%+v, %v", x, err)
	}
	for _, id := range []string{"1-20200101T000000Z", "..", ".", "", "../recordings/" + r.ID} {
		if _, err := FindRecording(c, id); err == nil {
			t.Errorf("recording %q was found", id)
		}
	}
	if err := os.WriteFile(filepath.Join(r.folder(), manifestName), []byte(`{"tracks": [{"file": "../../passwd.opus"}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if all, err := Recordings(c); len(all) > 0 || err == nil {
		t.Errorf("a file elsewhere is one of a recording: %v", all)
	}
}

// TestEachTamperingWithARecordingIsNamed does to a recording what somebody may do
// who reaches the files, and not the key.
func TestEachTamperingWithARecordingIsNamed(t *testing.T) {
	_, other := keepRecording(t, nil)
	type files map[string][]byte
	for _, tt := range []struct {
		name   string
		change func(files)
		fault  string
	}{
		{"a day of deletion", func(f files) {
			f[manifestName] = bytes.Replace(f[manifestName], []byte(`"delete_after": "2`), []byte(`"delete_after": "3`), 1)
		}, "manifest.json was altered"},
		{"who is in a file", func(f files) {
			f[manifestName] = bytes.Replace(f[manifestName], []byte(`"person": "p1"`), []byte(`"person": "p3"`), 1)
		}, "manifest.json was altered"},
		{"a checksum", func(f files) {
			f[manifestName] = bytes.Replace(f[manifestName], []byte(`"sha256": "`), []byte(`"sha256": "0`), 1)
		}, "manifest.json was altered"},
		{"the end, as if it had crashed", func(f files) {
			i := bytes.Index(f[manifestName], []byte(`"ended": "`))
			f[manifestName] = slices.Concat(f[manifestName][:i], []byte(`"ended": null, "was": "`), f[manifestName][i+10:])
		}, "manifest.json was altered"},
		{"a bit of the sound", func(f files) { f["p1.opus.sealed"][200] ^= 1 }, "p1.opus.sealed: block "},
		{"the end of a file", func(f files) { f["p1.opus.sealed"] = f["p1.opus.sealed"][:len(f["p1.opus.sealed"])-24] }, "p1.opus.sealed: its end was cut off"},
		{"two people", func(f files) { f["p1.opus.sealed"], f["p2.opus.sealed"] = f["p2.opus.sealed"], f["p1.opus.sealed"] }, "p1.opus.sealed: block"},
		{"a file is gone", func(f files) { f["p2.opus.sealed"] = nil }, "p2.opus.sealed is gone"},
		{"a file is new", func(f files) { f["p9.opus.sealed"] = f["p1.opus.sealed"] }, "p9.opus.sealed is not of this recording"},
		{"a file of another recording", func(f files) {
			f["p1.opus.sealed"], _ = os.ReadFile(filepath.Join(other.folder(), "p1.opus.sealed"))
		}, "p1.opus.sealed: block"},
		{"no sealed file at all", func(f files) { f["p1.opus.sealed"] = []byte("OggS") }, "p1.opus.sealed: it is no sealed file"},
		{"said to be plain", func(f files) { f[manifestName] = []byte(`{"tracks": []}`) }, "it has a key"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, r := keepRecording(t, nil)
			content := files{}
			for _, name := range []string{manifestName, "p1.opus.sealed", "p2.opus.sealed"} {
				var err error
				if content[name], err = os.ReadFile(filepath.Join(r.folder(), name)); err != nil {
					t.Fatal(err)
				}
			}
			tt.change(content)
			for name, text := range content {
				err := os.Remove(filepath.Join(r.folder(), name))
				if text != nil {
					err = os.WriteFile(filepath.Join(r.folder(), name), text, 0o600)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			r, err := FindRecording(c, r.ID)
			if err != nil {
				t.Fatal(err)
			}
			x, err := r.Verify(t.Context(), nil)
			if err != nil || !slices.ContainsFunc(x.Faults, func(f string) bool { return strings.HasPrefix(f, tt.fault) }) {
				t.Errorf("%+v, %v, want %q", x, err, tt.fault)
			}
			if x, err := r.Export(t.Context(), filepath.Join(t.TempDir(), "out"), nil, nothing); err != nil || len(x.Faults) == 0 {
				t.Errorf("exported without a word: %+v, %v", x, err)
			}
		})
	}
}

// What is lost of a file is told in the manifest that goes with it.
func TestDamageIsToldBesideTheSound(t *testing.T) {
	_, r := keepRecording(t, nil)
	name := filepath.Join(r.folder(), "p1.opus.sealed")
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	text[len(text)-100] ^= 1
	if err := os.WriteFile(name, text, 0o600); err != nil {
		t.Fatal(err)
	}
	directory := filepath.Join(t.TempDir(), "out")
	if _, err := r.Export(t.Context(), directory, nil, nothing); err != nil {
		t.Fatal(err)
	}
	m, err := readManifest(directory)
	if err != nil || len(m.Tracks) != 3 || len(m.Tracks[0].Damage) != 1 || len(m.Tracks[1].Damage) != 0 || m.Seal != nil {
		t.Errorf("%+v, %v", m, err)
	}
	if sound := play(t, filepath.Join(directory, "p1.opus")); len(sound) == 0 {
		t.Error("what is not damaged is lost too")
	}
	if _, err := r.Export(t.Context(), directory, nil, nothing); err == nil {
		t.Error("what is there was overwritten")
	}
	if left, err := filepath.Glob(directory + ".*"); len(left) > 0 || err != nil {
		t.Errorf("left: %v, %v", left, err)
	}
}

// elsewhere seals for somebody who is not on this machine.
type elsewhere byte

func (e elsewhere) Seal(text string) ([]byte, error) {
	out := []byte(text)
	for i := range out {
		out[i] ^= byte(e)
	}
	return append([]byte("sealed:"), out...), nil
}

func (e elsewhere) Open(text []byte) (string, error) {
	rest, ours := bytes.CutPrefix(text, []byte("sealed:"))
	opened, err := e.Seal(string(rest))
	opened = bytes.TrimPrefix(opened, []byte("sealed:"))
	if _, wrong := hex.DecodeString(string(opened)); !ours || err != nil || wrong != nil {
		return "", errors.New("sealed to another key")
	}
	return string(opened), nil
}

// TestOnlyThePrivateKeyOpens what is sealed to somebody who is not on this machine.
func TestOnlyThePrivateKeyOpens(t *testing.T) {
	c, r := keepRecording(t, func(c *Config) { c.SealTo = elsewhere(0x80) })
	if r.Key != KeyElsewhere || !errors.Is(r.Openable(nil), ErrKeyElsewhere) || r.Openable(elsewhere(0x90)) == nil || r.Openable(elsewhere(0x80)) != nil {
		t.Errorf("%+v", r)
	}
	out := filepath.Join(t.TempDir(), "out")
	if _, err := r.Export(t.Context(), out, nil, nothing); !errors.Is(err, ErrKeyElsewhere) {
		t.Errorf("without the private key: %v", err)
	}
	if x, err := r.Verify(t.Context(), nil); err != nil || len(x.Faults) > 0 || len(x.Notes) != 1 {
		t.Errorf("without the private key: %+v, %v", x, err)
	}
	// On the machine that has it there is a copy, with the key beside the sound.
	copied := c
	copied.Recordings = filepath.Join(t.TempDir(), "stick")
	copied.SealTo = nil
	if err := os.CopyFS(filepath.Join(copied.Recordings, r.ID), os.DirFS(r.folder())); err != nil {
		t.Fatal(err)
	}
	there, err := FindRecording(copied, r.ID)
	if err != nil || there.Key != KeyGone {
		t.Fatalf("without the key: %+v, %v", there, err)
	}
	text, err := os.ReadFile(filepath.Join(c.archive().keys, r.ID))
	if err == nil {
		err = os.WriteFile(filepath.Join(copied.Recordings, r.ID, copiedKey), text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	if x, err := there.Export(t.Context(), out, elsewhere(0x80), nothing); err != nil || len(x.Faults) > 0 {
		t.Errorf("with it: %+v, %v", x, err)
	}
	play(t, filepath.Join(out, "p1.opus"))
	if _, err := newBackend(Config{SealRecordingsTo: []string{"age1"}, Recordings: "r", Directory: "d", Keep: 1}, nil, nil, journal(t)); err == nil {
		t.Error("a gateway starts that would keep the keys itself")
	}
}

// TestADestroyedKeyMakesCopiesUnreadable: a backup of the recordings is of no use
// once the recording was due.
func TestADestroyedKeyMakesCopiesUnreadable(t *testing.T) {
	c, r := keepRecording(t, nil)
	backup := filepath.Join(t.TempDir(), "backup")
	if err := os.CopyFS(backup, os.DirFS(c.Recordings)); err != nil {
		t.Fatal(err)
	}
	keys := c.archive().keys
	held, err := os.Open(filepath.Join(keys, r.ID)) // as a disk holds what was deleted
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = held.Close() }()
	if n, err := PurgeRecordings(c, r.Delete); n != 1 || err != nil {
		t.Fatalf("%d deleted, %v", n, err)
	}
	for _, folder := range []string{keys, c.Recordings} {
		if left, err := os.ReadDir(folder); len(left) > 0 || err != nil {
			t.Errorf("%s has %v yet, %v", folder, left, err)
		}
	}
	text := make([]byte, 2*sealed.KeySize)
	if _, err := held.Read(text); err != nil || !bytes.Equal(text, make([]byte, len(text))) {
		t.Errorf("where the key was there is %q, %v", text, err)
	}
	if err := os.CopyFS(c.Recordings, os.DirFS(backup)); err != nil {
		t.Fatal(err)
	}
	again, err := FindRecording(c, r.ID)
	if err != nil || again.Key != KeyGone {
		t.Fatalf("%+v, %v", again, err)
	}
	if _, err := again.Export(t.Context(), filepath.Join(t.TempDir(), "out"), nil, nothing); !errors.Is(err, ErrKeyGone) {
		t.Errorf("opened: %v", err)
	}
}

// A manifest that nobody can read keeps the sound for no longer, and makes nobody
// delete what is not of a recording.
func TestARecordingIsDeletedWhateverBecameOfItsManifest(t *testing.T) {
	for _, tt := range []struct {
		name     string
		manifest string // none where it is empty
		foreign  bool   // somebody has put a file of theirs there
		stays    bool   // the folder does, and only its key goes
	}{
		{"it is lost", "", false, false},
		{"it is lost beside somebody's file", "", true, true},
		{"it cannot be read", "{", false, false},
		{"it cannot be read beside somebody's file", "{", true, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, r := keepRecording(t, nil)
			err := os.Remove(filepath.Join(r.folder(), manifestName))
			if tt.manifest != "" {
				err = os.WriteFile(filepath.Join(r.folder(), manifestName), []byte(tt.manifest), 0o600)
			}
			if tt.foreign {
				err = errors.Join(err, os.WriteFile(filepath.Join(r.folder(), "minutes.txt"), nil, 0o600))
			}
			if err != nil {
				t.Fatal(err)
			}
			if all, err := Recordings(c); len(all) > 0 || err == nil || !strings.Contains(err.Error(), manifestName) {
				t.Errorf("listed as %v, %v", all, err)
			}
			for _, days := range []int{0, 29, 32} {
				due := days > 30
				n, _ := PurgeRecordings(c, time.Now().AddDate(0, 0, days))
				_, noKey := os.Stat(filepath.Join(c.archive().keys, r.ID))
				_, noFolder := os.Stat(r.folder())
				if (noKey != nil) != due || (noFolder != nil) != (due && !tt.stays) || (n == 1) != (due && !tt.stays) {
					t.Errorf("after %d days: %d deleted, key %v, folder %v", days, n, noKey, noFolder)
				}
			}
		})
	}
}

// unsealing is a sealer that cannot seal.
type unsealing struct{}

func (unsealing) Seal(string) ([]byte, error) { return nil, errors.New("cannot seal") }

// Where a meeting is always recorded, each attempt that fails would leave something.
func TestARecordingThatCannotBeginLeavesNothing(t *testing.T) {
	for name, spoil := range map[string]func(*archive, *recorder){
		"no key can be made":         func(a *archive, _ *recorder) { a.sealTo = unsealing{} },
		"no manifest can be written": func(_ *archive, r *recorder) { r.began = time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC) },
	} {
		t.Run(name, func(t *testing.T) {
			c := DefaultConfig()
			c.Recordings = filepath.Join(t.TempDir(), "recordings")
			a, r := c.archive(), newRecorder(1, time.Now())
			spoil(&a, r)
			if err := r.write(a, "1", func() { t.Error("it has begun") }); err == nil {
				t.Error("it was written")
			}
			for _, folder := range []string{a.recordings, a.keys} {
				if left, err := os.ReadDir(folder); len(left) > 0 || err != nil && !errors.Is(err, fs.ErrNotExist) {
					t.Errorf("left in %s: %v, %v", folder, left, err)
				}
			}
		})
	}
}

// A recording that somebody has deleted by hand takes its key along, though not at
// once: a disk may only be out of reach.
func TestKeysWithoutARecordingGoWhenItWouldHave(t *testing.T) {
	c, r := keepRecording(t, nil)
	if err := os.RemoveAll(r.folder()); err != nil {
		t.Fatal(err)
	}
	key := filepath.Join(c.archive().keys, r.ID)
	for _, tt := range []struct {
		days  int
		there bool
	}{{0, true}, {30, true}, {32, false}} {
		n, err := PurgeRecordings(c, time.Now().AddDate(0, 0, tt.days))
		if _, gone := os.Stat(key); n != 0 || err != nil || (gone == nil) != tt.there {
			t.Errorf("after %d days: %v, %v", tt.days, gone, err)
		}
	}
}

func TestKeysAreNotAmongTheRecordings(t *testing.T) {
	root := t.TempDir()
	t.Chdir(root)
	for _, tt := range []struct {
		recordings, keys string
		wrong            bool
	}{
		{"data/recordings", "", false},
		{"data/recordings", "data/keys", false},
		{"data/recordings", "data/recordings.keys", false},
		{"data/recordings", "data/recordings", true},
		{"data/recordings", "data/recordings/keys", true},
		{"data/recordings", filepath.Join(root, "data/recordings/keys"), true},
		{"data/recordings", filepath.Join(root, "data/keys"), false},
		{filepath.Join(root, "data/recordings"), "data/recordings/keys", true},
		{filepath.Join(root, "data/recordings"), "data/keys", false},
		{root, "keys", true},
	} {
		c := DefaultConfig()
		c.Recordings, c.RecordingKeys = tt.recordings, tt.keys
		if err := c.Validate(); (err != nil) != tt.wrong {
			t.Errorf("recordings in %q and keys in %q: %v", tt.recordings, tt.keys, err)
		}
	}
}

// Recordings of older versions can be exported too.
func TestWhatIsNotSealedIsExportedAsItIs(t *testing.T) {
	c := DefaultConfig()
	c.Recordings = t.TempDir()
	ended := time.Now()
	m := manifest{Meeting: "1", Ended: &ended, Tracks: []manifestTrack{{File: "mix.opus", Mix: true}}}
	folder := recordedOn(t, c.Recordings, "1-20261101T000000Z", m, ended)
	r, err := FindRecording(c, filepath.Base(folder))
	if err != nil || r.Key != KeyNone || r.Openable(nil) != nil {
		t.Fatalf("%+v, %v", r, err)
	}
	if x, err := r.Verify(t.Context(), nil); err != nil || len(x.Faults) > 0 || len(x.Notes) != 1 {
		t.Errorf("%+v, %v", x, err)
	}
	out := filepath.Join(t.TempDir(), "out")
	if _, err := r.Export(t.Context(), out, nil, nothing); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(filepath.Join(out, "mix.opus")); err != nil || string(text) != "sound" {
		t.Errorf("%q, %v", text, err)
	}
}

// secondOf writes a second of a voice at 32 kbit/s.
func secondOf(f *oggFile, from int, packet []byte) error {
	for i := range 50 {
		at := time.Duration(50*from+i) * 20 * time.Millisecond
		if err := f.write(uint32((50*from+i)*frameTicks), at, 0, packet); err != nil {
			return err
		}
	}
	return f.keepUp(f.written)
}

// voicePacket is 20 ms of Opus in 80 bytes, as far as anybody looks into it.
func voicePacket() []byte { return append([]byte{silences[1].packet[0]}, make([]byte, 79)...) }

func TestWritingARecordingAllocatesNothing(t *testing.T) {
	f, err := createOgg(t.TempDir(), "p1", make([]byte, sealed.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.finish(f.written) }()
	n, packet := 0, voicePacket()
	if err := secondOf(f, n, packet); err != nil {
		t.Fatal(err)
	}
	if allocs := testing.AllocsPerRun(20, func() {
		n++
		if err := secondOf(f, n, packet); err != nil {
			t.Error(err)
		}
	}); allocs > 0 {
		t.Errorf("%v allocations for a second of sound", allocs)
	}
	if want := int64(50 * frameTicks * (n + 1)); f.written != want {
		t.Errorf("%d samples written, want %d", f.written, want)
	}
}

// BenchmarkSecondOfARecording is one speaker's second, sealed and on the disk.
func BenchmarkSecondOfARecording(b *testing.B) {
	f, err := createOgg(b.TempDir(), "p1", make([]byte, sealed.KeySize))
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = f.finish(f.written) }()
	packet := voicePacket()
	for n := 0; b.Loop(); n++ {
		if err := secondOf(f, n, packet); err != nil {
			b.Fatal(err)
		}
	}
}

// FuzzManifest: whatever stands in a manifest, its files are in its own folder.
func FuzzManifest(f *testing.F) {
	f.Add([]byte(`{"format": "einwahl sealed 1", "tracks": [{"file": "p1.opus.sealed"}, {"file": "mix.opus.sealed"}]}`))
	f.Add([]byte(`{"tracks": [{"file": "../p1.opus"}, {"file": "/p1.opus"}, {"file": "..opus"}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := parseManifest(text)
		if err != nil {
			return
		}
		for _, track := range m.Tracks {
			for _, name := range []string{track.File, track.speaker() + opusSuffix} {
				if !filepath.IsLocal(name) || filepath.Dir(name) != "." {
					t.Errorf("%q is elsewhere", name)
				}
			}
		}
	})
}
