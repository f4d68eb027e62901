package sip

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/einwahl/einwahl/sip/siptest"
)

// deaf is a connection whose peer reads nothing.
type deaf struct {
	net.Conn
	mu       sync.Mutex
	extended bool // the time of a message while it was on its way
	writing  bool
	begun    chan struct{}
	closed   chan struct{}
}

func (d *deaf) SetWriteDeadline(time.Time) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.extended = d.extended || d.writing
	return nil
}

func (d *deaf) Write([]byte) (int, error) {
	d.mu.Lock()
	d.writing = true
	d.mu.Unlock()
	d.begun <- struct{}{}
	<-d.closed
	d.mu.Lock()
	d.writing = false
	d.mu.Unlock()
	return 0, os.ErrDeadlineExceeded
}

func (d *deaf) Close() error { return nil }

// A peer that reads nothing holds a message up for its time and no longer,
// however many others wait behind it.
func TestAMessageHasItsTimeHoweverManyFollow(t *testing.T) {
	d := &deaf{begun: make(chan struct{}, 10), closed: make(chan struct{})}
	o := &octets{conn: d}
	var all sync.WaitGroup
	all.Go(func() { _ = o.write([]byte("SIP/2.0 200 OK\r\n\r\n")) })
	<-d.begun
	for range 3 {
		all.Go(func() { _ = o.write([]byte("SIP/2.0 200 OK\r\n\r\n")) })
	}
	for standing()+len(d.begun) < 3 { // at the lock, or wrongly beyond it
		runtime.Gosched()
	}
	close(d.closed)
	all.Wait()
	if d.extended {
		t.Error("a message that follows has given the first more time")
	}
}

// standing is how many wait for their turn to write.
func standing() (n int) {
	all := make([]byte, 1<<20)
	for one := range strings.SplitSeq(string(all[:runtime.Stack(all, true)]), "\n\n") {
		if strings.Contains(one, "sync.(*Mutex).Lock") && strings.Contains(one, "(*octets).write") {
			n++
		}
	}
	return n
}

// A carrier's connection that has had nothing to say for hours ends without
// being called a fault.
func TestAnIdleStreamEndsQuietly(t *testing.T) {
	b := start(t, func(s *setup) { s.timing.idle = 20 * time.Millisecond })
	phone := b.phone("tcp")
	phone.Send(raw("OPTIONS", "SIP/2.0/TCP 127.0.0.1"))
	wantStatus(t, phone.Reply(), 200)
	b.wantNoStreams()
	if st := b.Stats(); st.Stalled+st.Malformed+st.Errors != 0 {
		t.Errorf("counted as a fault: %+v", st)
	}
}

// When the operator takes an address out of the file its connections end, and
// those of others stay.
func TestConnectionsOfATrunkThatIsGoneEnd(t *testing.T) {
	both := []TrunkConfig{trunkOf("stays", "127.0.0.1"), trunkOf("goes", "127.0.0.2")}
	b := start(t, func(s *setup) {
		s.trunks = both
		s.config.Listen = append(s.config.Listen, "ws://127.0.0.1:0")
	})
	dial := func(local string) net.Conn {
		d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(local)}}
		conn, err := d.Dial("tcp", b.addr("tcp"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		return conn
	}
	answered := func(conn net.Conn) error {
		_ = conn.SetDeadline(time.Now().Add(siptest.Patience))
		if _, err := conn.Write([]byte("\r\n\r\n")); err != nil {
			return err
		}
		_, err := conn.Read(make([]byte, 2))
		return err
	}
	stays, goes := dial("127.0.0.1"), dial("127.0.0.2")
	browser := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}).DialContext}}
	ws, _, err := websocket.Dial(t.Context(), "ws://"+b.addr("ws"), &websocket.DialOptions{HTTPClient: browser, Subprotocols: []string{subprotocol}})
	if err != nil {
		t.Fatal(err)
	}
	defer ws.CloseNow()
	if err := errors.Join(answered(stays), answered(goes)); err != nil {
		t.Fatal(err)
	}
	b.until("not all have come", func() bool { b.streams.mu.Lock(); defer b.streams.mu.Unlock(); return len(b.streams.all) == 3 })
	if err := b.SetTrunks(both[:1]); err != nil {
		t.Fatal(err)
	}
	b.until("they are still there", func() bool { b.streams.mu.Lock(); defer b.streams.mu.Unlock(); return len(b.streams.all) == 1 })
	if err := answered(stays); err != nil {
		t.Errorf("the other's: %v", err)
	}
}

// Numbers and passwords of a message that cannot be read stay out of what is
// said about it.
func TestErrorsOfTheParserQuoteNothing(t *testing.T) {
	const secret = "4930123456789"
	good := raw("INVITE", "SIP/2.0/UDP 127.0.0.1")
	for _, from := range []struct{ old, with string }{
		{"INVITE sip:", "INVITE sip:+49 30 " + secret + "' "},
		{"INVITE sip:", "INVITE \"" + secret + "\" sip:"},
		{"From: ", "From: \"" + secret + " <"},
		{"To: ", "To: " + secret + "\" <"},
		{"CSeq: ", "CSeq: " + secret},
		{"Call-ID: ", "Max-Forwards: " + secret + "\r\nCall-ID: "},
		{"Call-ID: ", "Refer-To: *" + secret + "\r\nCall-ID: "},
		{"Call-ID: ", "Referred-By: \"a\\" + secret + "\r\nCall-ID: "},
		{"Call-ID: ", "Authorization " + secret + "\r\nCall-ID: "},
		{"Call-ID: ", "Content-Length: " + secret + "\r\nCall-ID: "},
		{"Call-ID: ", "Contact: <sip:" + secret + "\r\nCall-ID: "},
		{"Call-ID: ", "Via: SIP/2.0/UDP [" + secret + "\r\nCall-ID: "},
	} {
		message := strings.Replace(good, from.old, from.with, 1)
		if message == good {
			t.Fatalf("no %s", from.old)
		}
		if _, err := parse(newParser(), []byte(message)); err != nil && strings.Contains(err.Error(), secret) {
			t.Errorf("%q: %v", from.with, err)
		}
	}
}

func TestHeadersAreReadOnceHoweverSlowlyTheBodyComes(t *testing.T) {
	var f frames
	f.add([]byte("A x SIP/2.0\r\nl: 3\r\n\r\n"))
	for _, piece := range []string{"", "a", "b"} {
		f.add([]byte(piece))
		if m, err := f.next(); m != nil || err != nil {
			t.Fatalf("%q, %v", m, err)
		}
		copy(f.buf, "l: 99999999\r\n") // would be an error, were it read again
	}
	f.add([]byte("c"))
	if m, err := f.next(); err != nil || !strings.HasSuffix(string(m), "\r\n\r\nabc") {
		t.Errorf("%q, %v", m, err)
	}
}

// What goes out to an address that is trusted, and may be forged, is hardly more
// than what came in: nobody can use us to flood a carrier.
func TestAnswersAreNotMuchLongerThanWhatTheyAnswer(t *testing.T) {
	b := start(t, func(s *setup) { s.config.Listen = []string{"udp://127.0.0.1:0"} })
	short := "OPTIONS sip:a SIP/2.0\r\nv:SIP/2.0/UDP a;branch=z9hG4bK1;rport\r\nf:<sip:a>;tag=1\r\nt:<sip:a>\r\ni:1\r\nCSeq:1 OPTIONS\r\n"
	const most = 5
	for _, tt := range []struct{ name, message string }{
		{"as short as it can be", short + "\r\n"},
		{"many routers", short + "Record-Route:" + strings.Repeat(",<sip:a>", 400) + "\r\n\r\n"},
		{"many values", short + "v:SIP/2.0/UDP a" + strings.Repeat(",SIP/2.0/UDP a", 400) + "\r\n\r\n"},
		{"many values of nothing, garbled", strings.Replace(short, ";rport", ";rport"+strings.Repeat(",", 500), 1) + "\r\n"},
		{"garbled", strings.Replace(short, "t:<", "t:\"<", 1) + "v:" + strings.Repeat("a,", 400) + "\r\n\r\n"},
	} {
		phone := b.phone("udp")
		phone.Send(tt.message)
		answer := phone.Reply().String()
		if len(answer) > most*len(tt.message) {
			t.Errorf("%s: %d bytes for %d", tt.name, len(answer), len(tt.message))
		}
		if !phone.Silence(5 * time.Millisecond) {
			t.Errorf("%s: more than one answer", tt.name)
		}
	}
}

// Each has its own family: an address of the other kind is of no use to a peer.
func TestOwnAddressIsOfThePeersKind(t *testing.T) {
	b := start(t, func(s *setup) { s.config.Advertise = "203.0.113.1" })
	trunk := newTrunk(trunkOf("a", "192.0.2.1", "2001:db8::1"), nil)
	trunk.Advertise = "2001:db8::9"
	b.mu.Lock()
	w := b.sockets[0]
	b.mu.Unlock()
	for _, tt := range []struct{ peer, want string }{{"192.0.2.1:5060", "203.0.113.1"}, {"[2001:db8::1]:5060", "2001:db8::9"}} {
		if got := b.outOf(trunk, w, netip.MustParseAddrPort(tt.peer)).host; got != tt.want {
			t.Errorf("%s: %s, want %s", tt.peer, got, tt.want)
		}
	}
}
