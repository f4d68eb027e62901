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
	for _, r := range t.Register {
		if way := wayTo(r.Server); !slices.Contains(ways, way) {
			ways = append(ways, way)
		}
	}
	return ways
}

// MayBeClear reports whether a call of a trunk may come without encryption, in its
// signalling or its sound.
func (c Config) MayBeClear(t sip.TrunkConfig) bool {
	return t.SRTP != "required" || slices.ContainsFunc(c.Ways(t), func(way string) bool { return !sealed(way) })
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

// wayTo is the transport to a registrar, over which its calls come too.
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
