package media

import (
	"net"
	"net/netip"
	"syscall"

	"golang.org/x/sys/unix"
)

// sender sends on a socket without ever waiting for room: net.UDPConn would
// put the whole beat to sleep until the kernel has some. It allocates nothing
// per packet. One goroutine at a time may use it.
type sender struct {
	raw    syscall.RawConn
	write  func(fd uintptr) bool
	is4    bool // the socket knows IPv4 only
	packet []byte
	to     unix.Sockaddr
	err    error
}

func newSender(conn *net.UDPConn) (*sender, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil, err
	}
	s := &sender{raw: raw, is4: conn.LocalAddr().(*net.UDPAddr).IP.To4() != nil}
	s.write = func(fd uintptr) bool {
		s.err = unix.Sendto(int(fd), s.packet, unix.MSG_DONTWAIT, s.to)
		return true
	}
	return s, nil
}

// send sends one packet or fails at once.
func (s *sender) send(packet []byte, to *destination) error {
	s.packet, s.to = packet, to.sockaddr
	if err := s.raw.Write(s.write); err != nil {
		return err
	}
	return s.err
}

// reaches reports whether the socket can send to a at all.
func (s *sender) reaches(a netip.Addr) bool { return !s.is4 || a.Is4() }

// destination is an address in the form the kernel wants.
type destination struct {
	netip.AddrPort
	sockaddr unix.Sockaddr
}

// destination prepares an address once for many packets; nil where it cannot
// be sent to.
func (s *sender) destination(a netip.AddrPort) *destination {
	if !a.IsValid() || a.Port() == 0 || !s.reaches(a.Addr()) {
		return nil
	}
	if s.is4 {
		return &destination{a, &unix.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}}
	}
	return &destination{a, &unix.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16()}}
}

// expedite marks what a socket sends as sound, which networks that look at the
// mark let pass first (RFC 4594). A kernel that will not mark is no reason to
// refuse a call.
func expedite(conn *net.UDPConn) {
	const expedited = 46 << 2
	raw, err := conn.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) {
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_TOS, expedited)
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_IPV6, unix.IPV6_TCLASS, expedited)
	})
}
