package identity

import "strings"

// Address is a name-addr or addr-spec of RFC 3261 section 25.1, with what
// follows it.
type Address struct {
	Display string
	URI     URI
	Params  Params
}

// ParseAddresses reads header values of one name, each of them a list with
// commas. What is no address is left out.
func ParseAddresses(values ...string) []Address {
	var all []Address
	for _, value := range values {
		if len(value) > maxValue {
			continue
		}
		for _, part := range splitList(value, ',') {
			if len(all) == maxAddresses {
				return all
			}
			if a, ok := ParseAddress(part); ok {
				all = append(all, a)
			}
		}
	}
	return all
}

// ParseAddress reads one address. Without angle brackets every parameter is
// the header's and none the address's (RFC 3261 section 20).
func ParseAddress(s string) (Address, bool) {
	s = strings.TrimSpace(s)
	if len(s) > maxValue {
		return Address{}, false
	}
	var a Address
	address, rest := s, ""
	if open := indexOutside(s, '<'); open >= 0 {
		end := strings.IndexByte(s[open:], '>')
		if end < 0 {
			return Address{}, false
		}
		a.Display = unquote(s[:open])
		address, rest = s[open+1:open+end], s[open+end+1:]
	} else if semicolon := indexOutside(s, ';'); semicolon >= 0 {
		address, rest = s[:semicolon], s[semicolon:]
	}
	uri, ok := ParseURI(address)
	if !ok {
		return Address{}, false
	}
	a.URI = uri
	_, rest, _ = strings.Cut(rest, ";")
	a.Params = parseParams(rest)
	return a, true
}

// splitList cuts s at each separator that stands neither in quotes nor between
// angle brackets.
func splitList(s string, separator byte) []string {
	var parts []string
	for {
		i := indexOutside(s, separator)
		if i < 0 || len(parts) == maxAddresses {
			return append(parts, s)
		}
		parts = append(parts, s[:i])
		s = s[i+1:]
	}
}

// indexOutside finds the first c that stands neither in quotes nor between
// angle brackets, -1 if there is none. A quote that is never closed is a
// character like others: some write names such as 5" so.
func indexOutside(s string, c byte) int {
	angle, quotes := false, true
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == c && !angle:
			return i
		case s[i] == '"' && !angle && quotes:
			end := ClosingQuote(s[i+1:])
			if quotes = end >= 0; quotes {
				i += end + 1
			}
		case s[i] == '<':
			angle = true
		case s[i] == '>':
			angle = false
		}
	}
	return -1
}

// ClosingQuote is where the quoted-string that s continues ends, -1 if it does
// not.
func ClosingQuote(s string) int {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return -1
}

// unquote takes the quotes from a name or value, and the backslashes that
// protect what is inside.
func unquote(s string) string {
	s = strings.TrimSpace(s)
	if len(s) < 2 || s[0] != '"' || s[len(s)-1] != '"' {
		return s
	}
	s = s[1 : len(s)-1]
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// Params are parameters by name, in lower case. Of a name that is there twice
// the first counts.
type Params map[string]string

// parseParams reads what follows the first semicolon.
func parseParams(s string) Params {
	var all Params
	for _, part := range splitList(s, ';') {
		name, value, _ := strings.Cut(part, "=")
		name = strings.ToLower(strings.TrimSpace(name))
		if _, twice := all[name]; name == "" || twice || len(all) == maxParams {
			continue
		}
		if all == nil {
			all = Params{}
		}
		all[name] = unquote(value)
	}
	return all
}
