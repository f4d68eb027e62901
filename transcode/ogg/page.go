// Package ogg reads and writes Opus in Ogg (RFC 7845): the form of the embedded
// prompts and of recordings.
//
// It is about packets; what they sound like is for transcode/opus. Positions
// are granule positions: samples at 48 kHz, whatever was encoded, counted from
// the beginning with the pre-skip (RFC 7845 section 4).
package ogg

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

const (
	// headerSize is the length of a page header without its segment table
	// (RFC 3533 section 6).
	headerSize = 27
	// maxSegments is how many segments a page can have.
	maxSegments = 255
	// maxPage is the length of the longest page.
	maxPage = headerSize + maxSegments + maxSegments*255

	continued   = 1 // flags of a page
	beginStream = 2
	endStream   = 4

	// unfinished is the position of a page on which no packet ends.
	unfinished = -1
)

// ErrFormat reports bytes that are no Ogg Opus.
var ErrFormat = errors.New("ogg: not Ogg Opus")

// page is one page. Its slices lie in memory that the next page will use.
type page struct {
	flags    byte
	position int64
	serial   uint32
	sequence uint32
	segments []byte
	body     []byte
	memory   [maxPage]byte
}

// read reads the next page. It returns io.EOF where the stream ends between two
// pages, and io.ErrUnexpectedEOF where it ends within one.
func (p *page) read(r io.Reader) error {
	head := p.memory[:headerSize]
	if _, err := io.ReadFull(r, head); err != nil {
		return err
	}
	if string(head[:4]) != "OggS" || head[4] != 0 {
		return fmt.Errorf("%w: no page where one should begin", ErrFormat)
	}
	p.flags = head[5]
	p.position = int64(binary.LittleEndian.Uint64(head[6:]))
	p.serial = binary.LittleEndian.Uint32(head[14:])
	p.sequence = binary.LittleEndian.Uint32(head[18:])
	sum := binary.LittleEndian.Uint32(head[22:])
	table := headerSize + int(head[26])
	p.segments = p.memory[headerSize:table]
	if _, err := io.ReadFull(r, p.segments); err != nil {
		return cut(err)
	}
	end := table
	for _, n := range p.segments {
		end += int(n)
	}
	p.body = p.memory[table:end]
	if _, err := io.ReadFull(r, p.body); err != nil {
		return cut(err)
	}
	clear(head[22:26])
	if checksum(p.memory[:end]) != sum {
		return fmt.Errorf("%w: page %d is damaged", ErrFormat, p.sequence)
	}
	return nil
}

// cut is the error of a page that ends too early.
func cut(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// polynomial of the checksum (RFC 3533 section 6): neither reflected nor
// inverted, which hash/crc32 does not offer.
const polynomial = 0x04c11db7

var crcTable = func() (table [256]uint32) {
	for i := range table {
		c := uint32(i) << 24
		for range 8 {
			if c&(1<<31) != 0 {
				c = c<<1 ^ polynomial
			} else {
				c <<= 1
			}
		}
		table[i] = c
	}
	return table
}()

func checksum(b []byte) (c uint32) {
	for _, v := range b {
		c = c<<8 ^ crcTable[byte(c>>24)^v]
	}
	return c
}
