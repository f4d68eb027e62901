//go:build unix && !linux

package udp

import (
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

// Batch is memory for packets that are read together.
type Batch struct {
	memory  [][]byte
	lengths []int
	froms   []netip.AddrPort
}

// NewBatch makes room for so many packets of size bytes each. What is longer is
// cut off.
func NewBatch(packets, size int) *Batch {
	b := &Batch{lengths: make([]int, packets), froms: make([]netip.AddrPort, packets)}
	for range packets {
		b.memory = append(b.memory, make([]byte, size))
	}
	return b
}

// Size is how many packets fit.
func (b *Batch) Size() int { return len(b.memory) }

// Packet is one of those that the last Read has brought: what it holds, who sent
// it, and how long before the Read it came, which is not known here. Its bytes
// are good until the next.
func (b *Batch) Packet(i int) (data []byte, from netip.AddrPort, waited time.Duration) {
	return b.memory[i][:b.lengths[i]], b.froms[i], 0
}

func (s *Socket) open() (int, error) {
	family := unix.AF_INET6
	if s.is4 {
		family = unix.AF_INET
	}
	fd, err := unix.Socket(family, unix.SOCK_DGRAM, unix.IPPROTO_UDP)
	if err != nil {
		return -1, err
	}
	unix.CloseOnExec(fd)
	if err := unix.SetNonblock(fd, true); err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

func (*Socket) stamp() {}

func (b *Batch) receive(fd int) (int, error) {
	for i := range b.memory {
		n, from, err := unix.Recvfrom(fd, b.memory[i], unix.MSG_DONTWAIT)
		if err != nil {
			if i > 0 {
				return i, nil
			}
			return 0, err
		}
		b.lengths[i], b.froms[i] = n, addrPort(from)
	}
	return len(b.memory), nil
}

func (s *Socket) send(packet []byte, to netip.AddrPort) error {
	return unix.Sendto(s.fd, packet, unix.MSG_DONTWAIT, sockaddr(to, s.is4))
}
