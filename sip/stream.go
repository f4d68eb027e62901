package sip

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// stream is one connection. TCP, TLS, WebSocket and WebSocket over TLS differ
// in their pipe only.
type stream struct {
	held
	pipe
	// kind is TCP, TLS, WS or WSS.
	kind string
	peer netip.AddrPort
	// meant is the host that we meant to reach, empty where the peer has come to us.
	meant string
	// home is where we listen for this kind, for our Contact; zero if nowhere.
	home netip.AddrPort
	// certificates are those that the peer has shown.
	certificates []*x509.Certificate
	trunk        *trunk        // that certificates were last compared with
	gone         chan struct{} // closed when nothing is read from it any more
}

// pipe carries whole messages.
type pipe interface {
	// read gives each message to take until the peer has gone, has broken the
	// rules, or take says no.
	read(limits timing, take func(message []byte) bool) error
	// write sends a message; whatever else there is to send does not mix with it.
	write(message []byte) error
	LocalAddr() net.Addr
	// abort ends the connection without waiting for anything.
	abort() error
}

// converse reads messages until the peer has gone or broken the rules: after a
// framing error there is no boundary to go on from.
func (s *Server) converse(st *stream) {
	err := st.read(s.timing, func(data []byte) bool {
		t := s.streams.gate.trunkOf(st.peer.Addr(), st.kind)
		if t == nil || !st.shown(s, t) {
			return false // the operator's file has changed
		}
		s.take(data, arrival{wire: st, source: st.peer, trunk: t})
		return true
	})
	switch {
	case wasClosed(err), errors.Is(err, io.EOF):
	case errors.Is(err, os.ErrDeadlineExceeded):
		s.counts.drop(&s.counts.stalled, func() string {
			return fmt.Sprintf("a message over %s from %v did not come whole in time", st.kind, st.peer)
		})
	default:
		s.counts.drop(&s.counts.malformed, func() string { return fmt.Sprintf("%s from %v: %v", st.kind, st.peer, err) })
	}
}

// take reads a message as it came. One that cannot be read is counted and
// refused; the next can be told from it all the same.
func (s *Server) take(data []byte, a arrival) {
	g := glance(data)
	s.takeSeen(&g, a)
}

// takeSeen is take for a message that was looked at.
func (s *Server) takeSeen(g *glimpse, a arrival) {
	if s.dismiss(g, &a) {
		return
	}
	msg, err := parse(s.parser, g.data)
	if err != nil {
		s.counts.drop(&s.counts.malformed, func() string { return fmt.Sprintf("%s from %v: %v", a.wire.network(), a.source, err) })
		s.refuseGarbled(g.data, a.wire, a.source)
		return
	}
	msg.SetTransport(a.wire.network())
	msg.SetSource(a.source.String())
	s.receive(msg, a)
}

// shown reports whether the peer has shown what t asks of it.
func (st *stream) shown(s *Server, t *trunk) bool {
	if st.trunk == t {
		return true
	}
	if s.keys.vouch(t, st.certificates, st.meant) != nil {
		return false
	}
	st.trunk = t
	return true
}

func (st *stream) secure() bool    { return st.kind == "TLS" || st.kind == "WSS" }
func (st *stream) network() string { return st.kind }

func (st *stream) local() netip.AddrPort {
	own := addrPort(st.LocalAddr())
	if st.home.Port() != 0 {
		return netip.AddrPortFrom(own.Addr(), st.home.Port())
	}
	return own
}

// Close is part of sipgo's Connection.
func (st *stream) Close() error { return st.abort() }

// WriteMsg sends msg to the peer and to nobody else: when the connection is
// gone the answer is lost, wherever its Via would like to have it.
func (st *stream) WriteMsg(msg sipmsg.Message) error {
	data, err := marshal(msg)
	if err != nil {
		return err
	}
	return st.transmit(data, "")
}

func (st *stream) transmit(data []byte, _ string) error {
	if err := st.write(data); err != nil {
		return fmt.Errorf("send to %v: %w", st.peer, err)
	}
	return nil
}

// octets is a pipe of bytes, TCP or TLS, in which Content-Length tells where a
// message ends.
type octets struct {
	conn    net.Conn
	writing sync.Mutex // one message after the other, and each with a deadline of its own
}

func (o *octets) LocalAddr() net.Addr { return o.conn.LocalAddr() }
func (o *octets) abort() error        { return o.conn.Close() }

func (o *octets) write(data []byte) error {
	o.writing.Lock()
	defer o.writing.Unlock()
	_ = o.conn.SetWriteDeadline(time.Now().Add(writeTime))
	_, err := o.conn.Write(data)
	if err != nil {
		_ = o.conn.Close() // a message may be half out: nothing can follow it
	}
	return err
}

// read takes the stream apart.
func (o *octets) read(limits timing, take func([]byte) bool) error {
	var f frames
	buf := make([]byte, 16<<10)
	_ = o.conn.SetReadDeadline(time.Now().Add(limits.idle))
	for {
		n, err := o.conn.Read(buf)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded) && !f.pending():
			return io.EOF // nobody has said anything for long
		case err != nil:
			return fmt.Errorf("read: %w", err)
		}
		begun := f.pending()
		f.add(buf[:n])
		more, whole, err := o.takeWhole(&f, take)
		if err != nil || !more {
			return err
		}
		switch {
		case !f.pending():
			_ = o.conn.SetReadDeadline(time.Now().Add(limits.idle))
		case whole || !begun: // the time of this message begins
			_ = o.conn.SetReadDeadline(time.Now().Add(limits.message))
		}
	}
}

// takeWhole gives away the messages that have come whole, and answers
// keep-alives. more is whether there is to be more, whole whether there was one.
func (o *octets) takeWhole(f *frames, take func([]byte) bool) (more, whole bool, err error) {
	for {
		if f.skip() > 0 {
			_ = o.write([]byte("\r\n"))
		}
		data, err := f.next()
		if err != nil || data == nil {
			return true, whole, err
		}
		whole = true
		if !take(data) {
			return false, whole, nil
		}
	}
}
