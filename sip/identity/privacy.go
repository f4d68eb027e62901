package identity

import "strings"

// privacy is what a caller wishes (RFC 3323 section 4.2, RFC 3325 section 9.3).
type privacy struct {
	hidden bool // not to be named
	none   bool // to be named, whatever else is said
}

// readPrivacy reads the values of Privacy. "critical" says only that a wish
// must be granted or the call refused: it is always granted here. "session"
// and "history" do not concern the caller's name.
func readPrivacy(values []string) privacy {
	var p privacy
	separator := func(r rune) bool { return strings.ContainsRune(";, \t", r) }
	for _, value := range values {
		if len(value) > maxValue {
			p.hidden = true // what cannot be read must not be shown
			continue
		}
		for wish := range strings.FieldsFuncSeq(strings.ToLower(value), separator) {
			switch wish {
			case "id", "user", "header":
				p.hidden = true
			case "none":
				p.none = true
			}
		}
	}
	return p
}

// nameless reports whether an address hides who it belongs to, in one of the
// ways in which that is written.
func nameless(a Address) bool {
	switch strings.ToLower(a.URI.User) {
	case "", "anonymous", "restricted", "unavailable", "unknown", "private", "withheld":
		return true
	}
	switch strings.ToLower(a.Display) {
	case "anonymous", "restricted":
		return true
	}
	return a.URI.Host == "anonymous.invalid" || a.URI.Host == "unknown.invalid"
}
