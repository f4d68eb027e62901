package app

import (
	"net/netip"
	"net/url"
	"strings"

	"github.com/einwahl/einwahl/gateway/config"
)

// invitations are the numbers that lead to the embedded meetings, as people
// dial them: telephone numbers as they are, others as SIP addresses where it
// is known under which host they are reached. A number that stands for many,
// or for one meeting only, helps nobody who reads an invitation.
func invitations(c config.Config) []string {
	var all []string
	for _, n := range c.Numbers {
		if n.Backend != config.Embedded || n.Meeting != "" || strings.HasSuffix(n.Number, "*") {
			continue
		}
		if strings.Trim(strings.TrimPrefix(n.Number, "+"), "0123456789") == "" {
			all = append(all, n.Number)
		} else if host := reachedAt(c); host != "" {
			all = append(all, "sip:"+n.Number+"@"+host)
		}
	}
	return all
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
