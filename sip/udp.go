package sip

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// datagrams is a UDP socket. Unlike sipgo's it forgets every sender at once,
// sends answers of any size (the network fragments them), and goes on reading
// whatever comes.
type datagrams struct {
	held
	conn *net.UDPConn
	gate *gate
}

// serve reads until the socket is closed. A datagram from a stranger is gone
// before anything looks into it.
func (d *datagrams) serve(s *Server) {
	buf := make([]byte, 1<<16)
	for {
		n, from, err := d.conn.ReadFromUDPAddrPort(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			s.counts.errors.Add(1)
			time.Sleep(time.Millisecond) // whatever it is, do not spin
			continue
		}
		from = unmap(from)
		t := d.gate.trunkOf(from.Addr(), "UDP")
		if t == nil {
			s.stranger(from.Addr())
			continue
		}
		if len(bytes.Trim(buf[:n], "\r\n\x00")) == 0 {
			continue // keep-alive, RFC 5626 section 3.5.1
		}
		s.take(buf[:n], arrival{wire: d, source: from, trunk: t})
	}
}

func (d *datagrams) secure() bool          { return false }
func (d *datagrams) network() string       { return "UDP" }
func (d *datagrams) local() netip.AddrPort { return addrPort(d.conn.LocalAddr()) }

// LocalAddr is part of sipgo's Connection.
func (d *datagrams) LocalAddr() net.Addr { return d.conn.LocalAddr() }

// Close is part of sipgo's Connection.
func (d *datagrams) Close() error { return d.conn.Close() }

// WriteMsg sends msg to its destination, which must be a trunk's.
func (d *datagrams) WriteMsg(msg sipmsg.Message) error {
	data, err := marshal(msg)
	if err != nil {
		return err
	}
	return d.transmit(data, msg.Destination())
}

func (d *datagrams) transmit(data []byte, destination string) error {
	to, err := netip.ParseAddrPort(destination)
	if err != nil {
		return fmt.Errorf("destination of message: %w", err)
	}
	if d.gate.trunkOf(to.Addr().Unmap(), "UDP") == nil {
		return fmt.Errorf("send to %v: %w", to, errStranger)
	}
	if _, err := d.conn.WriteToUDPAddrPort(data, to); err != nil {
		return fmt.Errorf("send to %v: %w", to, err)
	}
	return nil
}
