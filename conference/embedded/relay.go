package embedded

import (
	"sync"
	"sync/atomic"
	"time"
)

const (
	// few is up to how many pages a voice that comes on the beat is sent to on
	// the beat: some ten microseconds for each.
	few = 4
	// queued is how many packets may wait between the beat and many pages.
	queued = 16
)

// relay sends packets to many pages from a goroutine of its own, so that the
// beat does not wait for all of them. If it does not keep up, packets are
// dropped.
type relay struct {
	pages   *spread
	free    chan *relayed
	filled  chan *relayed
	waiting atomic.Int32 // packets that are filled or being sent
	done    chan struct{}

	mu  sync.Mutex    // held while a packet is sent
	era atomic.Uint64 // counts the calls of drop
}

// relayed is a packet on its way.
type relayed struct {
	era     uint64
	seq     uint16
	ts      uint32
	marker  bool
	payload []byte
	at      time.Time
}

// startRelay starts the goroutine. It ends with close.
func startRelay(pages *spread) *relay {
	r := &relay{
		pages: pages, done: make(chan struct{}),
		free: make(chan *relayed, queued), filled: make(chan *relayed, queued),
	}
	for range queued {
		r.free <- new(relayed)
	}
	go r.run()
	return r
}

func (r *relay) run() {
	defer close(r.done)
	for p := range r.filled {
		r.send(p)
		r.waiting.Add(-1)
		r.free <- p
	}
}

func (r *relay) send(p *relayed) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if p.era == r.era.Load() {
		r.pages.write(p.seq, p.ts, p.marker, p.payload, p.at)
	}
}

// take takes a packet to be sent.
func (r *relay) take(seq uint16, ts uint32, marker bool, payload []byte, at time.Time) {
	select {
	case p := <-r.free:
		p.era, p.seq, p.ts, p.marker, p.at = r.era.Load(), seq, ts, marker, at
		p.payload = append(p.payload[:0], payload...)
		r.waiting.Add(1)
		r.filled <- p // has room for every packet there is
	default: // dropped
	}
}

// empty reports whether all that was taken is sent.
func (r *relay) empty() bool { return r.waiting.Load() == 0 }

// drop forgets what waits: none behind the packet that is being sent is sent any more.
func (r *relay) drop() { r.era.Add(1) }

// wait returns when that packet is sent.
func (r *relay) wait() {
	r.mu.Lock()
	r.mu.Unlock() //nolint:staticcheck // to have waited is all
}

// close ends the goroutine. Nothing may be taken any more.
func (r *relay) close() {
	close(r.filled)
	<-r.done
}
