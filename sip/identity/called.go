package identity

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Where the called number stands.
const (
	Auto        = "auto"
	FromRequest = "request"
	FromTo      = "to"
	FromParty   = "called_party"
	FromDivert  = "diversion"
	FromHistory = "history"
)

// Places are all of them, in the order in which an operator reads of them.
func Places() []string {
	return []string{Auto, FromRequest, FromTo, FromParty, FromDivert, FromHistory}
}

// Called reads whom the request is for. registered says that the call came to
// an account of ours: the Request-URI then names that account and no number.
// What the operator's place does not tell is looked for as with auto.
func (r Request) Called(place string, registered bool) string {
	var number string
	switch place {
	case FromRequest:
		number = numberIn(r.URI)
	case FromTo:
		number = addressee(r.To)
	case FromParty:
		number = addressee(r.CalledParty...)
	case FromDivert:
		number = r.diverting()
	case FromHistory:
		number = r.before()
	}
	if number == "" && registered {
		number = cmp.Or(addressee(r.CalledParty...), addressee(r.To))
	}
	if number == "" {
		number = numberIn(r.URI)
	}
	return number
}

func numberIn(uri string) string {
	u, _ := ParseURI(uri)
	return u.Number()
}

// addressee is the first number or name of an address header.
func addressee(values ...string) string {
	for _, a := range ParseAddresses(values...) {
		if a.URI.User != "" {
			return a.URI.Number()
		}
	}
	return ""
}

// diverting is the number that has sent the call on to us. Each that diverts a
// call puts itself on top (RFC 5806 section 4.1), so it is the first: the
// others belong to people who have a telephone in front of ours.
func (r Request) diverting() string {
	for _, a := range ParseAddresses(r.Diversion...) {
		if !nameless(a) {
			return a.URI.Number()
		}
	}
	return ""
}

// before is the number that the call was for before it was sent on to us: of
// the targets in History-Info the last that is not the present one. Where the
// call was never sent on it is the present one.
func (r Request) before() string {
	targets := r.targets()
	if len(targets) == 0 {
		return ""
	}
	last := targets[len(targets)-1]
	// The target itself may say which one it has replaced (RFC 7044 section 5).
	for _, name := range []string{"mp", "rc"} {
		for _, t := range targets {
			if index := last.Params[name]; index != "" && t.Params["index"] == index && t.URI.Number() != last.URI.Number() {
				return t.URI.Number()
			}
		}
	}
	for _, t := range slices.Backward(targets) {
		if t.URI.Number() != last.URI.Number() {
			return t.URI.Number()
		}
	}
	return last.URI.Number()
}

// targets are the entries of History-Info that name somebody, by their index:
// 1, 1.1, 1.2, 1.2.1. Those without one, which RFC 4244 forbids as well, keep
// their place behind.
func (r Request) targets() []Address {
	all := slices.DeleteFunc(ParseAddresses(r.History...), nameless)
	slices.SortStableFunc(all, func(a, b Address) int { return slices.Compare(indexOf(a), indexOf(b)) })
	return all
}

func indexOf(a Address) []int {
	var index []int
	for part := range strings.SplitSeq(a.Params["index"], ".") {
		n, err := strconv.ParseUint(part, 10, 16)
		if err != nil {
			return []int{1 << 16}
		}
		index = append(index, int(n))
	}
	return index
}
