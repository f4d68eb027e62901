package media

import (
	"errors"
	"maps"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sys/unix"

	"github.com/einwahl/einwahl/transcode/pcm"
	"github.com/einwahl/einwahl/transcode/udp"
)

func TestConfig(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*Config)
		want   string
	}{
		{"the defaults are valid", func(*Config) {}, ""},
		{"no pair in the range", func(c *Config) { c.Ports = PortRange{20001, 20002} }, "ports: 20001-20002 holds no pair"},
		{"an address is advertised", func(c *Config) { c.Advertise = "203.0.113.1" }, ""},
		{"a name is not", func(c *Config) { c.Advertise = "gw.example.org" }, `advertise: "gw.example.org" is no IP address`},
		{"nor is everywhere", func(c *Config) { c.Advertise = "0.0.0.0" }, "advertise:"},
		{"the silent time-out is 0 or a second", func(c *Config) { c.SilentTimeout = time.Millisecond }, "silent_timeout:"},
		{"ports do not rest for hours", func(c *Config) { c.PortRest = time.Hour }, "port_rest:"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := DefaultConfig()
			tt.change(&c)
			err := c.Validate()
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("err = %v, want %q", err, tt.want)
			}
		})
	}
}

func TestPortRange(t *testing.T) {
	for _, tt := range []struct {
		text  string
		pairs int
		wrong bool
	}{
		{text: "20000-29999", pairs: 5000},
		{text: "20001 - 20004", pairs: 1},
		{text: "20000-20001", pairs: 1},
		{text: "20000-20000", pairs: 0},
		{text: "65534-65535", pairs: 1},
		{text: "1-65535", pairs: 32767},
		{text: "29999-20000", wrong: true},
		{text: "0-10", wrong: true},
		{text: "20000-70000", wrong: true},
		{text: "20000", wrong: true},
		{text: "", wrong: true},
	} {
		var r PortRange
		if err := r.UnmarshalText([]byte(tt.text)); (err != nil) != tt.wrong || r.Pairs() != tt.pairs {
			t.Errorf("%q: %v with %d pairs, %v", tt.text, r, r.Pairs(), err)
		}
	}
	if text, _ := DefaultConfig().Ports.MarshalText(); string(text) != "20000-29999" {
		t.Errorf("%s", text)
	}
}

func TestPortsAreEvenAndOdd(t *testing.T) {
	p := newBench(t, nil).dial(pcma)
	if a, b := p.leg.pair.rtp.LocalAddr().Port(), p.leg.pair.rtcp.LocalAddr().Port(); a%2 != 0 || b != a+1 {
		t.Errorf("ports %d and %d", a, b)
	}
}

func TestPortsRestAndComeBack(t *testing.T) {
	b := newBench(t, func(c *Config) { c.Ports, c.PortRest = PortRange{19000, 19007}, time.Millisecond })
	all := b.engine.Free()
	if all != 4 {
		t.Fatalf("%d pairs", all)
	}
	for range 5 {
		var legs []*Leg
		for {
			leg, err := b.engine.NewLeg(LegConfig{Bind: loopback, Signalling: loopback})
			if errors.Is(err, ErrNoPorts) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			legs = append(legs, leg)
		}
		for _, l := range legs {
			l.Close()
		}
		await(t, "the ports to rest", func() bool { return b.engine.Free() == all })
	}
	if s := b.engine.Stats(); s.Legs != 0 || s.Resting != 0 || s.Free != all {
		t.Errorf("%+v", s)
	}
}

func TestPortsOfAnEndedCallStayBound(t *testing.T) {
	p := newBench(t, func(c *Config) { c.PortRest = time.Minute }).dial(pcma)
	free := p.engine.Free()
	p.leg.Close()
	for _, port := range []*udp.Socket{p.leg.pair.rtp, p.leg.pair.rtcp} {
		if _, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(port.LocalAddr())); err == nil {
			t.Error("somebody else can have the port at once")
		}
	}
	if p.engine.Free() != free {
		t.Error("the pair is given again at once")
	}
}

func TestWhatComesToARestingPortIsThrownAway(t *testing.T) {
	p := newBench(t, func(c *Config) { c.PortRest = time.Minute }).dial(pcma)
	p.leg.Close()
	if s := p.engine.Stats(); s.Resting != 1 || s.Legs != 0 {
		t.Errorf("%+v", s)
	}
	for range 10 {
		if _, err := p.rtp.WriteToUDPAddrPort([]byte{0x80, 8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1}, p.to); err != nil {
			t.Fatal(err)
		}
	}
	p.engine.Close() // does not wait for the minute
	if s := p.engine.Stats(); s.PacketsIn != 0 || s.Broken != 0 || s.Resting != 0 {
		t.Errorf("%+v", s)
	}
	if _, err := p.engine.NewLeg(LegConfig{Bind: loopback, Signalling: loopback}); !errors.Is(err, ErrClosed) {
		t.Errorf("err = %v", err)
	}
}

func TestRestBeginsAnewWhileSomebodyStillSends(t *testing.T) {
	var r rest
	if !r.over() {
		t.Error("a quiet port rests twice")
	}
	for range maxRests {
		r.disturbed = true
		if r.over() {
			t.Fatal("a port is given again while somebody sends to it")
		}
	}
	r.disturbed = true
	if !r.over() {
		t.Error("whoever sends keeps the port for ever")
	}
}

func TestWhoDisturbsTheRestKeepsThePort(t *testing.T) {
	p := newBench(t, func(c *Config) { c.PortRest = time.Minute }).dial(pcma)
	free := p.engine.Free()
	late := []byte{0x80, 8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1}
	if _, err := p.rtp.WriteToUDPAddrPort(late, p.to); err != nil { // before the end: that is no disturbance
		t.Fatal(err)
	}
	p.leg.Close()
	r := slices.Collect(maps.Keys(p.engine.rests))[0]
	r.timer.Stop()
	for range 3 {
		if _, err := p.rtp.WriteToUDPAddrPort(late, p.to); err != nil {
			t.Fatal(err)
		}
		r.wake()
		if p.engine.Free() != free {
			t.Fatal("a port is given again while somebody sends to it")
		}
	}
	r.timer.Stop()
	r.wake()
	if p.engine.Free() != free+1 {
		t.Error("a port that nobody disturbs is not given again")
	}
}

func TestPortsOfOthersArePassedOver(t *testing.T) {
	taken, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 19011})
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	b := newBench(t, func(c *Config) { c.Ports = PortRange{19010, 19013} })
	for range 4 { // whichever of both is tried first
		leg, err := b.engine.NewLeg(LegConfig{Bind: loopback, Signalling: loopback})
		if err != nil {
			t.Fatal(err)
		}
		if leg.pair.port != 19012 {
			t.Errorf("port %d", leg.pair.port)
		}
		leg.Close()
		await(t, "the ports to come back", func() bool { return b.engine.Free() == 2 })
	}
}

func TestAddressInDescriptions(t *testing.T) {
	for _, tt := range []struct {
		name      string
		advertise string
		leg       LegConfig
		want      string
	}{
		{"what is advertised", "203.0.113.1", LegConfig{Signalling: loopback}, "203.0.113.1"},
		{"what is advertised to the trunk", "203.0.113.1", LegConfig{Signalling: loopback, Advertise: netip.MustParseAddr("203.0.113.9")}, "203.0.113.9"},
		{"an IPv6 address is not advertised to who calls over IPv4", "203.0.113.1", LegConfig{Signalling: loopback, Advertise: netip.MustParseAddr("2001:db8::9")}, "203.0.113.1"},
		{"what is bound", "", LegConfig{Bind: loopback, Signalling: netip.MustParseAddr("198.51.100.1")}, "127.0.0.1"},
		{"the way to the caller", "", LegConfig{Signalling: loopback}, "127.0.0.1"},
		{"the way to the caller from everywhere", "", LegConfig{Bind: netip.IPv4Unspecified(), Signalling: loopback}, "127.0.0.1"},
		{"IPv4 within IPv6 is IPv4", "", LegConfig{Signalling: netip.MustParseAddr("::ffff:127.0.0.1")}, "127.0.0.1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, func(c *Config) { c.Advertise = tt.advertise })
			leg, err := b.engine.NewLeg(tt.leg)
			if err != nil {
				t.Fatal(err)
			}
			offer, err := leg.Offer()
			if err != nil || !strings.Contains(string(offer), "c=IN IP4 "+tt.want+"\r\n") {
				t.Errorf("%v\n%s", err, offer)
			}
		})
	}
}

func TestStatsAddUp(t *testing.T) {
	b := newBench(t, nil)
	for range 3 {
		p := b.dial(pcma)
		p.step(1)
		p.send(8, make([]byte, 160), 160)
		p.seq++
		p.send(8, make([]byte, 160), 160)
		p.leg.Close()
	}
	await(t, "the ports to rest", func() bool { return b.engine.Stats().Resting == 0 })
	if s := b.engine.Stats(); s.PacketsOut != 3 || s.PacketsIn != 6 || s.Lost != 3 {
		t.Errorf("%+v", s)
	}
}

func TestEngineRefusesBadConfig(t *testing.T) {
	if _, err := newEngine(Config{}, func() pcm.Clock { return nil }, zerolog.Nop()); err == nil {
		t.Error("no error")
	}
}

func TestSoundIsMarkedForTheNetwork(t *testing.T) {
	p := newBench(t, nil).dial(pcma)
	raw, err := p.rtp.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	if err := raw.Control(func(fd uintptr) { err = unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_RECVTOS, 1) }); err != nil {
		t.Fatal(err)
	}
	p.step(1)
	notes := make([]byte, 100)
	p.rtp.SetReadDeadline(time.Now().Add(20 * time.Second))
	_, n, _, _, err := p.rtp.ReadMsgUDPAddrPort(make([]byte, 2048), notes)
	if err != nil {
		t.Fatal(err)
	}
	marks, err := unix.ParseSocketControlMessage(notes[:n])
	if err != nil || len(marks) != 1 || marks[0].Data[0]>>2 != 46 {
		t.Errorf("marks %v, %v", marks, err)
	}
}
