package siptest

import (
	"bufio"
	"crypto/rand"
	"errors"
	"net"
	"sync"
	"testing"
	"time"
)

// Patience is how long a phone waits for what must come.
const Patience = 10 * time.Second

// Config says what a phone is like.
type Config struct {
	// Gateway is where it calls, host:port.
	Gateway string
	// Network is udp (the default) or tcp, or what Conn is: tls, ws, wss.
	Network string
	// Conn is a connection to the gateway that the phone is to use; nil: one of
	// its own.
	Conn net.Conn
	// Local is the address it lives on; the default is 127.0.0.1.
	Local string
	// User and Display are the caller's number and name.
	User, Display string
	// Codecs are offered in this order; the default is PCMA, PCMU.
	Codecs []Codec
	// Ptime is the length of the packets it sends; the default is 20 ms.
	Ptime time.Duration
	// EventType is the payload type of its keys; the default is 101, and a
	// negative one means that it offers none.
	EventType int
}

// Phone is a telephone with one line to the gateway and any number of calls.
type Phone struct {
	t       testing.TB
	config  Config
	udp     *net.UDPConn
	tcp     net.Conn
	gateway *net.UDPAddr
	reading sync.WaitGroup

	mu    sync.Mutex
	calls map[string]*Call
	loose chan *Message // what belongs to no call
}

// New makes a phone, which is taken away at the end of the test.
func New(t testing.TB, c Config) *Phone {
	t.Helper()
	if c.Network == "" {
		c.Network = "udp"
	}
	if c.Local == "" {
		c.Local = "127.0.0.1"
	}
	if c.User == "" {
		c.User = "tester"
	}
	if len(c.Codecs) == 0 {
		c.Codecs = []Codec{PCMA, PCMU}
	}
	if c.Ptime == 0 {
		c.Ptime = 20 * time.Millisecond
	}
	if c.EventType == 0 {
		c.EventType = 101
	}
	p := &Phone{t: t, config: c, calls: map[string]*Call{}, loose: make(chan *Message, 256)}
	if err := p.connect(); err != nil {
		t.Fatalf("phone: %v", err)
	}
	t.Cleanup(p.Close)
	return p
}

func (p *Phone) connect() (err error) {
	if p.config.Conn != nil {
		p.tcp = p.config.Conn
		p.reading.Go(p.readStream)
		return nil
	}
	if p.config.Network == "tcp" {
		d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(p.config.Local)}}
		if p.tcp, err = d.Dial("tcp", p.config.Gateway); err != nil {
			return err
		}
		p.reading.Go(p.readStream)
		return nil
	}
	if p.gateway, err = net.ResolveUDPAddr("udp", p.config.Gateway); err != nil {
		return err
	}
	if p.udp, err = net.ListenUDP("udp", &net.UDPAddr{IP: net.ParseIP(p.config.Local)}); err != nil {
		return err
	}
	p.reading.Go(p.readPackets)
	return nil
}

// Close takes the phone away without a word to anybody. It is safe to call
// twice.
func (p *Phone) Close() {
	if p.udp != nil {
		_ = p.udp.Close()
	}
	if p.tcp != nil {
		_ = p.tcp.Close()
	}
	p.reading.Wait()
	p.mu.Lock()
	calls := make([]*Call, 0, len(p.calls))
	for _, c := range p.calls {
		calls = append(calls, c)
	}
	p.mu.Unlock()
	for _, c := range calls {
		c.sound.close()
	}
}

// Addr is where the phone's signalling lives.
func (p *Phone) Addr() net.Addr {
	if p.tcp != nil {
		return p.tcp.LocalAddr()
	}
	return p.udp.LocalAddr()
}

// Send sends bytes as they are.
func (p *Phone) Send(raw string) {
	p.t.Helper()
	if err := p.send([]byte(raw)); err != nil {
		p.t.Errorf("phone: %v", err)
	}
}

func (p *Phone) send(data []byte) error {
	if p.tcp != nil {
		_, err := p.tcp.Write(data)
		return err
	}
	_, err := p.udp.WriteToUDP(data, p.gateway)
	return err
}

// Reply is the next message that belongs to no call, for what was sent raw.
// It fails the test when none comes.
func (p *Phone) Reply() *Message {
	p.t.Helper()
	select {
	case m := <-p.loose:
		return m
	case <-time.After(Patience):
		p.t.Fatal("phone: no reply")
		return nil
	}
}

// Silence reports whether nothing comes outside of calls for d.
func (p *Phone) Silence(d time.Duration) bool {
	select {
	case <-p.loose:
		return false
	case <-time.After(d):
		return true
	}
}

func (p *Phone) readPackets() {
	buf := make([]byte, 1<<16)
	for {
		n, err := p.udp.Read(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue
		}
		if m, err := parseMessage(buf[:n]); err == nil {
			p.take(m)
		}
	}
}

func (p *Phone) readStream() {
	r := bufio.NewReader(p.tcp)
	for {
		m, err := readMessage(r)
		if err != nil {
			return
		}
		p.take(m)
	}
}

// take gives a message to its call.
func (p *Phone) take(m *Message) {
	p.mu.Lock()
	c := p.calls[m.Get("Call-ID")]
	p.mu.Unlock()
	if c != nil {
		c.take(m)
		return
	}
	select {
	case p.loose <- m:
	default:
	}
}

// Token makes a random name for a tag, a branch or a Call-ID.
func Token() string { return rand.Text()[:12] }
