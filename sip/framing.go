package sip

import (
	"bytes"
	"errors"
	"strconv"
)

// maxMessage bounds a message on a stream: no datagram could be longer.
const maxMessage = 1<<16 - 1

var (
	errNoLength = errors.New("no Content-Length that says where the message ends")
	errTooLong  = errors.New("message too long")
)

// frames cuts a stream into messages (RFC 3261 section 18.3). It understands no
// more of them than where they end, so that the parser gets whole messages from
// streams as from datagrams. sipgo's own stream parser takes line ends after a
// message for the beginning of the next.
type frames struct {
	buf     []byte
	scanned int // how far no end of headers was found
	whole   int // how long the first message is; 0: not known yet
	ping    int // how much of a keep-alive has come
}

// add takes what was read.
func (f *frames) add(data []byte) { f.buf = append(f.buf, data...) }

// pending reports that an unfinished message has begun.
func (f *frames) pending() bool { return len(f.buf) > 0 }

// skip takes the line ends before a message away, and counts the keep-alives
// among them (RFC 5626 section 3.5.1), also those that come in pieces.
func (f *frames) skip() (pings int) {
	const ping = "\r\n\r\n"
	rest := bytes.TrimLeft(f.buf, "\r\n")
	ends := f.buf[:len(f.buf)-len(rest)]
	for _, b := range ends {
		switch b {
		case ping[f.ping]:
			f.ping++
		case '\r':
			f.ping = 1
		default:
			f.ping = 0
		}
		if f.ping == len(ping) {
			pings++
			f.ping = 0
		}
	}
	if len(ends) > 0 {
		f.drop(len(ends))
	}
	if len(rest) > 0 {
		f.ping = 0
	}
	return pings
}

// next returns the next whole message, nil if there is none yet. It is valid
// until add.
func (f *frames) next() ([]byte, error) {
	if f.whole == 0 {
		if err := f.measure(); err != nil {
			return nil, err
		}
	}
	if f.whole == 0 || len(f.buf) < f.whole {
		return nil, nil
	}
	message := f.buf[:f.whole:f.whole]
	f.drop(f.whole)
	return message, nil
}

// measure finds out how long the first message is, once its headers are there:
// they are read once, in however many pieces the body comes.
func (f *frames) measure() error {
	const end = "\r\n\r\n"
	i := bytes.Index(f.buf[f.scanned:], []byte(end))
	if i < 0 {
		f.scanned = max(0, len(f.buf)-len(end)+1)
		if len(f.buf) > maxMessage {
			return errTooLong
		}
		return nil
	}
	head := f.scanned + i + len(end)
	length, err := lengthOf(f.buf[:head])
	if err != nil {
		return err
	}
	if head+length > maxMessage {
		return errTooLong
	}
	f.whole = head + length
	return nil
}

// drop forgets the first bytes. A quiet connection keeps no room for them.
func (f *frames) drop(n int) {
	f.buf, f.scanned, f.whole = f.buf[n:], 0, 0
	if len(f.buf) == 0 {
		f.buf = nil
	}
}

// lengthOf finds the Content-Length, long or short, in a head. Two that differ
// are an attack on whoever reads the other one.
func lengthOf(head []byte) (int, error) {
	length := -1
	for next := 0; next < len(head); {
		var line []byte
		line, next = unfold(head, next)
		name, value, ok := bytes.Cut(line, []byte(":"))
		if !ok {
			continue
		}
		name = bytes.TrimSpace(name)
		if !bytes.EqualFold(name, []byte("Content-Length")) && !bytes.EqualFold(name, []byte("l")) {
			continue
		}
		n, err := strconv.ParseUint(string(bytes.TrimSpace(value)), 10, 16)
		if err != nil || length >= 0 && int(n) != length {
			return 0, errNoLength
		}
		length = int(n)
	}
	if length < 0 {
		return 0, errNoLength
	}
	return length, nil
}
