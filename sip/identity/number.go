package identity

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// A number of E.164 has at most 15 digits. With the prefixes of those who dial
// it, and the extensions that some networks hang on, it still has fewer than
// maxDigits.
const (
	minE164   = 5
	maxE164   = 15
	maxDigits = 24
)

// Plan is the numbering plan of a trunk. Its zero value knows no country and
// changes only what begins with a +.
type Plan struct {
	country string // ISO 3166, in upper case
	code    string // of the country, such as 49
	trunk   string // what is dialled before national numbers, such as 0; empty: nothing
}

// NewPlan is the plan of a country, such as DE; "" is the zero plan.
func NewPlan(country string) (Plan, error) {
	if country == "" {
		return Plan{}, nil
	}
	region := strings.ToUpper(country)
	if !phonenumbers.GetSupportedRegions()[region] {
		return Plan{}, fmt.Errorf("%q is no country: want its two letters, such as DE", country)
	}
	return planOf(region), nil
}

func planOf(country string) Plan {
	p := Plan{
		country: country,
		code:    strconv.Itoa(phonenumbers.GetCountryCodeForRegion(country)),
		trunk:   phonenumbers.GetNddPrefixForRegion(country, true),
	}
	if p.trunk == p.code {
		p.trunk = "" // North America: the 1 is both, and often left away
	}
	return p
}

// Canonical is the number in E.164, as +4930555010, however the trunk writes
// it: +49 30, 0049 30, 030, and 49 30 where that is a number with its country
// code. Short numbers, service numbers and names are returned as they are.
func (p Plan) Canonical(number string) string {
	digits, ok := dialled(number)
	if !ok || len(digits) > maxDigits {
		return number
	}
	e164, ok := p.read(digits)
	if !ok {
		return number
	}
	// Noughts after the country code are taken for a prefix, one at each reading:
	// what then reads as another number is none.
	if again, _ := p.read(e164); again != e164 {
		return number
	}
	return e164
}

func (p Plan) read(digits string) (string, bool) {
	if strings.HasPrefix(digits, "+") {
		return global(digits)
	}
	if p.country == "" {
		return "", false
	}
	n, err := phonenumbers.ParseAndKeepRawInput(digits, p.country)
	if err == nil && n.GetCountryCodeSource() == phonenumbers.PhoneNumber_FROM_NUMBER_WITH_IDD && possible(n) {
		return e164(n), true
	}
	// Many networks write 00 whatever their country dials.
	if rest, ok := strings.CutPrefix(digits, "00"); ok {
		return international(rest, possible)
	}
	switch {
	case p.trunk == "":
		if n, ok := parse(digits, p.country); ok && phonenumbers.IsValidNumber(n) {
			return e164(n), true
		}
	case strings.HasPrefix(digits, p.trunk):
		if n, ok := parse(digits, p.country); ok && possible(n) {
			return e164(n), true
		}
	}
	// Without any prefix a number is only taken for an international one where
	// it exists: the digits may as well be an extension.
	if strings.HasPrefix(digits, p.code) {
		return international(digits, phonenumbers.IsValidNumber)
	}
	return "", false
}

// Beginning is the beginning of numbers in E.164, as far as it says by itself
// that it is one: +4930, 004930, and 030 where the country dials a 0. Others are
// returned as they are.
func (p Plan) Beginning(prefix string) string {
	digits, ok := dialled(prefix)
	switch {
	case !ok:
		return prefix
	case strings.HasPrefix(digits, "+"):
		return digits
	case p.country == "":
		return prefix
	case strings.HasPrefix(digits, "00"):
		return "+" + digits[2:]
	case p.trunk != "" && strings.HasPrefix(digits, p.trunk):
		return "+" + p.code + digits[len(p.trunk):]
	}
	return prefix
}

// within is a local number where its context is known (RFC 3966 section
// 5.1.5). The context is no prefix by that RFC, but most who send one mean the
// country; with longer ones the number is left alone unless it exists so.
func within(context, number string) string {
	code, global := strings.CutPrefix(context, "+")
	if !global || strings.HasPrefix(number, "+") || len(number) > maxDigits {
		return number
	}
	if n, err := strconv.Atoi(code); err == nil && len(code) <= 3 {
		if country := phonenumbers.GetRegionCodeForCountryCode(n); len(country) == 2 && country != phonenumbers.UNKNOWN_REGION {
			if e164, ok := planOf(country).read(number); ok {
				return e164
			}
		}
	}
	if e164, ok := international(code+number, phonenumbers.IsValidNumber); ok {
		return e164
	}
	return number
}

// global reads what begins with a +. Where the library does not know the
// number, it is still one.
func global(digits string) (string, bool) {
	if n, ok := parse(digits, ""); ok && possible(n) {
		return e164(n), true
	}
	size := len(digits) - 1
	return digits, size >= minE164 && size <= maxE164
}

// international reads digits that begin with a country code.
func international(digits string, good func(*phonenumbers.PhoneNumber) bool) (string, bool) {
	n, ok := parse("+"+digits, "")
	if !ok || !good(n) {
		return "", false
	}
	return e164(n), true
}

func parse(digits, country string) (*phonenumbers.PhoneNumber, bool) {
	n, err := phonenumbers.Parse(digits, country)
	return n, err == nil
}

func possible(n *phonenumbers.PhoneNumber) bool {
	return phonenumbers.IsPossibleNumberWithReason(n) == phonenumbers.IS_POSSIBLE
}

func e164(n *phonenumbers.PhoneNumber) string { return phonenumbers.Format(n, phonenumbers.E164) }

// dialled takes the visual separators of RFC 3966 out of a number. ok is
// whether nothing but digits is left, with or without a + before them.
func dialled(s string) (digits string, ok bool) {
	digits = s
	if strings.ContainsAny(s, "-.() ") {
		digits = strings.NewReplacer("-", "", ".", "", "(", "", ")", "", " ", "").Replace(s)
	}
	rest := strings.TrimPrefix(digits, "+")
	return digits, rest != "" && len(rest) <= 2*maxDigits && strings.Trim(rest, "0123456789") == ""
}
