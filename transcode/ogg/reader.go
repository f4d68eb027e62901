package ogg

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

const (
	// maxPacket bounds a packet of sound: what RFC 7845 section 6 asks a
	// reader to stand for mono and stereo.
	maxPacket = 61440
	// maxTags bounds the comment header: a picture may be in it.
	maxTags = 1 << 20
)

// Packet is one packet of sound.
type Packet struct {
	// Data belongs to the reader; the next call of Next overwrites it.
	Data []byte
	// Position is where the page's sound ends, for the last packet that ends on
	// a page, and -1 for the others. In the last packet of a stream it says how
	// much of the sound counts.
	Position int64
}

// Reader reads the first Opus stream in an Ogg file.
type Reader struct {
	Head   Head
	r      io.Reader
	page   page
	serial uint32
	left   []byte // segments of the page that were not read yet
	body   []byte // what belongs to them
	packet []byte
	ended  bool // the page at hand is the last
}

// NewReader reads the headers and makes a reader for the sound. Errors of a
// file that is not what it should be wrap [ErrFormat].
func NewReader(r io.Reader) (*Reader, error) {
	o := &Reader{r: bufio.NewReader(r)}
	if err := o.page.read(o.r); err != nil {
		return nil, fmt.Errorf("read ogg header: %w", cut(err))
	}
	if o.page.flags&beginStream == 0 {
		return nil, fmt.Errorf("%w: does not begin with a stream", ErrFormat)
	}
	o.serial = o.page.serial
	head, err := parseHead(o.page.body)
	if err != nil {
		return nil, err
	}
	o.Head = head
	tags, err := o.next(maxTags)
	if err != nil {
		return nil, fmt.Errorf("read ogg tags: %w", cut(err))
	}
	if len(tags.Data) < len(tagsMagic) || string(tags.Data[:len(tagsMagic)]) != tagsMagic {
		return nil, fmt.Errorf("%w: no comment header", ErrFormat)
	}
	return o, nil
}

// Next returns the next packet, and io.EOF after the last. A file that was cut
// off within a page, as a killed recorder leaves it, gives all the packets
// before that page and then io.ErrUnexpectedEOF.
func (o *Reader) Next() (Packet, error) { return o.next(maxPacket) }

func (o *Reader) next(limit int) (Packet, error) {
	o.packet = o.packet[:0]
	for {
		if len(o.left) == 0 {
			if err := o.turn(); err != nil {
				return Packet{}, err
			}
			continue
		}
		whole := o.segments()
		if len(o.packet) > limit {
			return Packet{}, fmt.Errorf("%w: packet of more than %d bytes", ErrFormat, limit)
		}
		if whole {
			return Packet{Data: o.packet, Position: o.position()}, nil
		}
	}
}

// segments moves what the page has of the packet at hand to packet, and reports
// whether that is its end: a segment of less than 255 bytes.
func (o *Reader) segments() (whole bool) {
	for len(o.left) > 0 && !whole {
		n := int(o.left[0])
		o.packet = append(o.packet, o.body[:n]...)
		o.left, o.body = o.left[1:], o.body[n:]
		whole = n < 255
	}
	return whole
}

// position is the page's, if no other packet ends on it.
func (o *Reader) position() int64 {
	for _, n := range o.left {
		if n < 255 {
			return unfinished
		}
	}
	return o.page.position
}

// turn goes to the next page of the stream.
func (o *Reader) turn() error {
	if o.ended {
		return io.EOF
	}
	for {
		if err := o.page.read(o.r); err != nil {
			if errors.Is(err, io.EOF) && len(o.packet) > 0 {
				return io.ErrUnexpectedEOF
			}
			return err
		}
		if o.page.serial == o.serial {
			break
		}
	}
	o.ended = o.page.flags&endStream != 0
	o.left, o.body = o.page.segments, o.page.body
	switch {
	case o.page.flags&continued == 0:
		o.packet = o.packet[:0] // what began before was never finished
	case len(o.packet) == 0:
		o.segments() // the beginning of this packet is missing: so is the rest
		o.packet = o.packet[:0]
	}
	return nil
}
