package sip

import (
	"context"
	"errors"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"github.com/einwahl/einwahl/sip/media"
	"github.com/einwahl/einwahl/sip/siptest"
	"github.com/einwahl/einwahl/transcode/pcm"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fakeLeg is sound without sound.
type fakeLeg struct {
	answer func(offer []byte) ([]byte, error)
	accept func(answer []byte) error

	mu     sync.Mutex
	offers []string
	held   bool
	closed bool
	digits chan rune
	lost   chan struct{}
}

const plainAnswer = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\n"

func (l *fakeLeg) Answer(offer []byte) ([]byte, error) {
	l.mu.Lock()
	l.offers = append(l.offers, string(offer))
	l.mu.Unlock()
	if l.answer != nil {
		return l.answer(offer)
	}
	return []byte(plainAnswer), nil
}

func (l *fakeLeg) Offer() ([]byte, error) { return []byte(plainAnswer), nil }

func (l *fakeLeg) Accept(answer []byte) error {
	l.mu.Lock()
	l.offers = append(l.offers, string(answer))
	l.mu.Unlock()
	if l.accept != nil {
		return l.accept(answer)
	}
	return nil
}

func (l *fakeLeg) Repeat() error { return nil }

func (l *fakeLeg) heard() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]string{}, l.offers...)
}

func (l *fakeLeg) hold(on bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.held = on
}

func (l *fakeLeg) Held() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.held
}

func (l *fakeLeg) Unwatched() bool { return l.Held() }

func (l *fakeLeg) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
}

func (l *fakeLeg) Connect(pcm.Source, pcm.Sink) {}
func (l *fakeLeg) Digits() <-chan rune          { return l.digits }
func (l *fakeLeg) PushDigit(r rune)             { l.digits <- r }
func (l *fakeLeg) Lost() <-chan struct{}        { return l.lost }
func (l *fakeLeg) Stats() media.LegStats        { return media.LegStats{} }
func (l *fakeLeg) Secure() bool                 { return false }

// bench is a server under test, with fast timers and legs without sound.
type bench struct {
	*Server
	t     *testing.T
	calls chan *Call
	stop  context.CancelFunc
	done  chan error
}

type setup struct {
	config Config
	trunks []TrunkConfig
	timing timing
	leg    func() *fakeLeg
	handle func(context.Context, *Call)
}

// takeAndWait is a gateway that answers every call and lets the caller end it.
func takeAndWait(ctx context.Context, c *Call) {
	if c.Answer(ctx) == nil {
		<-ctx.Done()
	}
}

func trunkOf(name string, peers ...string) TrunkConfig {
	t := DefaultTrunkConfig()
	t.Name, t.Peers, t.MaxCallsPerSecond = name, peers, 1000
	return t
}

// start runs a server until the end of the test.
func start(t *testing.T, change func(*setup)) *bench {
	t.Helper()
	s := setup{
		config: DefaultConfig(),
		trunks: []TrunkConfig{trunkOf("loopback", "127.0.0.1")},
		timing: standardTiming(),
		leg:    func() *fakeLeg { return &fakeLeg{} },
		handle: takeAndWait,
	}
	s.config.Listen = []string{"udp://127.0.0.1:0", "tcp://127.0.0.1:0"}
	s.timing.farewell = 100 * time.Millisecond
	if change != nil {
		change(&s)
	}
	b := &bench{t: t, calls: make(chan *Call, 100), done: make(chan error, 1)}
	log := zerolog.Nop()
	if testing.Verbose() {
		log = zerolog.New(zerolog.NewConsoleWriter(func(w *zerolog.ConsoleWriter) { w.Out = os.Stderr; w.NoColor = true }))
	}
	var err error
	b.Server, err = newServer(s.config, s.trunks, log, func(ctx context.Context, c *Call) {
		b.calls <- c
		s.handle(ctx, c)
	}, func(media.LegConfig) (leg, error) {
		l := s.leg()
		if l == nil {
			return nil, errors.New("no ports")
		}
		l.digits, l.lost = make(chan rune, 64), make(chan struct{})
		return l, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	b.timing = s.timing
	ctx, cancel := context.WithCancel(context.Background())
	b.stop = cancel
	go func() { b.done <- b.Run(ctx) }()
	t.Cleanup(b.finish)
	select {
	case <-b.Ready():
	case err := <-b.done:
		t.Fatalf("Run: %v", err)
	}
	return b
}

func (b *bench) finish() {
	b.stop()
	select {
	case err := <-b.done:
		if err != nil {
			b.t.Errorf("Run: %v", err)
		}
		b.done <- nil
	case <-time.After(siptest.Patience):
		b.t.Error("Run does not end")
	}
	if n := len(b.dialogs.all()); n != 0 {
		b.t.Errorf("%d dialogs are left", n)
	}
	if n := b.Stats().Calls; n != 0 {
		b.t.Errorf("%d calls are left", n)
	}
	if n := b.Stats().Panics; n != 0 {
		b.t.Errorf("%d panics", n)
	}
}

func (b *bench) addr(network string) string {
	for _, a := range b.Addrs() {
		if a.Network() == network {
			return a.String()
		}
	}
	b.t.Fatalf("not listening on %s", network)
	return ""
}

func (b *bench) phone(network string) *siptest.Phone {
	b.t.Helper()
	return siptest.New(b.t, siptest.Config{Gateway: b.addr(network), Network: network})
}

// phoneAt is a phone on another address of the loopback network.
func (b *bench) phoneAt(local string) *siptest.Phone {
	b.t.Helper()
	return siptest.New(b.t, siptest.Config{Gateway: b.addr("udp"), Local: local})
}

// next is the call that the gateway was given.
func (b *bench) next() *Call {
	b.t.Helper()
	select {
	case c := <-b.calls:
		return c
	case <-time.After(siptest.Patience):
		b.t.Fatal("no call came")
		return nil
	}
}

func (b *bench) wantEnd(c *Call, want error) {
	b.t.Helper()
	select {
	case <-c.Done():
	case <-time.After(siptest.Patience):
		b.t.Fatal("the call does not end")
	}
	if !errors.Is(c.Err(), want) {
		b.t.Errorf("call ended with %v, want %v", c.Err(), want)
	}
}

// wantNothing waits until no dialog is left.
func (b *bench) wantNothing() {
	b.t.Helper()
	b.until("dialogs are left", func() bool { return len(b.dialogs.all()) == 0 })
}

func (b *bench) until(what string, ok func() bool) {
	b.t.Helper()
	for end := time.Now().Add(siptest.Patience); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			b.t.Fatal(what)
		}
	}
}

func wantStatus(t *testing.T, m *siptest.Message, status int) {
	t.Helper()
	if m.Status() != status {
		t.Errorf("%s: got %q, want %d", m.Method(), m.Start, status)
	}
}

func TestRunReportsAPortThatIsTaken(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c := DefaultConfig()
	c.Listen = []string{"udp://127.0.0.1:0", "tcp://" + l.Addr().String()}
	s, err := newServer(c, []TrunkConfig{trunkOf("a", "127.0.0.1")}, zerolog.Nop(), takeAndWait, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Run(context.Background()); err == nil {
		t.Error("Run: no error")
	}
}
