package embedded

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// manifest tells what is in a recording's directory. It names nobody: people
// are the numbers that the meeting gave them.
type manifest struct {
	Meeting  string          `json:"meeting"`
	Run      uint64          `json:"run"`
	Purpose  Texts           `json:"purpose,omitempty"` // as it was told
	Began    time.Time       `json:"began"`
	Ended    *time.Time      `json:"ended"` // null while it runs, and after a crash
	Duration float64         `json:"duration_seconds"`
	Dropped  uint64          `json:"dropped_packets"`
	Delete   *time.Time      `json:"delete_after,omitempty"` // once it has ended
	Reason   string          `json:"keep_reason,omitempty"`
	Tracks   []manifestTrack `json:"tracks"`
}

type manifestTrack struct {
	File   string `json:"file"`
	Person string `json:"person,omitempty"`
	Phone  bool   `json:"phone,omitempty"`
	Mix    bool   `json:"mix,omitempty"`
}

func newManifest(meeting string, run uint64, began time.Time) manifest {
	return manifest{Meeting: meeting, Run: run, Began: began.UTC(), Tracks: []manifestTrack{}}
}

// fileSet is the files of one recording.
type fileSet struct {
	directory string
	manifest  manifest
	keep      int // days, after its end; 0: the manifest does not say
	open      map[string]*oggFile
}

func (s *fileSet) write(p *recorded) error {
	f, ok := s.open[p.track.name]
	if !ok {
		var err error
		if f, err = s.create(p.track); err != nil {
			return err
		}
	}
	return f.write(p.ts, p.after, p.since, p.data[:p.size])
}

// create begins a speaker's file, and lists it.
func (s *fileSet) create(t *fileTrack) (*oggFile, error) {
	name := t.name + ".opus"
	f, err := createOgg(filepath.Join(s.directory, name))
	if err != nil {
		return nil, err
	}
	s.open[t.name] = f
	track := manifestTrack{File: name, Person: t.name, Phone: t.phone}
	if t.name == mixName {
		track = manifestTrack{File: name, Mix: true}
	}
	s.manifest.Tracks = append(s.manifest.Tracks, track)
	return f, s.writeManifest()
}

// keepUp brings all files so far, so that a killed process leaves all of them
// as long as the meeting was.
func (s *fileSet) keepUp(after time.Duration) error {
	for _, f := range s.open {
		if err := f.keepUp(int64(after * clockRate / time.Second)); err != nil {
			return err
		}
	}
	return nil
}

// finish brings all files to one length, to the sample, and closes them. It is
// the recording's, or that of the longest file: what was late when it began may
// run a little ahead, and nothing that was said is cut off.
func (s *fileSet) finish(after time.Duration, dropped uint64) error {
	length := int64(after * clockRate / time.Second)
	for _, f := range s.open {
		length = max(length, f.written)
	}
	var errs []error
	for _, f := range s.open {
		errs = append(errs, f.finish(length))
	}
	clear(s.open)
	ended := s.manifest.Began.Add(time.Duration(length) * time.Second / clockRate)
	s.manifest.Ended, s.manifest.Duration, s.manifest.Dropped = &ended, float64(length)/clockRate, dropped
	if s.keep > 0 {
		due := keptUntil(ended, s.keep)
		s.manifest.Delete = &due
	}
	return errors.Join(append(errs, s.writeManifest())...)
}

// abandon closes what an error has left open. What was written stays readable.
func (s *fileSet) abandon() {
	for _, f := range s.open {
		_ = f.file.Close() // the error that led here is the one to tell
	}
}

// writeManifest replaces the manifest in one step.
func (s *fileSet) writeManifest() error {
	text, err := json.MarshalIndent(s.manifest, "", "  ")
	if err != nil {
		return err
	}
	name := filepath.Join(s.directory, "manifest.json")
	if err := os.WriteFile(name+".new", append(text, '\n'), 0o600); err != nil {
		return fmt.Errorf("write the manifest of a recording: %w", err)
	}
	if err := os.Rename(name+".new", name); err != nil {
		return fmt.Errorf("write the manifest of a recording: %w", err)
	}
	return nil
}
