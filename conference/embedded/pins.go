package embedded

import (
	"crypto/sha256"
	"crypto/subtle"

	"github.com/einwahl/einwahl/conference"
)

// pins are what Identify compares with, apart from the state so that a guess
// costs the meeting nothing. Digests are of one length, so comparing them tells
// none.
type pins struct {
	asked       bool // somebody without a PIN cannot come in
	host        bool // there is a host's PIN
	guest       bool // the guests' PIN, or where there is none none, is right
	guestPIN    digest
	hostPIN     digest
	registrants []ownPIN
}

type digest [sha256.Size]byte

type ownPIN struct {
	pin  digest
	name string
}

func digestOf(pin string) digest { return sha256.Sum256([]byte(pin)) }

func newPINs(p policy) *pins {
	all := &pins{
		asked: p.pin != "" || p.registeredOnly, host: p.hostPIN != "", guest: p.pin != "" || !p.registeredOnly,
		guestPIN: digestOf(p.pin), hostPIN: digestOf(p.hostPIN),
	}
	for _, r := range p.registrants {
		all.registrants = append(all.registrants, ownPIN{digestOf(string(r.PIN)), r.Name})
	}
	return all
}

// identify takes the same time whatever is given: none of the comparisons is
// left out.
func (p *pins) identify(pin string) (conference.Identity, error) {
	given := digestOf(pin)
	isGuest := subtle.ConstantTimeCompare(given[:], p.guestPIN[:]) == 1 && p.guest
	isHost := subtle.ConstantTimeCompare(given[:], p.hostPIN[:]) == 1 && p.host
	whose := -1
	for i, r := range p.registrants {
		same := subtle.ConstantTimeCompare(given[:], r.pin[:])
		whose = subtle.ConstantTimeSelect(same, i, whose)
	}
	switch {
	case isHost:
		return conference.Identity{Host: true}, nil
	case whose >= 0:
		return conference.Identity{Registered: true, Name: p.registrants[whose].name}, nil
	case isGuest:
		return conference.Identity{}, nil
	}
	return conference.Identity{}, conference.ErrWrongPIN
}
