package siptest

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// Message is a SIP message as it was read: a start line, headers in order, and
// a body.
type Message struct {
	At      time.Time
	Start   string
	Headers []Header
	Body    []byte
}

// Header is one header line.
type Header struct{ Name, Value string }

// Status is the status of a response, 0 for a request.
func (m *Message) Status() int {
	rest, ok := strings.CutPrefix(m.Start, "SIP/2.0 ")
	if !ok {
		return 0
	}
	code, _, _ := strings.Cut(rest, " ")
	n, _ := strconv.Atoi(code)
	return n
}

// Method is the method of a request, or the one that a response answers.
func (m *Message) Method() string {
	if m.Status() == 0 {
		method, _, _ := strings.Cut(m.Start, " ")
		return method
	}
	_, method, _ := strings.Cut(m.Get("CSeq"), " ")
	return method
}

// Seq is the number in CSeq.
func (m *Message) Seq() int {
	number, _, _ := strings.Cut(m.Get("CSeq"), " ")
	n, _ := strconv.Atoi(number)
	return n
}

// Get is the first header of that name, empty if there is none.
func (m *Message) Get(name string) string {
	if all := m.All(name); len(all) > 0 {
		return all[0]
	}
	return ""
}

// All are the headers of that name.
func (m *Message) All(name string) []string {
	var all []string
	for _, h := range m.Headers {
		if strings.EqualFold(h.Name, name) {
			all = append(all, h.Value)
		}
	}
	return all
}

// Has reports whether there is a header of that name.
func (m *Message) Has(name string) bool { return len(m.All(name)) > 0 }

// Tag is the tag in a From or To value.
func Tag(value string) string {
	_, rest, ok := strings.Cut(value, ";tag=")
	if !ok {
		return ""
	}
	tag, _, _ := strings.Cut(rest, ";")
	return tag
}

func (m *Message) String() string {
	var b strings.Builder
	b.WriteString(m.Start + "\r\n")
	for _, h := range m.Headers {
		b.WriteString(h.Name + ": " + h.Value + "\r\n")
	}
	fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n", len(m.Body))
	b.Write(m.Body)
	return b.String()
}

// readMessage reads one message from a stream.
func readMessage(r *bufio.Reader) (*Message, error) {
	m := &Message{}
	length := 0
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return nil, err
		}
		line = strings.TrimRight(line, "\r\n")
		switch {
		case line == "" && m.Start == "":
			continue
		case line == "":
			m.Body = make([]byte, length)
			_, err := io.ReadFull(r, m.Body)
			m.At = time.Now()
			return m, err
		case m.Start == "":
			m.Start = line
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			return nil, fmt.Errorf("header without colon: %q", line)
		}
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		if strings.EqualFold(name, "Content-Length") {
			if length, err = strconv.Atoi(value); err != nil || length < 0 || length > 1<<20 {
				return nil, fmt.Errorf("content length %q", value)
			}
			continue
		}
		m.Headers = append(m.Headers, Header{name, value})
	}
}

func parseMessage(data []byte) (*Message, error) {
	return readMessage(bufio.NewReader(bytes.NewReader(data)))
}
