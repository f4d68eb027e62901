package embedded

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// recordedOn makes a recording as it is on the disk.
func recordedOn(t *testing.T, root, name string, m manifest, written time.Time) string {
	t.Helper()
	folder := filepath.Join(root, name)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	for file, content := range map[string][]byte{"manifest.json": text, "mix.opus": []byte("sound")} {
		path := filepath.Join(folder, file)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, written, written); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func TestRecordingsGoOnTheirDay(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	ago := func(days int) *time.Time { at := now.AddDate(0, 0, -days); return &at }
	for _, tt := range []struct {
		name       string
		ended, del *time.Time
		written    time.Time
		there      bool
	}{
		{"of yesterday", ago(1), ago(-29), *ago(1), true},
		{"up to the last day", ago(29), ago(-1), *ago(29), true},
		{"due today", ago(30), ago(0), *ago(30), false},
		{"whose manifest names an earlier day", ago(10), ago(1), *ago(10), false},
		{"whose manifest names a later day than the file has now", ago(31), ago(-300), *ago(31), false},
		{"without a day, and old", ago(31), nil, *ago(31), false},
		{"that is running", nil, nil, now, true},
		{"that a crash has ended long ago", nil, nil, *ago(31), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := DefaultConfig()
			c.Recordings = t.TempDir()
			folder := recordedOn(t, c.Recordings, "1-20261101T000000Z", manifest{Began: *ago(60), Ended: tt.ended, Delete: tt.del}, tt.written)
			n, err := PurgeRecordings(c, now)
			_, gone := os.Stat(folder)
			if err != nil || (gone == nil) != tt.there || (n == 0) != tt.there {
				t.Errorf("%d deleted, there: %v, want %v; %v", n, gone == nil, tt.there, err)
			}
		})
	}
}

func TestWhatIsNoRecordingStays(t *testing.T) {
	c := DefaultConfig()
	c.Recordings = filepath.Join(t.TempDir(), "recordings")
	if n, err := PurgeRecordings(c, time.Now()); n != 0 || err != nil {
		t.Errorf("without a folder: %d, %v", n, err)
	}
	for name, file := range map[string]string{"other": "notes.txt", "broken": "manifest.json", "backup-20160101T000000Z": "dump.sql"} {
		if err := os.MkdirAll(filepath.Join(c.Recordings, name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(c.Recordings, name, file), []byte("?"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	n, err := PurgeRecordings(c, time.Now().AddDate(10, 0, 0))
	if n != 0 || err == nil || !strings.Contains(err.Error(), "broken") {
		t.Errorf("%d deleted, %v", n, err)
	}
	if left, err := os.ReadDir(c.Recordings); err != nil || len(left) != 3 {
		t.Errorf("left: %v, %v", left, err)
	}
}

func TestRecordingsAreKeptForLongOnlyForAReason(t *testing.T) {
	for _, tt := range []struct {
		keep   int
		reason string
		wrong  string
	}{{30, "", ""}, {183, "", ""}, {184, "", "keep_reason"}, {184, " ", "keep_reason"}, {3650, "minutes of a public body", ""}, {0, "", "keep:"}} {
		c := DefaultConfig()
		c.Keep, c.Reason = tt.keep, tt.reason
		err := c.Validate()
		if (err == nil) != (tt.wrong == "") || err != nil && !strings.Contains(err.Error(), tt.wrong) {
			t.Errorf("%d days for %q: %v", tt.keep, tt.reason, err)
		}
	}
}
