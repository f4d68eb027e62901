package config

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"

	"github.com/einwahl/einwahl/announcements"
	"github.com/einwahl/einwahl/conference/embedded"
	"github.com/einwahl/einwahl/gateway/admission"
	"github.com/einwahl/einwahl/gateway/records"
	"github.com/einwahl/einwahl/sip"
)

// check asks each section what is wrong with it, and then looks at what they
// say of each other.
func (c Config) check(open func(announcements.Config) (Voices, error)) Mistakes {
	var all Mistakes
	for _, section := range []struct {
		key string
		err error
	}{
		{"sip", c.SIP.Validate()},
		{"media", c.Media.Validate()},
		{"trunks", sip.ValidateTrunks(c.Trunks)},
		{"conference.embedded", c.Conference.Embedded.Validate()},
		{"admission", c.Admission.Validate()},
		{"recording", c.Recording.Validate()},
		{"privacy", c.Privacy.Validate()},
		{"announcements", c.Announcements.Validate()},
		{"limits", c.Limits.Validate()},
		{"limits.guessing", c.Limits.Guessing.Validate()},
		{"overload", c.Overload.Validate()},
		{"records", c.Records.Validate()},
		{"admin", c.Admin.Validate()},
		{"log", c.Log.Validate()},
	} {
		all = append(all, split(section.key, section.err)...)
	}
	for i, t := range c.Trunks {
		all = append(all, split(at("trunks", i), t.Validate())...)
	}
	for i, n := range c.Numbers {
		all = append(all, split(at("numbers", i), n.Validate())...)
	}
	all = append(all, split("", embedded.ValidateMeetings(c.Meetings))...)
	all = append(all, c.checkSeals()...)
	all = append(all, c.checkPINs()...)
	all = append(all, c.checkPorts()...)
	all = append(all, c.checkNumbers()...)
	all = append(all, c.checkCallers()...)
	all = append(all, c.checkWays()...)
	return append(all, c.checkVoices(open)...)
}

func wrong(key, format string, args ...any) Mistake {
	return Mistake{Key: key, Text: fmt.Sprintf(format, args...)}
}

// checkSeals looks at those who alone may open recordings.
func (c Config) checkSeals() (all Mistakes) {
	for i, key := range c.Conference.Embedded.SealRecordingsTo {
		if _, err := records.Recipients([]string{key}); err != nil {
			all = append(all, wrong(at("conference.embedded.seal_recordings_to", i), "%v", err))
		}
	}
	return all
}

// shortestPIN is the fewest digits of a PIN: with three, a caller who is let
// try three times on each call is in after a few hundred calls.
const shortestPIN = 4

// samplePINs are those that stand in the sample.
func samplePINs() []string { return []string{"4711", "815815"} }

// reachedFromOutside reports whether telephones or browsers on other machines may
// reach this gateway.
func (c Config) reachedFromOutside() bool {
	host, _, err := net.SplitHostPort(c.Admin.Listen)
	a, bad := netip.ParseAddr(host)
	page := err == nil && host != "localhost" && (bad != nil || !a.IsLoopback())
	return page || c.Conference.Embedded.Page != "" || !c.listensHereOnly()
}

// checkPINs looks whether PINs protect, and whether a host can come.
func (c Config) checkPINs() Mistakes {
	var all Mistakes
	outside := c.reachedFromOutside()
	for i, m := range c.Meetings {
		key := at("meetings", i)
		for _, pin := range []struct{ key, digits string }{{"pin", string(m.PIN)}, {"host_pin", string(m.HostPIN)}} {
			if n := len(pin.digits); n > 0 && n < shortestPIN {
				all = append(all, wrong(key+"."+pin.key, "want at least %d digits, so that it cannot be guessed", shortestPIN))
			}
			if outside && slices.Contains(samplePINs(), pin.digits) {
				all = append(all, wrong(key+"."+pin.key, "is the sample's, which everybody knows, and this gateway is reached from other machines: want another"))
			}
		}
		if !m.JoinBeforeHost && m.HostPIN == "" {
			all = append(all, wrong(key+".host_pin", "want one: join_before_host is false, and without a host PIN a host could never come"))
		}
	}
	return all
}

// checkPorts looks whether there is a port for everything, and only once.
func (c Config) checkPorts() Mistakes {
	var all Mistakes
	calls := 0
	for _, t := range c.Trunks {
		calls += max(0, t.MaxCalls)
	}
	if pairs := c.Media.Ports.Pairs(); pairs > 0 && calls > pairs {
		all = append(all, wrong("media.ports", "%v has ports for %d calls, and the trunks together may bring %d (max_calls)", c.Media.Ports, pairs, calls))
	}
	web := c.Conference.Embedded.WebRTC.Ports
	if web.First > 0 && web.First <= c.Media.Ports.Last && web.Last >= c.Media.Ports.First {
		all = append(all, wrong("conference.embedded.webrtc.ports", "%v is needed for calls already, by media.ports %v", web, c.Media.Ports))
	}
	return all
}

// checkToken looks whether the operator's token can be read: without it the
// gateway does not start.
func (c Config) checkToken(read func(path string) ([]byte, error)) Mistakes {
	if c.Admin.TokenFile == "" {
		return nil
	}
	content, err := read(c.Admin.TokenFile)
	switch {
	case err != nil:
		return Mistakes{wrong("admin.token_file", "%v", err)}
	case len(bytes.TrimSpace(content)) == 0:
		return Mistakes{wrong("admin.token_file", "%s is empty: want the operator's token in it", c.Admin.TokenFile)}
	}
	return nil
}

// checkNumbers looks whether what numbers refer to is there.
func (c Config) checkNumbers() Mistakes {
	var all Mistakes
	if len(c.Trunks) == 0 {
		all = append(all, wrong("trunks", "want at least one: without a trunk nobody can call"))
	}
	if len(c.Numbers) == 0 {
		all = append(all, wrong("numbers", "want at least one: without a number nothing answers"))
	}
	var trunks, meetings []string
	for _, t := range c.Trunks {
		if t.Name != "" && !slices.Contains(trunks, t.Name) {
			trunks = append(trunks, t.Name)
		}
	}
	for _, m := range c.Meetings {
		meetings = append(meetings, m.ID)
	}
	taken := map[[2]string]int{}
	for i, n := range c.Numbers {
		key := at("numbers", i)
		for j, trunk := range n.Trunks {
			if !slices.Contains(trunks, trunk) {
				all = append(all, wrong(at(key+".trunks", j), "no trunk is named %q; there %s", trunk, known(trunks)))
			}
			same := [2]string{trunk, c.meant(trunk, n.Number)}
			if k, again := taken[same]; again && k != i {
				all = append(all, wrong(key+".number", "%q on trunk %s is already %s", n.Number, trunk, at("numbers", k)))
				continue
			}
			taken[same] = i
		}
		if backends := c.Conference.Backends(); !slices.Contains(backends, n.Backend) {
			all = append(all, wrong(key+".backend", "no conference service is called %q; there %s", n.Backend, known(backends)))
		}
		if n.Meeting != "" && n.Backend == Embedded && !slices.Contains(meetings, n.Meeting) {
			all = append(all, wrong(key+".meeting", "no meeting has the number %q; there %s", n.Meeting, known(meetings)))
		}
	}
	return all
}

// vouches reports whether anybody can answer for a caller's number.
func (c Config) vouches() bool {
	trusted := slices.ContainsFunc(c.Trunks, func(t sip.TrunkConfig) bool { return t.TrustIdentity })
	return trusted || len(c.SIP.STIR.CertificateHosts) > 0
}

// checkCallers looks whether anybody can be attested where that is wanted.
func (c Config) checkCallers() Mistakes {
	if c.vouches() {
		return nil
	}
	var all Mistakes
	look := func(key, attestation string) {
		if admission.ParseAttestation(attestation) > admission.Unattested {
			all = append(all, wrong(key+".caller.attestation", "nobody could come in: want certificate_hosts in sip.stir, or trust_identity on a trunk that sends verstat"))
		}
	}
	look("admission", c.Admission.Caller.Attestation)
	for i, o := range c.Admission.Meetings {
		look(at("admission.meetings", i), o.Caller.Attestation)
	}
	for i, n := range c.Numbers {
		look(at("numbers", i)+".admission", n.Admission.Caller.Attestation)
	}
	return all
}

// known ends a sentence with what there is.
func known(names []string) string {
	switch len(names) {
	case 0:
		return "is none"
	case 1:
		return "is only " + names[0]
	}
	return "are " + strings.Join(names, ", ")
}
