package sip

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	sipmsg "github.com/emiago/sipgo/sip"
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
}

// routeTo reads the way back from the first INVITE.
func (s *Server) routeTo(in incoming) route {
	r := route{trunk: in.trunk, came: in.wire, source: in.source, target: in.From().Address}
	if c := in.Contact(); c != nil {
		r.target = c.Address
	}
	for _, h := range in.GetHeaders("record-route") {
		if rr, ok := h.(*sipmsg.RecordRouteHeader); ok {
			r.routes = append(r.routes, rr.Address)
		}
	}
	r.host, r.port = s.ownHost(in)
	return r
}

// ownHost is how the peer reaches us: the operator's word, or the address
// that the peer's packets already find.
func (s *Server) ownHost(in incoming) (string, uint16) {
	own := in.wire.local()
	switch {
	case s.config.Advertise != "":
		return s.config.Advertise, own.Port()
	case !own.Addr().IsUnspecified():
		return own.Addr().Unmap().String(), own.Port()
	}
	conn, err := net.Dial("udp", in.source.String()) // sends nothing
	if err != nil {
		return own.Addr().String(), own.Port()
	}
	defer conn.Close()
	return addrPort(conn.LocalAddr()).Addr().String(), own.Port()
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

// hop is the network and address of the next station. One that is not the
// trunk's, as that of a phone behind NAT, or that we cannot speak to, is
// replaced by where the caller's requests come from: we send to nobody whom
// only a header names.
func (r route) hop() (string, netip.AddrPort) {
	next := r.target
	if len(r.routes) > 0 {
		next = r.routes[0]
	}
	network := r.came.network()
	if t, ok := next.UriParams.Get("transport"); ok {
		network = strings.ToUpper(t)
	}
	address, err := netip.ParseAddr(strings.Trim(next.Host, "[]"))
	spoken := next.Scheme == "sip" && (network == "UDP" || network == "TCP")
	if err != nil || !spoken || !r.trunk.has(address.Unmap()) {
		return r.came.network(), r.source
	}
	port := uint16(sipmsg.DefaultUdpPort)
	if next.Port > 0 && next.Port <= 0xffff {
		port = uint16(next.Port)
	}
	return network, netip.AddrPortFrom(address.Unmap(), port)
}

// wire finds or makes the way to the next station.
func (r route) wire(ctx context.Context, s *Server) (wire, netip.AddrPort, error) {
	network, to := r.hop()
	if network == "UDP" {
		if r.came.network() == "UDP" {
			return r.came, to, nil
		}
		if d := s.socketFor(to.Addr()); d != nil {
			return d, to, nil
		}
		to = r.source // no socket of ours speaks UDP: stay with the stream
	}
	for _, peer := range []netip.AddrPort{to, r.source} {
		if peer.Addr() != to.Addr() {
			continue
		}
		if st, ok := s.streams.find(network, peer); ok {
			return st, peer, nil
		}
	}
	st, err := s.streams.dial(ctx, s, network, to, "")
	if err != nil {
		return nil, to, fmt.Errorf("next hop: %w", err)
	}
	return st, to, nil
}

// contact is our own address in this dialog.
func (r route) contact() sipmsg.Header {
	uri := "sip:" + net.JoinHostPort(r.host, strconv.Itoa(int(r.port)))
	if r.came.network() == "TCP" {
		uri += ";transport=tcp"
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
