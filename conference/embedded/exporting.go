package embedded

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Exported is a file that was written.
type Exported struct {
	File   string
	Size   int64
	SHA256 string
}

// Export writes a recording as anybody can play it: a file in Ogg Opus for each
// speaker, the mix, and a manifest with their checksums. What is not what was written
// is left out, and named. The directory must not be there, or be empty; it is there
// when all is; nothing of it is where ctx has ended before. Each file is told when it is
// done.
func (r Recording) Export(ctx context.Context, directory string, o Opener, done func(Exported)) (x Examination, err error) {
	m, key, err := r.open(o)
	if err != nil {
		return x, err
	}
	x.look(r, m, key)
	next, err := os.MkdirTemp(filepath.Dir(filepath.Clean(directory)), filepath.Base(directory)+".*") // for its owner only
	if err != nil {
		return x, fmt.Errorf("export a recording: %w", err)
	}
	if err := r.exportTo(ctx, next, m, key, &x, done); err != nil {
		return x, errors.Join(err, os.RemoveAll(next))
	}
	if err := os.Rename(next, directory); err != nil { // also over an empty one
		return x, errors.Join(fmt.Errorf("export a recording: %w; want a folder that is not there yet, or empty", err), os.RemoveAll(next))
	}
	return x, nil
}

func (r Recording) exportTo(ctx context.Context, directory string, m manifest, key []byte, x *Examination, done func(Exported)) error {
	plain := m
	plain.Format, plain.Seal, plain.Tracks = "", nil, []manifestTrack{}
	for _, t := range m.Tracks {
		out := t
		out.File = t.speaker() + opusSuffix
		e, damage, err := x.exportTrack(ctx, r, directory, t, m, key)
		if err != nil {
			return err
		}
		out.SHA256, out.Damage = e.SHA256, damage
		plain.Tracks = append(plain.Tracks, out)
		done(e)
	}
	return plain.write(directory, replaceSoon)
}

// exportTrack writes one file.
func (x *Examination) exportTrack(ctx context.Context, r Recording, directory string, t manifestTrack, m manifest, key []byte) (e Exported, damage []string, err error) {
	e.File = t.speaker() + opusSuffix
	file, err := os.OpenFile(filepath.Join(directory, e.File), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return e, nil, fmt.Errorf("export a recording: %w", err)
	}
	sum, out := sha256.New(), bufio.NewWriter(file)
	damage, err = x.track(ctx, r.folder(), t, m, key, io.MultiWriter(out, sum))
	if err = errors.Join(err, out.Flush()); err == nil {
		e.Size, err = file.Seek(0, io.SeekCurrent)
	}
	e.SHA256 = hex.EncodeToString(sum.Sum(nil))
	return e, damage, errors.Join(err, file.Close())
}
