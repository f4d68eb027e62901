package dtmf

import (
	"bytes"
	"errors"
	"mime"
	"strconv"
	"strings"
)

var (
	// ErrNoDigit reports a body that names no key.
	ErrNoDigit = errors.New("dtmf: body names no key")
	// ErrContentType reports a content type that carries no keys.
	ErrContentType = errors.New("dtmf: content type carries no keys")
)

// ParseInfo reads the key from the body of a SIP INFO request. Of the two
// customary types, application/dtmf-relay has lines such as Signal=5 and
// Duration=160, and application/dtmf has the bare key; each is met with the
// other's body, and * and # are met as the numbers 10 and 11. It returns
// ErrContentType or ErrNoDigit.
func ParseInfo(contentType string, body []byte) (rune, error) {
	kind, _, err := mime.ParseMediaType(contentType)
	if err != nil || (kind != "application/dtmf-relay" && kind != "application/dtmf") {
		return 0, ErrContentType
	}
	for line := range bytes.Lines(body) {
		text := strings.TrimSpace(string(line))
		name, value, ok := strings.Cut(text, "=")
		if !ok {
			name, value, ok = strings.Cut(text, ":")
		}
		switch {
		case ok && strings.EqualFold(strings.TrimSpace(name), "signal"):
			return parseKey(strings.TrimSpace(value))
		case !ok && text != "":
			return parseKey(text)
		}
	}
	return 0, ErrNoDigit
}

func parseKey(s string) (rune, error) {
	if len(s) == 1 {
		if code, ok := Code(rune(s[0])); ok {
			return rune(digits[code]), nil
		}
		return 0, ErrNoDigit
	}
	if n, err := strconv.ParseUint(s, 10, 8); err == nil && int(n) < len(digits) {
		return rune(digits[n]), nil
	}
	return 0, ErrNoDigit
}
