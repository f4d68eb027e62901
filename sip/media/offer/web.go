package offer

import (
	"encoding/hex"
	"net/netip"
	"slices"
	"strings"

	"github.com/pion/sdp/v3"
)

// maxFingerprints bounds the certificates that a browser may name.
const maxFingerprints = 8

// Credentials are what ICE checks are signed with (RFC 8839, 5.4).
type Credentials struct {
	Fragment, Password string
}

// valid reports whether they are as long as they must be, and no longer.
func (c Credentials) valid() bool {
	return len(c.Fragment) >= 4 && len(c.Fragment) <= 256 && len(c.Password) >= 22 && len(c.Password) <= 256
}

// Fingerprint names the certificate of a DTLS handshake (RFC 8122).
type Fingerprint struct {
	Hash string // sha-256 and the like, in lower case
	Sum  string // the bytes themselves
}

// WebLocal is what our descriptions say of us to a browser.
type WebLocal struct {
	Local
	Candidates []netip.AddrPort // where we may be reached, the best first; at least one
	Print      string           // of our certificate, as in a=fingerprint
	CNAME      string
	SSRC       uint32
}

// WebAgreement is what an exchange with a browser has settled.
type WebAgreement struct {
	Agreement
	TheirICE, OurICE Credentials
	Prints           []Fingerprint // of their certificate: one of them must fit
	// Client is whether we begin the DTLS handshake.
	Client bool
}

// WebParty is our side of a call with a browser: ICE, which leaves the checks
// to the browser (ICE-lite), and DTLS-SRTP. It is not safe for concurrent use.
type WebParty struct {
	local   WebLocal
	version uint64
	said    string
	agreed  WebAgreement
	settled bool
}

// NewWebParty begins a call.
func NewWebParty(l WebLocal) *WebParty { return &WebParty{local: l, version: l.Session} }

// IsWeb reports whether a description is a browser's: it has a line of sound
// for DTLS-SRTP, with a fingerprint and ICE.
func IsWeb(body []byte) bool {
	d, err := read(body)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(d.MediaDescriptions, func(m *sdp.MediaDescription) bool {
		_, ok := secured(d, m)
		return ok
	})
}

// Answer takes their offer, first or later, and returns our answer. fresh is
// used where ICE begins, or begins anew. It fails with an *Error or
// ErrNothingFits, and then nothing has changed.
func (p *WebParty) Answer(body []byte, fresh Credentials) ([]byte, WebAgreement, error) {
	d, err := read(body)
	if err != nil {
		return nil, WebAgreement{}, err
	}
	if _, lite := attribute(d, nil, "ice-lite"); lite {
		return nil, WebAgreement{}, ErrNothingFits // nobody would make a check
	}
	next := *p
	ours := -1
	for i, m := range d.MediaDescriptions {
		if a, ok := p.fit(d, m, fresh); ok {
			a.Origin = d.origin
			ours, next.agreed, next.settled = i, a, true
			break
		}
	}
	if ours < 0 {
		if !p.settled || putAside(d) < 0 {
			return nil, WebAgreement{}, ErrNothingFits
		}
		next.agreed.Sends, next.agreed.Receives = false, false
	}
	answer, err := next.say(d, ours)
	if err != nil {
		return nil, WebAgreement{}, err
	}
	*p = next
	return answer, next.agreed, nil
}

// fit agrees to one of their lines if we can speak it. The encoding of a call
// stays what it was, and so do both certificates.
func (p *WebParty) fit(d *description, m *sdp.MediaDescription, fresh Credentials) (WebAgreement, bool) {
	a, ok := secured(d, m)
	if !ok {
		return WebAgreement{}, false
	}
	if m.MediaName.Port.Value == 0 && !has(m, "bundle-only") || !has(m, "rtcp-mux") {
		return WebAgreement{}, false
	}
	a.OurICE = fresh
	codecs := p.local.Codecs
	if p.settled {
		if !slices.Equal(a.Prints, p.agreed.Prints) {
			return WebAgreement{}, false
		}
		a.Client = p.agreed.Client
		if a.TheirICE == p.agreed.TheirICE {
			a.OurICE = p.agreed.OurICE
		}
		codecs = []Codec{p.agreed.Send.Codec}
	}
	// The address is no matter: a browser that hides its own says 0.0.0.0, and
	// that is no hold.
	a.Mux = true
	a.Receives, a.Sends = direction(d, m)
	offered := formats(m)
	for _, own := range codecs {
		i := slices.IndexFunc(offered, func(f Format) bool { return f.Matches(own) })
		if i < 0 {
			continue
		}
		f := offered[i]
		f.Parameters = own.Parameters
		a.Send, a.Receive = f, received(f, offered)
		a.Digits, a.Asks = digits(offered, f.Clock), asks(offered[i], longest(m))
		return a, true
	}
	return WebAgreement{}, false
}

// secured reads what a line says about ICE and DTLS. It reports false where
// that is not a browser's.
func secured(d *description, m *sdp.MediaDescription) (WebAgreement, bool) {
	a := WebAgreement{Agreement: Agreement{Profile: strings.Join(m.MediaName.Protos, "/")}}
	if m.MediaName.Media != "audio" || a.Profile != "UDP/TLS/RTP/SAVPF" && a.Profile != "UDP/TLS/RTP/SAVP" {
		return a, false
	}
	a.TheirICE.Fragment, _ = attribute(d, m, "ice-ufrag")
	a.TheirICE.Password, _ = attribute(d, m, "ice-pwd")
	a.Prints = prints(d, m)
	setup, _ := attribute(d, m, "setup")
	switch setup {
	case "active":
	case "", "actpass", "passive":
		a.Client = true
	default:
		return a, false
	}
	return a, a.TheirICE.valid() && len(a.Prints) > 0
}

// prints are the fingerprints of a line, or of the whole description.
func prints(d *description, m *sdp.MediaDescription) []Fingerprint {
	var list []Fingerprint
	for _, attributes := range [][]sdp.Attribute{m.Attributes, d.Attributes} {
		for _, a := range attributes {
			hash, value, _ := strings.Cut(a.Value, " ")
			if a.Key != "fingerprint" || len(list) == maxFingerprints {
				continue
			}
			sum, err := hex.DecodeString(strings.ReplaceAll(strings.TrimSpace(value), ":", ""))
			if err == nil && len(sum) > 0 {
				list = append(list, Fingerprint{Hash: strings.ToLower(hash), Sum: string(sum)})
			}
		}
		if len(list) > 0 {
			break
		}
	}
	return list
}

// attribute is what a line says, or the description for all.
func attribute(d *description, m *sdp.MediaDescription, key string) (string, bool) {
	if m != nil {
		if value, ok := m.Attribute(key); ok {
			return value, true
		}
	}
	return d.Attribute(key)
}

func has(m *sdp.MediaDescription, key string) bool {
	_, ok := m.Attribute(key)
	return ok
}
