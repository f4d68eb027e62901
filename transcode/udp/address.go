//go:build unix

package udp

import (
	"net"
	"net/netip"
	"strconv"

	"golang.org/x/sys/unix"
)

// sockaddr is an address as the kernel wants it.
func sockaddr(a netip.AddrPort, is4 bool) unix.Sockaddr {
	if is4 {
		return &unix.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().Unmap().As4()}
	}
	return &unix.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16(), ZoneId: scope(a.Addr())}
}

// addrPort is the other way.
func addrPort(s unix.Sockaddr) netip.AddrPort {
	switch s := s.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(s.Addr), uint16(s.Port))
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(zoned(s.Addr, s.ZoneId), uint16(s.Port))
	}
	return netip.AddrPort{}
}

// scope is the number of the network card that an address is good for only; 0 if
// it is good for any.
func scope(a netip.Addr) uint32 {
	zone := a.Zone()
	if zone == "" {
		return 0
	}
	if n, err := strconv.ParseUint(zone, 10, 32); err == nil {
		return uint32(n)
	}
	card, err := net.InterfaceByName(zone)
	if err != nil {
		return 0
	}
	return uint32(card.Index)
}

// zoned is an IPv6 address, or the IPv4 one within, with the number of its
// network card if it has one.
func zoned(raw [16]byte, scope uint32) netip.Addr {
	a := netip.AddrFrom16(raw).Unmap()
	if scope != 0 && a.Is6() {
		a = a.WithZone(strconv.FormatUint(uint64(scope), 10))
	}
	return a
}
