// Package sealed is a file that is written over hours, can be read only with its
// key, and shows what was done to it since.
//
// What is written becomes blocks, one for each Write, sealed with AES-256-GCM
// under a key of this file alone. As in the STREAM construction (Hoang,
// Reyhanitabar, Rogaway, Vizár: "Online Authenticated-Encryption and its
// Nonce-Reuse Misuse-Resistance", 2015) the nonce has the block's number and
// whether it is the last: no block can be altered, moved, left out, put in twice
// or brought in from another file without [Open] naming it, and an end that was
// cut off is told from one that was written. Each block is one write to the file,
// so a process that is killed leaves all blocks before the one at hand.
//
// A file is header, then blocks:
//
//	header  "einwahl sealed 1\n", 16 random bytes
//	block   number (4 bytes), length of the sound with 1<<31 added in the last
//	        block (4), the sound, sealed (length + 16)
//
// Numbers are big-endian and begin at 0. The nonce is 7 zeros, the block's number
// and a byte that is 1 in the last block. The file's key is HKDF-SHA-256 of the
// recording's key with the header's random bytes as salt, and "einwahl sealed 1\n"
// with the file's name as info. What can be seen without the key is how long each
// block is.
package sealed

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

const (
	magic    = "einwahl sealed 1\n"
	saltSize = 16
	// KeySize is how long the key of a recording is, in bytes.
	KeySize = 32
	// MaxBlock is the most that a block holds, in bytes: more than a page of Ogg.
	MaxBlock = 1 << 16

	frameHead = 8
	tagSize   = 16
	lastBlock = 1 << 31
)

var (
	errKey    = fmt.Errorf("want a key of %d bytes", KeySize)
	errClosed = errors.New("sealed file is closed")
	errFull   = errors.New("sealed file has as many blocks as can be numbered")
)

// Writer seals a file. It is for one goroutine.
type Writer struct {
	w      io.Writer
	seal   cipher.AEAD
	number uint64
	nonce  [12]byte
	frame  []byte
	err    error // why nothing more can be written
}

// NewWriter writes the header of the file with this name, which must be the same
// when it is opened. The key may be that of other files too.
func NewWriter(w io.Writer, key []byte, name string) (*Writer, error) {
	salt := make([]byte, saltSize)
	_, _ = rand.Read(salt) // never fails
	return newWriter(w, key, salt, name)
}

func newWriter(w io.Writer, key, salt []byte, name string) (*Writer, error) {
	seal, err := cipherOf(key, salt, name)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(append([]byte(magic), salt...)); err != nil {
		return nil, fmt.Errorf("write sealed file: %w", err)
	}
	return &Writer{w: w, seal: seal}, nil
}

// Write makes one block of p, or several where it is longer than [MaxBlock].
// After an error nothing more can be written.
func (s *Writer) Write(p []byte) (n int, err error) {
	for n < len(p) {
		part := p[n:min(n+MaxBlock, len(p))]
		if err := s.block(part, false); err != nil {
			return n, err
		}
		n += len(part)
	}
	return n, nil
}

// Close writes the end, without which the file counts as cut off. It does not
// close the writer below. It is safe to call twice.
func (s *Writer) Close() error {
	if errors.Is(s.err, errClosed) {
		return nil
	}
	err := s.block(nil, true)
	if err == nil {
		s.err = errClosed
	}
	return err
}

func (s *Writer) block(sound []byte, last bool) error {
	if s.err == nil && s.number > math.MaxUint32 {
		s.err = errFull
	}
	if s.err != nil {
		return s.err
	}
	number, length := uint32(s.number), uint32(len(sound))
	if last {
		length |= lastBlock
	}
	b := binary.BigEndian.AppendUint32(s.frame[:0], number)
	b = binary.BigEndian.AppendUint32(b, length)
	place(&s.nonce, number, last)
	s.frame = s.seal.Seal(b, s.nonce[:], sound, nil)
	s.number++
	if _, err := s.w.Write(s.frame); err != nil {
		s.err = fmt.Errorf("write sealed file: %w", err)
	}
	return s.err
}

// place makes the nonce of a block.
func place(nonce *[12]byte, number uint32, last bool) {
	binary.BigEndian.PutUint32(nonce[7:], number)
	nonce[11] = 0
	if last {
		nonce[11] = 1
	}
}

// cipherOf makes the cipher of one file.
func cipherOf(key, salt []byte, name string) (cipher.AEAD, error) {
	if len(key) != KeySize {
		return nil, errKey
	}
	own, err := hkdf.Key(sha256.New, key, salt, magic+name, KeySize)
	if err != nil {
		return nil, fmt.Errorf("key of a sealed file: %w", err)
	}
	block, err := aes.NewCipher(own)
	if err != nil {
		return nil, fmt.Errorf("key of a sealed file: %w", err)
	}
	return cipher.NewGCM(block)
}
