package embedded

import (
	"path/filepath"
	"testing"
)

// A folder's name is the operator's, whatever its letters mean to others.
func TestTheFoldersOfRecordingsHaveAnyName(t *testing.T) {
	for _, name := range []string{"[kunde]", "rec[12]", "rec*", "rec?", `back\slash`, "[", "umlaut-ü and spaces"} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			beside := func(c *Config) { c.Recordings = filepath.Join(root, "rec1", "recordings") }
			neighbour, _ := keepRecording(t, beside) // whom a pattern would mean
			c, r := keepRecording(t, func(c *Config) { c.Recordings = filepath.Join(root, name, "recordings") })
			if left, err := Traces(c); len(left) != 2 || err != nil {
				t.Errorf("there is %v, %v, want a recording and its key", left, err)
			}
			if n, err := PurgeRecordings(c, r.Delete); n != 1 || err != nil {
				t.Errorf("%d deleted, %v", n, err)
			}
			if left, err := Traces(c); len(left) != 0 || err != nil {
				t.Errorf("left: %v, %v", left, err)
			}
			if all, err := Recordings(neighbour); len(all) != 1 || err != nil {
				t.Errorf("beside it there is %v, %v", all, err)
			}
		})
	}
}
