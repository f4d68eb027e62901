package sip

import (
	"net/url"
	"strings"

	sipmsg "github.com/emiago/sipgo/sip"
)

// calledNumber is whom the request is for: the user of its Request-URI.
func calledNumber(in incoming) string { return userOf(&in.Recipient) }

// callerOf reads who is calling from From and Privacy.
func callerOf(in incoming) Caller {
	req := in.Request
	from := req.From()
	c := Caller{User: userOf(&from.Address), Display: text(strings.Trim(from.DisplayName, `" `))}
	host := strings.ToLower(from.Address.Host)
	c.Anonymous = c.User == "" || strings.EqualFold(c.User, "anonymous") || host == "anonymous.invalid" || private(req)
	return c
}

// private reports whether the caller has asked not to be named (RFC 3323).
func private(req *sipmsg.Request) bool {
	for _, h := range req.GetHeaders("privacy") {
		for value := range strings.FieldsFuncSeq(strings.ToLower(h.Value()), func(r rune) bool { return strings.ContainsRune(";, \t", r) }) {
			switch value {
			case "id", "user", "header":
				return true
			}
		}
	}
	return false
}

// userOf is the number or name in an address: without parameters such as
// ;phone-context, with %2B and its like resolved.
func userOf(uri *sipmsg.Uri) string {
	user := uri.User
	if uri.Scheme == "tel" {
		user = uri.Raw()
	}
	user, _, _ = strings.Cut(user, ";")
	if plain, err := url.PathUnescape(user); err == nil {
		user = plain
	}
	return text(user)
}
