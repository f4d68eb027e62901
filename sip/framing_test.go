package sip

import (
	"bytes"
	"strings"
	"testing"
)

func TestFrames(t *testing.T) {
	const (
		a = "A x SIP/2.0\r\nl: 0\r\n\r\n"
		b = "B x SIP/2.0\r\nContent-Length : 5\r\nX: 1\r\n\r\n\r\n\r\nb"
	)
	for _, tt := range []struct {
		name, in string
		want     []string
		pings    int
		fails    bool
	}{
		{name: "one", in: a, want: []string{a}},
		{name: "two in one piece", in: b + a, want: []string{b, a}},
		{name: "line ends between messages", in: "\r\n" + a + "\r\n" + b + "\r\n\r\n", want: []string{a, b}, pings: 1},
		{name: "half a message", in: a + b[:len(b)-1], want: []string{a}},
		{name: "a keep-alive", in: "\r\n\r\n" + a + "\r\n\r\n\r\n\r\n", want: []string{a}, pings: 3},
		{name: "a folded length", in: "A x SIP/2.0\r\nContent-Length:\r\n\t 3\r\n\r\nabc" + a, want: []string{"A x SIP/2.0\r\nContent-Length:\r\n\t 3\r\n\r\nabc", a}},
		{name: "no length", in: "A x SIP/2.0\r\nX: 1\r\n\r\n", fails: true},
		{name: "two lengths", in: "A x SIP/2.0\r\nl: 1\r\nContent-Length: 2\r\n\r\nab", fails: true},
		{name: "a signed length", in: "A x SIP/2.0\r\nl: +1\r\n\r\na", fails: true},
		{name: "a length in a folded line is none", in: "A x SIP/2.0\r\nX: 1\r\n l: 0\r\n\r\n", fails: true},
		{name: "endless headers", in: strings.Repeat("X: 1\r\n", maxMessage/6+1), fails: true},
		{name: "an endless body", in: "A x SIP/2.0\r\nl: 65535\r\n\r\n", fails: true},
	} {
		for _, step := range []int{1, 7, len(tt.in)} {
			t.Run(tt.name, func(t *testing.T) {
				got, pings, err := cut(tt.in, step)
				if (err != nil) != tt.fails {
					t.Fatalf("error %v", err)
				}
				if strings.Join(got, "|") != strings.Join(tt.want, "|") || pings != tt.pings {
					t.Errorf("got %q and %d keep-alives", got, pings)
				}
			})
		}
	}
}

// cut feeds in to frames by steps.
func cut(in string, step int) (messages []string, pings int, err error) {
	var f frames
	for data := []byte(in); len(data) > 0; {
		n := min(step, len(data))
		f.add(data[:n])
		data = data[n:]
		for {
			pings += f.skip()
			message, err := f.next()
			if err != nil {
				return messages, pings, err
			}
			if message == nil {
				break
			}
			messages = append(messages, string(message))
		}
	}
	return messages, pings, nil
}

func FuzzFrames(f *testing.F) {
	f.Add([]byte("A x SIP/2.0\r\nl: 3\r\n\r\nabc\r\n\r\nB"), 3)
	f.Fuzz(func(t *testing.T, in []byte, step int) {
		if step < 1 {
			return
		}
		whole, _, errWhole := cut(string(in), len(in)+1)
		pieces, _, errPieces := cut(string(in), step)
		if strings.Join(whole, "\x00") != strings.Join(pieces, "\x00") || (errWhole == nil) != (errPieces == nil) {
			t.Errorf("in one piece %q %v, in pieces %q %v", whole, errWhole, pieces, errPieces)
		}
		for _, m := range whole {
			if !bytes.Contains(in, []byte(m)) {
				t.Errorf("%q was never sent", m)
			}
		}
	})
}
