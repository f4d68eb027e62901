//go:build unix

package udp

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/einwahl/einwahl/sip/siptest"
)

// stamped says that the kernel notes when packets come.
const stamped = runtime.GOOS == "linux"

func listen(t testing.TB, at string) *Socket {
	t.Helper()
	s, err := Listen(netip.MustParseAddrPort(at))
	if errors.Is(err, unix.EADDRNOTAVAIL) || errors.Is(err, unix.EAFNOSUPPORT) {
		siptest.Lacks(t, netip.MustParseAddrPort(at).Addr().String(), err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestPacketsComeWithTheirSender(t *testing.T) {
	for _, tt := range []struct {
		name, at, other string
		to              string // the first, as the second calls it
	}{
		{"IPv4", "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1"},
		{"IPv6", "[::1]:0", "[::1]:0", "::1"},
		{"both, asked over IPv4", "[::]:0", "127.0.0.1:0", "127.0.0.1"},
		{"both, asked over IPv6", "[::]:0", "[::1]:0", "::1"},
		{"IPv4 written as IPv6", "[::ffff:127.0.0.1]:0", "[::]:0", "::ffff:127.0.0.1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, b := listen(t, tt.at), listen(t, tt.other)
			batch := NewBatch(4, 100)
			if n, err := a.Read(batch); n != 0 || err != nil {
				t.Fatalf("%d packets before any is sent, %v", n, err)
			}
			to := netip.AddrPortFrom(netip.MustParseAddr(tt.to), a.LocalAddr().Port())
			for i := range 6 {
				if err := b.Send(fmt.Append(nil, "packet ", i), to); err != nil {
					t.Fatal(err)
				}
			}
			if err := b.Send(nil, to); err != nil {
				t.Fatal(err)
			}
			seen := 0
			for _, want := range []int{4, 3, 0} {
				n, err := a.Read(batch)
				if n != want || err != nil {
					t.Fatalf("%d packets, want %d, %v", n, want, err)
				}
				for i := range n {
					data, from, waited := batch.Packet(i)
					if text := fmt.Sprint("packet ", seen); seen < 6 && string(data) != text || seen == 6 && len(data) > 0 {
						t.Errorf("%q, want %q", data, text)
					}
					if from.Port() != b.LocalAddr().Port() || !from.Addr().IsLoopback() || from.Addr().Is4In6() {
						t.Errorf("from %v, not %v", from, b.LocalAddr())
					}
					if waited < 0 || waited > time.Minute {
						t.Errorf("waited for %v", waited)
					}
					seen++
				}
			}
			// And back to who has asked.
			_, from, _ := batch.Packet(0)
			if err := a.Send([]byte("reply"), from); err != nil {
				t.Fatal(err)
			}
			if n, err := b.Read(batch); n != 1 || err != nil {
				t.Fatalf("%d replies, %v", n, err)
			}
		})
	}
}

// A kernel begins to note times a moment after it is asked to.
func TestPacketsTellHowLongTheyHaveWaited(t *testing.T) {
	if !stamped {
		t.Skip("this kernel is not asked for times")
	}
	s, batch := listen(t, "127.0.0.1:0"), NewBatch(1, 100)
	const least = 3 * time.Millisecond
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); {
		begin := time.Now()
		if err := s.Send([]byte("to myself"), s.LocalAddr()); err != nil {
			t.Fatal(err)
		}
		sent := time.Now()
		for time.Since(sent) < least { // the kernel's clock goes on
		}
		if n, err := s.Read(batch); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		if _, _, waited := batch.Packet(0); waited >= least && waited <= time.Since(begin) {
			return
		}
	}
	t.Error("no packet tells how long it has waited")
}

func TestLongPacketsAreCutOff(t *testing.T) {
	s := listen(t, "127.0.0.1:0")
	batch := NewBatch(2, 10)
	for range 2 { // the memory is good for a second time
		if err := s.Send(bytes.Repeat([]byte("x"), 1000), s.LocalAddr()); err != nil {
			t.Fatal(err)
		}
		if n, err := s.Read(batch); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		if data, _, _ := batch.Packet(0); string(data) != "xxxxxxxxxx" {
			t.Errorf("%q", data)
		}
	}
}

func TestUnreachableIsSaidAtOnce(t *testing.T) {
	s := listen(t, "127.0.0.1:0")
	if s.Reaches(netip.IPv6Loopback()) || s.Reaches(netip.Addr{}) || !s.Reaches(netip.MustParseAddr("::ffff:127.0.0.1")) {
		t.Error("an IPv4 socket reaches IPv4 addresses")
	}
	if err := s.Send(nil, netip.MustParseAddrPort("[::1]:9")); err == nil {
		t.Error("no error")
	}
	if err := s.Send(make([]byte, 70000), s.LocalAddr()); !errors.Is(err, unix.EMSGSIZE) {
		t.Errorf("err = %v", err)
	}
	// Nobody is there: that is no fault of this socket.
	gone := listen(t, "127.0.0.1:0")
	gone.Close()
	for range 3 {
		if err := s.Send([]byte("x"), gone.LocalAddr()); err != nil {
			t.Error(err)
		}
		if n, err := s.Read(NewBatch(1, 10)); n != 0 || err != nil {
			t.Error(n, err)
		}
	}
}

func TestPortIsTakenUntilClose(t *testing.T) {
	s := listen(t, "127.0.0.1:0")
	if _, err := Listen(s.LocalAddr()); !errors.Is(err, unix.EADDRINUSE) {
		t.Errorf("err = %v", err)
	}
	for range 2 {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := s.Read(NewBatch(1, 10)); !errors.Is(err, net.ErrClosed) {
		t.Errorf("err = %v", err)
	}
	if err := s.Send(nil, s.LocalAddr()); !errors.Is(err, net.ErrClosed) {
		t.Errorf("err = %v", err)
	}
	s.Expedite()
	again, err := Listen(s.LocalAddr())
	if err != nil {
		t.Fatal(err)
	}
	again.Close()
}

func TestCloseWhileOthersSend(t *testing.T) {
	s := listen(t, "127.0.0.1:0")
	var running sync.WaitGroup
	for range 4 {
		running.Go(func() {
			for s.Send([]byte("x"), s.LocalAddr()) == nil {
			}
		})
	}
	batch := NewBatch(8, 10)
	for n := 0; n < 100; {
		got, err := s.Read(batch)
		if err != nil {
			t.Fatal(err)
		}
		n += got
	}
	s.Close()
	running.Wait()
}

func TestSoundIsMarkedForTheNetwork(t *testing.T) {
	for _, at := range []string{"127.0.0.1:0", "[::1]:0"} {
		s := listen(t, at)
		s.Expedite()
		level, option := unix.IPPROTO_IP, unix.IP_TOS
		if !s.is4 {
			level, option = unix.IPPROTO_IPV6, unix.IPV6_TCLASS
		}
		if mark, err := unix.GetsockoptInt(s.fd, level, option); err != nil || mark>>2 != 46 {
			t.Errorf("%s: mark %x, %v", at, mark, err)
		}
	}
}

func TestRoomIsForPacketsThatWait(t *testing.T) {
	s := listen(t, "127.0.0.1:0")
	s.Room(1) // the kernel has its least
	for range 100 {
		if err := s.Send(make([]byte, 500), s.LocalAddr()); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := s.Read(NewBatch(100, 500)); n == 0 || n == 100 || err != nil {
		t.Errorf("%d packets waited, %v", n, err)
	}
}

func TestNothingIsAllocatedPerPacket(t *testing.T) {
	for _, at := range []string{"127.0.0.1:0", "[::1]:0"} {
		s := listen(t, at)
		packet, batch := make([]byte, 172), NewBatch(4, 2048)
		n := testing.AllocsPerRun(200, func() {
			if err := s.Send(packet, s.LocalAddr()); err != nil {
				t.Fatal(err)
			}
			if n, err := s.Read(batch); n != 1 || err != nil {
				t.Fatal(n, err)
			}
			if data, from, _ := batch.Packet(0); len(data) != 172 || from != s.LocalAddr() {
				t.Fatal(len(data), from)
			}
			if n, err := s.Read(batch); n != 0 || err != nil {
				t.Fatal(n, err)
			}
		})
		if n > 0 && stamped {
			t.Errorf("%s: %.1f allocations", at, n)
		}
	}
}

// BenchmarkSocket is one packet through the kernel and back, beside the same
// through the runtime's poller.
func BenchmarkSocket(b *testing.B) {
	packet := make([]byte, 172)
	b.Run("raw", func(b *testing.B) {
		s, batch := listen(b, "127.0.0.1:0"), NewBatch(4, 2048)
		b.ReportAllocs()
		for b.Loop() {
			if err := s.Send(packet, s.LocalAddr()); err != nil {
				b.Fatal(err)
			}
			if n, err := s.Read(batch); n != 1 || err != nil {
				b.Fatal(n, err)
			}
		}
	})
	b.Run("empty", func(b *testing.B) {
		s, batch := listen(b, "127.0.0.1:0"), NewBatch(4, 2048)
		for b.Loop() {
			if n, err := s.Read(batch); n != 0 || err != nil {
				b.Fatal(n, err)
			}
		}
	})
	b.Run("net", func(b *testing.B) {
		s, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			b.Fatal(err)
		}
		defer s.Close()
		to, buf := s.LocalAddr().(*net.UDPAddr).AddrPort(), make([]byte, 2048)
		b.ReportAllocs()
		for b.Loop() {
			if _, err := s.WriteToUDPAddrPort(packet, to); err != nil {
				b.Fatal(err)
			}
			if _, _, err := s.ReadFromUDPAddrPort(buf); err != nil {
				b.Fatal(err)
			}
		}
	})
}
