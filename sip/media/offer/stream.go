package offer

import (
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/pion/sdp/v3"
)

// Format is an encoding under the payload type that stands for it in packets.
type Format struct {
	Type uint8
	Codec
}

// Matches reports whether both mean the same encoding.
func (c Codec) Matches(o Codec) bool {
	if !strings.EqualFold(c.Name, o.Name) || c.Clock != o.Clock {
		return false
	}
	// RFC 7587 wants opus/48000/2 whatever is spoken, and not all write it.
	return c.Channels == o.Channels || strings.EqualFold(c.Name, "opus")
}

func (c Codec) matches(f Format) bool { return c.Matches(f.Codec) }

func (c Codec) matchesCodec(o Codec) bool { return c.Matches(o) }

// stream is what one m= line of theirs says, in our words.
type stream struct {
	port           int
	remote, rtcp   netip.AddrPort
	mux            bool
	sends, listens bool // what they will do
	formats        []Format
	longest        time.Duration // packet that they take; 0: they do not say
	metrics        bool          // they want to hear how they sound
	crypto         []Crypto      // those we can do, in their order
}

// understand reads one m= line together with what the session says for all.
func understand(d *description, i int, own netip.Addr) stream {
	m := d.MediaDescriptions[i]
	s := stream{port: m.MediaName.Port.Value, formats: formats(m), longest: longest(m), metrics: metrics(d, m)}
	address := d.address(i, own)
	s.sends, s.listens = direction(d, m)
	if address.IsUnspecified() { // hold as it was before RFC 3264
		s.listens = false
	}
	s.remote = netip.AddrPortFrom(sendable(address), uint16(s.port))
	s.rtcp, s.mux = control(m, s.remote)
	for _, a := range m.Attributes {
		if a.Key != "crypto" {
			continue
		}
		if c, ok := readCrypto(a.Value); ok {
			s.crypto = append(s.crypto, c)
		}
	}
	return s
}

// address is where a stream goes. Of several addresses the first of our own IP
// version counts, else the first; it may be invalid.
func (d *description) address(i int, own netip.Addr) netip.Addr {
	all := d.addresses[i]
	if len(all) == 0 {
		all = d.addresses[-1]
	}
	var first netip.Addr
	for n, s := range all {
		a, _ := netip.ParseAddr(s)
		a = a.Unmap()
		if a.IsValid() && a.Is4() == own.Is4() {
			return a
		}
		if n == 0 {
			first = a
		}
	}
	return first
}

// sendable keeps addresses that belong to one telephone. Whatever else may
// stand there (a name, a group, everybody) leaves us to learn from packets.
func sendable(a netip.Addr) netip.Addr {
	broadcast := a.Is4() && a == netip.AddrFrom4([4]byte{255, 255, 255, 255})
	if a.IsUnspecified() || a.IsMulticast() || a.Zone() != "" || broadcast {
		return netip.Addr{}
	}
	return a
}

// direction tells whether they send and whether they listen. The stream's own
// attribute comes before the session's; none means both.
func direction(d *description, m *sdp.MediaDescription) (sends, listens bool) {
	for _, attributes := range [][]sdp.Attribute{m.Attributes, d.Attributes} {
		for _, a := range attributes {
			switch a.Key {
			case "sendrecv":
				return true, true
			case "sendonly":
				return true, false
			case "recvonly":
				return false, true
			case "inactive":
				return false, false
			}
		}
	}
	return true, true
}

// control tells where their RTCP goes: to the port after RTP, or where
// a=rtcp says (RFC 3605), or to the same port (RFC 5761).
func control(m *sdp.MediaDescription, remote netip.AddrPort) (netip.AddrPort, bool) {
	if _, mux := m.Attribute("rtcp-mux"); mux {
		return remote, true
	}
	at := netip.AddrPortFrom(remote.Addr(), remote.Port()+1)
	value, _ := m.Attribute("rtcp")
	fields := strings.Fields(value)
	if len(fields) == 0 {
		return at, false
	}
	port, err := strconv.ParseUint(fields[0], 10, 16)
	if err != nil || port == 0 {
		return at, false
	}
	at = netip.AddrPortFrom(at.Addr(), uint16(port))
	if len(fields) >= 4 {
		if a, err := netip.ParseAddr(fields[3]); err == nil && sendable(a).IsValid() {
			at = netip.AddrPortFrom(a.Unmap(), uint16(port))
		}
	}
	return at, false
}

// formats lists the encodings of an m= line in its order. Payload types from
// 64 to 95 are left out: on a shared port they are RTCP (RFC 5761).
func formats(m *sdp.MediaDescription) []Format {
	var list []Format
	for _, f := range m.MediaName.Formats {
		n, err := strconv.ParseUint(f, 10, 7)
		if err != nil || n >= 64 && n < 96 {
			continue
		}
		c := Codec{Type: uint8(n), Channels: 1}
		c.Name, c.Clock = static(c.Type)
		for _, a := range m.Attributes {
			payload, value, _ := strings.Cut(a.Value, " ")
			if payload != f {
				continue
			}
			switch a.Key {
			case "rtpmap":
				c.Name, c.Clock, c.Channels = rtpmap(value)
			case "fmtp":
				c.Parameters = strings.TrimSpace(value)
			}
		}
		list = append(list, Format{Type: c.Type, Codec: c})
	}
	return list
}

// rtpmap reads name/clock/channels.
func rtpmap(value string) (name string, clock, channels int) {
	name, rest, _ := strings.Cut(strings.TrimSpace(value), "/")
	rate, count, _ := strings.Cut(rest, "/")
	clock, _ = strconv.Atoi(rate)
	channels, err := strconv.Atoi(count)
	if err != nil {
		channels = 1
	}
	return name, clock, channels
}
