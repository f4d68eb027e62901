package sip

import (
	"net/netip"
	"strings"
	"testing"

	sipmsg "github.com/emiago/sipgo/sip"
)

func TestATrunkOfEverybodyMustAskForProof(t *testing.T) {
	account := []UserConfig{{User: "desk", Password: "a long password"}}
	for _, tt := range []struct {
		name    string
		peers   []string
		users   []UserConfig
		clients []string
		want    string
	}{
		{name: "one address", peers: []string{"192.0.2.1"}},
		{name: "the widest private networks", peers: []string{"10.0.0.0/8", "fc00::/7", "127.0.0.0/8"}},
		{name: "everybody", peers: []string{"0.0.0.0/0"}, want: "peers[0]: "},
		{name: "everybody by IPv6", peers: []string{"192.0.2.1", "::/0"}, want: "peers[1]: "},
		{name: "everybody in halves", peers: []string{"0.0.0.0/1", "128.0.0.0/1"}, want: "peers[0]: "},
		{name: "all that is given out of IPv6", peers: []string{"2000::/3"}, want: "peers[0]: "},
		{name: "everybody who has a password", peers: []string{"0.0.0.0/0", "::/0"}, users: account},
		{name: "everybody who has a certificate", peers: []string{"0.0.0.0/0"}, clients: []string{"pbx.example"}},
	} {
		trunk := trunkOf("a", tt.peers...)
		trunk.Auth.Users, trunk.Clients = tt.users, tt.clients
		err := trunk.Validate()
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.HasPrefix(err.Error(), tt.want) || !strings.Contains(err.Error(), "auth.users")) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
}

// With IPv6 everybody has more addresses than there are connections.
func TestOneNetworkOfIPv6CountsAsOneAddress(t *testing.T) {
	c := newStreams(&gate{}, 10, 1)
	for _, tt := range []struct {
		address string
		room    bool
	}{{"2001:db8::1", true}, {"2001:db8::2:1", false}, {"2001:db8:0:1::1", true}, {"192.0.2.1", true}, {"192.0.2.2", true}, {"192.0.2.2", false}} {
		if _, err := c.admit(nil, netip.MustParseAddr(tt.address), &trunk{use: &use{}}); (err == nil) != tt.room {
			t.Errorf("%s: %v", tt.address, err)
		}
	}
}

// Who may come from anywhere cannot keep the carriers out.
func TestTrunksOfEverybodyLeaveHalfTheConnections(t *testing.T) {
	c := newStreams(&gate{}, 4, 4)
	world, carrier := newTrunk(trunkOf("world", "0.0.0.0/0"), nil), newTrunk(trunkOf("carrier", "192.0.2.1"), nil)
	from := netip.MustParseAddr("198.51.100.1")
	var places []*guest
	for range 2 {
		g, err := c.admit(nil, from, world)
		if err != nil {
			t.Fatal(err)
		}
		places = append(places, g)
	}
	if _, err := c.admit(nil, from, world); err == nil {
		t.Error("a third of everybody's has found a place")
	}
	for range 2 {
		if _, err := c.admit(nil, netip.MustParseAddr("192.0.2.1"), carrier); err != nil {
			t.Errorf("a carrier has not: %v", err)
		}
	}
	_ = places[0].Close()
	if _, err := c.admit(nil, from, world); err != nil {
		t.Errorf("a place that was given back: %v", err)
	}
}

// Nothing is sent to a third party because a header names it, not even where the
// trunk is the whole world; and a phone behind NAT names itself by an address
// that leads nowhere.
func TestWhereEverybodyMayCallHeadersNameNobody(t *testing.T) {
	source := netip.MustParseAddrPort("198.51.100.7:40000")
	for _, tt := range []struct {
		name, peers, contact, want string
	}{
		{"a stranger", "0.0.0.0/0", "sip:a@203.0.113.9:5060", "198.51.100.7:40000"},
		{"a server inside", "0.0.0.0/0", "sip:a@127.0.0.1:25", "198.51.100.7:40000"},
		{"a phone behind NAT", "0.0.0.0/0", "sip:a@192.168.1.5:5060", "198.51.100.7:40000"},
		{"another port of its own", "0.0.0.0/0", "sip:a@198.51.100.7:5062", "198.51.100.7:5062"},
		{"another host of a network that is named", "198.51.100.0/24", "sip:a@198.51.100.9:5062", "198.51.100.9:5062"},
	} {
		r := route{trunk: newTrunk(trunkOf("a", tt.peers), nil), came: &datagrams{}, source: source}
		if err := sipmsg.ParseUri(tt.contact, &r.target); err != nil {
			t.Fatal(err)
		}
		if _, got := r.hop(); got.String() != tt.want {
			t.Errorf("%s: %v, want %s", tt.name, got, tt.want)
		}
	}
}

// No caller of a trunk of everybody's has us ask name servers.
func TestWhereEverybodyMayCallNoNamesAreLookedUp(t *testing.T) {
	r := route{trunk: newTrunk(trunkOf("a", "0.0.0.0/0"), nil), came: &stream{kind: "TCP"}}
	// Without a server to ask from it would panic, did it ask.
	if _, ok := r.lookUp(t.Context(), nil, "victim.example"); ok {
		t.Error("a name was found")
	}
}
