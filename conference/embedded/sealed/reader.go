package sealed

import (
	"bufio"
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// ErrFormat reports bytes that do not begin like a sealed file.
var ErrFormat = errors.New("it is no sealed file, or its beginning was altered")

// searches bounds how many bytes are decrypted in vain to find where the next
// block begins that was not altered: nobody makes a verifier work for days.
const searches = 256 << 20

// Open writes what a sealed file holds, as far as it is what was written, and
// names what is not. A damaged block costs that block only. The error is of
// reading and writing, of a key of the wrong size, or [ErrFormat].
func Open(w io.Writer, r io.Reader, key []byte, name string) (Report, error) {
	header := make([]byte, len(magic)+saltSize)
	_, err := io.ReadFull(r, header)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return Report{}, fmt.Errorf("read sealed file: %w", err)
	}
	if err != nil || string(header[:len(magic)]) != magic {
		return Report{}, ErrFormat
	}
	seal, err := cipherOf(key, header[len(magic):], name)
	if err != nil {
		return Report{}, err
	}
	o := opener{
		w: w, r: bufio.NewReaderSize(r, frameHead+MaxBlock+tagSize), seal: seal,
		sound: make([]byte, 0, MaxBlock), search: searches, faults: map[uint32]Kind{},
	}
	if err := o.run(); err != nil {
		return Report{}, err
	}
	return o.report(), nil
}

// opener goes through a file.
type opener struct {
	w      io.Writer
	r      *bufio.Reader
	seal   cipher.AEAD
	nonce  [12]byte
	sound  []byte
	search int // bytes that may yet be decrypted in vain

	next   uint32 // the block that belongs here
	blocks uint32 // that were good
	junk   bool   // what was passed over since the last good block
	torn   bool   // the file ends within the block that belongs here
	ended  bool
	faults map[uint32]Kind
}

// frame is a block as it stands in the file.
type frame struct {
	number uint32
	last   bool
	size   int // of all of it
}

func (o *opener) run() error {
	for {
		head, err := o.r.Peek(frameHead)
		if len(head) < frameHead {
			return o.finish(len(head), err)
		}
		f := parseFrame(head)
		sound, there, err := o.try(f)
		if err != nil {
			return err
		}
		if sound == nil {
			o.torn = o.torn || !o.junk && !there && f.number == o.next
			o.junk = true
			_, _ = o.r.Discard(1) // it was peeked at
			continue
		}
		if err := o.take(f, sound); err != nil {
			return err
		}
		_, _ = o.r.Discard(f.size) // it was peeked at
	}
}

func parseFrame(head []byte) frame {
	length := binary.BigEndian.Uint32(head[4:])
	return frame{number: binary.BigEndian.Uint32(head), last: length&lastBlock != 0, size: frameHead + int(length&^uint32(lastBlock)) + tagSize}
}

// try decrypts what may be a block; nil where it is none. there is false where
// the file ends before its end.
func (o *opener) try(f frame) (sound []byte, there bool, err error) {
	if f.size > o.r.Size() || o.search <= 0 {
		return nil, true, nil
	}
	b, err := o.r.Peek(f.size)
	if len(b) < f.size {
		if errors.Is(err, io.EOF) {
			err = nil
		}
		return nil, false, err
	}
	place(&o.nonce, f.number, f.last)
	sound, wrong := o.seal.Open(o.sound, o.nonce[:], b[frameHead:], nil)
	if wrong != nil {
		o.search -= f.size
		sound = nil
	}
	return sound, true, nil
}

// take is for a block that is what was written. Sound goes out in its order only.
func (o *opener) take(f frame, sound []byte) error {
	switch {
	case o.ended && f.number >= o.next:
		o.faults[f.number] = Appended
		return nil
	case f.number < o.next && o.faults[f.number] == Missing:
		o.faults[f.number] = Moved
		return nil
	case f.number < o.next:
		o.faults[f.number] = Repeated
		return nil
	case f.number == o.next && o.junk:
		o.faults[f.number] = Inserted
	}
	for ; o.next < f.number; o.next++ {
		o.faults[o.next] = Missing
		if o.junk {
			o.faults[o.next] = Altered
		}
	}
	o.junk, o.torn = false, false
	o.next, o.ended = f.number+1, f.last
	o.blocks++
	if _, err := o.w.Write(sound); err != nil {
		return fmt.Errorf("write what was sealed: %w", err)
	}
	return nil
}

// finish looks at what is left behind the last good block: less than a frame's
// head, or what was passed over.
func (o *opener) finish(left int, err error) error {
	switch {
	case !errors.Is(err, io.EOF):
		return fmt.Errorf("read sealed file: %w", err)
	case o.ended && (o.junk || left > 0):
		o.faults[o.next] = Appended
	case o.junk && !o.torn:
		o.faults[o.next] = Altered
	}
	return nil
}
