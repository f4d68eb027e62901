package media

import (
	"crypto/rand"
	"net/netip"
	"sync"
	"time"

	"github.com/pion/stun/v4"

	"github.com/einwahl/einwahl/sip/media/offer"
)

const (
	// maxChecked bounds the addresses that a browser may prove at a time. It
	// has a few, and only one is used.
	maxChecked = 16
	// consentFor is how long a proof of the address holds that we send to (RFC
	// 7675, 5.1). Browsers renew it every few seconds.
	consentFor = 30 * time.Second
)

// checks is the passive half of ICE (RFC 8445, 2.5): the browser checks the
// ways to us, and we only answer whoever knows the call's password. What comes
// from elsewhere is not looked at, and nothing is sent there. The zero value
// answers nobody.
type checks struct {
	mu        sync.Mutex
	ours      offer.Credentials
	user      string // what a check is addressed to
	addresses [maxChecked]netip.AddrPort
	next      int
	chosen    netip.AddrPort
	proved    time.Time // when chosen last was

	// Used again for each check, by the reader.
	request, reply stun.Message
}

// newCredentials makes the name and password of our side, from 130 random
// bits each.
func newCredentials() offer.Credentials {
	return offer.Credentials{Fragment: rand.Text()[:8], Password: rand.Text()}
}

// expect begins ICE, or begins it anew. The way chosen before is used until the
// browser has chosen another.
func (c *checks) expect(ours, theirs offer.Credentials) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ours, c.user = ours, ours.Fragment+":"+theirs.Fragment
}

// knows reports whether an address has proved that the call is its.
func (c *checks) knows(from netip.AddrPort) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, a := range c.addresses {
		if a == from {
			return true
		}
	}
	return false
}

// way is the address that the browser has chosen.
func (c *checks) way() netip.AddrPort {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.chosen
}

// lapsed reports whether the way that was chosen has not been proved for too
// long.
func (c *checks) lapsed(now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.chosen.IsValid() && now.Sub(c.proved) > consentFor
}

// answer judges a packet of STUN. It returns what to reply, nil for nothing,
// and the way that is chosen if this check chooses it anew. The reply is good
// until the next call.
func (c *checks) answer(packet []byte, from netip.AddrPort, now time.Time) (reply []byte, turned bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.user == "" || !c.ask(packet) {
		return nil, false
	}
	if c.signed(stun.AttrICEControlled) { // that is us
		return c.build(stun.BindingError, stun.CodeRoleConflict), false
	}
	c.remember(from)
	if from == c.chosen {
		c.proved = now
	} else if c.signed(stun.AttrUseCandidate) {
		c.chosen, c.proved, turned = from, now, true
	}
	return c.build(stun.BindingSuccess, &stun.XORMappedAddress{IP: from.Addr().AsSlice(), Port: int(from.Port())}), turned
}

// ask reads a request and reports whether it is signed with our password.
func (c *checks) ask(packet []byte) bool {
	c.request.Reset()
	if _, err := c.request.Write(packet); err != nil {
		return false
	}
	if c.request.Type != stun.BindingRequest {
		return false
	}
	user, err := c.request.Get(stun.AttrUsername)
	if err != nil || string(user) != c.user {
		return false
	}
	return stun.NewShortTermIntegrity(c.ours.Password).Check(&c.request) == nil
}

// signed reports whether the request has an attribute that its signature
// covers.
func (c *checks) signed(kind stun.AttrType) bool {
	for _, a := range c.request.Attributes {
		if a.Type == stun.AttrMessageIntegrity {
			return false
		}
		if a.Type == kind {
			return true
		}
	}
	return false
}

func (c *checks) build(kind stun.MessageType, what stun.Setter) []byte {
	c.reply.Reset()
	c.reply.TransactionID = c.request.TransactionID
	err := c.reply.Build(kind, what, stun.NewShortTermIntegrity(c.ours.Password), stun.Fingerprint)
	if err != nil {
		return nil
	}
	return c.reply.Raw
}

func (c *checks) remember(from netip.AddrPort) {
	for _, a := range c.addresses {
		if a == from {
			return
		}
	}
	if c.addresses[c.next] == c.chosen { // it stays
		c.next = (c.next + 1) % maxChecked
	}
	c.addresses[c.next] = from
	c.next = (c.next + 1) % maxChecked
}
