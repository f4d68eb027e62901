package mux

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"github.com/pion/stun/v4"
	"go.uber.org/goleak"

	"github.com/einwahl/einwahl/transcode/pcm"
	"github.com/einwahl/einwahl/transcode/udp"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	loopback  = netip.MustParseAddr("127.0.0.1")
	loopback6 = netip.MustParseAddr("::1")
)

func listen(t testing.TB, addresses ...netip.Addr) *Mux {
	t.Helper()
	m, err := Listen(addresses, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return m
}

func (m *Mux) join(t testing.TB, name string, port int) *conn {
	t.Helper()
	c, err := m.GetConn(name, m.GetListenAddresses()[port])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c.(*conn)
}

// page is the other end.
type page struct {
	t  testing.TB
	to *net.UDPAddr
	*net.UDPConn
}

func newPage(t testing.TB, m *Mux, port int) *page {
	t.Helper()
	to := m.GetListenAddresses()[port].(*net.UDPAddr)
	s, err := net.ListenUDP("udp", &net.UDPAddr{IP: to.IP})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return &page{t, to, s}
}

func (p *page) address() netip.AddrPort { return unmapped(p.LocalAddr().(*net.UDPAddr).AddrPort()) }

func (p *page) send(packet []byte) {
	p.t.Helper()
	if _, err := p.WriteToUDP(packet, p.to); err != nil {
		p.t.Fatal(err)
	}
}

// hears reads what was sent to the page, and reports from which port.
func (p *page) hears(want []byte) netip.AddrPort {
	p.t.Helper()
	if err := p.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		p.t.Fatal(err)
	}
	b := make([]byte, longest)
	n, from, err := p.ReadFromUDPAddrPort(b)
	if err != nil || !bytes.Equal(b[:n], want) {
		p.t.Fatalf("%q, %v, want %q", b[:n], err, want)
	}
	return unmapped(from)
}

// gets reads a packet that has come for a connection.
func (c *conn) gets(t testing.TB, want []byte, from netip.AddrPort) {
	t.Helper()
	b := make([]byte, longest)
	n, who, err := c.ReadFromAddrPort(b)
	if err != nil || !bytes.Equal(b[:n], want) || who != from {
		t.Fatalf("%q from %v, %v, want %q from %v", b[:n], who, err, want, from)
	}
}

// check is a connectivity check for a user name.
func check(name string) []byte {
	return stun.MustBuild(stun.TransactionID, stun.BindingRequest, stun.NewUsername(name)).Raw
}

func TestPacketsReachTheirConnection(t *testing.T) {
	for _, tt := range []struct {
		name string
		at   netip.Addr
	}{{"IPv4", loopback}, {"IPv6", loopback6}} {
		t.Run(tt.name, func(t *testing.T) {
			m := listen(t, tt.at)
			ada, bob := m.join(t, "ada", 0), m.join(t, "bob", 0)
			a, b := newPage(t, m, 0), newPage(t, m, 0)
			b.send([]byte("nobody knows whose this is"))
			b.send(check("eve:bob"))
			for _, x := range []struct {
				c    *conn
				p    *page
				name string
			}{{ada, a, "ada"}, {bob, b, "bob"}} {
				asks := check(x.name + ":page")
				x.p.send(asks)
				x.c.gets(t, asks, x.p.address())
				if _, err := x.c.WriteToAddrPort([]byte("yes"), x.p.address()); err != nil {
					t.Fatal(err)
				}
				x.p.hears([]byte("yes"))
			}
			for range 3 {
				a.send([]byte("Ada's"))
				b.send([]byte("Bob's"))
				ada.gets(t, []byte("Ada's"), a.address())
				bob.gets(t, []byte("Bob's"), b.address())
			}
		})
	}
}

// TestPacketsAreAnsweredTheWayTheyCame: where several addresses of ours are told
// as one, there is a connection at the first only.
func TestPacketsAreAnsweredTheWayTheyCame(t *testing.T) {
	m := listen(t, loopback, loopback)
	c := m.join(t, "ada", 0)
	p := newPage(t, m, 1)
	asks := check("ada:page")
	p.send(asks)
	c.gets(t, asks, p.address())
	if _, err := c.WriteToAddrPort([]byte("yes"), p.address()); err != nil {
		t.Fatal(err)
	}
	if from := p.hears([]byte("yes")); from != m.ports[1].at {
		t.Errorf("answered from %v", from)
	}
	p.send([]byte("sound"))
	c.gets(t, []byte("sound"), p.address())
}

// TestPacketsAreAnsweredTheWayTheyCameAlsoAfterACheck: which was sent before it
// was known where they come.
func TestPacketsAreAnsweredTheWayTheyCameAlsoAfterACheck(t *testing.T) {
	m := listen(t, loopback, loopback)
	c, p := m.join(t, "ada", 0), newPage(t, m, 1)
	ours := check("page:ada")
	_, _ = c.WriteToAddrPort(ours, p.address())
	p.hears(ours)
	asks := check("ada:page")
	for _, other := range []*page{p, newPage(t, m, 1)} {
		other.send(asks)
		c.gets(t, asks, other.address())
		_, _ = c.WriteToAddrPort([]byte("yes"), other.address())
		if from := other.hears([]byte("yes")); from != m.ports[1].at {
			t.Errorf("answered from %v", from)
		}
	}
	_, _ = c.WriteToAddrPort([]byte("sound"), p.address())
	if from := p.hears([]byte("sound")); from != m.ports[1].at {
		t.Errorf("sent from %v", from)
	}
}

// TestAddressGoesToWhoAnsweredLast: behind a NAT, or after a restart, the same
// page is somebody else.
func TestAddressGoesToWhoAnsweredLast(t *testing.T) {
	m := listen(t, loopback)
	old, p := m.join(t, "old", 0), newPage(t, m, 0)
	_, _ = old.WriteToAddrPort([]byte("1"), p.address())
	next := m.join(t, "next", 0)
	p.send([]byte("to old"))
	old.gets(t, []byte("to old"), p.address())
	_, _ = next.WriteToAddrPort([]byte("2"), p.address())
	p.send([]byte("to next"))
	next.gets(t, []byte("to next"), p.address())
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
	p.send([]byte("still to next"))
	next.gets(t, []byte("still to next"), p.address())
	m.RemoveConnByUfrag("next")
	if len(m.ports[0].from) != 0 || !m.empty() {
		t.Errorf("%v and %v are left", m.ports[0].from, m.conns)
	}
}

// TestCheckTakesNoAddress: whoever names the address of another as theirs has a
// check sent there, and gets nothing of what comes from it.
func TestCheckTakesNoAddress(t *testing.T) {
	m := listen(t, loopback)
	ada, p := m.join(t, "ada", 0), newPage(t, m, 0)
	_, _ = ada.WriteToAddrPort([]byte("hello"), p.address())
	eve := m.join(t, "eve", 0)
	_, _ = eve.WriteToAddrPort(check("page:eve"), p.address())
	p.send([]byte("sound"))
	ada.gets(t, []byte("sound"), p.address())
	if known := eve.ways(); len(known) != 0 {
		t.Errorf("%v is noted", known)
	}
	// The page checks by the name of who is to get it, whoever else was there.
	asks, answer := check("eve:page"), stun.MustBuild(stun.TransactionID, stun.BindingSuccess).Raw
	p.send(asks)
	eve.gets(t, asks, p.address())
	_, _ = eve.WriteToAddrPort(answer, p.address())
	p.send([]byte("other sound"))
	eve.gets(t, []byte("other sound"), p.address())
}

// TestPageHasNotAnyNumberOfAddresses: each costs memory here, and in pion.
func TestPageHasNotAnyNumberOfAddresses(t *testing.T) {
	m := listen(t, loopback)
	c := m.join(t, "ada", 0)
	m.taking.Lock()
	defer m.taking.Unlock()
	asks := check("ada:page")
	for i := range 2 * mostWays {
		from := netip.AddrPortFrom(loopback, uint16(10000+i))
		if found := m.find(m.ports[0], asks, from); (found != nil) != (i < mostWays) {
			t.Fatalf("address %d: %v", i, found)
		} else if found != nil {
			_ = c.learn(way{from, m.ports[0]}, true)
		}
	}
	if m.find(m.ports[0], asks, netip.AddrPortFrom(loopback, 10000)) != c {
		t.Error("an address that was answered is forgotten")
	}
}

func TestClosing(t *testing.T) {
	m := listen(t, loopback, loopback6)
	c, other := m.join(t, "ada", 0), m.join(t, "ada", 1)
	if _, err := m.GetConn("ada", m.GetListenAddresses()[0]); !errors.Is(err, errTaken) {
		t.Errorf("twice: %v", err)
	}
	if _, err := m.GetConn("ada", &net.UDPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 1}); !errors.Is(err, errNotOurs) {
		t.Errorf("elsewhere: %v", err)
	}
	ended := make(chan error)
	for _, c := range []*conn{c, other} {
		go func() {
			_, _, err := c.ReadFrom(make([]byte, longest))
			ended <- err
		}()
	}
	_ = c.Close()
	if err := <-ended; !errors.Is(err, net.ErrClosed) {
		t.Errorf("read: %v", err)
	}
	if _, err := c.WriteTo([]byte("x"), &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 9}); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("write: %v", err)
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}
	if err := <-ended; !errors.Is(err, net.ErrClosed) {
		t.Errorf("read of the other: %v", err)
	}
	if _, err := m.GetConn("bob", m.GetListenAddresses()[0]); !errors.Is(err, net.ErrClosed) {
		t.Errorf("after the end: %v", err)
	}
}

func TestTakenPort(t *testing.T) {
	m := listen(t, loopback)
	if _, err := Listen([]netip.Addr{loopback6, loopback}, m.ports[0].at.Port()); err == nil {
		t.Error("two have one port")
	}
}

func TestWhoDoesNotReadLosesPackets(t *testing.T) {
	m := listen(t, loopback)
	c := m.join(t, "ada", 0)
	from := way{netip.MustParseAddrPort("192.0.2.1:1"), m.ports[0]}
	for i := range queued + 10 {
		c.push([]byte{byte(i)}, from)
	}
	if n := len(c.waiting); n != queued {
		t.Errorf("%d packets wait", n)
	}
	for i := range queued {
		c.gets(t, []byte{byte(i)}, from.remote)
	}
	c.push(make([]byte, 100), from)
	if _, _, err := c.ReadFromAddrPort(make([]byte, 99)); !errors.Is(err, io.ErrShortBuffer) {
		t.Errorf("%v", err)
	}
}

func TestTimesToTakePackets(t *testing.T) {
	begin := time.Unix(1000, 0)
	for _, tt := range []struct {
		name      string
		now, want time.Duration
	}{
		{"in time", time.Millisecond, every},
		{"almost late", every - 1, every},
		{"late", every, 2 * every},
		{"far too late", time.Hour, time.Hour + every},
	} {
		if got := after(begin, begin.Add(tt.now), every).Sub(begin); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

// TestBeatTakesPackets: and those that are not to look again leave it be.
func TestBeatTakesPackets(t *testing.T) {
	m := listen(t, loopback)
	c, p := m.join(t, "ada", 0), newPage(t, m, 0)
	_, _ = c.WriteToAddrPort([]byte("hello"), p.address())
	m.taking.Lock() // the goroutine is kept out
	p.hears([]byte("hello"))
	p.send([]byte("sound"))
	m.Beat(pcm.TakeIn)
	if m.taken.Load() != 0 {
		t.Error("two take packets at once")
	}
	m.taking.Unlock()
	c.gets(t, []byte("sound"), p.address()) // taken by a beat or by the goroutine
	for m.Beat(pcm.Mix); m.taken.Load() == 0; m.Beat(pcm.TakeIn) {
		runtime.Gosched() // until the goroutine is not at it
	}
}

// TestBeatsWaitForNobodyWhoComesOrGoes: it may be somebody of another room's. What
// has come is taken when that is over.
func TestBeatsWaitForNobodyWhoComesOrGoes(t *testing.T) {
	m := listen(t, loopback)
	c, p := m.join(t, "ada", 0), newPage(t, m, 0)
	_, _ = c.WriteToAddrPort([]byte("hello"), p.address())
	p.hears([]byte("hello"))
	m.taking.Lock() // the goroutine is not at it
	m.mu.Lock()     // as somebody does who comes
	p.send([]byte("sound"))
	beaten := make(chan struct{})
	go func() {
		defer close(beaten)
		if m.empty() {
			t.Error("who comes is nobody")
		}
		if n, ok := m.read(m.ports[0], false); ok {
			t.Errorf("a beat has taken %d packets without knowing whose they are", n)
		}
	}()
	select {
	case <-beaten:
	case <-time.After(10 * time.Second):
		t.Error("a beat waits")
	}
	m.mu.Unlock()
	<-beaten
	m.taking.Unlock()
	c.gets(t, []byte("sound"), p.address())
}

// TestPacketsAreTakenAsSoonAsSomebodyWaits: telephones wait for their beat anyway.
func TestPacketsAreTakenAsSoonAsSomebodyWaits(t *testing.T) {
	const minute = int64(time.Minute)
	for _, tt := range []struct {
		name         string
		beats        bool // take packets
		hurry, fresh bool // pages hear each other; a connection has just begun
		want         time.Duration
	}{
		{"pages hear each other, and no room beats", false, true, false, every},
		{"pages hear each other, and rooms beat", true, true, false, seldom},
		{"a handshake may be under way", false, false, true, every},
		{"a handshake may be under way, and rooms beat", true, false, true, seldom},
		{"only telephones hear pages: their rooms beat", true, false, false, watchful},
		{"nobody hears a page", false, false, false, unhurried},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := &Mux{begun: time.Now().Add(-time.Hour), wake: make(chan struct{}, 1)}
			now := int64(time.Since(m.begun))
			if tt.beats {
				m.taken.Store(now + minute)
			}
			if tt.fresh {
				m.settled.Store(now + minute)
			}
			if m.Hurry(true); !tt.hurry {
				m.Hurry(false)
			}
			if got := m.pause(); got != tt.want {
				t.Errorf("the goroutine rests for %v, want %v", got, tt.want)
			}
		})
	}
}

// TestTakingTellsWhetherThatWasAll: what is too much for a beat is for somebody
// else, and does not wait for the next.
func TestTakingTellsWhetherThatWasAll(t *testing.T) {
	m := listen(t, loopback) // the goroutine rests, for there is no connection
	m.batch = udp.NewBatch(1, longest)
	p := newPage(t, m, 0)
	p.send([]byte("one"))
	p.send([]byte("two"))
	if m.take(1, false) {
		t.Error("one of two packets is all")
	}
	if !m.take(2, false) {
		t.Error("two are not")
	}
}

// TestPacketsHaveComeWhenTheKernelSaysSo: not when they were looked for.
func TestPacketsHaveComeWhenTheKernelSaysSo(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the kernel does not tell")
	}
	m := listen(t, loopback)
	came := make(chan time.Time, 1)
	got, err := m.With(func(_ []byte, at time.Time) bool { came <- at; return true }).GetConn("ada", m.GetListenAddresses()[0])
	if err != nil {
		t.Fatal(err)
	}
	defer got.Close()
	p := newPage(t, m, 0)
	const least = 2 * time.Millisecond
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); {
		m.taking.Lock() // the goroutine is kept out
		p.send(check("ada:page"))
		sent := time.Now()
		for time.Since(sent) < least { // the kernel's clock goes on
		}
		m.taking.Unlock()
		if at := <-came; at.Before(sent.Add(least)) {
			return // a kernel that begins to note times takes a moment
		}
	}
	t.Error("all packets have come when they were taken")
}

func TestNothingIsAllocatedPerPacket(t *testing.T) {
	m := listen(t, loopback)
	c, p := m.join(t, "ada", 0), newPage(t, m, 0)
	asks, answer := check("ada:page"), []byte("yes")
	b := make([]byte, longest)
	w := way{p.address(), m.ports[0]}
	m.taking.Lock()
	defer m.taking.Unlock()
	if n := testing.AllocsPerRun(200, func() {
		if m.find(w.port, asks, w.remote) != c {
			t.Error("not found")
		}
		c.push(asks, w)
		if _, _, err := c.ReadFromAddrPort(b); err != nil {
			t.Error(err)
		}
		if _, err := c.WriteToAddrPort(answer, w.remote); err != nil {
			t.Error(err)
		}
	}); n > 0 {
		t.Errorf("%v allocations for a packet", n)
	}
}

// FuzzFind: whatever comes from whomever, it is for the one whom it names, or
// for nobody.
func FuzzFind(f *testing.F) {
	f.Add(check("ada:page"))
	f.Add(check("eve:page"))
	f.Add([]byte{0x80, 111, 0, 1})
	f.Add([]byte{})
	m := listen(f, loopback)
	c := m.join(f, "ada", 0)
	from := netip.MustParseAddrPort("192.0.2.1:1")
	f.Fuzz(func(t *testing.T, packet []byte) {
		if found := m.find(m.ports[0], packet, from); found != nil && (found != c || !bytes.Contains(packet, []byte("ada"))) {
			t.Errorf("%q found %q", packet, found.name)
		}
	})
}

// BenchmarkPacket is what a packet costs from the kernel to who reads it, and
// back.
func BenchmarkPacket(b *testing.B) {
	m := listen(b, loopback)
	c, p := m.join(b, "ada", 0), newPage(b, m, 0)
	packet, buffer := make([]byte, 120), make([]byte, longest)
	if _, err := c.WriteToAddrPort(packet, p.address()); err != nil {
		b.Fatal(err)
	}
	w := way{p.address(), m.ports[0]}
	b.ReportAllocs()
	for b.Loop() {
		if found := m.find(w.port, packet, w.remote); found != nil {
			found.push(packet, w)
		}
		if _, _, err := c.ReadFromAddrPort(buffer); err != nil {
			b.Fatal(err)
		}
	}
}

// TestWhoIsFirstTakesWhatIsForIt: pion gets the rest.
func TestWhoIsFirstTakesWhatIsForIt(t *testing.T) {
	m := listen(t, loopback)
	taken := make(chan string, 1)
	var c *conn
	view := m.With(func(packet []byte, _ time.Time) bool {
		if packet[0] != '!' {
			return false
		}
		// What goes to somebody new in return does not wait for itself.
		_, err := c.WriteToAddrPort([]byte("new"), netip.MustParseAddrPort("127.0.0.1:9"))
		taken <- string(packet)
		return err == nil
	})
	got, err := view.GetConn("ada", m.GetListenAddresses()[0])
	if err != nil {
		t.Fatal(err)
	}
	defer got.Close()
	c = got.(*conn)
	p := newPage(t, m, 0)
	asks := check("ada:page")
	p.send(asks)
	c.gets(t, asks, p.address())
	_, _ = c.WriteToAddrPort([]byte("yes"), p.address())
	p.send([]byte("!sound"))
	p.send([]byte("report"))
	c.gets(t, []byte("report"), p.address())
	if got := <-taken; got != "!sound" {
		t.Errorf("%q was taken", got)
	}
}
