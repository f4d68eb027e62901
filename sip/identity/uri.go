package identity

import (
	"net/url"
	"strings"
)

// URI is a SIP (RFC 3261 section 19.1) or tel (RFC 3966) address, as far as it
// tells a number.
type URI struct {
	// Scheme is sip, sips or tel.
	Scheme string
	// User is the number or name without its parameters, with %2B and its like
	// resolved; empty where there is none.
	User string
	// UserParams belong to the number, as ;phone-context does.
	UserParams Params
	// Host is in lower case, without a port; empty in tel.
	Host   string
	Params Params
	// Headers are those that are embedded behind the ?, by name in lower case.
	Headers Params
}

// ParseURI reads an address. Other schemes than those three name nobody.
func ParseURI(s string) (URI, bool) {
	s = strings.TrimSpace(s)
	scheme, rest, ok := strings.Cut(s, ":")
	if !ok || len(s) > maxValue {
		return URI{}, false
	}
	u := URI{Scheme: strings.ToLower(scheme)}
	switch u.Scheme {
	case "tel":
		u.setUser(rest)
		return u, u.User != ""
	case "sip", "sips":
	default:
		return URI{}, false
	}
	// A user part may hold ? and ; so what is behind the host is looked for
	// behind the @.
	host := strings.TrimPrefix(rest, "//")
	if at := strings.IndexByte(host, '@'); at >= 0 {
		u.setUser(host[:at])
		host = host[at+1:]
	}
	host, headers, _ := strings.Cut(host, "?")
	host, params, _ := strings.Cut(host, ";")
	u.Host = hostOf(host)
	u.Params = parseParams(params)
	u.Headers = parseHeaders(headers)
	return u, u.Host != ""
}

// setUser reads a telephone-subscriber or a user name. A password, which RFC
// 3261 has and nobody should use, is dropped.
func (u *URI) setUser(s string) {
	user, params, _ := strings.Cut(s, ";")
	if u.Scheme != "tel" {
		user, _, _ = strings.Cut(user, ":")
	}
	u.User = unescape(strings.TrimSpace(user))
	u.UserParams = parseParams(params)
	for name, value := range u.UserParams {
		u.UserParams[name] = unescape(value)
	}
}

func hostOf(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	if end := strings.IndexByte(s, ']'); strings.HasPrefix(s, "[") && end > 0 {
		return s[:end+1]
	}
	s, _, _ = strings.Cut(s, ":")
	return s
}

func parseHeaders(s string) Params {
	var all Params
	for part := range strings.SplitSeq(s, "&") {
		name, value, ok := strings.Cut(part, "=")
		name = strings.ToLower(unescape(name))
		if _, twice := all[name]; !ok || twice || len(all) == maxParams {
			continue
		}
		if all == nil {
			all = Params{}
		}
		all[name] = unescape(value)
	}
	return all
}

func unescape(s string) string {
	if plain, err := url.PathUnescape(s); err == nil {
		return plain
	}
	return s
}

// Number is the number or name that the address stands for: a telephone number
// without the separators that make it readable, and in E.164 where
// ;phone-context says what is before it.
func (u URI) Number() string {
	number, ok := dialled(u.User)
	if !ok || u.Scheme != "tel" && u.Params["user"] != "phone" && !strings.HasPrefix(number, "+") && number != u.User {
		return u.User // a name, such as room-12, is not a number with separators
	}
	if context, ok := dialled(u.UserParams["phone-context"]); ok {
		return within(context, number)
	}
	return number
}
