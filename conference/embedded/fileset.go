package embedded

import (
	"errors"
	"path/filepath"
	"time"

	"github.com/einwahl/einwahl/conference/embedded/vault"
)

// fileSet is the files of one recording.
type fileSet struct {
	directory string
	key       []byte // of the recording
	manifest  manifest
	keep      int // days, after its end; 0: the manifest does not say
	open      map[string]*oggFile
}

func newFileSet(directory string, key []byte, m manifest) *fileSet {
	return &fileSet{directory: directory, key: key, manifest: m, open: map[string]*oggFile{}}
}

// name is the recording's.
func (s *fileSet) name() string { return filepath.Base(s.directory) }

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
	f, err := createOgg(s.directory, t.name, s.key)
	if err != nil {
		return nil, err
	}
	s.open[t.name] = f
	track := manifestTrack{File: t.name + sealedSuffix, Person: t.name, Phone: t.phone}
	if t.name == mixName {
		track.Person, track.Mix = "", true
	}
	s.manifest.Tracks = append(s.manifest.Tracks, track)
	return f, s.writeManifest(replaceSoon) // packets wait meanwhile
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

// finish brings all files to one length, to the sample, and closes them. When it
// returns no error they are on the disk, and what tells of them. The length is the
// recording's, or that of the longest file: what was late when it began may
// run a little ahead, and nothing that was said is cut off.
func (s *fileSet) finish(after time.Duration, dropped uint64) error {
	length := int64(after * clockRate / time.Second)
	for _, f := range s.open {
		length = max(length, f.written)
	}
	var errs []error
	for i, t := range s.manifest.Tracks {
		f := s.open[t.speaker()]
		errs = append(errs, f.finish(length))
		s.manifest.Tracks[i].SHA256 = f.checksum()
	}
	clear(s.open)
	ended := s.manifest.Began.Add(time.Duration(length) * time.Second / clockRate)
	s.manifest.Ended, s.manifest.Duration, s.manifest.Dropped = &ended, float64(length)/clockRate, dropped
	if s.keep > 0 {
		due := keptUntil(ended, s.keep)
		s.manifest.Delete = &due
	}
	return errors.Join(append(errs, s.writeManifest(vault.Replace))...)
}

// abandon closes what an error has left open. What was written stays readable.
func (s *fileSet) abandon() {
	for _, f := range s.open {
		_ = f.file.Close() // the error that led here is the one to tell
	}
}

// writeManifest seals the manifest as it stands, and replaces it in one step.
func (s *fileSet) writeManifest(replace replacing) error {
	m, err := s.manifest.sealed(s.key)
	if err != nil {
		return err
	}
	return m.write(s.directory, replace)
}
