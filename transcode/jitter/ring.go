package jitter

import "sync/atomic"

// ringSize is how many packets can be on their way from the socket to the beat:
// at least 640 ms of them. If more come, the beat is not looking.
const ringSize = 64

// arrival is a packet on its way. Its memory is used again and again.
type arrival struct {
	at        int64 // when it came, in microseconds since the stream began
	payload   []byte
	timestamp uint32
	seq       uint16
	fresh     bool // the first after a Reset
	level     int8
	noise     int8
}

// ring hands packets from one goroutine to another, neither of which ever waits
// for the other. While the beat keeps up, the first slots are used again and
// again, and only they have memory for packets.
type ring struct {
	slots [ringSize]arrival
	head  atomic.Uint32 // next to be written; moved by the socket
	tail  atomic.Uint32 // next to be read; moved by the beat
	base  atomic.Uint32 // what stands in the first slot; moved by the socket, when the ring is empty
	// flooded says that a packet found no room.
	flooded atomic.Bool
}

// offer returns the slot for the next packet, nil if there is none. The packet
// is on its way with commit.
func (r *ring) offer() *arrival {
	head, tail := r.head.Load(), r.tail.Load()
	if head-tail == ringSize {
		r.flooded.Store(true)
		return nil
	}
	if head == tail {
		r.base.Store(head)
	}
	return r.slot(head)
}

func (r *ring) commit() { r.head.Add(1) }

// peek returns the oldest packet, nil if there is none. It is gone with pop.
func (r *ring) peek() *arrival {
	tail := r.tail.Load()
	if tail == r.head.Load() {
		return nil
	}
	return r.slot(tail)
}

func (r *ring) slot(n uint32) *arrival { return &r.slots[(n-r.base.Load())%ringSize] }

func (r *ring) pop() { r.tail.Add(1) }

// flood reports whether packets found no room since the last call, and if so
// empties the ring. thrown is how many were in it.
func (r *ring) flood() (thrown uint32, ok bool) {
	if !r.flooded.Load() {
		return 0, false
	}
	r.flooded.Store(false)
	head := r.head.Load()
	return head - r.tail.Swap(head), true
}
