package sip

import (
	"strings"
	"unicode/utf8"
)

// maxText is the most that is kept of a text that came from outside. It is
// far above every real header value but a long Via or Record-Route.
const maxText = 4096

// text is the one function through which every header value that we send and
// every foreign text that we log goes. It takes away what could end a header,
// a log line or a terminal's patience: control characters and invalid UTF-8.
func text(s string) string {
	if len(s) <= maxText && isText(s) {
		return s
	}
	if len(s) > maxText {
		s = s[:maxText]
	}
	return strings.Map(func(r rune) rune {
		if isControl(r) || r == utf8.RuneError {
			return -1
		}
		return r
	}, s)
}

func isText(s string) bool {
	for i := range len(s) {
		if b := s[i]; b < ' ' || b >= 0x7f {
			return !strings.ContainsFunc(s, func(r rune) bool { return isControl(r) || r == utf8.RuneError })
		}
	}
	return true
}

// isControl reports C0, DEL, C1 and the two line separators of Unicode.
func isControl(r rune) bool {
	return r < ' ' || r >= 0x7f && r <= 0x9f || r == '\u2028' || r == '\u2029'
}

// quote makes s a quoted-string of RFC 3261.
func quote(s string) string {
	s = text(s)
	if !strings.ContainsAny(s, `\"`) {
		return `"` + s + `"`
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}
