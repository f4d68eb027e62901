package embedded

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/einwahl/einwahl/conference/embedded/sealed"
	"github.com/einwahl/einwahl/transcode/ogg"
)

// preSkip is what a player leaves out at the beginning while its decoder
// settles (RFC 7845, section 4.2): 80 ms, written as silence.
const preSkip = 3840

// oggFile is one speaker's file. It begins when the recording begins, and has
// silence where nothing was said, so that the files of a recording can be laid
// on top of each other. On the disk it is sealed, each page a block.
type oggFile struct {
	file    *os.File
	sum     hash.Hash // of what is on the disk
	seal    *sealed.Writer
	ogg     *ogg.Writer
	aligner aligner
	written int64 // samples, without the pre-skip
	lull    lull
}

// createOgg begins the file of a speaker in a folder.
func createOgg(folder, speaker string, key []byte) (_ *oggFile, err error) {
	file, err := os.OpenFile(filepath.Join(folder, speaker+sealedSuffix), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("make a file of a recording: %w", err)
	}
	f := &oggFile{file: file, sum: sha256.New(), written: -preSkip}
	if f.seal, err = sealed.NewWriter(io.MultiWriter(file, f.sum), key, speaker+opusSuffix); err == nil {
		f.ogg, err = ogg.NewWriter(f.seal, ogg.Head{Channels: 1, PreSkip: preSkip, Rate: clockRate})
	}
	if err == nil {
		err = f.silence(0)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("begin a file of a recording: %w", err), file.Close())
	}
	return f, nil
}

// write puts a packet where it belongs in time. One that comes too late, is no
// Opus, or was said before since, in a pause of the recording, is left out.
func (f *oggFile) write(ts uint32, after, since time.Duration, packet []byte) error {
	samples := int64(ogg.Samples(packet))
	at, ok := f.aligner.place(ts, after, f.written)
	if !ok || samples == 0 || at < int64(since*clockRate/time.Second) {
		return nil
	}
	for n := f.lull.until(at - f.written); n > 0; n-- {
		if err := f.put(f.lull.packet[:f.lull.length], f.lull.samples); err != nil {
			return err
		}
	}
	if err := f.silence(at); err != nil {
		return err
	}
	f.lull.begin(packet, samples)
	return f.put(packet, samples)
}

// silence fills up to a position.
func (f *oggFile) silence(until int64) error {
	for _, s := range silences {
		for until-f.written >= s.samples {
			if err := f.put([]byte(s.packet), s.samples); err != nil {
				return err
			}
		}
	}
	return nil
}

func (f *oggFile) put(packet []byte, samples int64) error {
	f.written += samples
	if err := f.ogg.WritePacket(packet, f.written+preSkip); err != nil {
		return fmt.Errorf("write a recording: %w", err)
	}
	return nil
}

// keepUp writes out what there is, with silence up to a position.
func (f *oggFile) keepUp(until int64) error {
	if err := f.silence(until); err != nil {
		return err
	}
	if err := f.ogg.Flush(); err != nil {
		return fmt.Errorf("write a recording: %w", err)
	}
	return nil
}

// finish brings the file to the recording's length, which is at least its own,
// to the sample, and closes it, once it is on the disk.
func (f *oggFile) finish(length int64) error {
	return errors.Join(f.fill(length), f.ogg.CloseAt(length+preSkip), f.seal.Close(), f.file.Sync(), f.file.Close())
}

// checksum is that of what is on the disk, in hexadecimal.
func (f *oggFile) checksum() string { return hex.EncodeToString(f.sum.Sum(nil)) }

// fill is silence that ends where it should or, cut off there by the end of the
// stream, with the next packet.
func (f *oggFile) fill(length int64) error {
	if err := f.silence(length); err != nil || f.written == length {
		return err
	}
	if err := f.ogg.Flush(); err != nil {
		return fmt.Errorf("write a recording: %w", err)
	}
	last := silences[len(silences)-1]
	return f.put([]byte(last.packet), last.samples)
}
