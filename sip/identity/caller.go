package identity

import (
	"slices"
	"strings"
)

// Caller is who calls.
type Caller struct {
	// Number is the number or name, empty where there is none.
	Number  string
	Display string
	// Anonymous callers do not want to be named. Number is theirs nevertheless
	// where the trunk tells it.
	Anonymous bool
	// Asserted is set where a trunk that is trusted answers for Number.
	Asserted bool
	// Verdict is what a trusted trunk says it has found out about the caller's
	// signature: A, B, C or failed; empty: nothing.
	Verdict string
}

// Calling reads who calls. P-Asserted-Identity and Remote-Party-ID count only
// where the trunk is trusted; P-Preferred-Identity, which a caller writes,
// never. A wish for privacy counts from everybody.
func (r Request) Calling(trusted bool) Caller {
	wish := readPrivacy(r.Privacy)
	from, _ := ParseAddress(r.From)
	c := claimed(from)
	if trusted {
		c = r.trusted(c, from)
	}
	switch {
	case wish.hidden, c.Number == "":
		c.Anonymous = true
	case wish.none && c.Asserted:
		c.Anonymous = false
	}
	if c.Anonymous {
		c.Display = ""
	}
	return c
}

// claimed is the caller of From.
func claimed(from Address) Caller {
	return Caller{Number: from.URI.Number(), Display: from.Display, Anonymous: nameless(from)}
}

// trusted puts what the trunk says over what the caller says. Who is anonymous
// in From stays so: it is the caller's own wish.
func (r Request) trusted(c Caller, from Address) Caller {
	if asserted := ParseAddresses(r.Asserted...); len(asserted) > 0 {
		c = c.named(best(asserted), true)
		c.Verdict = verdictOf(append(asserted, from))
		return c
	}
	c.Verdict = verdictOf([]Address{from})
	for _, a := range ParseAddresses(r.RemoteParty...) {
		if party := a.Params["party"]; party != "" && !strings.EqualFold(party, "calling") {
			continue
		}
		c = c.named(a, !strings.EqualFold(a.Params["screen"], "no"))
		switch strings.ToLower(a.Params["privacy"]) {
		case "full", "uri":
			c.Anonymous = true
		}
		return c
	}
	return c
}

// named is c with the number and name of a.
func (c Caller) named(a Address, asserted bool) Caller {
	if nameless(a) {
		c.Anonymous = true
		return c
	}
	c.Number, c.Asserted = a.URI.Number(), asserted
	if a.Display != "" {
		c.Display = a.Display
	}
	return c
}

// best is, of what is said about one caller in several addresses, the first
// telephone number and the first name.
func best(all []Address) Address {
	b := all[0]
	if i := slices.IndexFunc(all, isNumber); i >= 0 {
		b = all[i]
	}
	for _, a := range all {
		if b.Display == "" {
			b.Display = a.Display
		}
	}
	return b
}

func isNumber(a Address) bool {
	_, ok := dialled(a.URI.User)
	return ok
}

// verdictOf reads the first verstat, which stands with the number, with the
// address or behind it (3GPP TS 24.229, ATIS-1000074). One that says no level
// counts as the lowest.
func verdictOf(all []Address) string {
	for _, a := range all {
		for _, params := range []Params{a.URI.UserParams, a.URI.Params, a.Params} {
			value, ok := params["verstat"]
			if !ok {
				continue
			}
			switch strings.ToLower(value) {
			case "tn-validation-passed-a":
				return "A"
			case "tn-validation-passed-b":
				return "B"
			case "tn-validation-passed-c", "tn-validation-passed":
				return "C"
			case "tn-validation-failed", "tn-validation-failed-a", "tn-validation-failed-b", "tn-validation-failed-c":
				return "failed"
			}
			return ""
		}
	}
	return ""
}
