package sip

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"github.com/einwahl/einwahl/sip/resolve"
)

// maxServiceRoutes bounds the route that a registrar may give us.
const maxServiceRoutes = 8

// serverOf reads a server of the file: sip:host, sip:host:port;transport=tcp
// or sips:host, and forgives a plain host.
func serverOf(s string) (resolve.Server, error) {
	scheme, rest, ok := strings.Cut(s, ":")
	if !ok || !strings.EqualFold(scheme, "sip") && !strings.EqualFold(scheme, "sips") {
		scheme, rest = "sip", s
	}
	rest, params, _ := strings.Cut(rest, ";")
	want := fmt.Errorf("%q: want for example sip:tel.example.net, sip:192.0.2.1:5060;transport=tcp or sips:tel.example.net", text(s))
	server := resolve.Server{Host: rest}
	if host, port, err := net.SplitHostPort(rest); err == nil {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || n == 0 {
			return server, want
		}
		server.Host, server.Port = host, uint16(n)
	}
	server.Host = strings.Trim(server.Host, "[]")
	if !isHost(server.Host) {
		return server, want
	}
	for param := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(param, "=")
		switch {
		case param == "":
		case strings.EqualFold(name, "transport"):
			server.Transport = strings.ToLower(value)
		default:
			return server, want
		}
	}
	if strings.EqualFold(scheme, "sips") {
		if server.Transport != "" && server.Transport != resolve.TCP && server.Transport != resolve.TLS {
			return server, want
		}
		server.Transport = resolve.TLS
	}
	switch server.Transport {
	case "", resolve.UDP, resolve.TCP, resolve.TLS:
		return server, nil
	}
	return server, fmt.Errorf("%q: want udp, tcp or tls as its transport", text(s))
}

// domain is that of the account's address of record.
func (c RegisterConfig) domain() string {
	if c.Domain != "" {
		return c.Domain
	}
	server, _ := serverOf(c.Server)
	return server.Host
}

// authUser is the name that goes with the password.
func (c RegisterConfig) authUser() string {
	if c.AuthUser != "" {
		return c.AuthUser
	}
	return c.User
}

// escapeUser writes a user as it may stand in an address (RFC 3261 section
// 25.1).
func escapeUser(user string) string {
	var b strings.Builder
	for i := range len(user) {
		c := user[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte("-_.!~*'()&=+$,?/", c) >= 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// hostOf writes a host as it may stand in an address.
func hostOf(host string) string {
	if a, err := netip.ParseAddr(host); err == nil && a.Is6() {
		return "[" + host + "]"
	}
	return host
}

// register makes a REGISTER (RFC 3261 section 10.2). contact is a whole header
// value.
func (m *member) register(contact string, expires time.Duration) *sipmsg.Request {
	m.seq++
	record := sipmsg.Uri{Scheme: "sip", User: escapeUser(m.config.User), Host: hostOf(m.config.domain())}
	req := sipmsg.NewRequest(sipmsg.REGISTER, sipmsg.Uri{Scheme: "sip", Host: record.Host})
	hops := sipmsg.MaxForwardsHeader(70)
	id := sipmsg.CallIDHeader(m.callID)
	tag := sipmsg.NewParams()
	tag.Add("tag", m.tag)
	req.AppendHeader(&hops)
	req.AppendHeader(&sipmsg.FromHeader{Address: record, Params: tag})
	req.AppendHeader(&sipmsg.ToHeader{Address: record, Params: sipmsg.NewParams()})
	req.AppendHeader(&id)
	req.AppendHeader(&sipmsg.CSeqHeader{SeqNo: m.seq, MethodName: sipmsg.REGISTER})
	req.AppendHeader(sipmsg.NewHeader("Contact", contact))
	req.AppendHeader(sipmsg.NewHeader("Expires", strconv.Itoa(int(expires/time.Second))))
	req.AppendHeader(sipmsg.NewHeader("Supported", "path"))
	req.AppendHeader(allow())
	req.SetBody(nil)
	return req
}

// readReply takes apart what a registrar answers.
func readReply(res *sipmsg.Response, line, user string, asked time.Duration) enrolReply {
	return enrolReply{
		status:  res.StatusCode,
		reason:  text(res.Reason),
		granted: granted(res, line, user, asked),
		least:   seconds(res, "Min-Expires"),
		later:   seconds(res, "Retry-After"),
	}
}

// granted is for how long our Contact is bound: its own parameter, or the
// Expires of the whole answer, or what we have asked for (RFC 3261 section
// 10.2.4). The answer lists the contacts of everybody with our account.
func granted(res *sipmsg.Response, line, user string, asked time.Duration) time.Duration {
	if e := seconds(res, "Expires"); e > 0 {
		asked = e
	}
	byUser := time.Duration(0)
	for _, h := range res.GetHeaders("Contact") {
		c, ok := h.(*sipmsg.ContactHeader)
		if !ok {
			continue
		}
		value, _ := c.Params.Get("expires")
		expires := parseSeconds(value)
		if expires == 0 {
			continue
		}
		if c.Address.UriParams.GetOr(lineParam, "") == line {
			return expires
		}
		if userOf(&c.Address) == user && (byUser == 0 || expires < byUser) {
			byUser = expires
		}
	}
	if byUser > 0 {
		return byUser
	}
	return asked
}

// seconds reads a header that is a number of seconds, whatever follows it; 0
// where there is none.
func seconds(res *sipmsg.Response, name string) time.Duration {
	if h := res.GetHeader(name); h != nil {
		return parseSeconds(h.Value())
	}
	return 0
}

func parseSeconds(s string) time.Duration {
	s = strings.Trim(s, "\" \t")
	end := strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' })
	if end >= 0 {
		s = s[:end]
	}
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil {
		return 0
	}
	return min(time.Duration(n)*time.Second, 10*maxExpires)
}

// serviceRoute is the way that our other requests to this registrar's domain
// take (RFC 3608).
func serviceRoute(res *sipmsg.Response) []string {
	var routes []string
	for _, h := range res.GetHeaders("Service-Route") {
		for one := range strings.SplitSeq(h.Value(), ",") {
			one = text(strings.TrimSpace(one))
			if strings.HasPrefix(one, "<") && len(routes) < maxServiceRoutes {
				routes = append(routes, one)
			}
		}
	}
	return routes
}

// seenAs is where the other side says that our request came from (RFC 3581
// section 4).
func seenAs(res *sipmsg.Response) (netip.AddrPort, bool) {
	via := res.Via()
	if via == nil {
		return netip.AddrPort{}, false
	}
	host := via.Params.GetOr("received", via.Host)
	address, err := netip.ParseAddr(strings.Trim(host, "[]"))
	port, err2 := strconv.ParseUint(via.Params.GetOr("rport", ""), 10, 16)
	if err != nil || err2 != nil || port == 0 || address.IsUnspecified() {
		return netip.AddrPort{}, false
	}
	return netip.AddrPortFrom(address.Unmap(), uint16(port)), true
}
