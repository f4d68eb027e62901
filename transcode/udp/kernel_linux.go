package udp

import (
	"net/netip"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// believable is how long a packet may have waited. What is said to have waited
// for longer, or less than nothing, came while somebody set the machine's clock.
const believable = 10 * time.Second

// message is what recvmmsg fills for a packet: struct mmsghdr.
type message struct {
	header unix.Msghdr
	length uint32
}

// stampSpace is room for the one control message that is asked for.
const stampSpace = 64

// Batch is memory for packets that are read together.
type Batch struct {
	messages []message
	parts    []unix.Iovec
	names    []unix.RawSockaddrInet6
	stamps   [][stampSpace]byte
	now      int64 // when they were read, in nanoseconds since 1970
	used     int   // messages that the kernel has written to
}

// NewBatch makes room for so many packets of size bytes each. What is longer is
// cut off.
func NewBatch(packets, size int) *Batch {
	b := &Batch{
		messages: make([]message, packets),
		parts:    make([]unix.Iovec, packets),
		names:    make([]unix.RawSockaddrInet6, packets),
		stamps:   make([][stampSpace]byte, packets),
		used:     packets,
	}
	memory := make([]byte, packets*size)
	for i := range b.messages {
		b.parts[i].Base = &memory[i*size]
		b.parts[i].SetLen(size)
		h := &b.messages[i].header
		h.Name = (*byte)(unsafe.Pointer(&b.names[i]))
		h.Iov = &b.parts[i]
		h.SetIovlen(1)
		h.Control = &b.stamps[i][0]
	}
	return b
}

// Size is how many packets fit.
func (b *Batch) Size() int { return len(b.messages) }

// Packet is one of those that the last Read has brought: what it holds, who sent
// it, and how long before the Read it came. Its bytes are good until the next.
func (b *Batch) Packet(i int) (data []byte, from netip.AddrPort, waited time.Duration) {
	data = unsafe.Slice(b.parts[i].Base, b.messages[i].length)
	return data, b.from(i), b.waited(i)
}

func (b *Batch) from(i int) netip.AddrPort {
	name := &b.names[i]
	if name.Family == unix.AF_INET {
		four := (*unix.RawSockaddrInet4)(unsafe.Pointer(name))
		return netip.AddrPortFrom(netip.AddrFrom4(four.Addr), swapped(four.Port))
	}
	return netip.AddrPortFrom(zoned(name.Addr, name.Scope_id), swapped(name.Port))
}

// waited is the time from the kernel's note to the Read.
func (b *Batch) waited(i int) time.Duration {
	h := &b.messages[i].header
	if int(h.Controllen) < unix.CmsgLen(int(unsafe.Sizeof(unix.Timespec{}))) {
		return 0
	}
	note := (*unix.Cmsghdr)(unsafe.Pointer(h.Control))
	if note.Level != unix.SOL_SOCKET || note.Type != unix.SCM_TIMESTAMPNS {
		return 0
	}
	at := (*unix.Timespec)(unsafe.Pointer(&b.stamps[i][unix.CmsgLen(0)]))
	w := time.Duration(b.now - at.Nano())
	if w < 0 || w > believable {
		return 0
	}
	return w
}

// swapped turns a port from the network's order of bytes, or into it.
func swapped(port uint16) uint16 {
	p := (*[2]byte)(unsafe.Pointer(&port))
	return uint16(p[0])<<8 | uint16(p[1])
}

func (s *Socket) open() (int, error) {
	family := unix.AF_INET6
	if s.is4 {
		family = unix.AF_INET
	}
	return unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, unix.IPPROTO_UDP)
}

// stamp makes the kernel note when packets come.
func (s *Socket) stamp() { s.set(unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1) }

// receive is recvmmsg. It does not wait, so the runtime need not be told that a
// thread may be away.
func (b *Batch) receive(fd int) (int, error) {
	for i := range b.used {
		h := &b.messages[i].header
		h.Namelen = unix.SizeofSockaddrInet6
		h.SetControllen(stampSpace)
	}
	b.used = 0
	n, _, errno := syscall.RawSyscall6(unix.SYS_RECVMMSG, uintptr(fd),
		uintptr(unsafe.Pointer(&b.messages[0])), uintptr(len(b.messages)), unix.MSG_DONTWAIT, 0, 0)
	if errno != 0 {
		return 0, errno
	}
	b.used, b.now = int(n), time.Now().UnixNano()
	return b.used, nil
}

// send is sendto, which does not wait either.
func (s *Socket) send(packet []byte, to netip.AddrPort) error {
	var name unix.RawSockaddrInet6
	length := uintptr(unix.SizeofSockaddrInet6)
	if s.is4 {
		four := (*unix.RawSockaddrInet4)(unsafe.Pointer(&name))
		four.Family, four.Port, four.Addr = unix.AF_INET, swapped(to.Port()), to.Addr().Unmap().As4()
		length = unix.SizeofSockaddrInet4
	} else {
		name.Family, name.Port, name.Addr, name.Scope_id = unix.AF_INET6, swapped(to.Port()), to.Addr().As16(), scope(to.Addr())
	}
	_, _, errno := syscall.RawSyscall6(unix.SYS_SENDTO, uintptr(s.fd), uintptr(unsafe.Pointer(unsafe.SliceData(packet))),
		uintptr(len(packet)), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, uintptr(unsafe.Pointer(&name)), length)
	if errno != 0 {
		return errno
	}
	return nil
}
