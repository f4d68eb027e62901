package sip

import (
	"bytes"
	"errors"
	"slices"
	"strings"
)

// maxHeaders bounds the header fields of a message, after lists are taken
// apart.
const maxHeaders = 512

var errTooMany = errors.New("too many header fields")

// plain writes a message the one way that the parser reads well, of the many in
// which RFC 3261 section 7.3.1 lets it be written: no folded lines, no compact
// names, no runs of white space, and one value in each Via, Contact, Route and
// Record-Route. The body stays as it is. A head without an end is left to the
// parser to refuse.
func plain(data []byte) ([]byte, error) {
	data = bytes.TrimLeft(data, "\r\n")
	end := bytes.Index(data, []byte("\r\n\r\n"))
	if end < 0 {
		return data, nil
	}
	out := make([]byte, 0, len(data)+64)
	head := data[:end+2]
	first := bytes.Index(head, []byte("\r\n")) + 2
	out = append(out, head[:first]...)
	for n := 0; first < len(head); {
		var line []byte
		line, first = unfold(head, first)
		name, value, ok := bytes.Cut(line, []byte(":"))
		if !ok {
			return nil, errors.New("a header without a colon")
		}
		name = fullName(bytes.TrimSpace(name))
		values := [][]byte{value}
		if isList(name) {
			values = splitList(value)
		}
		if n += len(values); n > maxHeaders {
			return nil, errTooMany
		}
		for _, v := range values {
			out = append(append(out, name...), ": "...)
			out = append(appendSqueezed(out, v), "\r\n"...)
		}
	}
	return append(out, data[end+2:]...), nil
}

// unfold returns the line at from with those that continue it, and where the
// next begins.
func unfold(head []byte, from int) (line []byte, next int) {
	for next = from; next < len(head); {
		next += bytes.Index(head[next:], []byte("\r\n")) + 2
		if next >= len(head) || head[next] != ' ' && head[next] != '\t' {
			break
		}
	}
	line = head[from : next-2]
	if bytes.Contains(line, []byte("\r\n")) {
		line = bytes.ReplaceAll(line, []byte("\r\n"), nil) // what follows begins with white space
	}
	return line, next
}

// fullName resolves a compact name (RFC 3261 section 7.3.3 and IANA's list).
func fullName(name []byte) []byte {
	if len(name) != 1 {
		return name
	}
	var full string
	switch name[0] | 0x20 { // in lower case
	case 'a':
		full = "Accept-Contact"
	case 'b':
		full = "Referred-By"
	case 'c':
		full = "Content-Type"
	case 'd':
		full = "Request-Disposition"
	case 'e':
		full = "Content-Encoding"
	case 'f':
		full = "From"
	case 'i':
		full = "Call-ID"
	case 'j':
		full = "Reject-Contact"
	case 'k':
		full = "Supported"
	case 'l':
		full = "Content-Length"
	case 'm':
		full = "Contact"
	case 'n':
		full = "Identity-Info"
	case 'o':
		full = "Event"
	case 'r':
		full = "Refer-To"
	case 's':
		full = "Subject"
	case 't':
		full = "To"
	case 'u':
		full = "Allow-Events"
	case 'v':
		full = "Via"
	case 'x':
		full = "Session-Expires"
	case 'y':
		full = "Identity"
	default:
		return name
	}
	return []byte(full)
}

func isList(name []byte) bool {
	return slices.ContainsFunc([]string{"Via", "Contact", "Route", "Record-Route"}, func(list string) bool {
		return len(name) == len(list) && strings.EqualFold(string(name), list)
	})
}

// splitList takes a list apart at the commas that stand neither in quotes nor
// in an address.
func splitList(value []byte) [][]byte {
	var parts [][]byte
	begin := 0
	outsideOf(value, func(i int, b byte) {
		if b == ',' {
			parts = append(parts, value[begin:i])
			begin = i + 1
		}
	})
	return append(parts, value[begin:])
}

// outsideOf calls see for each byte that stands neither in a quoted string nor
// between < and >.
func outsideOf(value []byte, see func(i int, b byte)) {
	quoted, escaped, address := false, false, false
	for i, b := range value {
		switch {
		case escaped:
			escaped = false
		case quoted:
			quoted, escaped = b != '"', b == '\\'
		case b == '"':
			quoted = true
		case address:
			address = b != '>'
		case b == '<':
			address = true
		default:
			see(i, b)
		}
	}
}

// appendSqueezed appends value with each run of white space made one space,
// and none at its ends. Quoted strings keep theirs.
func appendSqueezed(out, value []byte) []byte {
	value = bytes.Trim(value, " \t")
	quoted, escaped, space := false, false, false
	for _, b := range value {
		if !quoted && (b == ' ' || b == '\t') {
			space = true
			continue
		}
		if space {
			out, space = append(out, ' '), false
		}
		switch {
		case escaped:
			escaped = false
		case quoted:
			quoted, escaped = b != '"', b == '\\'
		case b == '"':
			quoted = true
		}
		out = append(out, b)
	}
	return out
}
