package app

import (
	"net/netip"
	"net/url"
	"strings"

	"github.com/einwahl/einwahl/gateway/admission"
	"github.com/einwahl/einwahl/gateway/config"
	"github.com/einwahl/einwahl/gateway/invitation"
)

// entrance is a number by which telephones come to the embedded meetings.
type entrance struct {
	invitation.Number
	meeting string // the only one behind it; empty: any
	policy  admission.Policy
}

// entrances are those that people can dial.
func entrances(c config.Config) []entrance {
	var all []entrance
	policy := admission.NewPolicy(c.Admission, c.Recording)
	for _, n := range c.Numbers {
		if called := dialable(c, n); called != "" {
			all = append(all, entrance{invitation.Number{Number: called, Languages: n.Languages}, n.Meeting, policy.Number(n.Key, n.Admission)})
		}
	}
	return all
}

// dialled are the numbers by which telephones come to a meeting: first those that
// lead nowhere else.
func dialled(entrances []entrance, id string) []invitation.Number {
	var own, all []invitation.Number
	for _, e := range entrances {
		switch {
		case e.meeting != "" && e.meeting != id:
		case !e.policy.Meeting(id).Phones:
		case e.meeting == id:
			e.Direct = true
			own = append(own, e.Number)
		default:
			all = append(all, e.Number)
		}
	}
	return append(own, all...)
}

// invitations tell the page of a meeting what to dial. It says that the meeting is
// keyed in, so a number that leads there by itself is none for it.
func invitations(c config.Config) func(id string) []string {
	entrances := entrances(c)
	return func(id string) []string {
		var all []string
		for _, n := range dialled(entrances, id) {
			if !n.Direct {
				all = append(all, n.Number)
			}
		}
		return all
	}
}

// dialable is a number as people dial it: a telephone number as it is, another
// one as a SIP address where it is known under which host it is reached. It is
// empty for one that stands for many, for another conference service, or for
// end-to-end encryption, which takes no telephone.
func dialable(c config.Config, n config.Number) string {
	switch {
	case n.Backend != config.Embedded || strings.HasSuffix(n.Number, "*") || n.Admission.EndToEnd:
		return ""
	case strings.Trim(strings.TrimPrefix(n.Number, "+"), "0123456789") == "":
		return n.Number
	}
	if host := reachedAt(c); host != "" {
		return "sip:" + n.Number + "@" + host
	}
	return ""
}

// reachedAt is the host at which SIP is reached, empty where the file does not
// tell.
func reachedAt(c config.Config) string {
	if c.SIP.Advertise != "" {
		return c.SIP.Advertise
	}
	for _, listen := range c.SIP.Listen {
		u, err := url.Parse(listen)
		if err != nil {
			continue
		}
		const standard = "5060"
		switch address, err := netip.ParseAddr(u.Hostname()); {
		case err == nil && address.IsUnspecified():
		case u.Port() == standard || u.Port() == "":
			return u.Hostname()
		default:
			return u.Host
		}
	}
	return ""
}
