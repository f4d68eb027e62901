package sip

import (
	"context"
	"errors"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/einwahl/einwahl/sip/resolve"
)

// A peer is asked as often as the file says, or as seldom as it has asked for
// with Retry-After.
func TestPause(t *testing.T) {
	for _, tt := range []struct {
		name                    string
		ping, later, from, upTo time.Duration
	}{
		{"as the file says", time.Minute, 0, 54 * time.Second, 66 * time.Second},
		{"a wish that is shorter changes nothing", time.Minute, 5 * time.Second, 54 * time.Second, 66 * time.Second},
		{"as the peer wishes", time.Minute, 10 * time.Minute, 10 * time.Minute, 10 * time.Minute},
		{"a server that is only looked for", 0, 0, 54 * time.Second, 66 * time.Second},
	} {
		p := probe{trunk: TrunkConfig{Ping: tt.ping}}
		for range 100 {
			if got := p.pause(tt.later); got < tt.from || got > tt.upTo {
				t.Errorf("%s: %v", tt.name, got)
			}
		}
	}
}

// A peer says how long it wants to be left alone.
func TestRetryAfterOfAPeerIsHonoured(t *testing.T) {
	b := start(t, func(s *setup) { s.trunks = []TrunkConfig{trunkOf("pbx", "127.0.0.1")} })
	for _, tt := range []struct {
		name, answer string
		later        time.Duration
		there        bool
	}{
		{"503", "503 Busy\r\nRetry-After: 120 (maintenance)", 2 * time.Minute, false},
		{"503 for days", "503 Busy\r\nRetry-After: 999999", refusedMost, false},
		{"503 without a time", "503 Busy", 0, false},
		{"any other answer shows that somebody is there", "404 Who\r\nRetry-After: 120", 0, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t)
			go func() { d.answer(d.next("OPTIONS"), tt.answer) }()
			p := probe{server: b.Server, trunk: TrunkConfig{Name: "pbx", Ping: time.Minute}}
			later, err := p.send(t.Context(), func(ctx context.Context) (errand, error) {
				return b.toServer(ctx, b.gate.named("pbx"), resolve.Server{Host: "tel.example.net"}, resolve.Target{Transport: "udp", Address: d.address()})
			})
			if later != tt.later || (err == nil) != tt.there {
				t.Errorf("left alone for %v, %v", later, err)
			}
		})
	}
}

// A panic over what a peer has answered costs the answer.
func TestAPanicOverAnAnswerCostsTheAnswer(t *testing.T) {
	s := &Server{}
	s.gate.set([]TrunkConfig{trunkOf("pbx", "192.0.2.1")})
	f := &finder{search: func(context.Context, resolve.Server) ([]resolve.Target, error) { panic("x") }}
	p := probe{server: s, trunk: TrunkConfig{Name: "pbx", Ping: time.Minute}, finder: f}
	if _, err := p.ask(t.Context()); !errors.Is(err, errOurs) || s.counts.panics.Load() != 1 {
		t.Errorf("got %v", err)
	}
}

func TestServersMayCallWhileTheyStandInTheFile(t *testing.T) {
	var g gate
	one, two := netip.MustParseAddr("198.51.100.1"), netip.MustParseAddr("198.51.100.2")
	a := trunkOf("a")
	a.Servers = []string{"sip:one", "sip:two"}
	g.set([]TrunkConfig{a})
	g.learnServer("a", "sip:one", []netip.Addr{one})
	g.learnServer("a", "sip:two", []netip.Addr{two})
	g.learnServer("a", "sip:three", []netip.Addr{netip.MustParseAddr("198.51.100.3")})
	may := func(address netip.Addr) bool { return g.trunkOf(address, "UDP") != nil }
	if !may(one) || !may(two) || may(netip.MustParseAddr("198.51.100.3")) {
		t.Error("not those that the file names")
	}
	a.Servers = a.Servers[:1]
	g.set([]TrunkConfig{a})
	g.learnServer("a", "sip:two", []netip.Addr{two}) // a look-up that was under way
	if !may(one) || may(two) {
		t.Error("not those that the file still names")
	}
}

// Calls go on where a name leads elsewhere meanwhile, and an address does not
// stay a trunk's for ever.
func TestFoundAddressesAreForgottenLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var now string
		var known []netip.Addr
		f := finder{
			search: func(context.Context, resolve.Server) ([]resolve.Target, error) {
				if now == "" {
					return nil, resolve.ErrNothing
				}
				return []resolve.Target{{Transport: "udp", Address: netip.MustParseAddrPort(now)}}, nil
			},
			learn: func(a []netip.Addr) { known = a },
		}
		for _, step := range []struct {
			address string
			after   time.Duration
			known   int
		}{
			{"192.0.2.1:5060", 0, 1},
			{"192.0.2.2:5060", time.Hour, 2},
			{"", time.Hour, 2},
			{"192.0.2.2:5060", time.Minute, 1},
		} {
			time.Sleep(step.after)
			now = step.address
			_, _ = f.find(t.Context())
			if len(known) != step.known {
				t.Errorf("%q: %v may call", step.address, known)
			}
		}
		for i := range 2 * maxFound {
			now = netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}), 5060).String()
			_, _ = f.find(t.Context())
		}
		if len(known) > maxFound {
			t.Errorf("%d addresses of one name", len(known))
		}
	})
}
