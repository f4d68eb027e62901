package app

import (
	"net/netip"
	"net/url"
	"strings"

	"github.com/einwahl/einwahl/gateway/config"
)

// invitations are the numbers that lead to the embedded meetings. One that leads
// to a single meeting helps nobody else.
func invitations(c config.Config) []string {
	var all []string
	for _, n := range c.Numbers {
		if called := dialable(c, n); called != "" && n.Meeting == "" {
			all = append(all, called)
		}
	}
	return all
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
