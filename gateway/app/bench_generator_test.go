//go:build linux

package app_test

import (
	"net/netip"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/einwahl/einwahl/sip/siptest"
	"github.com/einwahl/einwahl/transcode/pcm"
	"github.com/einwahl/einwahl/transcode/udp"
)

const (
	// turns is how many groups take turns within 20 ms: whoever sends in the same
	// turn sends at the same millisecond.
	turns = 20
	// readEvery is after how many turns the generator looks at what has come. The
	// kernel notes when it came.
	readEvery = 5
	// phonesPerSocket telephones share an address, which the gateway does not mind:
	// it has a port for each.
	phonesPerSocket = 32
	// tooLate is how late a turn may be before the load is not what it should be.
	tooLate = 10 * time.Millisecond
)

// generator is everybody outside: telephones and browsers that talk to a
// gateway in a process of its own, from this one. One thread of it sends for
// all, and reads what the telephones get; that is little work, and nobody is
// woken for a packet.
type generator struct {
	tb      testing.TB
	gateway *process
	signal  *siptest.Phone // signalling of all telephones
	batch   *udp.Batch
	stop    chan struct{}
	work    sync.WaitGroup

	mu      sync.Mutex
	sockets []*benchSocket
	talkers [turns][]talker
	silent  bool                      // nobody sends
	members int                       // talkers so far, who take turns in this order
	ears    map[uint16]*benchPhone    // by the gateway's port
	stray   map[uint16]time.Time      // packets to nobody yet: the first of each port
	took    struct{ turns, late int } // since begin
}

// talker sends a packet every 20 ms. at is about now.
type talker interface{ say(at time.Time) }

// benchSocket is where several telephones get their sound, and beside it where
// they would get reports on it.
type benchSocket struct {
	*udp.Socket
	reports *udp.Socket
	phones  int
}

// startGenerator begins with nobody.
func startGenerator(tb testing.TB, gateway *process) *generator {
	tb.Helper()
	g := &generator{
		tb: tb, gateway: gateway,
		signal: siptest.New(tb, siptest.Config{Gateway: gateway.sip}),
		batch:  udp.NewBatch(64, 256),
		stop:   make(chan struct{}),
		ears:   map[uint16]*benchPhone{},
		stray:  map[uint16]time.Time{},
	}
	g.work.Go(g.run)
	tb.Cleanup(g.end)
	return g
}

func (g *generator) end() {
	close(g.stop)
	g.work.Wait()
	for _, s := range g.sockets {
		_ = s.Close()
		_ = s.reports.Close()
	}
}

// run takes turns. What it has missed it catches up on at once, as a network
// does that was held up.
func (g *generator) run() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	begin := time.Now()
	for turn := 0; ; turn++ {
		select {
		case <-g.stop:
			return
		default:
		}
		g.turn(turn, sleepUntil(begin.Add(time.Duration(turn)*pcm.FrameDuration/turns)))
	}
}

// sleepUntil sleeps in the kernel, whose timers are finer than the runtime's,
// and returns how late it has become.
func sleepUntil(due time.Time) (late time.Duration) {
	if wait := syscall.NsecToTimespec(int64(time.Until(due))); wait.Nano() > 0 {
		_ = syscall.Nanosleep(&wait, nil) // woken early is as good
	}
	return time.Since(due)
}

func (g *generator) turn(turn int, late time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.took.turns++
	if late > tooLate {
		g.took.late++
	}
	now := time.Now()
	if !g.silent {
		for _, t := range g.talkers[turn%turns] {
			t.say(now)
		}
	}
	if turn%readEvery == 0 {
		for _, s := range g.sockets {
			g.read(s)
		}
	}
}

// read hands on all that has come. mu is held.
func (g *generator) read(s *benchSocket) {
	for {
		n, err := s.Read(g.batch)
		if n == 0 || err != nil {
			return
		}
		now := time.Now()
		for i := range n {
			packet, from, waited := g.batch.Packet(i)
			if len(packet) <= rtpHead || packet[1]&0x7f != alawType {
				continue
			}
			at := now.Add(-waited)
			if p := g.ears[from.Port()]; p != nil {
				p.hear(packet[rtpHead:], at)
			} else if _, known := g.stray[from.Port()]; !known {
				g.stray[from.Port()] = at
			}
		}
		if n < g.batch.Size() {
			return
		}
	}
}

// add gives a talker its turn. Neighbours are far from each other.
func (g *generator) add(t talker) {
	g.mu.Lock()
	defer g.mu.Unlock()
	turn := g.members * 7 % turns
	g.members++
	g.talkers[turn] = append(g.talkers[turn], t)
}

// remove lets a talker talk no more.
func (g *generator) remove(t talker) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for i, all := range g.talkers {
		for j := range all {
			if all[j] == t {
				g.talkers[i] = append(all[:j:j], all[j+1:]...)
				return
			}
		}
	}
}

// socket is one that has room for another telephone.
func (g *generator) socket() *benchSocket {
	g.tb.Helper()
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, s := range g.sockets {
		if s.phones < phonesPerSocket {
			s.phones++
			return s
		}
	}
	s, err := openBenchSocket()
	if err != nil {
		g.tb.Fatal(err)
	}
	s.phones = 1
	g.sockets = append(g.sockets, s)
	return s
}

// openBenchSocket opens two neighbouring ports, the even one for sound.
func openBenchSocket() (s *benchSocket, err error) {
	loopback := netip.MustParseAddr("127.0.0.1")
	for range 1000 {
		sound, failed := udp.Listen(netip.AddrPortFrom(loopback, 0))
		if failed != nil {
			return nil, failed
		}
		port := sound.LocalAddr().Port()
		if port%2 == 0 {
			var reports *udp.Socket
			if reports, err = udp.Listen(netip.AddrPortFrom(loopback, port+1)); err == nil {
				sound.Room(2 << 20)
				return &benchSocket{Socket: sound, reports: reports}, nil
			}
		}
		_ = sound.Close()
	}
	return nil, err
}
