package sip

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Config is the "sip" section of the operator's file.
type Config struct {
	// Listen are the addresses to listen on, as udp://host:port, and likewise
	// tcp, tls, ws and wss. Without a port it is 5060, 5061 for tls, 80 for ws and
	// 443 for wss; port 0 takes a free one.
	Listen []string `yaml:"listen"`
	// Advertise is the public host in Contact and Via; empty: the address of
	// the route to the peer.
	Advertise string `yaml:"advertise"`
	// TLS is our certificate, and whose we believe.
	TLS TLSConfig `yaml:"tls"`
	// MaxConnections and MaxConnectionsPerAddress bound the streams (TCP, TLS,
	// WebSocket) of all peers and of one address.
	MaxConnections           int `yaml:"max_connections"`
	MaxConnectionsPerAddress int `yaml:"max_connections_per_address"`
	// DNS are the name servers that find servers and registrars, as address or
	// address:port; none: the machine's own.
	DNS []string `yaml:"dns"`
	// STIR is whose word about callers' numbers counts.
	STIR STIRConfig `yaml:"stir"`
}

// TrunkConfig is one of the "trunks" of the operator's file: a peer that
// brings calls.
type TrunkConfig struct {
	Name string `yaml:"name"`
	// Peers are the addresses (192.0.2.1) or networks (192.0.2.0/24) that may
	// call. Everybody else is met with silence.
	Peers []string `yaml:"peers"`
	// Servers are peers that are known by their names, as sip:host,
	// sip:host:port;transport=tcp or sips:host. They are looked up by RFC 3263 and
	// may call as well, and where Ping is not 0 we ask them too.
	Servers []string `yaml:"servers"`
	// Media are further addresses or networks from which the sound of its calls
	// may come: those of the trunk's media servers, where they are neither in the
	// caller's SDP nor send the signalling. They cannot call.
	Media []string `yaml:"media"`
	// Codecs are those that may be spoken: opus, g722, pcma, pcmu. Of those that
	// a caller offers, the first in this order is spoken, whatever the caller's;
	// of those that we offer, the caller chooses.
	Codecs []string `yaml:"codecs"`
	// SRTP is off, optional or required.
	SRTP string `yaml:"srtp"`
	// Denoise takes steady noise out of what its callers say.
	Denoise bool `yaml:"denoise"`
	// Transports are those by which its peers may come: udp, tcp, tls, ws, wss;
	// none: all that are listened on.
	Transports []string `yaml:"transports"`
	// Clients are the certificates that a peer must show one of, over TLS: by a
	// name in it, or as sha256: and its fingerprint. None: no certificate is asked.
	Clients []string `yaml:"clients"`
	// Advertise is our public IP address towards this trunk, in Contact, Via and
	// SDP; empty: sip.advertise and media.advertise.
	Advertise string `yaml:"advertise"`
	// Country is where its national numbers belong, as DE; empty: they stay as
	// they are.
	Country string `yaml:"country"`
	// TrustIdentity is whether P-Asserted-Identity and its like are believed.
	TrustIdentity bool `yaml:"trust_identity"`
	// Called is where the called number stands: auto, request, to, called_party,
	// diversion or history.
	Called string `yaml:"called"`
	// Auth are accounts, one of which a caller must prove by digest.
	Auth AuthConfig `yaml:"auth"`
	// Register are our own accounts with the trunk.
	Register []RegisterConfig `yaml:"register"`
	// SessionExpires is how often a call is refreshed, after RFC 4028; 0 never by
	// us.
	SessionExpires time.Duration `yaml:"session_expires"`
	// Ping is how often we ask the trunk with OPTIONS whether it is there; 0 never.
	Ping time.Duration `yaml:"ping"`
	// Requests is from where requests inside a call may come: trunk, any of its
	// addresses, or strict, only the one that brought the call.
	Requests string `yaml:"requests"`
	// MaxCalls is how many calls there may be at a time; 0 is none.
	MaxCalls int `yaml:"max_calls"`
	// MaxCallsPerSecond is how many calls may begin in a second; 0 is none.
	MaxCallsPerSecond int `yaml:"max_calls_per_second"`
}

// DefaultConfig listens on loopback only.
func DefaultConfig() Config {
	return Config{
		Listen:                   []string{"udp://127.0.0.1:5060", "tcp://127.0.0.1:5060"},
		MaxConnections:           1024,
		MaxConnectionsPerAddress: 64,
	}
}

// DefaultTrunkConfig is what a trunk has where the file is silent. It has
// neither a name nor peers: nobody may call by default.
func DefaultTrunkConfig() TrunkConfig {
	return TrunkConfig{
		Codecs:            []string{"opus", "g722", "pcma", "pcmu"},
		SRTP:              "optional",
		Called:            "auto",
		Auth:              DefaultAuthConfig(),
		SessionExpires:    30 * time.Minute,
		Requests:          "trunk",
		MaxCalls:          200,
		MaxCallsPerSecond: 20,
	}
}

// Validate reports every mistake at once, each under its key in the section.
func (c Config) Validate() error {
	var errs []error
	if len(c.Listen) == 0 {
		errs = append(errs, errors.New("listen: name at least one address, for example udp://127.0.0.1:5060"))
	}
	taken := map[endpoint]string{}
	for i, at := range c.Listen {
		e, err := parseEndpoint(at)
		if e.network != "udp" {
			e.network = "tcp" // tls, ws and wss take a port of TCP
		}
		switch {
		case err != nil:
			errs = append(errs, fmt.Errorf("listen[%d]: %w", i, err))
		case taken[e] != "" && e.port != 0:
			errs = append(errs, fmt.Errorf("listen[%d]: %s has the address and port of %s", i, at, taken[e]))
		}
		taken[e] = at
	}
	if c.Advertise != "" && !isHost(c.Advertise) {
		errs = append(errs, fmt.Errorf("advertise: %q is neither an IP address nor a host name", c.Advertise))
	}
	if c.MaxConnections < 1 {
		errs = append(errs, fmt.Errorf("max_connections: want 1 or more, not %d", c.MaxConnections))
	}
	if c.MaxConnectionsPerAddress < 1 {
		errs = append(errs, fmt.Errorf("max_connections_per_address: want 1 or more, not %d", c.MaxConnectionsPerAddress))
	}
	errs = append(errs, c.TLS.validate(c.listensTLS())...)
	errs = append(errs, c.STIR.validate()...)
	for i, at := range c.DNS {
		if _, err := nameServer(at); err != nil {
			errs = append(errs, fmt.Errorf("dns[%d]: %w", i, err))
		}
	}
	return errors.Join(errs...)
}

// listensTLS reports whether anything listens that needs a certificate.
func (c Config) listensTLS() bool {
	return slices.ContainsFunc(c.Listen, func(at string) bool {
		return strings.HasPrefix(at, "tls:") || strings.HasPrefix(at, "wss:")
	})
}

// Validate reports every mistake at once, each under its key in the trunk.
func (c TrunkConfig) Validate() error {
	var errs []error
	if strings.TrimSpace(c.Name) == "" || c.Name != text(c.Name) {
		errs = append(errs, errors.New("name: a trunk needs a name"))
	}
	if len(c.Peers) == 0 && len(c.Servers) == 0 && len(c.Register) == 0 {
		errs = append(errs, errors.New("peers: name at least one address or network that may call, or a server in servers, or an account in register"))
	}
	for i, peer := range c.Peers {
		if _, err := parsePeer(peer); err != nil {
			errs = append(errs, fmt.Errorf("peers[%d]: %w", i, err))
		}
	}
	errs = append(errs, c.validatePublic()...)
	for i, network := range c.Media {
		if _, err := parsePeer(network); err != nil {
			errs = append(errs, fmt.Errorf("media[%d]: %w", i, err))
		}
	}
	errs = append(errs, validateCodecs(c.Codecs)...)
	switch c.SRTP {
	case "off", "optional", "required":
	default:
		errs = append(errs, fmt.Errorf("srtp: %q is none of off, optional, required", c.SRTP))
	}
	errs = append(errs, c.validateIdentity()...)
	errs = append(errs, c.validateAccounts()...)
	errs = append(errs, c.validateWays()...)
	errs = append(errs, c.validateSession()...)
	if c.MaxCalls < 0 {
		errs = append(errs, fmt.Errorf("max_calls: want 0 or more, not %d", c.MaxCalls))
	}
	if c.MaxCallsPerSecond < 0 {
		errs = append(errs, fmt.Errorf("max_calls_per_second: want 0 or more, not %d", c.MaxCallsPerSecond))
	}
	return errors.Join(errs...)
}

func validateCodecs(codecs []string) []error {
	var errs []error
	seen := map[string]bool{}
	for i, codec := range codecs {
		switch codec {
		case "opus", "g722", "pcma", "pcmu":
		default:
			errs = append(errs, fmt.Errorf("codecs[%d]: %q is none of opus, g722, pcma, pcmu", i, text(codec)))
		}
		if seen[codec] {
			errs = append(errs, fmt.Errorf("codecs[%d]: %s is there twice", i, text(codec)))
		}
		seen[codec] = true
	}
	if len(codecs) == 0 {
		errs = append(errs, errors.New("codecs: name at least one of opus, g722, pcma, pcmu, or no call can be taken"))
	}
	return errs
}

// ValidateTrunks reports what is wrong with trunks beside each other; each
// alone is checked by its own Validate.
func ValidateTrunks(trunks []TrunkConfig) error {
	var errs []error
	names := map[string]int{}
	type way struct {
		network   netip.Prefix
		transport string
	}
	owner := map[way]int{}
	for i, t := range trunks {
		if first, twice := names[t.Name]; twice {
			errs = append(errs, fmt.Errorf("[%d].name: trunk %d already is named %q", i, first, text(t.Name)))
		} else {
			names[t.Name] = i
		}
		for j, peer := range t.Peers {
			network, err := parsePeer(peer)
			if err != nil {
				continue
			}
			for _, transport := range waysOf(t) {
				// Two that we register with are told apart by the account called.
				if first, twice := owner[way{network, transport}]; twice && (len(t.Register) == 0 || len(trunks[first].Register) == 0) {
					errs = append(errs, fmt.Errorf("[%d].peers[%d]: %s already belongs to trunk %d, which comes by %s too", i, j, network, first, strings.ToLower(transport)))
					break
				}
				owner[way{network, transport}] = i
			}
		}
	}
	return errors.Join(errs...)
}

// endpoint is one address to listen on.
type endpoint struct {
	network string // udp, tcp, tls, ws, wss
	host    string
	port    uint16
}

func (e endpoint) address() string { return net.JoinHostPort(e.host, strconv.Itoa(int(e.port))) }

// family is the network as package net names it. 0.0.0.0 means IPv4 to whoever
// writes it, and everything to package net.
func (e endpoint) family() string {
	network := "tcp"
	if e.network == "udp" {
		network = "udp"
	}
	if a, err := netip.ParseAddr(e.host); err == nil && a.Is4() {
		return network + "4"
	}
	return network
}

// defaultPort is that those of RFC 3261 section 18 and RFC 7118.
func defaultPort(network string) (port uint16, known bool) {
	switch network {
	case "udp", "tcp":
		return 5060, true
	case "tls":
		return 5061, true
	case "ws":
		return 80, true
	case "wss":
		return 443, true
	}
	return 0, false
}

func parseEndpoint(s string) (endpoint, error) {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.User != nil || u.Path != "" || u.RawQuery != "" || u.Fragment != "" {
		return endpoint{}, fmt.Errorf("%q is no address to listen on: want for example udp://127.0.0.1:5060", text(s))
	}
	port, known := defaultPort(u.Scheme)
	if !known {
		return endpoint{}, fmt.Errorf("%q: want udp://, tcp://, tls://, ws:// or wss://", text(s))
	}
	e := endpoint{network: u.Scheme, host: u.Hostname(), port: port}
	if e.host != "" && !isHost(e.host) {
		return endpoint{}, fmt.Errorf("%q: %q is no host", text(s), text(e.host))
	}
	if p := u.Port(); p != "" {
		n, err := strconv.ParseUint(p, 10, 16)
		if err != nil {
			return endpoint{}, fmt.Errorf("%q: %q is no port", text(s), p)
		}
		e.port = uint16(n)
	}
	return e, nil
}

// nameServer reads the address of a DNS server.
func nameServer(s string) (string, error) {
	if a, err := netip.ParseAddr(s); err == nil {
		return netip.AddrPortFrom(a, 53).String(), nil
	}
	if a, err := netip.ParseAddrPort(s); err == nil && a.Port() != 0 {
		return a.String(), nil
	}
	return "", fmt.Errorf("%q is no address of a name server, such as 192.0.2.53 or 192.0.2.53:5353", text(s))
}

// nameServers are those of the file, as host:port.
func (c Config) nameServers() []string {
	var servers []string
	for _, at := range c.DNS {
		if server, err := nameServer(at); err == nil {
			servers = append(servers, server)
		}
	}
	return servers
}

// parsePeer reads an address or a network; an address is a network of one.
func parsePeer(s string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(s); err == nil && a.Zone() == "" {
		a = a.Unmap()
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("%q is neither an address such as 192.0.2.1 nor a network such as 192.0.2.0/24", text(s))
	}
	if p.Masked() != p {
		return netip.Prefix{}, fmt.Errorf("%q has bits set behind its length: did you mean %s?", text(s), p.Masked())
	}
	return p, nil
}

func isHost(s string) bool {
	if _, err := netip.ParseAddr(s); err == nil {
		return true
	}
	if s == "" || len(s) > 253 {
		return false
	}
	for label := range strings.SplitSeq(strings.TrimSuffix(s, "."), ".") {
		if label == "" || len(label) > 63 || strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-") {
			return false
		}
		for _, r := range label {
			if r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') {
				return false
			}
		}
	}
	return true
}
