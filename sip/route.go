package sip

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	sipmsg "github.com/emiago/sipgo/sip"

	"github.com/einwahl/einwahl/sip/resolve"
)

// route is where the requests of a dialog go, and what we call ourselves in
// them. It is a value: whoever sends takes a copy.
type route struct {
	trunk  *trunk
	came   wire           // the way the caller's last request came
	source netip.AddrPort // and from where
	target sipmsg.Uri     // the caller's Contact
	routes []sipmsg.Uri   // Record-Route of the first INVITE
	host   string         // ours
	port   uint16
	sips   bool // the caller wants each hop encrypted
}

// routeTo reads the way back from the first INVITE.
func (s *Server) routeTo(in incoming) route {
	r := route{trunk: in.trunk, came: in.wire, source: in.source, target: in.From().Address}
	if c := in.Contact(); c != nil {
		r.target = c.Address
	}
	for _, h := range in.GetHeaders("record-route") {
		var router sipmsg.Uri
		if _, _, err := readAddress(h.Value(), &router); err == nil {
			r.routes = append(r.routes, router)
		}
	}
	// RFC 3261 section 12.1.1.
	r.sips = in.Recipient.Scheme == "sips" || r.next().Scheme == "sips"
	r.host, r.port = s.ownHost(in.trunk, in.wire, in.source)
	if home, ok := s.accounts.home(in); ok {
		r.host, r.port = home.host, home.port
	}
	return r
}

// follow keeps up with a caller who moves: the latest way they came, and the
// Contact of a request that may change it (RFC 3261 section 12.2.2).
func (r *route) follow(in incoming) {
	r.came, r.source = in.wire, in.source
	if in.Method != sipmsg.INVITE && in.Method != sipmsg.UPDATE {
		return
	}
	if c := in.Contact(); c != nil {
		r.target = c.Address
	}
}

// path is the Request-URI and the Route headers of a request (RFC 3261 section
// 12.2.1.1). A first router that is not loose gets the old treatment: it
// stands in the Request-URI and the target at the end of the list.
func (r route) path() (sipmsg.Uri, []sipmsg.Uri) {
	if len(r.routes) == 0 || r.routes[0].UriParams.Has("lr") {
		return r.target, r.routes
	}
	routes := append([]sipmsg.Uri{}, r.routes[1:]...)
	return r.routes[0], append(routes, r.target)
}

// next is the address of the next station.
func (r route) next() sipmsg.Uri {
	if len(r.routes) > 0 {
		return r.routes[0]
	}
	return r.target
}

// kind is the transport by which the next station wants to be reached, as Via
// names it: one that says nothing means the one by which it came to us.
func (r route) kind() string {
	next := r.next()
	kind := r.came.network()
	if t, ok := next.UriParams.Get("transport"); ok {
		kind = strings.ToUpper(t)
	}
	switch {
	case kind == "WS" && (next.Scheme == "sips" || r.came.network() == "WSS"):
		return "WSS" // RFC 7118 section 5: transport=ws is both
	case next.Scheme == "sips" && (kind == "TCP" || kind == "UDP"):
		return "TLS"
	}
	return kind
}

// hop is the network and address of the next station. One that is not the
// trunk's, as that of a phone behind NAT, or that we cannot speak to, is
// replaced by where the caller's requests come from: we send to nobody whom
// only a header names.
func (r route) hop() (string, netip.AddrPort) {
	next, kind := r.next(), r.kind()
	address, err := netip.ParseAddr(strings.Trim(next.Host, "[]"))
	port, known := defaultPort(strings.ToLower(kind))
	sip := next.Scheme == "sip" || next.Scheme == "sips"
	theirs := address.Unmap() == r.source.Addr() || r.trunk.knows(address.Unmap())
	if err != nil || !known || !sip || !r.trunk.comes(kind) || !theirs || kind == "WS" || kind == "WSS" {
		return r.came.network(), r.source
	}
	if next.Port > 0 && next.Port <= 0xffff {
		port = uint16(next.Port)
	}
	return kind, netip.AddrPortFrom(address.Unmap(), port)
}

// wire finds or makes the way to the next station.
func (r route) wire(ctx context.Context, s *Server) (wire, netip.AddrPort, error) {
	kind, to := r.hop()
	if kind == "UDP" {
		if r.came.network() == "UDP" {
			return r.came, to, nil
		}
		if d := s.socketFor(to.Addr()); d != nil {
			return d, to, nil
		}
		kind, to = r.came.network(), r.source // nothing of ours speaks UDP: stay with the stream
	}
	for _, peer := range []netip.AddrPort{to, r.source} {
		if peer.Addr() != to.Addr() {
			continue
		}
		if st, ok := s.streams.find(kind, peer, ""); ok {
			return st, peer, nil
		}
	}
	host := strings.Trim(r.next().Host, "[]")
	if dialled := kind == "TCP" || kind == "TLS"; dialled && to == r.source {
		// The connection by which it came is gone, and nobody listens at its far
		// end: what remains is the name that the next station gives itself.
		if named, ok := r.lookUp(ctx, s, host); ok {
			to = named
		}
	}
	st, err := s.streams.dial(ctx, s, kind, to, host)
	if err != nil {
		return nil, to, fmt.Errorf("next hop: %w", err)
	}
	return st, to, nil
}

// lookUp finds an address of a host among those of the trunk. Where everybody
// may call, nobody has us ask for names.
func (r route) lookUp(ctx context.Context, s *Server, host string) (netip.AddrPort, bool) {
	if _, err := netip.ParseAddr(host); err == nil || !isHost(host) || r.trunk.public() {
		return netip.AddrPort{}, false
	}
	next := r.next()
	server := resolve.Server{Host: host, Transport: strings.ToLower(r.came.network())}
	if next.Port > 0 && next.Port <= 0xffff {
		server.Port = uint16(next.Port)
	}
	targets, err := s.resolver.Targets(ctx, server)
	if err != nil {
		return netip.AddrPort{}, false
	}
	for _, t := range targets {
		if r.trunk.knows(t.Address.Addr().Unmap()) {
			return unmap(t.Address), true
		}
	}
	return netip.AddrPort{}, false
}

// contact is our own address in this dialog.
func (r route) contact() sipmsg.Header {
	scheme, kind := "sip:", strings.ToLower(r.came.network())
	if r.sips {
		scheme = "sips:"
	}
	uri := scheme + net.JoinHostPort(r.host, strconv.Itoa(int(r.port)))
	switch {
	case kind == "udp", r.sips && kind == "tls":
	case kind == "wss":
		uri += ";transport=ws"
	default:
		uri += ";transport=" + kind
	}
	return sipmsg.NewHeader("Contact", "<"+uri+">")
}

// via begins a transaction of ours on w.
func (s *Server) via(w wire, r route) sipmsg.Header {
	params := sipmsg.NewParams()
	params.Add("branch", sipmsg.GenerateBranch())
	params.Add("rport", "")
	return &sipmsg.ViaHeader{
		ProtocolName:    "SIP",
		ProtocolVersion: "2.0",
		Transport:       w.network(),
		Host:            r.host,
		Port:            int(w.local().Port()),
		Params:          params,
	}
}
