package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/einwahl/einwahl/sip"
)

// Ways are the transports by which the calls of a trunk may come: those that are
// listened on for it, and those to its registrars.
func (c Config) Ways(t sip.TrunkConfig) (ways []string) {
	for _, listen := range c.SIP.Listen {
		way, _, _ := strings.Cut(listen, ":")
		may := len(t.Transports) == 0 && (len(t.Clients) == 0 || sealed(way)) || slices.Contains(t.Transports, way)
		if may && !slices.Contains(ways, way) {
			ways = append(ways, way)
		}
	}
	for _, way := range waysTo(t.Register) {
		if !slices.Contains(ways, way) {
			ways = append(ways, way)
		}
	}
	return ways
}

// waysTo are the transports to registrars, over which their calls come too.
func waysTo(registrars []sip.RegisterConfig) (ways []string) {
	for _, r := range registrars {
		ways = append(ways, wayTo(r.Server))
	}
	return ways
}

// MayBeClear reports whether a call of a trunk may come without encryption, in its
// signalling or its sound.
func (c Config) MayBeClear(t sip.TrunkConfig) bool {
	return t.SRTP != "required" || slices.ContainsFunc(c.Ways(t), func(way string) bool { return !sealed(way) })
}

// bare is why no call of a trunk can count as encrypted: its key that is to be
// changed, and what is so there. Both are empty where one can.
func (c Config) bare(t sip.TrunkConfig) (key, why string) {
	ways := c.Ways(t)
	if len(t.Peers)+len(t.Servers) == 0 && len(t.Register) > 0 {
		ways = waysTo(t.Register) // a registrar calls as it is registered with
	}
	switch {
	case slices.Contains(ways, "wss"):
		return "", "" // browsers bring keys of their own, whatever srtp says
	case !slices.ContainsFunc(ways, sealed) && len(t.Register) > 0:
		return "register", " without sips: or transport=tls there, unless DNS leads to TLS"
	case !slices.ContainsFunc(ways, sealed):
		return "transports", " without tls or wss"
	case t.SRTP == "off":
		return "srtp", " while it is off"
	}
	return "", ""
}

// Clear tells of each trunk from elsewhere whose calls may be heard on the way to
// the gateway.
func (c Config) Clear() (all []string) {
	if c.Admission.SecureLeg || c.listensHereOnly() {
		return nil
	}
	for i, t := range c.Trunks {
		if c.MayBeClear(t) {
			all = append(all, fmt.Sprintf("%s: calls of %s may come in the clear: where it can encrypt them, set srtp: required and transports: [tls]", at("trunks", i), t.Name))
		}
	}
	return all
}

// sealed reports whether a transport is encrypted.
func sealed(way string) bool { return way == "tls" || way == "wss" }

// wayTo is the transport to a registrar. Where its address names none DNS may lead to
// TLS, on which nobody should count.
func wayTo(server string) string {
	if strings.HasPrefix(server, "sips:") {
		return "tls"
	}
	for part := range strings.SplitSeq(server, ";") {
		if way, ok := strings.CutPrefix(strings.ToLower(part), "transport="); ok {
			return way
		}
	}
	return "udp"
}
