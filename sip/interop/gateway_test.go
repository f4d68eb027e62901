package interop

import (
	"bytes"
	"context"
	"net"
	"sync"
	"testing"

	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"github.com/einwahl/einwahl/sip"
	"github.com/einwahl/einwahl/sip/media"
	"github.com/einwahl/einwahl/transcode/pace"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// gateway is the telephone side of a gateway in the test's process, on ports of
// its own.
type gateway struct {
	t      testing.TB
	server *sip.Server
	engine *media.Engine
	calls  chan *sip.Call // each as its handler begins; nobody need look
	log    *journal
}

// settings are what a test may change before its gateway starts.
type settings struct {
	sip   sip.Config
	media media.Config
	trunk sip.TrunkConfig
	more  []sip.TrunkConfig // beside trunk
	// handle leads a call; nil answers, sends back what it hears, and stays to
	// the end.
	handle func(context.Context, *sip.Call)
}

// journal is a log that can be read while it is written.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// start starts a gateway for 127.0.0.1 as tweak leaves its settings. It ends
// with the test, and its log is shown when the test fails.
func start(t testing.TB, tweak func(*settings)) *gateway {
	t.Helper()
	s := settings{sip: sip.DefaultConfig(), media: media.DefaultConfig(), trunk: sip.DefaultTrunkConfig()}
	s.sip.Listen = []string{"udp://127.0.0.1:0", "tcp://127.0.0.1:0"}
	s.trunk.Name, s.trunk.Peers = "peer", []string{"127.0.0.1"}
	s.trunk.MaxCallsPerSecond = 1000
	if tweak != nil {
		tweak(&s)
	}
	g := &gateway{t: t, calls: make(chan *sip.Call, 64), log: new(journal)}
	log := zerolog.New(g.log).Level(zerolog.DebugLevel)
	clock := pace.New(0)
	var err error
	if g.engine, err = media.New(s.media, clock, log); err != nil {
		t.Fatal(err)
	}
	lead := s.handle
	if lead == nil {
		lead = echo
	}
	g.server, err = sip.New(s.sip, append([]sip.TrunkConfig{s.trunk}, s.more...), g.engine, log, func(ctx context.Context, c *sip.Call) {
		select {
		case g.calls <- c:
		default:
		}
		lead(ctx, c)
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = clock.Run(ctx) })
	running.Go(func() {
		if err := g.server.Run(ctx); err != nil {
			t.Errorf("server ended with %v", err)
		}
	})
	t.Cleanup(func() {
		stop()
		running.Wait()
		g.engine.Close()
		if t.Failed() {
			t.Logf("gateway log:\n%s", g.log)
		}
	})
	<-g.server.Ready()
	return g
}

// echo answers and sends back what it hears.
func echo(ctx context.Context, c *sip.Call) {
	if c.Answer(ctx) != nil {
		return
	}
	loop := newLoop()
	c.Connect(loop, loop)
	<-ctx.Done()
}

// address is where the gateway takes messages of a network, "udp" or "tcp".
func (g *gateway) address(network string) string {
	g.t.Helper()
	for _, a := range g.server.Addrs() {
		if a.Network() == network {
			return a.String()
		}
	}
	g.t.Fatalf("gateway listens on no %s", network)
	return ""
}

// port is the port of address.
func (g *gateway) port(network string) string {
	_, port, _ := net.SplitHostPort(g.address(network))
	return port
}
