package offer

import (
	"slices"
	"strings"
)

// IsDigits reports whether a format is no sound but keys (RFC 4733).
func (f Format) IsDigits() bool { return strings.EqualFold(f.Name, "telephone-event") }

// ours picks of their encodings the one that comes first in our order: the
// operator's, who knows what the trunk is paid for and the gateway can bear.
func (p *Party) ours(offered []Format) (Format, bool) {
	for _, c := range p.local.Codecs {
		if i := slices.IndexFunc(offered, c.matches); i >= 0 {
			return p.spokenAs(offered[i])
		}
	}
	return Format{}, false
}

// theirs picks the encoding that comes first in their answer: it is they who
// choose from an offer (RFC 3264 section 7).
func (p *Party) theirs(answered []Format) (Format, bool) {
	for _, f := range answered {
		if found, ok := p.spokenAs(f); ok {
			return found, true
		}
	}
	return Format{}, false
}

// spokenAs is a format of theirs with what we have to say of it.
func (p *Party) spokenAs(f Format) (Format, bool) {
	own := slices.IndexFunc(p.local.Codecs, f.Matches)
	if own < 0 {
		return Format{}, false
	}
	f.Parameters = p.local.Codecs[own].Parameters
	return f, true
}

// received lists what may arrive when we have answered f: that, and the keys
// under every type of theirs. Some press them under another type than the one
// answered.
func received(f Format, offered []Format) []Format {
	list := []Format{f}
	for _, o := range offered {
		if o.IsDigits() && o.Clock > 0 && o.Type != f.Type {
			list = append(list, o)
		}
	}
	return list
}

// digits picks telephone-event at the clock of the sound, or else at any.
func digits(offered []Format, clock int) Format {
	var found Format
	for _, f := range offered {
		if !f.IsDigits() || f.Clock <= 0 {
			continue
		}
		if f.Clock == clock {
			return f
		}
		if found.Clock == 0 {
			found = f
		}
	}
	return found
}

// answered lists what our answer names: one encoding, and the digits.
func answered(a Agreement) []Format {
	list := []Format{a.Send}
	if a.Digits.Clock != 0 {
		list = append(list, a.Digits)
	}
	return list
}

// everything lists what we speak, and keys at each of its clocks, under the
// payload types this call already knows.
func (p *Party) everything() []Format {
	wanted := slices.Clone(p.local.Codecs)
	for _, c := range p.local.Codecs {
		keys := Codec{Name: "telephone-event", Clock: c.Clock, Channels: 1, Type: 101}
		if c.Clock == 48000 {
			keys.Type = 110
		}
		if !slices.ContainsFunc(wanted, keys.matchesCodec) {
			wanted = append(wanted, keys)
		}
	}
	given := slices.Clone(p.known)
	list := make([]Format, 0, len(wanted))
	for _, c := range wanted {
		f := Format{Type: c.Type, Codec: c}
		if i := slices.IndexFunc(given, c.matches); i >= 0 {
			f.Type = given[i].Type
		} else {
			f.Type = freeType(given, c.Type)
			given = append(given, f)
		}
		list = append(list, f)
	}
	return list
}

// remember keeps what payload types mean in this call: a type that has had a
// meaning is given no other (RFC 3264 section 8.3.2). Where they do so all the
// same, the newest counts.
func remember(known, formats []Format) []Format {
	next := slices.Clone(known)
	for _, f := range formats {
		if i := slices.IndexFunc(next, func(o Format) bool { return o.Type == f.Type }); i >= 0 {
			next[i] = f
		} else {
			next = append(next, f)
		}
	}
	return next
}

// freeType returns the payload type wished for, or, if it has a meaning, the
// first dynamic one that has none.
func freeType(given []Format, wish uint8) uint8 {
	taken := func(t uint8) bool {
		return slices.ContainsFunc(given, func(f Format) bool { return f.Type == t })
	}
	if !taken(wish) {
		return wish
	}
	t := uint8(96)
	for t < 127 && taken(t) {
		t++
	}
	return t
}
