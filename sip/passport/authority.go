package passport

import (
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"math/big"
	"slices"
)

// Authority is about which numbers the holder of a certificate may speak: the
// TNAuthList of RFC 8226 section 9.
type Authority struct {
	Codes   []string // service provider codes: all numbers of that carrier
	Numbers []string // digits of E.164
	Ranges  []Range
}

// Range is a row of numbers.
type Range struct {
	First string
	Count int64
}

const maxEntries = 10000

// ParseAuthority reads the extension's value.
func ParseAuthority(der []byte) (Authority, error) {
	var entries []asn1.RawValue
	rest, err := asn1.Unmarshal(der, &entries)
	if err != nil || len(rest) > 0 || len(entries) == 0 || len(entries) > maxEntries {
		return Authority{}, errors.New("list of numbers cannot be read")
	}
	var a Authority
	for _, e := range entries {
		if err := a.add(e); err != nil {
			return Authority{}, err
		}
	}
	return a, nil
}

// add reads one entry: a choice of three, each in a tag of its own.
func (a *Authority) add(e asn1.RawValue) error {
	wrong := errors.New("list of numbers has an entry that cannot be read")
	if e.Class != asn1.ClassContextSpecific || !e.IsCompound {
		return wrong
	}
	switch e.Tag {
	case 0, 2:
		var s string
		if rest, err := asn1.UnmarshalWithParams(e.Bytes, &s, "ia5"); err != nil || len(rest) > 0 || s == "" {
			return wrong
		}
		if e.Tag == 0 {
			a.Codes = append(a.Codes, s)
		} else {
			a.Numbers = append(a.Numbers, s)
		}
	case 1:
		var r struct {
			First string `asn1:"ia5"`
			Count int64
		}
		if rest, err := asn1.Unmarshal(e.Bytes, &r); err != nil || len(rest) > 0 || r.First == "" || r.Count < 2 {
			return wrong
		}
		a.Ranges = append(a.Ranges, Range{r.First, r.Count})
	default:
		return wrong
	}
	return nil
}

// Covers reports whether its holder may speak about a number. A list with a
// carrier's code covers all that the carrier has, which nobody can look up here;
// one that has only numbers covers those.
func (a Authority) Covers(number string) bool {
	if len(a.Codes) > 0 {
		return true
	}
	return slices.Contains(a.Numbers, number) ||
		slices.ContainsFunc(a.Ranges, func(r Range) bool { return r.has(number) })
}

// has compares numbers of one length only: 4930 and 049 30 are not neighbours.
func (r Range) has(number string) bool {
	first, ok := digits(r.First)
	n, also := digits(number)
	if !ok || !also || len(number) != len(r.First) || n.Cmp(first) < 0 {
		return false
	}
	return new(big.Int).Sub(n, first).Cmp(big.NewInt(r.Count)) < 0
}

func digits(s string) (*big.Int, bool) {
	if len(s) == 0 || len(s) > 32 {
		return nil, false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return nil, false
		}
	}
	return new(big.Int).SetString(s, 10)
}

// authorityOf finds the list in a certificate.
func authorityOf(c *x509.Certificate) (Authority, error) {
	for _, e := range c.Extensions {
		if e.Id.Equal(authorityList) {
			return ParseAuthority(e.Value)
		}
	}
	return Authority{}, errors.New("certificate gives no right to speak about numbers (TNAuthList)")
}
