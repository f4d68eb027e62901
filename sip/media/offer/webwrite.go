package offer

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"
)

// say writes our answer to d, with our sound in place of its line ours; -1 for
// none. The version grows only if we say something new.
func (p *WebParty) say(d *description, ours int) ([]byte, error) {
	kind, address := "IP4", p.local.Candidates[0].Addr()
	if address.Is6() {
		kind = "IP6"
	}
	own := sdp.SessionDescription{
		Origin: sdp.Origin{
			Username: "-", SessionID: p.local.Session,
			NetworkType: "IN", AddressType: kind, UnicastAddress: address.String(),
		},
		SessionName:      "-",
		TimeDescriptions: []sdp.TimeDescription{{}},
		Attributes:       []sdp.Attribute{sdp.NewPropertyAttribute("ice-lite")},
	}
	for i, m := range d.MediaDescriptions {
		if i != ours {
			own.MediaDescriptions = append(own.MediaDescriptions, withoutUse(m))
			continue
		}
		said := p.sound(m)
		said.ConnectionInformation = &sdp.ConnectionInformation{
			NetworkType: "IN", AddressType: kind, Address: &sdp.Address{Address: address.String()},
		}
		own.MediaDescriptions = append(own.MediaDescriptions, said)
		if mid, ok := m.Attribute("mid"); ok && bundles(d, mid) {
			own.Attributes = append(own.Attributes, sdp.NewAttribute("group", "BUNDLE "+mid))
		}
	}
	said, err := own.Marshal()
	if err != nil {
		return nil, fmt.Errorf("write SDP: %w", err)
	}
	if p.said != "" && p.said != string(said) {
		p.version++
	}
	p.said = string(said)
	own.Origin.SessionVersion = p.version
	body, err := own.Marshal()
	if err != nil {
		return nil, fmt.Errorf("write SDP: %w", err)
	}
	return body, nil
}

// withoutUse writes a line of theirs at port 0.
func withoutUse(m *sdp.MediaDescription) *sdp.MediaDescription {
	formats := slices.Clone(m.MediaName.Formats)
	if len(formats) == 0 {
		formats = []string{"0"} // the grammar wants one
	}
	refused := &sdp.MediaDescription{MediaName: sdp.MediaName{
		Media: m.MediaName.Media, Protos: m.MediaName.Protos, Formats: formats,
	}}
	if mid, ok := m.Attribute("mid"); ok {
		refused.WithValueAttribute("mid", mid)
	}
	return refused.WithPropertyAttribute("inactive")
}

// bundles reports whether they would put a line on a common transport.
func bundles(d *description, mid string) bool {
	return slices.ContainsFunc(d.Attributes, func(a sdp.Attribute) bool {
		fields := strings.Fields(a.Value)
		return a.Key == "group" && len(fields) > 0 && fields[0] == "BUNDLE" && slices.Contains(fields[1:], mid)
	})
}

// sound writes our side of their line m.
func (p *WebParty) sound(m *sdp.MediaDescription) *sdp.MediaDescription {
	a := p.agreed
	own := &sdp.MediaDescription{MediaName: sdp.MediaName{
		Media:  m.MediaName.Media,
		Port:   sdp.RangedPort{Value: int(p.local.Candidates[0].Port())},
		Protos: m.MediaName.Protos,
	}}
	for _, f := range answered(a.Agreement) {
		describe(own, f)
	}
	own.WithValueAttribute("ptime", "20")
	if mid, ok := m.Attribute("mid"); ok {
		own.WithValueAttribute("mid", mid)
	}
	own.WithPropertyAttribute(directionOf(a.Agreement)).
		WithPropertyAttribute("rtcp-mux").
		WithValueAttribute("ice-ufrag", a.OurICE.Fragment).
		WithValueAttribute("ice-pwd", a.OurICE.Password).
		WithValueAttribute("fingerprint", p.local.Print).
		WithValueAttribute("setup", role(a.Client))
	for i, c := range p.local.Candidates {
		// RFC 8445, 5.1.2.1: host candidates; the order is the preference.
		priority := 126<<24 | (65535-i)<<8 | 255
		own.WithValueAttribute("candidate", fmt.Sprintf("%d 1 udp %d %s %d typ host", i+1, priority, c.Addr(), c.Port()))
	}
	own.WithPropertyAttribute("end-of-candidates")
	ssrc := strconv.FormatUint(uint64(p.local.SSRC), 10)
	return own.WithValueAttribute("msid", p.local.CNAME+" sound").
		WithValueAttribute("ssrc", ssrc+" cname:"+p.local.CNAME).
		WithValueAttribute("ssrc", ssrc+" msid:"+p.local.CNAME+" sound")
}

func role(client bool) string {
	if client {
		return "active"
	}
	return "passive"
}
