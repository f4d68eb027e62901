package sip

import (
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/einwahl/einwahl/sip/digest"
	"github.com/einwahl/einwahl/sip/resolve"
)

func accountOf(user string) RegisterConfig {
	c := DefaultRegisterConfig()
	c.Server, c.User, c.Password = "sip:tel.example.net", user, "a password"
	return c
}

func TestServerOfAnAccount(t *testing.T) {
	for _, tt := range []struct {
		server string
		want   resolve.Server
		wrong  bool
	}{
		{"sip:tel.example.net", resolve.Server{Host: "tel.example.net"}, false},
		{"tel.example.net", resolve.Server{Host: "tel.example.net"}, false},
		{"sip:tel.example.net:5070;transport=TCP", resolve.Server{Host: "tel.example.net", Port: 5070, Transport: "tcp"}, false},
		{"sips:tel.example.net", resolve.Server{Host: "tel.example.net", Transport: "tls"}, false},
		{"SIPS:tel.example.net;transport=tcp", resolve.Server{Host: "tel.example.net", Transport: "tls"}, false},
		{"sip:[2001:db8::1]:5060", resolve.Server{Host: "2001:db8::1", Port: 5060}, false},
		{"sip:[2001:db8::1]", resolve.Server{Host: "2001:db8::1"}, false},
		{"sip:192.0.2.1", resolve.Server{Host: "192.0.2.1"}, false},
		{server: "", wrong: true},
		{server: "sip:user@tel.example.net", wrong: true},
		{server: "sip:tel.example.net:0", wrong: true},
		{server: "sip:tel.example.net;transport=sctp", wrong: true},
		{server: "sips:tel.example.net;transport=udp", wrong: true},
		{server: "sip:tel.example.net;lr", wrong: true},
		{server: "http://tel.example.net", wrong: true},
	} {
		got, err := serverOf(tt.server)
		if (err != nil) != tt.wrong || err == nil && got != tt.want {
			t.Errorf("%q: %+v, %v", tt.server, got, err)
		}
	}
}

func FuzzServerOf(f *testing.F) {
	f.Add("sip:tel.example.net:5060;transport=tls")
	f.Fuzz(func(t *testing.T, s string) {
		if server, err := serverOf(s); err == nil && (!isHost(server.Host) || server.Transport == "sctp") {
			t.Errorf("%q: %+v", s, server)
		}
	})
}

func TestMistakesInAccounts(t *testing.T) {
	for _, tt := range []struct {
		name  string
		tweak func(*TrunkConfig)
		want  string // "": none
	}{
		{"as it should be", func(*TrunkConfig) {}, ""},
		{"no server", func(c *TrunkConfig) { c.Register[0].Server = "" }, "register[0].server: "},
		{"a transport that the trunk does not have", func(c *TrunkConfig) { c.Transports = []string{"tls"} }, "register[0].server: "},
		{"a domain that is none", func(c *TrunkConfig) { c.Register[0].Domain = "a b" }, "register[0].domain: "},
		{"no user", func(c *TrunkConfig) { c.Register[0].User = "" }, "register[0].user: "},
		{"a user with its domain", func(c *TrunkConfig) { c.Register[0].User = "4930@tel.example" }, "register[0].user: "},
		{"no password", func(c *TrunkConfig) { c.Register[0].Password = "" }, "register[0].password: "},
		{"for a moment", func(c *TrunkConfig) { c.Register[0].Expires = time.Second }, "register[0].expires: "},
		{"twice", func(c *TrunkConfig) { c.Register = append(c.Register, c.Register[0]) }, "register[1].user: "},
		{"a short password of a caller", func(c *TrunkConfig) { c.Auth.Users = []UserConfig{{"pbx", "short"}} }, "auth.users[0].password: "},
		{"a caller without a name", func(c *TrunkConfig) { c.Auth.Users = []UserConfig{{"", "long enough"}} }, "auth.users[0].user: "},
		{"a caller twice", func(c *TrunkConfig) { c.Auth.Users = []UserConfig{{"a", "long enough"}, {"a", "long enough"}} }, "auth.users[1].user: "},
		{"an algorithm that we lack", func(c *TrunkConfig) { c.Auth.Algorithms = []string{"sha-1"} }, "auth.algorithms[0]: "},
		{"no algorithm", func(c *TrunkConfig) {
			c.Auth = AuthConfig{Users: []UserConfig{{"a", "long enough"}}}
		}, "auth.algorithms: "},
		{"servers", func(c *TrunkConfig) {
			c.Register, c.Servers = nil, []string{"sip:a.example.net;transport=tls", "sip:b.example.net;transport=tls"}
		}, ""},
		{"a server that is none", func(c *TrunkConfig) { c.Servers = []string{"user@a.example.net"} }, "servers[0]: "},
		{"a server by a transport that the trunk does not have", func(c *TrunkConfig) {
			c.Register, c.Transports, c.Servers = nil, []string{"tls"}, []string{"sip:a.example.net"}
		}, "servers[0]: "},
		{"a server twice", func(c *TrunkConfig) { c.Servers = []string{"sip:a.example.net", "sip:a.example.net"} }, "servers[1]: "},
		{"nobody who may call", func(c *TrunkConfig) { c.Register = nil }, "peers: "},
		{"a ping too often", func(c *TrunkConfig) { c.Ping = time.Second }, "ping: "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := DefaultTrunkConfig()
			c.Name, c.Register = "carrier", []RegisterConfig{accountOf("alice")}
			tt.tweak(&c)
			err := c.Validate()
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.HasPrefix(err.Error(), tt.want) || strings.Contains(err.Error(), "\n")) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestTrunksMayShareARegistrar(t *testing.T) {
	a, b, c := trunkOf("a", "192.0.2.1"), trunkOf("b", "192.0.2.1"), trunkOf("c", "192.0.2.1")
	a.Register, b.Register = []RegisterConfig{accountOf("alice")}, []RegisterConfig{accountOf("bob")}
	if err := ValidateTrunks([]TrunkConfig{a, b}); err != nil {
		t.Error(err)
	}
	if err := ValidateTrunks([]TrunkConfig{a, c}); err == nil {
		t.Error("a trunk without accounts shares an address")
	}
}

func TestRegistrarsMayCallAndNobodyElse(t *testing.T) {
	var g gate
	a := trunkOf("a", "192.0.2.1")
	g.set([]TrunkConfig{a})
	found := netip.MustParseAddr("198.51.100.1")
	whose := func(at string) string {
		if t := g.trunkOf(netip.MustParseAddr(at), "UDP"); t != nil {
			return t.Name
		}
		return ""
	}
	g.learn("a", "x", []netip.Addr{found})
	g.learn("nobody", "x", []netip.Addr{netip.MustParseAddr("198.51.100.2")})
	got := []string{whose("192.0.2.1"), whose("198.51.100.1"), whose("198.51.100.2"), whose("198.51.100.3")}
	if want := []string{"a", "a", "", ""}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v", got)
	}
	g.set([]TrunkConfig{a})
	if whose("198.51.100.1") != "a" {
		t.Error("forgotten when the file was read again")
	}
	g.set(nil)
	if whose("198.51.100.1") != "a" || g.named("a") != nil {
		t.Error("an account that has left cannot take leave")
	}
	g.learn("a", "x", nil)
	if whose("198.51.100.1") != "" || whose("192.0.2.1") != "" {
		t.Error("what has left may still call")
	}
}

// What a name server says takes no address away from a trunk that has it in the
// file, be it this machine's own or another carrier's.
func TestAnAddressThatIsFoundStaysWithItsTrunk(t *testing.T) {
	for _, tt := range []struct{ name, found, way, want string }{
		{"another trunk's peer", "192.0.2.1", "UDP", "file"},
		{"one of another trunk's network", "198.51.100.7", "UDP", "file"},
		{"this machine", "127.0.0.1", "UDP", "file"},
		{"by a way that the other trunk does not come", "192.0.2.1", "TLS", "names"},
		{"nobody's", "203.0.113.1", "UDP", "names"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var g gate
			names, file := trunkOf("names"), trunkOf("file", "192.0.2.1", "198.51.100.0/24", "127.0.0.0/8")
			names.Servers, file.Transports = []string{"x"}, []string{"udp"}
			g.set([]TrunkConfig{names, file})
			address := netip.MustParseAddr(tt.found)
			g.learn("names", "x", []netip.Addr{address})
			g.learnServer("names", "x", []netip.Addr{address})
			if got := g.trunkOf(address, tt.way); got == nil || got.Name != tt.want {
				t.Errorf("it belongs to %v", got)
			}
		})
	}
}

func TestClaim(t *testing.T) {
	s := &Server{}
	a, b := trunkOf("a", "192.0.2.1"), trunkOf("b", "192.0.2.1")
	a.Register, b.Register = []RegisterConfig{accountOf("alice"), accountOf("main")}, []RegisterConfig{accountOf("bob"), accountOf("main")}
	s.gate.set([]TrunkConfig{a, b})
	for _, tt := range []struct{ name, uri, trunk, account string }{
		{"by its user", "sip:alice@gw", "a", "alice"},
		{"of another trunk", "sip:bob@gw", "b", "bob"},
		{"one name with two carriers: the first", "sip:main@gw", "a", "main"},
		{"one name with two carriers: by our own mark", "sip:main@gw;line=" + s.line("b", b.Register[1]), "b", "main"},
		{"a mark that is not ours", "sip:bob@gw;line=00", "b", "bob"},
		{"nobody", "sip:carol@gw", "a", ""},
		{"no user", "sip:gw", "a", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			source := netip.MustParseAddrPort("192.0.2.1:5060")
			in := incoming{Request: request(t, "INVITE "+tt.uri+" SIP/2.0\r\nContent-Length: 0\r\n\r\n")}
			in.arrival = arrival{wire: fakeWire{}, source: source, trunk: s.gate.trunkOf(source.Addr(), "UDP")}
			if got, account := s.claim(in); got.Name != tt.trunk || account != tt.account {
				t.Errorf("claimed by %s, account %q", got.Name, account)
			}
		})
	}
}

func TestOptionsAreChallengedOnlyFromANetwork(t *testing.T) {
	for _, tt := range []struct {
		peers, method string
		want          int
	}{
		{"127.0.0.1", "OPTIONS", 200},
		{"127.0.0.0/8", "OPTIONS", 401},
		{"127.0.0.0/8", "INVITE", 401},
		{"127.0.0.1", "INVITE", 401},
		{"127.0.0.0/8", "REGISTER", 405},
		{"127.0.0.0/8", "BYE", 481},
	} {
		b := start(t, func(s *setup) {
			trunk := trunkOf("pbx", tt.peers)
			trunk.Auth.Users = []UserConfig{{"pbx", "long enough"}}
			s.trunks = []TrunkConfig{trunk}
		})
		phone := b.phone("udp")
		phone.Send(raw(tt.method, "SIP/2.0/UDP 127.0.0.1;rport"))
		m := phone.Reply()
		wantStatus(t, m, tt.want)
		if tt.want == 401 && !strings.Contains(m.Get("WWW-Authenticate"), `realm="pbx"`) {
			t.Errorf("challenge %q", m.Get("WWW-Authenticate"))
		}
	}
}

func TestCallersMayProveByEitherAlgorithm(t *testing.T) {
	for _, tt := range []struct {
		name            string
		offered         []string
		user, password  string
		want, challenge int // status, and how many offers came first
	}{
		{"SHA-256 before MD5", []string{"sha-256", "md5"}, "pbx", "long enough", 200, 2},
		{"MD5", []string{"md5"}, "pbx", "long enough", 200, 1},
		{"SHA-256", []string{"sha-256"}, "pbx", "long enough", 200, 1},
		{"a wrong password", []string{"sha-256"}, "pbx", "not right", 401, 1},
		{"nobody", []string{"sha-256"}, "nobody", "long enough", 401, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := start(t, func(s *setup) {
				trunk := trunkOf("pbx", "127.0.0.0/8")
				trunk.Auth = AuthConfig{Algorithms: tt.offered, Users: []UserConfig{{"pbx", "long enough"}}}
				s.trunks = []TrunkConfig{trunk}
			})
			phone := b.phone("udp")
			phone.Send(raw("OPTIONS", "SIP/2.0/UDP 127.0.0.1;rport"))
			m := phone.Reply()
			wantStatus(t, m, 401)
			offers := m.All("WWW-Authenticate")
			if len(offers) != tt.challenge {
				t.Fatalf("offers %q", offers)
			}
			c := digest.Client{User: tt.user, Password: tt.password}
			if _, err := c.Challenged(offers); err != nil {
				t.Fatal(err)
			}
			proof, err := c.Answer("OPTIONS", "sip:en@127.0.0.1")
			if err != nil {
				t.Fatal(err)
			}
			phone.Send(raw("OPTIONS", "SIP/2.0/UDP 127.0.0.1;rport", "Authorization: "+proof))
			wantStatus(t, phone.Reply(), tt.want)
			if err := b.SetTrunks([]TrunkConfig{b.gate.named("pbx").TrunkConfig}); err != nil { // the file is read again
				t.Fatal(err)
			}
			phone.Send(raw("OPTIONS", "SIP/2.0/UDP 127.0.0.1;rport", "Authorization: "+proof))
			m = phone.Reply()
			wantStatus(t, m, 401)
			if stale := strings.Contains(m.Get("WWW-Authenticate"), "stale=true"); stale != (tt.want == 200) {
				t.Errorf("a replay is answered with %q", m.Get("WWW-Authenticate"))
			}
		})
	}
}
