package embedded

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const (
	manifestName = "manifest.json"
	// sealedFormat is how files are sealed now. Recordings of older versions have
	// no format: their files are as a player takes them.
	sealedFormat = "einwahl sealed 1"
	opusSuffix   = ".opus"
	sealedSuffix = ".opus.sealed"
)

// manifest tells what is in a recording's directory. It names nobody: people
// are the numbers that the meeting gave them.
type manifest struct {
	Format   string          `json:"format,omitempty"`
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
	// Seal is HMAC-SHA-256 of all the above under the recording's key: nobody
	// without it can change what stands here unseen.
	Seal []byte `json:"seal,omitempty"`
}

type manifestTrack struct {
	File   string `json:"file"`
	Person string `json:"person,omitempty"`
	Phone  bool   `json:"phone,omitempty"`
	Mix    bool   `json:"mix,omitempty"`
	SHA256 string `json:"sha256,omitempty"` // of the file, once it is finished
	// Damage is, in an export, what was left out since it is not what was written.
	Damage []string `json:"damage,omitempty"`
}

// speaker is the name of who is in a file.
func (t manifestTrack) speaker() string {
	return strings.TrimSuffix(strings.TrimSuffix(t.File, sealedSuffix), opusSuffix)
}

func newManifest(meeting string, run uint64, began time.Time) manifest {
	return manifest{Format: sealedFormat, Meeting: meeting, Run: run, Began: began.UTC(), Tracks: []manifestTrack{}}
}

// readManifest reads that of a recording's folder. What it says is believed only
// as far as its seal fits.
func readManifest(folder string) (m manifest, err error) {
	name := filepath.Join(folder, manifestName)
	text, err := os.ReadFile(name)
	if err != nil {
		return m, fmt.Errorf("read the manifest of a recording: %w", err)
	}
	if m, err = parseManifest(text); err != nil {
		return manifest{}, fmt.Errorf("%s: %w", name, err)
	}
	return m, nil
}

// parseManifest takes none with files that are elsewhere, or there twice.
func parseManifest(text []byte) (m manifest, err error) {
	if err := json.Unmarshal(text, &m); err != nil {
		return m, err
	}
	seen := map[string]bool{}
	for _, t := range m.Tracks {
		if t.File != filepath.Base(t.File) || !strings.HasSuffix(t.File, m.suffix()) || seen[t.File] {
			return m, fmt.Errorf("%q is no file of a recording", t.File)
		}
		seen[t.File] = true
	}
	return m, nil
}

func (m manifest) suffix() string {
	if m.Format == "" {
		return opusSuffix
	}
	return sealedSuffix
}

// sealed is the manifest with its seal.
func (m manifest) sealed(key []byte) (manifest, error) {
	own, err := hkdf.Key(sha256.New, key, nil, "einwahl recording manifest 1\n", sha256.Size)
	if err != nil {
		return m, fmt.Errorf("seal the manifest of a recording: %w", err)
	}
	m.Seal = nil
	text, err := json.Marshal(m)
	if err != nil {
		return m, fmt.Errorf("seal the manifest of a recording: %w", err)
	}
	mac := hmac.New(sha256.New, own)
	mac.Write(text)
	m.Seal = mac.Sum(nil)
	return m, nil
}

// genuine reports whether the manifest is what was written with the key.
func (m manifest) genuine(key []byte) bool {
	want, err := m.sealed(key)
	return err == nil && hmac.Equal(want.Seal, m.Seal)
}

// replacing is how a file takes another's place: vault.Replace, which returns when it
// lasts, or replaceSoon.
type replacing func(name string, content []byte) (placed bool, err error)

// replaceSoon does not wait for the disk.
func replaceSoon(name string, content []byte) (placed bool, err error) {
	if err = os.WriteFile(name+".new", content, 0o600); err == nil {
		err = os.Rename(name+".new", name)
	}
	return err == nil, err
}

// write replaces the manifest of a folder in one step.
func (m manifest) write(folder string, replace replacing) error {
	text, err := json.MarshalIndent(m, "", "  ")
	if err == nil {
		_, err = replace(filepath.Join(folder, manifestName), append(text, '\n'))
	}
	if err != nil {
		return fmt.Errorf("write the manifest of a recording: %w", err)
	}
	return nil
}
