package ogg

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
)

// pageSamples is how much sound goes on a page: the most that is lost when the
// process is killed. One second is also what RFC 7845 section 6 recommends.
const pageSamples = 48000

var (
	errClosed  = errors.New("ogg: closed")
	errTooLong = errors.New("ogg: packet does not fit on a page")
)

// Writer writes one Opus stream. Each page is one call of Write of the writer
// below, and complete: whatever happens between two pages, what is there can
// be read.
type Writer struct {
	w        io.Writer
	serial   uint32
	sequence uint32
	begun    int64 // where the sound of the page at hand begins
	position int64 // where the newest packet ends
	segments []byte
	body     []byte
	page     []byte
	closed   bool
}

// NewWriter writes the headers. comments are of the form NAME=value (RFC 7845
// section 5.2).
func NewWriter(w io.Writer, head Head, comments ...string) (*Writer, error) {
	o := &Writer{w: w, serial: rand.Uint32()}
	for i, b := range [][]byte{head.append(nil), appendTags(nil, comments)} {
		if !o.fits(len(b)) {
			return nil, fmt.Errorf("write ogg header: %w", errTooLong)
		}
		o.add(b)
		flags := byte(0)
		if i == 0 {
			flags = beginStream
		}
		if err := o.flush(flags, 0); err != nil {
			return nil, fmt.Errorf("write ogg header: %w", err)
		}
	}
	return o, nil
}

// WritePacket takes the next packet. end is where its sound ends, in samples at
// 48 kHz from the beginning, the pre-skip counted in; for sound without gaps,
// the sum of all packets so far.
func (o *Writer) WritePacket(packet []byte, end int64) error {
	switch {
	case o.closed:
		return errClosed
	case len(packet) > maxPacket:
		return errTooLong
	case !o.fits(len(packet)):
		if err := o.Flush(); err != nil {
			return err
		}
	}
	o.add(packet)
	o.position = end
	if end-o.begun >= pageSamples {
		return o.Flush()
	}
	return nil
}

// Flush writes what is there, on a page that may be short.
func (o *Writer) Flush() error {
	if len(o.segments) == 0 || o.closed {
		return nil
	}
	o.begun = o.position
	return o.flush(0, o.position)
}

// Close ends the stream. It does not close the writer below. It is safe to call
// twice.
func (o *Writer) Close() error { return o.CloseAt(o.position) }

// CloseAt is Close for sound that ends within the packets of the page at hand:
// players throw away what is beyond (RFC 7845 section 4.4). What is on a page
// that was written already cannot be taken back; flush before the last packet
// to have one to end in.
func (o *Writer) CloseAt(end int64) error {
	if o.closed {
		return nil
	}
	o.closed = true
	return o.flush(endStream, min(max(end, o.begun), o.position))
}

func (o *Writer) fits(packet int) bool { return len(o.segments)+packet/255+1 <= maxSegments }

func (o *Writer) add(packet []byte) {
	o.body = append(o.body, packet...)
	n := len(packet)
	for ; n >= 255; n -= 255 {
		o.segments = append(o.segments, 255)
	}
	o.segments = append(o.segments, byte(n))
}

func (o *Writer) flush(flags byte, position int64) error {
	b := o.page[:0]
	b = append(b, "OggS\x00"...)
	b = append(b, flags)
	b = binary.LittleEndian.AppendUint64(b, uint64(position))
	b = binary.LittleEndian.AppendUint32(b, o.serial)
	b = binary.LittleEndian.AppendUint32(b, o.sequence)
	b = append(b, 0, 0, 0, 0, byte(len(o.segments)))
	b = append(b, o.segments...)
	b = append(b, o.body...)
	binary.LittleEndian.PutUint32(b[22:], checksum(b))
	o.page, o.segments, o.body = b, o.segments[:0], o.body[:0]
	o.sequence++
	if _, err := o.w.Write(b); err != nil {
		return fmt.Errorf("write ogg page: %w", err)
	}
	return nil
}
