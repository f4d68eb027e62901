package sip

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	sipmsg "github.com/emiago/sipgo/sip"
)

// way is how a request of ours that belongs to no call goes out.
type way struct {
	wire wire
	to   netip.AddrPort
	host string // ours, as the other side reaches us
	port uint16
}

// wayTo finds or makes the way to an address of t. name is the host that its
// certificate is to show.
func (s *Server) wayTo(ctx context.Context, t *trunk, transport string, to netip.AddrPort, name string) (way, error) {
	kind := strings.ToUpper(transport)
	if kind == "UDP" {
		d := s.socketFor(to.Addr())
		if d == nil {
			return way{}, errors.New("nothing in sip.listen speaks UDP to its kind of address")
		}
		return s.outOf(t, d, to), nil
	}
	if st, ok := s.streams.find(kind, to, name); ok {
		return s.outOf(t, st, to), nil
	}
	st, err := s.streams.dial(ctx, s, kind, to, name)
	if err != nil {
		return way{}, err
	}
	return s.outOf(t, st, to), nil
}

// outOf is the way over w, with our own address as the other side is to know it.
func (s *Server) outOf(t *trunk, w wire, to netip.AddrPort) way {
	host, port := s.ownHost(t, w, to)
	return way{wire: w, to: to, host: host, port: port}
}

// ownHost is how a peer of t reaches us over w: the operator's word, for this
// trunk or for all, or the address that we listen on, or as the machine would
// write it on packets to there. A public address of the other kind, IPv4 or
// IPv6, is of no use to the peer.
func (s *Server) ownHost(t *trunk, w wire, peer netip.AddrPort) (string, uint16) {
	own, is4 := w.local(), peer.Addr().Is4()
	if a := t.advertise(); a.IsValid() && a.Is4() == is4 {
		return a.String(), own.Port()
	}
	if a, err := netip.ParseAddr(s.config.Advertise); s.config.Advertise != "" && (err != nil || a.Unmap().Is4() == is4) {
		return s.config.Advertise, own.Port()
	}
	if !own.Addr().IsUnspecified() {
		return own.Addr().Unmap().String(), own.Port()
	}
	conn, err := net.Dial("udp", peer.String()) // sends nothing
	if err != nil {
		return own.Addr().String(), own.Port()
	}
	defer conn.Close()
	return addrPort(conn.LocalAddr()).Addr().String(), own.Port()
}

// contact is our address over this way, with what is to stand before the host.
func (w way) contact(user, params string) string {
	uri := "sip:" + user + net.JoinHostPort(w.host, strconv.Itoa(int(w.port)))
	if kind := w.wire.network(); kind != "UDP" {
		uri += ";transport=" + strings.ToLower(kind)
	}
	return "<" + uri + params + ">"
}

// errCut is why there is no answer to what was sent over a connection.
var errCut = errors.New("the other side has closed the connection")

// ask sends a request and waits for its final answer, or until the connection
// that it would come by is gone.
func (s *Server) ask(ctx context.Context, w way, req *sipmsg.Request) (*sipmsg.Response, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if cut := w.cut(); cut != nil {
		go func() {
			select {
			case <-cut:
				cancel(errCut)
			case <-ctx.Done():
			}
		}()
	}
	req.PrependHeader(s.via(w.wire, route{host: w.host}))
	req.SetTransport(w.wire.network())
	req.SetDestination(w.to.String())
	return s.transactions.exchange(ctx, req, w.wire)
}

// keepOpen sends what keeps a NAT or a firewall on the way from forgetting us
// (RFC 5626 section 3.5.1, and its custom over UDP).
func (w way) keepOpen() error {
	const ping = "\r\n\r\n"
	switch out := w.wire.(type) {
	case *stream:
		return out.write([]byte(ping))
	case *datagrams:
		if out.gate.trunkOf(w.to.Addr(), "UDP") == nil {
			return fmt.Errorf("send to %v: %w", w.to, errStranger)
		}
		_, err := out.conn.WriteToUDPAddrPort([]byte(ping), w.to)
		return err
	}
	return nil
}

// cut is closed when the way is gone; nil never.
func (w way) cut() <-chan struct{} {
	if st, ok := w.wire.(*stream); ok {
		return st.gone
	}
	return nil
}
