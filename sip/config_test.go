package sip

import (
	"strings"
	"testing"
)

func TestDefaultsAreValid(t *testing.T) {
	if err := DefaultConfig().Validate(); err != nil {
		t.Error(err)
	}
	trunk := DefaultTrunkConfig()
	trunk.Name, trunk.Peers = "carrier", []string{"192.0.2.1", "2001:db8::/32"}
	if err := trunk.Validate(); err != nil {
		t.Error(err)
	}
}

func TestConfigMistakes(t *testing.T) {
	for _, tt := range []struct {
		listen    []string
		advertise string
		want      string
	}{
		{nil, "", "listen: "},
		{[]string{"127.0.0.1:5060"}, "", "listen[0]: "},
		{[]string{"udp://127.0.0.1:5060/x"}, "", "listen[0]: "},
		{[]string{"udp://127.0.0.1:70000"}, "", "listen[0]: "},
		{[]string{"sctp://127.0.0.1:5061"}, "", "listen[0]: "},
		{[]string{"tls://127.0.0.1:5061"}, "", "tls.certificate: "},
		{[]string{"wss://127.0.0.1"}, "", "tls.certificate: "},
		{[]string{"udp://a b:1"}, "", "listen[0]: "},
		{[]string{"udp://:5060", "udp://:5060"}, "", "listen[1]: "},
		{[]string{"tcp://:5060", "ws://:5060"}, "", "listen[1]: "},
		{[]string{"udp://:5060", "tcp://:5060"}, "", ""},
		{[]string{"udp://:5060"}, "not a host", "advertise: "},
		{[]string{"udp://:5060"}, "-x.example", "advertise: "},
		{[]string{"udp://:0", "udp://:0", "tcp://[::1]"}, "sip.example.com", ""},
		{[]string{"udp://0.0.0.0:5060"}, "2001:db8::1", ""},
	} {
		c := DefaultConfig()
		c.Listen, c.Advertise = tt.listen, tt.advertise
		err := c.Validate()
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.HasPrefix(err.Error(), tt.want)) {
			t.Errorf("%v %q: %v, want %q", tt.listen, tt.advertise, err, tt.want)
		}
	}
}

func TestTrunkMistakesAreReportedTogether(t *testing.T) {
	err := TrunkConfig{Peers: []string{"nonsense", "10.0.0.1/8"}, Media: []string{"media.example"}, Codecs: []string{"g729", "pcma", "pcma"}, SRTP: "maybe", MaxCalls: -1, MaxCallsPerSecond: -1}.Validate()
	if err == nil {
		t.Fatal("no error")
	}
	for _, key := range []string{"name: ", "peers[0]: ", "peers[1]: ", "media[0]: ", "codecs[0]: ", "codecs[2]: ", "srtp: ", "max_calls: ", "max_calls_per_second: "} {
		if !strings.Contains("\n"+err.Error(), "\n"+key) {
			t.Errorf("no word about %s in:\n%v", key, err)
		}
	}
	err = TrunkConfig{Name: "a", SRTP: "off"}.Validate()
	if err == nil || !strings.Contains(err.Error(), "peers: ") || !strings.Contains(err.Error(), "codecs: ") {
		t.Errorf("empty lists: %v", err)
	}
}

func TestAnyCodecAloneIsEnough(t *testing.T) {
	trunk := trunkOf("a", "10.0.0.1")
	for _, codec := range []string{"opus", "g722", "pcma", "pcmu"} {
		trunk.Codecs = []string{codec}
		if err := trunk.Validate(); err != nil {
			t.Error(err)
		}
	}
	trunk.Codecs = nil
	if err := trunk.Validate(); err == nil || !strings.HasPrefix(err.Error(), "codecs: ") {
		t.Errorf("none: %v", err)
	}
}

func TestTrunksBesideEachOther(t *testing.T) {
	a, b := trunkOf("a", "10.0.0.1"), trunkOf("a", "10.0.0.1/32")
	err := ValidateTrunks([]TrunkConfig{a, b})
	if err == nil || !strings.Contains(err.Error(), "[1].name: ") || !strings.Contains(err.Error(), "[1].peers[0]: ") {
		t.Errorf("got %v", err)
	}
	b = trunkOf("b", "10.0.0.0/8")
	if err := ValidateTrunks([]TrunkConfig{a, b}); err != nil {
		t.Errorf("a network within a network: %v", err)
	}
	b.Peers, b.Transports, a.Transports = a.Peers, []string{"ws", "wss"}, []string{"udp"}
	if err := ValidateTrunks([]TrunkConfig{a, b}); err != nil {
		t.Errorf("one network by two ways: %v", err)
	}
	b.Transports = append(b.Transports, "udp")
	if err := ValidateTrunks([]TrunkConfig{a, b}); err == nil {
		t.Error("one network by one way")
	}
}

func TestWaysOfATrunk(t *testing.T) {
	fingerprint := "sha256:" + strings.Repeat("AB:", 31) + "AB"
	for _, tt := range []struct {
		transports, clients []string
		advertise, want     string
	}{
		{want: ""},
		{transports: []string{"tls", "wss"}, clients: []string{"pbx.example", "*.pbx.example", fingerprint}, advertise: "2001:db8::1", want: ""},
		{transports: []string{"sctp"}, want: "transports[0]: "},
		{transports: []string{"udp", "udp"}, want: "transports[1]: "},
		{transports: []string{"tls", "udp"}, clients: []string{"pbx.example"}, want: "transports[1]: "},
		{clients: []string{"sha256:1234"}, want: "clients[0]: "},
		{clients: []string{"a b"}, want: "clients[0]: "},
		{advertise: "gateway.example", want: "advertise: "},
	} {
		trunk := trunkOf("a", "10.0.0.1")
		trunk.Transports, trunk.Clients, trunk.Advertise = tt.transports, tt.clients, tt.advertise
		err := trunk.Validate()
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.HasPrefix(err.Error(), tt.want)) {
			t.Errorf("%v %v %q: %v, want %q", tt.transports, tt.clients, tt.advertise, err, tt.want)
		}
	}
}

func TestCertificateFilesMustFit(t *testing.T) {
	for _, tt := range []struct {
		tls  TLSConfig
		want string
	}{
		{TLSConfig{Certificate: "/nowhere.pem"}, "tls.key: "},
		{TLSConfig{Key: "/nowhere.pem"}, "tls.certificate: "},
		{TLSConfig{Certificate: "/nowhere.pem", Key: "/nowhere.key"}, "tls.certificate: "},
		{TLSConfig{Authorities: "/nowhere.pem"}, "tls.authorities: "},
		{TLSConfig{Authorities: "config_test.go"}, "tls.authorities: "},
	} {
		c := DefaultConfig()
		c.TLS = tt.tls
		if err := c.Validate(); err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%+v: %v, want %q", tt.tls, err, tt.want)
		}
	}
}

func FuzzConfig(f *testing.F) {
	f.Add("udp://127.0.0.1:5060", "192.0.2.0/24", "sip.example.com")
	f.Fuzz(func(_ *testing.T, listen, peer, advertise string) {
		_ = Config{Listen: []string{listen}, Advertise: advertise}.Validate()
		_ = TrunkConfig{Name: listen, Peers: []string{peer}}.Validate()
	})
}
