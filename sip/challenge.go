package sip

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	sipmsg "github.com/emiago/sipgo/sip"

	"github.com/einwahl/einwahl/sip/digest"
)

// AuthConfig are the accounts of which a caller must prove one (RFC 3261
// section 22, RFC 8760). None: a trunk is known by its address alone.
type AuthConfig struct {
	// Realm names us in the challenge; empty: the trunk's name.
	Realm string `yaml:"realm"`
	// Algorithms are offered in this order: sha-256, md5.
	Algorithms []string     `yaml:"algorithms"`
	Users      []UserConfig `yaml:"users"`
}

// DefaultAuthConfig asks nobody, and would offer what every telephone
// understands: baresip 1.0 and SIPp 3.6 give up where SHA-256 is offered, even
// beside MD5.
func DefaultAuthConfig() AuthConfig { return AuthConfig{Algorithms: []string{"md5"}} }

// UserConfig is one account.
type UserConfig struct {
	User     string   `yaml:"user"`
	Password Password `yaml:"password"`
}

// minPassword is the shortest password that is not found by trying: whoever has
// overheard one call may try as fast as they can compute.
const minPassword = 8

func (c AuthConfig) validate() []error {
	var errs []error
	if c.Realm != text(c.Realm) {
		errs = append(errs, errors.New("auth.realm: it holds characters that cannot be sent"))
	}
	for i, a := range c.Algorithms {
		if a != "sha-256" && a != "md5" || slices.Contains(c.Algorithms[:i], a) {
			errs = append(errs, fmt.Errorf("auth.algorithms[%d]: want sha-256, md5 or both, each once, not %q", i, text(a)))
		}
	}
	if len(c.Users) > 0 && len(c.Algorithms) == 0 {
		errs = append(errs, errors.New("auth.algorithms: want sha-256, md5 or both"))
	}
	for i, u := range c.Users {
		if u.User == "" || u.User != text(u.User) {
			errs = append(errs, fmt.Errorf("auth.users[%d].user: name the account", i))
		}
		if len(u.Password) < minPassword {
			errs = append(errs, fmt.Errorf("auth.users[%d].password: want %d characters or more, better 20 that nobody has chosen", i, minPassword))
		}
		if slices.ContainsFunc(c.Users[:i], func(o UserConfig) bool { return o.User == u.User }) {
			errs = append(errs, fmt.Errorf("auth.users[%d].user: it is there twice", i))
		}
	}
	return errs
}

// realm is how a trunk's challenges name us.
func (t *trunk) realm() string {
	if t.Auth.Realm != "" {
		return t.Auth.Realm
	}
	return t.Name
}

// silence is the status of a refusal that is not sent.
const silence = 0

// challenge asks a request outside of any dialog for proof, where its trunk
// wants one. ok is whether there is something to answer, or to pass over.
//
// Only what could do something is asked: a REGISTER gets its 405 at once, since
// we are no registrar, and a BYE to nobody its 481.
func (s *Server) challenge(in incoming) (refusal, bool) {
	if len(in.trunk.Auth.Users) == 0 || !s.mustProve(in) {
		return refusal{}, false
	}
	c := digest.Claim{Realm: in.trunk.realm(), Source: neighbourhood(in.source.Addr()), Method: string(in.Method)}
	for _, a := range in.trunk.Auth.Algorithms {
		c.Algorithms = append(c.Algorithms, strings.ToUpper(a))
	}
	for _, h := range in.GetHeaders("Authorization") {
		c.Proofs = append(c.Proofs, h.Value())
	}
	accounts := make([]digest.Account, len(in.trunk.Auth.Users))
	for i, u := range in.trunk.Auth.Users {
		accounts[i] = digest.Account{User: u.User, Password: string(u.Password)}
	}
	verdict := s.guard.Judge(accounts, c)
	switch verdict {
	case digest.Pass:
		return refusal{}, false
	case digest.Locked:
		s.log.Warn().Str("trunk", in.trunk.Name).Stringer("from", in.source.Addr()).
			Msg("too many wrong passwords: not answered for a minute; if it is one of yours, see auth.users of the trunk")
		return refusal{status: silence}, true
	case digest.Ignore:
		return refusal{status: silence}, true
	case digest.Refuse:
		s.counts.drop(&s.counts.unproven, func() string {
			return "trunk " + in.trunk.Name + ": wrong name or password from " + in.source.Addr().String() + ": see auth.users of the trunk"
		})
	}
	no := refusal{status: sipmsg.StatusUnauthorized}
	for _, value := range s.guard.Challenges(c, verdict == digest.Renew) {
		no.headers = append(no.headers, sipmsg.NewHeader("WWW-Authenticate", value))
	}
	return no, true
}

// mustProve reports whether a request is worth a challenge: a call, but not one
// from a registrar of ours, which has no password of us; and OPTIONS, where a
// whole network may come and not one host that we know.
func (s *Server) mustProve(in incoming) bool {
	from := in.source.Addr()
	known := func(networks []netip.Prefix) bool {
		return slices.ContainsFunc(networks, func(n netip.Prefix) bool { return n.IsSingleIP() && n.Contains(from) })
	}
	switch in.Method {
	case sipmsg.INVITE:
		return !known(in.trunk.use.registrars.networks())
	case sipmsg.OPTIONS:
		return !known(in.trunk.use.registrars.networks()) && !known(in.trunk.networks)
	}
	return false
}
