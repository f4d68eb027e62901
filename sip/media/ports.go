package media

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"sync"
	"syscall"

	"github.com/einwahl/einwahl/transcode/udp"
)

// ErrNoPorts reports that every pair of ports is taken or at rest. SIP answers
// 503.
var ErrNoPorts = errors.New("no media ports left")

// ports knows which pairs are free. The one that has been free for longest is
// taken first, so a port has been quiet for as long as possible; the first
// round is in random order, so that nobody can guess the next caller's.
type ports struct {
	mu    sync.Mutex
	queue []uint16 // even ports
}

func newPorts(r PortRange) *ports {
	p := &ports{queue: make([]uint16, 0, r.Pairs())}
	for i := range r.Pairs() {
		p.queue = append(p.queue, (r.First+1)&^1+uint16(2*i))
	}
	rand.Shuffle(len(p.queue), func(i, j int) { p.queue[i], p.queue[j] = p.queue[j], p.queue[i] })
	return p
}

func (p *ports) free() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.queue)
}

func (p *ports) take() (uint16, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.queue) == 0 {
		return 0, ErrNoPorts
	}
	port := p.queue[0]
	p.queue = p.queue[1:]
	return port, nil
}

func (p *ports) give(port uint16) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.queue = append(p.queue, port)
}

// pair is the two sockets of a call.
type pair struct {
	port      uint16
	rtp, rtcp *udp.Socket
}

func (p *pair) close() {
	p.rtp.Close()
	p.rtcp.Close()
}

// open binds the next pair that no other program on the machine holds.
func (p *ports) open(bind netip.Addr) (*pair, error) {
	const tries = 64
	for range tries {
		port, err := p.take()
		if err != nil {
			return nil, err
		}
		both, err := bindPair(bind, port)
		if err == nil {
			return both, nil
		}
		p.give(port)
		if !errors.Is(err, syscall.EADDRINUSE) {
			return nil, fmt.Errorf("open media port %d: %w", port, err)
		}
	}
	return nil, fmt.Errorf("%w: other programs hold %d pairs in a row", ErrNoPorts, tries)
}

func bindPair(bind netip.Addr, port uint16) (*pair, error) {
	rtp, err := udp.Listen(netip.AddrPortFrom(bind, port))
	if err != nil {
		return nil, err
	}
	rtcp, err := udp.Listen(netip.AddrPortFrom(bind, port+1))
	if err != nil {
		rtp.Close()
		return nil, err
	}
	rtp.Expedite()
	rtcp.Expedite()
	return &pair{port: port, rtp: rtp, rtcp: rtcp}, nil
}
