package offer

import (
	"crypto/rand"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Policy is whether a trunk's calls are encrypted.
type Policy uint8

// The policies of the operator's file.
const (
	// Off speaks in the clear, and refuses a stream that wants encryption.
	Off Policy = iota
	// Optional encrypts where they can.
	Optional
	// Required refuses every stream in the clear.
	Required
)

// PolicyOf is the policy of a name in the operator's file; none is off.
func PolicyOf(name string) Policy {
	switch name {
	case "optional":
		return Optional
	case "required":
		return Required
	}
	return Off
}

// ErrClear reports a description that could be spoken in the clear only, where
// that is not allowed: by the trunk, or because the call is encrypted already,
// which no later description may take from it. It is an [ErrNothingFits].
var ErrClear = fmt.Errorf("%w: it is not encrypted", ErrNothingFits)

// Encrypts reports whether a call that begins with their offer, or without
// one, is encrypted if it comes about at all.
func (l Local) Encrypts(offer []byte) bool {
	if len(offer) == 0 {
		return l.Policy == Required
	}
	_, a, err := NewParty(l).Answer(offer)
	return err == nil && a.Secure()
}

// fitness is how well one of their streams suits us, the better the greater.
type fitness int

const (
	useless   fitness = iota
	clearOnly         // what we may not speak in the clear
	other             // clear, at an address of the other IP version than ours
	plain             // clear
	guarded           // encrypted, at an address of the other IP version
	best              // encrypted
)

// guards reports whether a profile means nothing without encryption.
func guards(profile string) bool { return strings.HasPrefix(profile, "RTP/SAVP") }

// protect settles how a stream of theirs would be encrypted, if it is. Their
// order of suites decides (RFC 4568, 5.1.2). Keys in RTP/AVP are taken as well
// (RFC 8643).
func (p *Party) protect(a *Agreement, s stream) fitness {
	same := !a.Remote.Addr().IsValid() || a.Remote.Addr().Is4() == p.local.Address.Is4()
	switch {
	case p.local.Policy != Off && len(s.crypto) > 0:
		a.Theirs = s.crypto[0]
		if same {
			return best
		}
		return guarded
	case guards(a.Profile):
		return useless
	case p.mustEncrypt():
		return clearOnly
	case same:
		return plain
	}
	return other
}

// mustEncrypt reports whether a stream in the clear is refused.
func (p *Party) mustEncrypt() bool {
	return p.local.Policy == Required || p.settled && p.agreed.Secure()
}

// answerKey returns the key of ours that answers theirs: the one in force as
// long as theirs stays, so that the packet counters of both sides go on, and
// else a new one. Where their packets bear a key identifier, ours do.
func (p *Party) answerKey(theirs Crypto) (Crypto, error) {
	if theirs.Suite == Clear {
		return Crypto{}, nil
	}
	ours := p.agreed.Ours
	if !p.settled || !p.agreed.Theirs.Same(theirs) || ours.Suite != theirs.Suite {
		key, err := p.newKey(theirs.Suite)
		if err != nil {
			return Crypto{}, err
		}
		key.MKI = slices.Clone(theirs.Keys[0].MKI)
		ours = Crypto{Suite: theirs.Suite, Keys: []Key{key}}
	}
	ours.Tag, ours.name = theirs.Tag, theirs.name
	return ours, nil
}

// newKey makes a key that nobody can guess.
func (p *Party) newKey(s Suite) (Key, error) {
	random := p.local.Random
	if random == nil {
		random = rand.Reader
	}
	master, salt := s.lengths()
	raw := make([]byte, master+salt)
	if _, err := io.ReadFull(random, raw); err != nil {
		return Key{}, fmt.Errorf("random key: %w", err)
	}
	return NewKey(raw[:master:master], raw[master:]), nil
}

// Offered are the suites that an offer of ours has, the strongest first.
func Offered() []string {
	return []string{"AEAD_AES_256_GCM", "AES_256_CM_HMAC_SHA1_80", "AEAD_AES_128_GCM", "AES_CM_128_HMAC_SHA1_80"}
}

// Taken are the suites that are answered where a trunk offers them.
func Taken() (names []string) {
	for _, s := range suiteNames {
		names = append(names, s.name)
	}
	return names
}

// offeredKeys lists the keys of an offer of ours, the strongest first, and its
// profile. A call that is encrypted keeps its key. Where encryption is optional
// the profile is that of clear streams, which everybody understands, and those
// who do not encrypt pass over the keys (RFC 8643).
func (p *Party) offeredKeys() (profile string, keys []Crypto, err error) {
	switch {
	case p.settled && p.agreed.Secure():
		return p.agreed.Profile, []Crypto{p.agreed.Ours}, nil
	case p.settled:
		return p.agreed.Profile, nil, nil
	case p.local.Policy == Off:
		return "RTP/AVP", nil, nil
	}
	for i, name := range Offered() {
		c := Crypto{Tag: i + 1, name: name}
		for _, known := range suiteNames {
			if known.name == name {
				c.Suite = known.suite
			}
		}
		key, err := p.newKey(c.Suite)
		if err != nil {
			return "", nil, err
		}
		c.Keys = []Key{key}
		keys = append(keys, c)
	}
	if p.local.Policy == Required {
		return "RTP/SAVP", keys, nil
	}
	return "RTP/AVP", keys, nil
}

// concludeKeys takes their choice among the keys that we have offered.
func (p *Party) concludeKeys(a *Agreement, s stream) error {
	for _, theirs := range s.crypto {
		for _, ours := range p.keys {
			if ours.Tag == theirs.Tag && ours.Suite == theirs.Suite {
				a.Ours, a.Theirs = ours, theirs
				return nil
			}
		}
	}
	switch {
	case guards(a.Profile), len(p.keys) > 0 && len(s.crypto) > 0:
		return ErrNothingFits // they encrypt, and not under what was offered
	case p.mustEncrypt():
		return ErrClear
	}
	return nil
}
