package offer

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"
)

// say writes our description with a stream of list in place of line audio, and
// takes over next. The version grows only if we say something new.
func (p *Party) say(next Party, audio int, list []Format) ([]byte, Agreement, error) {
	kind := "IP4"
	if p.local.Address.Is6() {
		kind = "IP6"
	}
	d := sdp.SessionDescription{
		Origin: sdp.Origin{
			Username:       "-",
			SessionID:      p.local.Session,
			NetworkType:    "IN",
			AddressType:    kind,
			UnicastAddress: p.local.Address.String(),
		},
		SessionName: "-",
		ConnectionInformation: &sdp.ConnectionInformation{
			NetworkType: "IN",
			AddressType: kind,
			Address:     &sdp.Address{Address: p.local.Address.String()},
		},
		TimeDescriptions: []sdp.TimeDescription{{}},
	}
	for i, l := range next.lines {
		m := refused(l)
		if i == audio {
			m = next.spoken(l, list)
		}
		d.MediaDescriptions = append(d.MediaDescriptions, m)
	}
	said, err := d.Marshal()
	if err != nil {
		return nil, Agreement{}, fmt.Errorf("write SDP: %w", err)
	}
	if p.said != "" && p.said != string(said) {
		next.version++
	}
	next.said = string(said)
	d.Origin.SessionVersion = next.version
	body, err := d.Marshal()
	if err != nil {
		return nil, Agreement{}, fmt.Errorf("write SDP: %w", err)
	}
	*p = next
	return body, next.agreed, nil
}

// spoken writes the stream we take part in.
func (p *Party) spoken(l line, list []Format) *sdp.MediaDescription {
	m := &sdp.MediaDescription{MediaName: sdp.MediaName{
		Media:  l.kind,
		Port:   sdp.RangedPort{Value: int(p.local.Port)},
		Protos: strings.Split(l.profile, "/"),
	}}
	for _, f := range list {
		describe(m, f)
	}
	keys := p.keys
	if p.offered == nil && p.agreed.Secure() {
		keys = []Crypto{p.agreed.Ours}
	}
	for _, c := range keys {
		m.WithValueAttribute("crypto", c.write())
	}
	m.WithValueAttribute("ptime", "20")
	m.WithValueAttribute("maxptime", "60")
	if p.offered != nil {
		return m.WithPropertyAttribute("sendrecv")
	}
	if p.agreed.Asks.Metrics {
		m.WithValueAttribute("rtcp-xr", "voip-metrics")
	}
	if p.agreed.Mux {
		m.WithPropertyAttribute("rtcp-mux")
	}
	return m.WithPropertyAttribute(directionOf(p.agreed))
}

// describe adds an encoding to a line.
func describe(m *sdp.MediaDescription, f Format) {
	payload := strconv.Itoa(int(f.Type))
	m.MediaName.Formats = append(m.MediaName.Formats, payload)
	encoding := f.Name + "/" + strconv.Itoa(f.Clock)
	if f.Channels > 1 {
		encoding += "/" + strconv.Itoa(f.Channels)
	}
	m.WithValueAttribute("rtpmap", payload+" "+encoding)
	parameters := f.Parameters
	if f.IsDigits() {
		parameters = "0-15"
	}
	if parameters != "" {
		m.WithValueAttribute("fmtp", payload+" "+parameters)
	}
}

func directionOf(a Agreement) string {
	switch {
	case a.Sends && a.Receives:
		return "sendrecv"
	case a.Sends:
		return "sendonly"
	case a.Receives:
		return "recvonly"
	}
	return "inactive"
}

// refused writes a line of theirs at port 0.
func refused(l line) *sdp.MediaDescription {
	return &sdp.MediaDescription{MediaName: sdp.MediaName{
		Media:   l.kind,
		Protos:  strings.Split(l.profile, "/"),
		Formats: l.formats,
	}}
}

// linesOf keeps of a description what is needed to refuse its lines.
func linesOf(d *description) []line {
	lines := make([]line, 0, len(d.MediaDescriptions))
	for _, m := range d.MediaDescriptions {
		formats := slices.Clone(m.MediaName.Formats)
		if len(formats) == 0 {
			formats = []string{"0"} // the grammar wants one
		}
		lines = append(lines, line{
			kind:    m.MediaName.Media,
			profile: strings.Join(m.MediaName.Protos, "/"),
			formats: formats,
		})
	}
	return lines
}

// putAside finds the audio line by which a later offer holds the call, setting
// it to port 0; -1 if there is none. If another stream is to take its place, as
// T.38 does, it is no hold.
func putAside(d *description) int {
	audio := -1
	for i, m := range d.MediaDescriptions {
		if m.MediaName.Port.Value != 0 {
			return -1
		}
		if audio < 0 && m.MediaName.Media == "audio" {
			audio = i
		}
	}
	return audio
}
