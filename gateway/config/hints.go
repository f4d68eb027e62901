package config

import (
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/einwahl/einwahl/gateway/admission"
)

// Hints are what an operator will hardly have meant, though the gateway can run
// with it: each begins with its key.
func (c Config) Hints(now time.Time) []string {
	all := append(c.hintsOfTrunks(), c.hintsOfAdmission(now)...)
	if len(c.Meetings) == 0 && slices.ContainsFunc(c.Numbers, func(n Number) bool { return n.Backend == Embedded }) {
		all = append(all, "meetings: there is none, so whatever callers key in is wrong")
	}
	all = slices.Concat(all, c.hintsOfMeetings(), c.hintsOfPurposes(), c.unheard())
	if c.Records.Bills(now) {
		all = append(all, "records.billing: the full numbers of callers are kept until "+c.Records.Billing)
	}
	if err := c.SIP.TLS.Expired(now); err != nil {
		all = append(all, "sip.tls.certificate: "+err.Error())
	}
	return all
}

// hintsOfMeetings looks for meetings that somebody could find or enter by
// guessing. Where nobody beyond this machine can call it does not matter.
func (c Config) hintsOfMeetings() []string {
	if c.listensHereOnly() {
		return nil
	}
	var all []string
	for i, m := range c.Meetings {
		if weak := m.Weaknesses(); len(weak) > 0 {
			all = append(all, fmt.Sprintf("%s.%s", at("meetings", i), strings.Join(weak, "; ")))
		}
	}
	return all
}

// hintsOfPurposes looks for purposes of recordings that pages cannot show.
func (c Config) hintsOfPurposes() []string {
	var all []string
	for i, m := range c.Meetings {
		if m.Purpose.Unreadable() {
			all = append(all, at("meetings", i)+".purpose: pages cannot show a recording of yours, so nobody can agree there: add the words")
		}
	}
	return all
}

// hintsOfTrunks looks for trunks whose calls cannot come, or find no number.
func (c Config) hintsOfTrunks() []string {
	var all []string
	for i, t := range c.Trunks {
		key := at("trunks", i)
		if !slices.ContainsFunc(c.Numbers, func(n Number) bool { return slices.Contains(n.Trunks, t.Name) }) {
			all = append(all, fmt.Sprintf("%s.name: no entry of numbers has trunk %s, so its calls are refused", key, t.Name))
		}
		if beyond := firstBeyond(t.Peers); beyond != "" && c.listensHereOnly() {
			all = append(all, fmt.Sprintf("%s.peers: %s is beyond this machine, and sip.listen has loopback addresses only: listen on 0.0.0.0 or on an address of a network", key, beyond))
		}
		if bare, why := c.bare(t); bare != "" && c.Admission.SecureLeg && !c.takesClear() {
			all = append(all, fmt.Sprintf("%s.%s: none of its calls can come encrypted%s, and admission.secure_leg refuses the others", key, bare, why))
		}
	}
	return all
}

// takesClear reports whether a number or a meeting takes calls in the clear where
// others do not.
func (c Config) takesClear() bool {
	open := func(o admission.Override) bool { return o.SecureLeg != nil && !*o.SecureLeg }
	return slices.ContainsFunc(c.Numbers, func(n Number) bool { return open(n.Admission.Override) }) ||
		slices.ContainsFunc(c.Admission.Meetings, func(m admission.MeetingOverride) bool { return open(m.Override) })
}

// checkWays looks whether each trunk can come by something that is listened on.
// Calls of one that we register with may come over our own connection, and ws is
// taken at /phone as well.
func (c Config) checkWays() Mistakes {
	var all Mistakes
	for i, t := range c.Trunks {
		switch {
		case len(c.SIP.Listen) == 0 || slices.Contains(t.Transports, "ws") || len(c.Ways(t)) > 0:
		case len(t.Transports) > 0:
			all = append(all, wrong(at("trunks", i)+".transports", "sip.listen has none of %s: add %s://0.0.0.0 to it", strings.Join(t.Transports, ", "), t.Transports[0]))
		default:
			all = append(all, wrong(at("trunks", i)+".clients", "certificates are shown over tls and wss, and sip.listen has neither: add tls://0.0.0.0 to it"))
		}
	}
	return all
}

// listensHereOnly reports whether nothing listens but on loopback.
func (c Config) listensHereOnly() bool {
	return !slices.ContainsFunc(c.SIP.Listen, func(listen string) bool {
		u, err := url.Parse(listen)
		if err != nil {
			return true
		}
		a, err := netip.ParseAddr(u.Hostname())
		return u.Hostname() != "localhost" && (err != nil || !a.IsLoopback())
	})
}

// firstBeyond is the first of some peers that cannot be this machine, empty where
// all can.
func firstBeyond(peers []string) string {
	for _, peer := range peers {
		address, length, network := strings.Cut(peer, "/")
		a, err := netip.ParseAddr(address)
		if err == nil && !a.IsLoopback() && (!network || length != "0") {
			return peer
		}
	}
	return ""
}
