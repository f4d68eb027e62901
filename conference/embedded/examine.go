package embedded

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/einwahl/einwahl/conference/embedded/sealed"
)

// Examination is what was found of a recording.
type Examination struct {
	// Faults are what does not fit: somebody has altered the recording, or a disk
	// has lost some of it.
	Faults []string
	// Notes are what could not be looked at, and what a crash leaves too.
	Notes []string
}

func (x *Examination) fault(format string, a ...any) {
	x.Faults = append(x.Faults, fmt.Sprintf(format, a...))
}

func (x *Examination) note(format string, a ...any) {
	x.Notes = append(x.Notes, fmt.Sprintf(format, a...))
}

// Verify looks whether a recording is what was written. With its key it names each
// block that is not, and what was taken away or added; without it only the checksums
// are compared, which whoever has altered the files may have made anew. It looks no
// further when ctx has ended.
func (r Recording) Verify(ctx context.Context, o Opener) (x Examination, err error) {
	m, key, err := r.open(o)
	switch {
	case errors.Is(err, ErrKeyGone), errors.Is(err, ErrKeyElsewhere):
		x.note("without its key only the checksums were compared: %v", err)
	case err != nil:
		return x, err
	}
	x.look(r, m, key)
	for _, t := range m.Tracks {
		if _, err := x.track(ctx, r.folder(), t, m, key, io.Discard); err != nil {
			return x, err
		}
	}
	return x, nil
}

// open reads the manifest and the key; nil where the recording is not sealed.
func (r Recording) open(o Opener) (m manifest, key []byte, err error) {
	if m, err = readManifest(r.folder()); err != nil || m.Format == "" {
		return m, nil, err
	}
	if m.Format != sealedFormat {
		return m, nil, fmt.Errorf("recording %s has the format %q: a newer version of this program opens it", r.ID, m.Format)
	}
	key, err = r.archive.key(r.ID, o)
	return m, key, err
}

// look compares the manifest with its seal, and with what is in the folder.
func (x *Examination) look(r Recording, m manifest, key []byte) {
	if m.Format == "" {
		if _, err := r.archive.key(r.ID, nil); !errors.Is(err, ErrKeyGone) {
			x.fault("it has a key, and %s says that it is not sealed", manifestName)
		}
		x.note("an older version has written it, neither sealed nor with checksums: nothing shows whether it was altered")
	}
	if key != nil && !m.genuine(key) {
		x.fault("%s was altered", manifestName)
	}
	if m.Ended == nil {
		x.note("it has no end: it runs, or a crash has ended it, or its end was cut off")
	}
	files, err := os.ReadDir(r.folder())
	if err != nil {
		x.fault("%v", err)
	}
	listed := []string{manifestName, manifestName + ".new", copiedKey}
	for _, t := range m.Tracks {
		listed = append(listed, t.File)
	}
	for _, f := range files {
		switch {
		case slices.Contains(listed, f.Name()):
		case m.Ended == nil:
			x.note("%s is not listed: it has just begun, or is not of this recording", f.Name())
		default:
			x.fault("%s is not of this recording", f.Name())
		}
	}
}

// track writes to w what a file holds, names what does not fit, and tells what of
// it is damage to the sound. A key of nil leaves it sealed.
func (x *Examination) track(ctx context.Context, folder string, t manifestTrack, m manifest, key []byte, w io.Writer) (damage []string, err error) {
	file, err := os.Open(filepath.Join(folder, t.File))
	if errors.Is(err, os.ErrNotExist) {
		x.fault("%s is gone", t.File)
		return []string{"all of it"}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("open a recording: %w", err)
	}
	defer func() { _ = file.Close() }() // only read
	sum := sha256.New()
	in := io.TeeReader(whileWanted{ctx, file}, sum)
	if m.Format == "" {
		_, err = io.Copy(w, in)
	} else if key != nil {
		damage, err = unseal(w, in, key, t, m)
	}
	if err == nil {
		_, err = io.Copy(io.Discard, in)
	}
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", t.File, err)
	}
	for _, d := range damage {
		x.fault("%s: %s", t.File, d)
	}
	if t.SHA256 != "" && t.SHA256 != hex.EncodeToString(sum.Sum(nil)) && len(damage) == 0 {
		x.fault("%s is not what its checksum was made of", t.File)
	}
	return damage, nil
}

// unseal opens a file, and tells what of its sound is lost. An end that is missing
// is damage only where the recording has one.
func unseal(w io.Writer, in io.Reader, key []byte, t manifestTrack, m manifest) (damage []string, err error) {
	report, err := sealed.Open(w, in, key, t.speaker()+opusSuffix)
	if errors.Is(err, sealed.ErrFormat) {
		return []string{err.Error()}, nil
	}
	for _, f := range report.Faults {
		damage = append(damage, f.String())
	}
	if !report.Ended && m.Ended != nil {
		damage = append(damage, "its end was cut off")
	}
	return damage, err
}

// whileWanted is read until nobody wants it any more.
type whileWanted struct {
	ctx context.Context
	io.Reader
}

// Read reports the error of a context that has ended.
func (w whileWanted) Read(p []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	return w.Reader.Read(p)
}
