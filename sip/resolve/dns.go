package resolve

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/miekg/dns"
)

const (
	// lookupTime is how long one question may take, all servers together.
	lookupTime = 5 * time.Second
	// searchTime is how long all the questions about one server may take.
	searchTime = 20 * time.Second
)

// Resolver asks name servers. It may be used from any goroutine.
type Resolver struct {
	system  *net.Resolver
	servers []string // host:port; empty: the machine's own
	answers answers
}

// New makes a resolver that asks these servers, as host:port; none: those that
// the machine is set up with.
func New(servers []string) *Resolver {
	r := &Resolver{system: net.DefaultResolver, servers: servers}
	if len(servers) == 0 {
		return r
	}
	var turn atomic.Uint64
	r.system = &net.Resolver{
		PreferGo: true,
		// Each attempt asks the next server: net.Resolver makes several.
		Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			var d net.Dialer
			at := servers[int((turn.Add(1)-1)%uint64(len(servers)))]
			conn, err := d.DialContext(ctx, network, at)
			if err != nil {
				return nil, fmt.Errorf("name server: %w", err)
			}
			return conn, nil
		},
	}
	return r
}

// addresses are those of a host, IPv4 first where there are both.
func (r *Resolver) addresses(ctx context.Context, host string) ([]netip.Addr, error) {
	ctx, cancel := context.WithTimeout(ctx, lookupTime)
	defer cancel()
	all, err := r.system.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, fmt.Errorf("look up %s: %w", host, plain(err))
	}
	slices.SortStableFunc(all, func(a, b netip.Addr) int { return cmp.Compare(a.Unmap().BitLen(), b.Unmap().BitLen()) })
	return all, nil
}

// services are the SRV records of a name, sorted by priority and shuffled by
// weight. A name without any is no error.
func (r *Resolver) services(ctx context.Context, name string) ([]*net.SRV, error) {
	ctx, cancel := context.WithTimeout(ctx, lookupTime)
	defer cancel()
	_, all, err := r.system.LookupSRV(ctx, "", "", rooted(name))
	var none *net.DNSError
	if errors.As(err, &none) && none.IsNotFound {
		return nil, nil
	}
	if err != nil && len(all) == 0 {
		return nil, fmt.Errorf("look up %s: %w", name, plain(err))
	}
	return all, nil
}

// plain says what went wrong without the server's address, which Go's own
// words name wrongly where we chose it.
func plain(err error) error {
	var d *net.DNSError
	if errors.As(err, &d) {
		return errors.New(d.Err)
	}
	return err
}

func rooted(name string) string { return strings.TrimSuffix(name, ".") + "." }

// query is a name with SRV records, and what they are for.
type query struct{ name, transport string }

// naptr asks which transports a domain wants, in its order (RFC 3263 section
// 4.1). Most domains have no such records, and a server that cannot tell
// is no obstacle.
func (r *Resolver) naptr(ctx context.Context, domain string) []query {
	servers := r.servers
	if len(servers) == 0 {
		own, err := dns.ClientConfigFromFile("/etc/resolv.conf")
		if err != nil {
			return nil
		}
		for _, s := range own.Servers {
			servers = append(servers, net.JoinHostPort(s, own.Port))
		}
	}
	ctx, cancel := context.WithTimeout(ctx, lookupTime)
	defer cancel()
	question := new(dns.Msg)
	question.SetQuestion(rooted(domain), dns.TypeNAPTR)
	question.SetEdns0(1232, false)
	for _, server := range servers {
		answer, err := exchange(ctx, question, server)
		if err == nil && (answer.Rcode == dns.RcodeSuccess || answer.Rcode == dns.RcodeNameError) {
			return wishes(answer.Answer)
		}
	}
	return nil
}

// exchange asks over UDP, and over TCP where the answer is too long for it.
func exchange(ctx context.Context, question *dns.Msg, server string) (*dns.Msg, error) {
	udp := dns.Client{Timeout: lookupTime / 2}
	answer, _, err := udp.ExchangeContext(ctx, question, server)
	if err == nil && answer.Truncated {
		tcp := dns.Client{Net: "tcp", Timeout: lookupTime / 2}
		answer, _, err = tcp.ExchangeContext(ctx, question, server)
	}
	if err != nil {
		return nil, fmt.Errorf("ask name server: %w", err)
	}
	if len(answer.Question) != 1 || !strings.EqualFold(answer.Question[0].Name, question.Question[0].Name) {
		return nil, errors.New("ask name server: the answer is to another question")
	}
	return answer, nil
}

// wishes reads the records that lead to SRV records of a transport of ours.
func wishes(records []dns.RR) []query {
	var all []*dns.NAPTR
	for _, rr := range records {
		if n, ok := rr.(*dns.NAPTR); ok && strings.EqualFold(n.Flags, "s") && len(all) < maxTargets {
			all = append(all, n)
		}
	}
	slices.SortStableFunc(all, func(a, b *dns.NAPTR) int {
		return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.Preference, b.Preference))
	})
	var queries []query
	for _, n := range all {
		transport := map[string]string{"SIP+D2U": UDP, "SIP+D2T": TCP, "SIPS+D2T": TLS}[strings.ToUpper(n.Service)]
		if transport != "" && n.Replacement != "." {
			queries = append(queries, query{strings.TrimSuffix(n.Replacement, "."), transport})
		}
	}
	return queries
}
