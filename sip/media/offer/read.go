package offer

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"
)

const (
	// maxLines bounds the streams of a description, and so, with maxFormats,
	// the length of our answer.
	maxLines = 32
	// maxFormats is how many formats of a line are looked at: there are no more
	// payload types.
	maxFormats = 128
)

// Error reports a body that is no session description, by the line that gave
// it away. It does not quote the line, which may hold keys.
type Error struct {
	Line   int // from 1; 0 where no single line is at fault
	Reason string
}

func (e *Error) Error() string {
	if e.Line == 0 {
		return "SDP: " + e.Reason
	}
	return fmt.Sprintf("SDP line %d: %s", e.Line, e.Reason)
}

// description is what they say. Its origin, the value of o=, is compared and
// never understood.
type description struct {
	sdp.SessionDescription
	origin string
	// addresses are those of the c= lines, by the index of their stream; -1 is
	// for all.
	addresses map[int][]string
}

// read takes from a description what offer and answer need: its o=, c=, a= and
// m= lines. It is our own because pion's reader refuses m=image and any line
// out of the grammar's order, and telephones send both.
func read(body []byte) (*description, error) {
	d := &description{addresses: map[int][]string{}}
	number, begun := 0, false
	for line := range strings.Lines(string(body)) {
		number++
		line = strings.TrimRight(line, "\r\n \t\x00")
		if line == "" {
			continue
		}
		if len(line) < 2 || line[1] != '=' || strings.ContainsFunc(line, isControl) {
			return nil, &Error{number, "no line of the form letter=value"}
		}
		if !begun {
			if line != "v=0" {
				return nil, &Error{number, "does not begin with v=0"}
			}
			begun = true
			continue
		}
		if reason := readLine(d, line[0], strings.TrimSpace(line[2:])); reason != "" {
			return nil, &Error{number, reason}
		}
	}
	if !begun {
		return nil, &Error{Reason: "empty"}
	}
	return d, nil
}

func isControl(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }

// readLine adds one line to d and says what is wrong with it.
func readLine(d *description, letter byte, value string) string {
	var media *sdp.MediaDescription
	if n := len(d.MediaDescriptions); n > 0 {
		media = d.MediaDescriptions[n-1]
	}
	switch letter {
	case 'o':
		d.origin = value
	case 'c':
		address, reason := readConnection(value)
		if reason != "" {
			return reason
		}
		stream := len(d.MediaDescriptions) - 1
		d.addresses[stream] = append(d.addresses[stream], address)
	case 'a':
		key, value, _ := strings.Cut(value, ":")
		a := sdp.Attribute{Key: strings.ToLower(key), Value: strings.TrimSpace(value)}
		if media == nil {
			d.Attributes = append(d.Attributes, a)
		} else {
			media.Attributes = append(media.Attributes, a)
		}
	case 'm':
		if len(d.MediaDescriptions) == maxLines {
			return "too many m= lines"
		}
		name, reason := readMedia(value)
		if reason != "" {
			return reason
		}
		d.MediaDescriptions = append(d.MediaDescriptions, &sdp.MediaDescription{MediaName: name})
	}
	return ""
}

func readConnection(value string) (address, problem string) {
	fields := strings.Fields(value)
	if len(fields) < 3 || !strings.EqualFold(fields[0], "IN") {
		return "", "c= wants IN, IP4 or IP6, and an address"
	}
	address, _, _ = strings.Cut(fields[2], "/") // a multicast TTL
	return address, ""
}

func readMedia(value string) (sdp.MediaName, string) {
	fields := strings.Fields(value)
	if len(fields) < 3 {
		return sdp.MediaName{}, "m= wants a kind, a port, a protocol and formats"
	}
	port, _, _ := strings.Cut(fields[1], "/") // a number of ports
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return sdp.MediaName{}, "m= has no port from 0 to 65535"
	}
	return sdp.MediaName{
		Media:   fields[0],
		Port:    sdp.RangedPort{Value: int(n)},
		Protos:  strings.Split(fields[2], "/"),
		Formats: fields[3:min(len(fields), 3+maxFormats)],
	}, ""
}
