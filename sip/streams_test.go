package sip

import (
	"bufio"
	"context"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/einwahl/einwahl/sip/siptest"
)

// Connections that fall silent in the middle of a message are cut off, those
// that are only quiet are not.
func TestQuietConnectionsStay(t *testing.T) {
	b := start(t, func(s *setup) { s.timing.message = 50 * time.Millisecond })
	quiet := b.phone("tcp")
	quiet.Send(raw("OPTIONS", "SIP/2.0/TCP 127.0.0.1") + "\r\n\r\n")
	wantStatus(t, quiet.Reply(), 200)
	half := b.phone("tcp")
	half.Send("OPTIONS sip:a SIP/2.0\r\n")
	b.until("nothing was cut off", func() bool { return b.Stats().Stalled == 1 })
	quiet.Send(raw("OPTIONS", "SIP/2.0/TCP 127.0.0.1"))
	wantStatus(t, quiet.Reply(), 200)
	if n := b.Stats().Stalled; n != 1 {
		t.Errorf("%d connections were cut off", n)
	}
}

func TestAnswersGoBackWhereTheRequestCameFrom(t *testing.T) {
	b := start(t, nil)
	phone := b.phone("udp")
	phone.Send(raw("OPTIONS", "SIP/2.0/UDP 192.0.2.9:5999;rport"))
	m := phone.Reply()
	_, port, _ := net.SplitHostPort(phone.Addr().String())
	if via := m.Get("Via"); !strings.Contains(via, "received=127.0.0.1") || !strings.Contains(via, "rport="+port) {
		t.Errorf("Via: %s", via)
	}
	other := b.phone("udp")
	_, otherPort, _ := net.SplitHostPort(other.Addr().String())
	phone.Send(raw("OPTIONS", "SIP/2.0/UDP pbx.example:"+otherPort))
	if via := other.Reply().Get("Via"); !strings.Contains(via, "received=127.0.0.1") || strings.Contains(via, "rport") {
		t.Errorf("Via: %s", via)
	}
}

// An answer whose connection is gone must not be taken to whom its Via names.
func TestNobodyIsDialledForAnAnswer(t *testing.T) {
	b := start(t, func(s *setup) {
		s.handle = func(ctx context.Context, c *Call) {
			<-ctx.Done()
		}
	})
	trap, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer trap.Close()
	phone := b.phone("tcp")
	phone.Send(raw("INVITE", "SIP/2.0/TCP "+trap.Addr().String()))
	c := b.next()
	phone.Close()
	b.until("the connection is still there", func() bool { b.streams.mu.Lock(); defer b.streams.mu.Unlock(); return len(b.streams.all) == 0 })
	c.Reject(Cause{Status: 486})
	b.wantEnd(c, ErrHungUp)
	b.wantNothing()
	_ = trap.(*net.TCPListener).SetDeadline(time.Now().Add(30 * time.Millisecond))
	if conn, err := trap.Accept(); err == nil {
		conn.Close()
		t.Error("the Via address was dialled")
	}
}

// sipgo keeps a transaction for ever whose first 200 could not be sent.
func TestAnswerWithoutAConnectionLeavesNothingBehind(t *testing.T) {
	gone := make(chan struct{})
	b := start(t, func(s *setup) {
		s.timing.t1, s.timing.t2 = time.Millisecond, 4*time.Millisecond
		s.handle = func(_ context.Context, c *Call) { <-gone; _ = c.Answer(context.Background()); <-c.Done() }
	})
	phone := b.phone("tcp")
	phone.Send(raw("INVITE", "SIP/2.0/TCP 127.0.0.1"))
	c := b.next()
	phone.Close()
	b.until("the connection is still there", func() bool { b.streams.mu.Lock(); defer b.streams.mu.Unlock(); return len(b.streams.all) == 0 })
	close(gone)
	b.wantEnd(c, ErrNoAcknowledgement)
	b.wantNothing()
	b.until("a transaction is left", func() bool {
		b.transactions.mu.Lock()
		defer b.transactions.mu.Unlock()
		return len(b.transactions.server)+len(b.transactions.client)+len(b.transactions.calls) == 0
	})
}

func TestTwoConnectionsToOnePeerAreBothTakenBack(t *testing.T) {
	var g gate
	c := newStreams(&g, 2, 2)
	peer := netip.MustParseAddr("127.0.0.1")
	var near []*guest
	var ends []net.Conn
	for range 2 {
		conn, far := net.Pipe()
		ends = append(ends, far)
		guest, err := c.admit(conn, peer, &trunk{use: &use{}})
		if err != nil {
			t.Fatal(err)
		}
		near = append(near, guest)
	}
	if _, err := c.admit(nil, peer, &trunk{use: &use{}}); err == nil {
		t.Error("room for a third")
	}
	for _, guest := range near {
		_ = guest.Close()
		_ = guest.Close()
	}
	if len(c.guests) != 0 || len(c.of) != 0 {
		t.Errorf("%v connections are counted", c.of)
	}
	for _, end := range ends {
		if _, err := end.Read(make([]byte, 1)); err == nil {
			t.Error("a connection is open")
		}
	}
}

func TestByeOverANewConnection(t *testing.T) {
	b := start(t, nil)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	phone := b.phone("tcp")
	_ = phone.Call("en", siptest.WithHeader("Contact", "<sip:tester@"+l.Addr().String()+";transport=tcp>"))
	c := b.next()
	phone.Close()
	b.until("the connection is still there", func() bool { b.streams.mu.Lock(); defer b.streams.mu.Unlock(); return len(b.streams.all) == 0 })
	go c.Hangup(causeNormal)
	_ = l.(*net.TCPListener).SetDeadline(time.Now().Add(siptest.Patience))
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "BYE sip:tester@"+l.Addr().String()) {
		t.Errorf("got %q, %v", line, err)
	}
}

func TestSlowMessagesAreCutOff(t *testing.T) {
	b := start(t, func(s *setup) { s.timing.message = 50 * time.Millisecond })
	conn, err := net.Dial("tcp", b.addr("tcp"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	message := raw("OPTIONS", "SIP/2.0/TCP 127.0.0.1")
	begun := time.Now()
	for i := 0; ; i++ {
		if _, err := conn.Write([]byte{message[i%(len(message)-4)]}); err != nil {
			break
		}
		if time.Since(begun) > siptest.Patience {
			t.Fatal("still connected")
		}
		time.Sleep(time.Millisecond)
	}
	b.until("not counted", func() bool { return b.Stats().Stalled == 1 })
}

func TestStreams(t *testing.T) {
	b := start(t, nil)
	t.Run("messages in pieces and in one piece", func(t *testing.T) {
		phone := b.phone("tcp")
		both := raw("OPTIONS", "SIP/2.0/TCP 127.0.0.1") + raw("OPTIONS", "SIP/2.0/TCP 127.0.0.1")
		for len(both) > 0 {
			n := min(97, len(both))
			phone.Send(both[:n])
			both = both[n:]
		}
		wantStatus(t, phone.Reply(), 200)
		wantStatus(t, phone.Reply(), 200)
	})
	t.Run("a keep-alive behind a message does not hold the connection up", func(t *testing.T) {
		phone := b.phone("tcp")
		for range 2 {
			phone.Send(raw("OPTIONS", "SIP/2.0/TCP 127.0.0.1") + "\r\n\r\n")
			wantStatus(t, phone.Reply(), 200)
		}
	})
	t.Run("keep-alive is answered", func(t *testing.T) {
		conn, err := net.Dial("tcp", b.addr("tcp"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_, _ = conn.Write([]byte("\r\n\r\n"))
		_ = conn.SetReadDeadline(time.Now().Add(siptest.Patience))
		buf := make([]byte, 2)
		if _, err := conn.Read(buf); err != nil || string(buf) != "\r\n" {
			t.Errorf("got %q, %v", buf, err)
		}
	})
	t.Run("what is no SIP ends the connection", func(t *testing.T) {
		conn, err := net.Dial("tcp", b.addr("tcp"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_, _ = conn.Write([]byte("GET / HTTP/1.1\r\nHost: a\r\n\r\n"))
		_ = conn.SetReadDeadline(time.Now().Add(siptest.Patience))
		if n, err := conn.Read(make([]byte, 1)); err == nil {
			t.Errorf("got %d bytes", n)
		}
	})
	t.Run("one address has so many connections", func(t *testing.T) {
		var all []net.Conn
		defer func() {
			for _, c := range all {
				c.Close()
			}
		}()
		shed := b.Stats().Shed
		for range DefaultConfig().MaxConnectionsPerAddress + 5 {
			if conn, err := net.Dial("tcp", b.addr("tcp")); err == nil { // one too many may be reset at once
				all = append(all, conn)
			}
		}
		b.until("nothing was shed", func() bool { return b.Stats().Shed-shed >= 5 })
	})
}
