package sip

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"github.com/einwahl/einwahl/transcode/udp"
)

// datagrams is a UDP socket. Unlike sipgo's it forgets every sender at once,
// sends answers of any size (the network fragments them), and goes on reading
// whatever comes.
type datagrams struct {
	held
	conn *net.UDPConn
	gate *gate
}

// readTogether is how many datagrams are read at a time.
const readTogether = 32

// serve reads until the socket is closed.
func (d *datagrams) serve(s *Server) {
	socket, err := d.conn.SyscallConn()
	if err != nil {
		return // closed before it began
	}
	batch, came := udp.NewBatch(readTogether, 1<<16), make([]arrived, 0, readTogether)
	for {
		n, err := batch.Wait(socket)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			s.counts.errors.Add(1)
			time.Sleep(time.Millisecond) // whatever it is, do not spin
			continue
		}
		came = came[:0]
		for i := range n {
			data, from, _ := batch.Packet(i)
			if m, ok := d.arrive(s, data, unmap(from)); ok {
				came = append(came, m)
			}
		}
		urgentFirst(came, func(m *arrived) { s.takeSeen(&m.glimpse, m.arrival) })
	}
}

// arrived is a message that was looked at.
type arrived struct {
	glimpse
	arrival
}

// arrive lets in what is from a trunk and says something. A datagram from a
// stranger is gone before anything looks into it.
func (d *datagrams) arrive(s *Server, data []byte, from netip.AddrPort) (m arrived, ok bool) {
	t := d.gate.trunkOf(from.Addr(), "UDP")
	if t == nil {
		s.stranger(from.Addr())
		return m, false
	}
	if len(bytes.Trim(data, "\r\n\x00")) == 0 {
		return m, false // keep-alive, RFC 5626 section 3.5.1
	}
	return arrived{glance(data), arrival{wire: d, source: from, trunk: t}}, true
}

// urgentFirst takes messages that have come together: first what calls in progress wait
// for. The rest keeps its order.
func urgentFirst(came []arrived, take func(*arrived)) {
	for _, urgent := range []bool{true, false} {
		for i := range came {
			if m := &came[i]; m.urgent() == urgent {
				take(m)
			}
		}
	}
}

// urgent reports what a call in progress waits for: its ACK, its end, or an
// answer to us.
func (m *arrived) urgent() bool {
	return slices.ContainsFunc([]string{"ACK ", "BYE ", "SIP/2.0 "}, func(begin string) bool {
		return bytes.HasPrefix(m.data, []byte(begin))
	})
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
