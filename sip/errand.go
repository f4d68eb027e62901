package sip

import (
	"context"
	"crypto/rand"
	"net/netip"

	sipmsg "github.com/emiago/sipgo/sip"

	"github.com/einwahl/einwahl/sip/resolve"
)

// errand is an OPTIONS of ours: by which way and route it goes to whom, and in
// whose name.
type errand struct {
	way    way
	target sipmsg.Uri
	routes []string
	own    sipmsg.Uri
}

// request is what is sent (RFC 3261 section 11.1).
func (e errand) request() *sipmsg.Request {
	req := sipmsg.NewRequest(sipmsg.OPTIONS, e.target)
	hops := sipmsg.MaxForwardsHeader(70)
	req.AppendHeader(&hops)
	for _, r := range e.routes {
		req.AppendHeader(sipmsg.NewHeader("Route", r))
	}
	tag := sipmsg.NewParams()
	tag.Add("tag", rand.Text())
	id := sipmsg.CallIDHeader(rand.Text())
	req.AppendHeader(&sipmsg.FromHeader{Address: e.own, Params: tag})
	req.AppendHeader(&sipmsg.ToHeader{Address: e.target, Params: sipmsg.NewParams()})
	req.AppendHeader(&id)
	req.AppendHeader(&sipmsg.CSeqHeader{SeqNo: 1, MethodName: sipmsg.OPTIONS})
	req.AppendHeader(sipmsg.NewHeader("Contact", e.way.contact("", "")))
	req.AppendHeader(sipmsg.NewHeader("Accept", sessionType))
	req.SetBody(nil)
	return req
}

// toPeer goes to an address of the file.
func (s *Server) toPeer(ctx context.Context, t *trunk, address netip.Addr) (errand, error) {
	kind := t.preferred()
	to := netip.AddrPortFrom(address, portOf(kind))
	w, err := s.wayTo(ctx, t, kind, to, "")
	target := sipmsg.Uri{Scheme: "sip", Host: hostOf(address.String()), Port: int(to.Port())}
	return errand{way: w, target: target, own: sipmsg.Uri{Scheme: "sip", Host: hostOf(w.host)}}, err
}

// toServer goes to a place of a server, which is called by its name. Who has
// many customers tells them apart by the name that we give ourselves.
func (s *Server) toServer(ctx context.Context, t *trunk, server resolve.Server, place resolve.Target) (errand, error) {
	w, err := s.wayTo(ctx, t, place.Transport, place.Address, server.Host)
	target := sipmsg.Uri{Scheme: "sip", Host: hostOf(server.Host), Port: int(server.Port)}
	if server.Transport != "" {
		target.UriParams = sipmsg.NewParams()
		target.UriParams.Add("transport", server.Transport)
	}
	return errand{way: w, target: target, own: sipmsg.Uri{Scheme: "sip", Host: hostOf(w.host)}}, err
}

// toRegistrar goes the way of an account of ours, and in its name; errNotYet
// while the registrar does not know us.
func toRegistrar(m *member) (errand, error) {
	home, routes, ok := m.wayHome()
	if !ok {
		return errand{}, errNotYet
	}
	target := sipmsg.Uri{Scheme: "sip", Host: hostOf(m.config.domain())}
	own := target
	own.User = escapeUser(m.config.User)
	return errand{way: home, target: target, routes: routes, own: own}, nil
}

// wayHome is how requests of ours reach the registrar, while it knows us.
func (m *member) wayHome() (w way, routes []string, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.home == nil {
		return way{}, nil, false
	}
	return *m.home, m.routes, true
}

// preferred is the transport by which we speak first to a peer of which we know
// the address only.
func (t *trunk) preferred() string {
	for _, kind := range t.ways {
		if kind == "UDP" || kind == "TCP" || kind == "TLS" {
			return kind
		}
	}
	return "UDP"
}

func portOf(kind string) uint16 {
	if kind == "TLS" {
		return 5061
	}
	return 5060
}
