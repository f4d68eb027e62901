//go:build unix

// Package udp is a UDP socket for the beat: it never waits, neither for a packet
// nor for room to send one, and nobody is woken when something comes.
//
// A net.UDPConn is known to the runtime's poller, so each packet wakes a thread
// even while nobody reads. Sound is looked at once a beat anyway, and the wake-ups
// cost more than all else that happens to a packet. So whoever owns a [Socket]
// asks it from time to time what has come: a whole [Batch] at a time, and each
// packet tells how long it has waited. On Linux that is one call of the kernel,
// and the kernel has noted the times.
package udp

import (
	"errors"
	"net"
	"net/netip"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// Socket is bound to an address. Send may be called from several goroutines, Read
// from one at a time, or more with a batch each. Nothing is allocated per packet.
type Socket struct {
	fd    int
	is4   bool // it knows IPv4 only
	local netip.AddrPort

	mu     sync.RWMutex // read while fd is used, so that it is not another's by then
	closed bool
}

// Listen binds a socket; port 0 is any that is free. At the unspecified IPv6
// address it takes IPv4 as well.
func Listen(at netip.AddrPort) (*Socket, error) {
	at = netip.AddrPortFrom(at.Addr().Unmap(), at.Port())
	s := &Socket{is4: at.Addr().Is4()}
	var err error
	if s.fd, err = s.open(); err != nil {
		return nil, err
	}
	if err := s.bind(at); err != nil {
		unix.Close(s.fd)
		return nil, err
	}
	return s, nil
}

func (s *Socket) bind(at netip.AddrPort) error {
	if !s.is4 {
		only6 := 1
		if at.Addr().IsUnspecified() {
			only6 = 0
		}
		if err := unix.SetsockoptInt(s.fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, only6); err != nil {
			return err
		}
	}
	if err := unix.Bind(s.fd, sockaddr(at, s.is4)); err != nil {
		return err
	}
	bound, err := unix.Getsockname(s.fd)
	if err != nil {
		return err
	}
	s.local = addrPort(bound)
	s.stamp()
	return nil
}

// LocalAddr is where the socket is bound.
func (s *Socket) LocalAddr() netip.AddrPort { return s.local }

// Reaches reports whether the socket can send to a at all.
func (s *Socket) Reaches(a netip.Addr) bool { return a.IsValid() && (!s.is4 || a.Unmap().Is4()) }

// Read takes what has come, as far as it fits into b, and returns how many
// packets that are; 0 if there is none. After Close it returns net.ErrClosed.
func (s *Socket) Read(b *Batch) (int, error) {
	if !s.enter() {
		return 0, net.ErrClosed
	}
	defer s.mu.RUnlock()
	n, err := b.receive(s.fd)
	if errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EINTR) {
		return 0, nil
	}
	return n, err
}

// Wait is Read for a socket of the runtime's own, such as a net.UDPConn: where
// nothing has come, it waits until something has. After that socket's Close it
// returns net.ErrClosed.
func (b *Batch) Wait(socket syscall.RawConn) (n int, err error) {
	closed := socket.Read(func(fd uintptr) bool {
		n, err = b.receive(int(fd))
		return !errors.Is(err, unix.EAGAIN) && !errors.Is(err, unix.EINTR)
	})
	return n, errors.Join(closed, err)
}

// Send sends one packet or fails at once.
func (s *Socket) Send(packet []byte, to netip.AddrPort) error {
	if !s.Reaches(to.Addr()) {
		return unix.EAFNOSUPPORT
	}
	if !s.enter() {
		return net.ErrClosed
	}
	defer s.mu.RUnlock()
	return s.send(packet, to)
}

// enter begins to use fd, until mu is given back. Only who closes makes it fail.
func (s *Socket) enter() bool {
	if !s.mu.TryRLock() {
		return false
	}
	if s.closed {
		s.mu.RUnlock()
		return false
	}
	return true
}

// Expedite marks what is sent as sound, which networks that look at the mark let
// pass first (RFC 4594). A kernel that will not mark is no reason to refuse a
// call.
func (s *Socket) Expedite() {
	const expedited = 46 << 2
	s.set(unix.IPPROTO_IP, unix.IP_TOS, expedited)
	if !s.is4 {
		s.set(unix.IPPROTO_IPV6, unix.IPV6_TCLASS, expedited)
	}
}

// Room asks the kernel to keep so many bytes of packets that nobody has read yet.
// It counts their wrapping as well, and has limits of its own.
func (s *Socket) Room(bytes int) { s.set(unix.SOL_SOCKET, unix.SO_RCVBUF, bytes) }

// set sets an option that can be done without.
func (s *Socket) set(level, option, value int) {
	if !s.enter() {
		return
	}
	defer s.mu.RUnlock()
	_ = unix.SetsockoptInt(s.fd, level, option, value)
}

// Close gives the port back. It is safe to call twice.
func (s *Socket) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	return unix.Close(s.fd)
}
