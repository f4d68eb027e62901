package media

import (
	"runtime"
	"sync/atomic"
	"time"

	"github.com/einwahl/einwahl/transcode/udp"
)

const (
	// maxPacket is longer than any packet that a network carries whole.
	maxPacket = 2048
	// together is how many packets are asked of the kernel at once. A call's
	// beat brings one, or a few after a stall.
	together = 4
	// maxPackets bounds what one beat takes from a port. Whoever floods a call
	// must not hold up the others; the rest waits in the kernel, and is lost
	// there when it becomes too much.
	maxPackets = 256
	// maxReports bounds what one look takes from the RTCP port.
	maxReports = 64
	// manyErrors in a row are the end of a port.
	manyErrors = 1000
)

// listen takes in what has come since the beat before. It waits for nobody: who
// looks at the figures of a call is through at once, and the next beat finds
// what this one left.
func (l *Leg) listen(t *terms) {
	if !l.in.mu.TryLock() {
		return
	}
	defer l.in.mu.Unlock()
	l.in.figures.show()
	d := l.engine.desks.take()
	l.in.opened.plain = d.plain[:]
	l.listenForSound(t, d.batch)
	if l.ctl.looks() {
		l.listenForReports(t, d.batch)
		if l.web != nil && l.web.checks.lapsed(l.engine.now()) {
			l.lose()
		}
	}
	l.in.opened.plain = nil
	l.engine.desks.give(d)
}

// listenForSound takes in what has come to the RTP port. in.mu is held.
func (l *Leg) listenForSound(t *terms, b *udp.Batch) {
	for taken, n := 0, b.Size(); n == b.Size() && taken < maxPackets; taken += n {
		if n = l.read(b); n == 0 {
			return
		}
		for i := range n {
			p, from, waited := b.Packet(i)
			at := l.engine.arrival(waited)
			if l.web == nil || l.sort(p, from, at) {
				l.packet(t, p, from, at)
			}
		}
	}
}

// listenForReports takes in what has come to the RTCP port. in.mu is held.
func (l *Leg) listenForReports(t *terms, b *udp.Batch) {
	for taken, n := 0, b.Size(); n == b.Size() && taken < maxReports; taken += n {
		n, _ = l.pair.rtcp.Read(b) // a call can do without
		for i := range n {
			p, from, waited := b.Packet(i)
			l.controlPacket(t, p, from, l.engine.arrival(waited))
		}
	}
}

// read reads the RTP port, and gives up a call whose port cannot be read. in.mu
// is held.
func (l *Leg) read(b *udp.Batch) int {
	n, err := l.pair.rtp.Read(b)
	if err == nil {
		l.in.bad = 0
		return n
	}
	if l.in.bad++; l.in.bad == manyErrors {
		l.log.Error().Err(err).Msg("media port cannot be read any more")
		l.lose()
	}
	return 0
}

// discard throws away what has come to a port, and tells how many packets that
// were.
func (e *Engine) discard(port *udp.Socket) (packets int) {
	d := e.desks.take()
	defer e.desks.give(d)
	for packets < maxPackets {
		n, err := port.Read(d.batch)
		if packets += n; n < d.batch.Size() || err != nil {
			break
		}
	}
	return packets
}

// arrived is when a packet came that has waited for so long.
func arrived(waited time.Duration) time.Time { return time.Now().Add(-waited) }

// desk is the memory that packets are read into, and opened in.
type desk struct {
	batch *udp.Batch
	plain [maxPacket]byte
}

// desks are as many as there are beats at the same time, not as there are calls.
type desks []atomic.Pointer[desk]

func newDesks() desks { return make(desks, 4*runtime.GOMAXPROCS(0)) }

func (all desks) take() *desk {
	for i := range all {
		if d := all[i].Swap(nil); d != nil {
			return d
		}
	}
	return &desk{batch: udp.NewBatch(together, maxPacket)}
}

func (all desks) give(d *desk) {
	for i := range all {
		if all[i].CompareAndSwap(nil, d) {
			return
		}
	}
}
