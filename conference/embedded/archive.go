package embedded

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/einwahl/einwahl/conference/embedded/sealed"
	"github.com/einwahl/einwahl/conference/embedded/vault"
)

// Sealer seals the key of a recording to those who alone may open it.
type Sealer interface {
	Seal(text string) ([]byte, error)
}

// Opener opens what a Sealer has sealed.
type Opener interface {
	Open(sealed []byte) (string, error)
}

// Witness is told that a recording has ended: its name, its meeting, and the SHA-256
// of its manifest, which has those of its files. Whoever keeps that sees what was
// altered since, also without a key. It may take its time, and is done before Run
// returns.
type Witness interface {
	Recorded(recording, meeting, sum string)
}

// Why a recording cannot be opened.
var (
	ErrKeyGone      = errors.New("its key is not there, and without it nobody can open it")
	ErrKeyElsewhere = errors.New("its key is sealed to conference.embedded.seal_recordings_to: this machine cannot open it")
	errKeyBroken    = errors.New("its key is damaged")
)

// archive is where recordings are, and where their keys. Each recording has a
// random key of its own, in a file that has its name: 64 hexadecimal digits, or
// those sealed to somebody else. The recordings cannot be read without the keys,
// and no key stands behind them that would outlive a recording.
type archive struct {
	recordings, keys string
	sealTo           Sealer  // nil: keys are kept as they are
	witness          Witness // nil: nobody is told
}

func (c Config) archive() archive {
	a := archive{recordings: filepath.Clean(c.Recordings), keys: c.RecordingKeys, sealTo: c.SealTo, witness: c.Witness}
	if a.keys == "" {
		a.keys = a.recordings + ".keys"
	}
	return a
}

// within reports whether a folder is another one or below it. Either may be named
// from where the program runs.
func within(folder, inner string) bool {
	folder, err := filepath.Abs(folder)
	inner, fault := filepath.Abs(inner)
	if err != nil || fault != nil {
		return true // as far as anybody knows
	}
	path, err := filepath.Rel(folder, inner)
	return err == nil && path != ".." && !strings.HasPrefix(path, ".."+string(filepath.Separator))
}

// makeKey makes the key of a recording. It is on the disk before anything is that
// only it opens.
func (a archive) makeKey(recording string) ([]byte, error) {
	key := make([]byte, sealed.KeySize)
	_, _ = rand.Read(key) // never fails
	text := []byte(hex.EncodeToString(key))
	if a.sealTo != nil {
		var err error
		if text, err = a.sealTo.Seal(string(text)); err != nil {
			return nil, fmt.Errorf("seal the key of a recording: %w", err)
		}
	}
	err := os.MkdirAll(a.keys, 0o700)
	if err == nil {
		err = writeNew(filepath.Join(a.keys, recording), text)
	}
	if err == nil {
		if err = vault.SyncFolder(a.keys); err != nil {
			err = errors.Join(err, a.destroyKey(recording))
		}
	}
	if err != nil {
		return nil, fmt.Errorf("write the key of a recording: %w", err)
	}
	return key, nil
}

// key is the key of a recording: from the folder of keys, or, in a copy that was
// made to be opened elsewhere, from the file "key" beside the sound. The opener is
// nil where nobody has given a private key.
func (a archive) key(recording string, o Opener) ([]byte, error) {
	text, err := os.ReadFile(filepath.Join(a.keys, recording))
	if errors.Is(err, fs.ErrNotExist) {
		text, err = os.ReadFile(filepath.Join(a.recordings, recording, copiedKey))
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, ErrKeyGone
	case err != nil:
		return nil, fmt.Errorf("read the key of a recording: %w", err)
	}
	if key, err := parseKey(string(text)); err == nil {
		return key, nil
	}
	if o == nil {
		return nil, ErrKeyElsewhere
	}
	opened, err := o.Open(text)
	if err != nil {
		return nil, fmt.Errorf("the key of the recording: %w", err)
	}
	return parseKey(opened)
}

// copiedKey is the name of a key that was put beside the sound, in a copy.
const copiedKey = "key"

func parseKey(text string) ([]byte, error) {
	key, err := hex.DecodeString(strings.TrimSpace(text))
	if err != nil || len(key) != sealed.KeySize {
		return nil, errKeyBroken
	}
	return key, nil
}

// destroyKey destroys the key of a recording: nobody can open it from then on, nor
// a copy of it that is in a backup.
func (a archive) destroyKey(recording string) error {
	name := filepath.Join(a.keys, recording)
	err := vault.Blank(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // of an older version, or destroyed already
	}
	if err = errors.Join(err, os.Remove(name)); err != nil {
		return fmt.Errorf("destroy the key of a recording: %w", err)
	}
	return vault.SyncFolder(a.keys)
}

// destroyStrays destroys keys whose recording somebody has deleted by hand. They
// stay for as long as that could have been kept: it may only be out of reach, on a
// disk that is not there just now.
func (a archive) destroyStrays(now time.Time, keep int) error {
	keys, err := a.keyNames()
	errs := []error{err}
	for _, name := range keys {
		info, err := os.Stat(filepath.Join(a.keys, name))
		if err != nil || now.Before(keptUntil(info.ModTime(), keep+1)) {
			continue
		}
		if _, err := os.Stat(filepath.Join(a.recordings, name)); errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, a.destroyKey(name))
		}
	}
	return errors.Join(errs...)
}

// writeNew writes a file that is not there yet, for its owner only. Where it cannot
// be written nothing is left of it.
func writeNew(name string, content []byte) error {
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return errors.Join(err, os.Remove(name))
	}
	return nil
}
