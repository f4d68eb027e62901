package interop

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/einwahl/einwahl/gateway/peertest"
	"github.com/einwahl/einwahl/sip"
)

// registrar is a Kamailio that keeps accounts of the domain tel.test, asks for
// their password, wants no registration shorter than two minutes, and sends
// calls to whoever has registered.
const registrar = `
request_route {
	if (is_method("CANCEL")) { if (t_check_trans()) { t_relay(); } exit; }
	if (has_totag()) { loose_route(); t_relay(); exit; }
	if (is_method("OPTIONS")) { xlog("L_ERR", "OPTIONS route $hdr(Route)\n"); sl_send_reply("200", "OK"); exit; }
	if (is_method("REGISTER")) {
		if (!pv_www_authenticate("tel.test", "a password", "0")) { www_challenge("tel.test", "1"); exit; }
		if ($hdr(Expires) != "0" && $(hdr(Expires){s.int}) < 120) {
			append_to_reply("Min-Expires: 120\r\n");
			sl_send_reply("423", "Interval Too Brief");
			exit;
		}
		append_to_reply("Service-Route: <sip:$Ri:$Rp;lr;mark=service>\r\n");
		xlog("L_ERR", "REGISTER user $tU expires $hdr(Expires) contact $hdr(Contact) id $ci cseq $cs\n");
		save("location");
		exit;
	}
	record_route();
	if (!lookup("location")) { sl_send_reply("404", "Not Found"); exit; }
	t_relay();
}
`

func startRegistrar(t *testing.T, routes string, params ...string) *peertest.Kamailio {
	t.Helper()
	return registrarAt(t, peertest.Port(t), routes, params...)
}

func registrarAt(t *testing.T, port int, routes string, params ...string) *peertest.Kamailio {
	t.Helper()
	return peertest.StartKamailio(t, port, peertest.KamailioConfig{
		Modules: []string{"usrloc", "registrar", "auth"},
		Params: append([]string{
			`"usrloc", "db_mode", 0`, `"registrar", "use_path", 1`, `"registrar", "path_mode", 0`,
			`"registrar", "max_expires", 3600`, `"auth", "qop", "auth"`, `"auth", "nonce_count", 1`,
		}, params...),
		Routes: routes,
	})
}

func account(user, server string) sip.RegisterConfig {
	c := sip.DefaultRegisterConfig()
	c.Server, c.Domain, c.User, c.Password, c.Expires = "sip:"+server, "tel.test", user, "a password", time.Minute
	return c
}

// registered waits until the n-th account is in a state.
func (g *gateway) registered(n int, state string) sip.Registration {
	g.t.Helper()
	var r sip.Registration
	peertest.Eventually(g.t, fmt.Sprintf("account %d is %s", n, state), func() bool {
		r = g.server.Registrations()[n]
		return r.State == state
	})
	return r
}

// hangUp answers and hangs up.
func hangUp(ctx context.Context, c *sip.Call) {
	if c.Answer(ctx) == nil {
		c.Hangup(sip.Cause{Q850: 16, Text: "Normal call clearing"})
	}
}

// Two accounts behind one address on two trunks, one of which has two: each
// call is claimed by the account that it was sent to. The registrar challenges,
// wants longer registrations, and has no place in peers.
func TestAccountsBehindOneAddress(t *testing.T) {
	t.Parallel()
	for _, transport := range []string{"udp", "tcp"} {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			k := startRegistrar(t, registrar)
			server := k.Address + ";transport=" + transport
			g := start(t, func(s *settings) {
				s.trunk.Peers, s.trunk.Ping = nil, 5*time.Second
				s.trunk.Register = []sip.RegisterConfig{account("alice", server), account("bob", server)}
				other := s.trunk
				other.Name, other.Register = "other", []sip.RegisterConfig{account("carol", server)}
				s.more = []sip.TrunkConfig{other}
			})
			for n, user := range []string{"alice", "bob", "carol"} {
				r := g.registered(n, "registered")
				if r.User != user || time.Until(r.Expires) < time.Minute {
					t.Errorf("registration %+v", r)
				}
			}
			for _, want := range []struct{ user, trunk string }{{"carol", "other"}, {"alice", "peer"}, {"bob", "peer"}} {
				peertest.SIPp(t, peertest.RoutedCall(want.user, "tel.test", true), k.Address, 1, nil)
				c := <-g.calls
				if c.Account() != want.user || c.Trunk() != want.trunk {
					t.Errorf("a call to %s came to account %q of trunk %q", want.user, c.Account(), c.Trunk())
				}
			}
			peertest.Eventually(t, "all registrars are reachable", func() bool {
				for _, p := range g.server.Peers() {
					if p.State != "reachable" {
						return false
					}
				}
				return len(g.server.Peers()) == 3
			})
			if !strings.Contains(k.Printed(), "mark=service") {
				t.Error("OPTIONS did not take the Service-Route")
			}
			for _, secret := range []string{"a password", "Authorization", "response=", "nonce"} {
				if strings.Contains(g.log.String(), secret) {
					t.Errorf("%s stands in the log", secret)
				}
			}
		})
	}
}

// A changed file: what has not changed is not disturbed, what has gone takes
// its leave, and so does everything at the end.
func TestAccountsFollowTheFile(t *testing.T) {
	t.Parallel()
	k := startRegistrar(t, registrar)
	trunk := sip.DefaultTrunkConfig()
	trunk.Name = "peer"
	trunk.Register = []sip.RegisterConfig{account("alice", k.Address), account("bob", k.Address)}
	g := start(t, func(s *settings) { s.trunk = trunk })
	before := g.registered(0, "registered")
	g.registered(1, "registered")
	changed := account("bob", k.Address)
	changed.Expires = 5 * time.Minute
	trunk.Register = []sip.RegisterConfig{account("alice", k.Address), changed, account("carol", k.Address)}
	if err := g.server.SetTrunks([]sip.TrunkConfig{trunk}); err != nil {
		t.Fatal(err)
	}
	g.registered(1, "registered")
	g.registered(2, "registered")
	if after := g.registered(0, "registered"); !after.Since.Equal(before.Since) || !after.Expires.Equal(before.Expires) {
		t.Errorf("alice was disturbed: %+v, %+v", before, after)
	}
	trunk.Register = trunk.Register[:1]
	if err := g.server.SetTrunks([]sip.TrunkConfig{trunk}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"user bob expires 300", "user carol expires 0", "user bob expires 0"} {
		peertest.Eventually(t, "kamailio prints "+want, func() bool { return strings.Contains(k.Printed(), want) })
	}
	if out, err := peertest.RunSIPp(t, peertest.RoutedCall("carol", "tel.test", true), k.Address, 1, nil); err == nil || !strings.Contains(out, "404") {
		t.Errorf("carol can still be called: %v, %s", err, out)
	}
	peertest.SIPp(t, peertest.RoutedCall("alice", "tel.test", true), k.Address, 1, nil)
	if n := strings.Count(k.Printed(), "REGISTER user alice"); n != 1 {
		t.Errorf("alice has registered %d times", n)
	}
}

// At the end every account takes its leave, with one Call-ID and a growing CSeq.
func TestAccountsTakeLeaveAtTheEnd(t *testing.T) {
	t.Parallel()
	k := startRegistrar(t, registrar)
	t.Run("gateway", func(t *testing.T) {
		g := start(t, func(s *settings) {
			s.trunk.Peers, s.trunk.Register = nil, []sip.RegisterConfig{account("alice", k.Address)}
		})
		g.registered(0, "registered")
	})
	peertest.Eventually(t, "alice takes leave", func() bool { return strings.Contains(k.Printed(), "user alice expires 0") })
	ids := map[string]bool{}
	last := 0
	for line := range strings.Lines(k.Printed()) {
		if _, rest, ok := strings.Cut(line, " id "); ok {
			var id string
			var seq int
			if n, _ := fmt.Sscanf(rest, "%s cseq %d", &id, &seq); n == 2 {
				ids[id] = true
				if seq <= last {
					t.Errorf("CSeq %d after %d", seq, last)
				}
				last = seq
			}
		}
	}
	if len(ids) != 1 {
		t.Errorf("%d Call-IDs", len(ids))
	}
}

// A wrong password is said once, with the key to mend it, and not tried again.
func TestWrongPasswordOfAnAccount(t *testing.T) {
	t.Parallel()
	k := startRegistrar(t, registrar)
	g := start(t, func(s *settings) {
		a := account("alice", k.Address)
		a.Password = "another one"
		s.trunk.Register = []sip.RegisterConfig{a}
	})
	r := g.registered(0, "failed")
	if !strings.HasPrefix(r.Error, "401") || !strings.Contains(r.Error, "password") || !r.Expires.IsZero() {
		t.Errorf("registration %+v", r)
	}
	if log := g.log.String(); !strings.Contains(log, `"key":"trunks[0].register[0]"`) || strings.Contains(log, "another one") || strings.Contains(log, "alice") {
		t.Errorf("log: %s", log)
	}
}

// What a registrar may ask for: another algorithm (RFC 8760), and the proof that
// a proxy wants.
func TestRegistrarsChallenge(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, routes string
		params       []string
	}{
		{"SHA-256", registrar, []string{`"auth", "algorithm", "SHA-256"`}},
		{"407 of a proxy", strings.NewReplacer("pv_www_authenticate", "pv_proxy_authenticate", "www_challenge", "proxy_challenge").Replace(registrar), nil},
		{"a nonce that is soon too old", registrar, []string{`"auth", "nonce_expire", 1`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			k := startRegistrar(t, tt.routes, tt.params...)
			g := start(t, func(s *settings) {
				s.trunk.Peers, s.trunk.Register = nil, []sip.RegisterConfig{account("alice", k.Address)}
			})
			g.registered(0, "registered")
			peertest.SIPp(t, peertest.RoutedCall("alice", "tel.test", true), k.Address, 1, nil)
		})
	}
}

// A registrar over TLS, known by its domain: its certificate must be for that
// domain (RFC 5922). The gateway listens for no TLS itself, so calls come over
// the connection that the registration has made.
func TestRegisterOverTLS(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	for _, tt := range []struct{ name, certified, want string }{
		{"a certificate for its domain", "tel.test", "registered"},
		{"a certificate for another", "else.test", "failed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir, port := t.TempDir(), peertest.Port(t)
			cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
			a.issue(cert, key, tt.certified)
			k := peertest.StartKamailio(t, peertest.Port(t), peertest.KamailioConfig{
				Listen:  []string{fmt.Sprintf("tls:127.0.0.1:%d", port)},
				Modules: []string{"usrloc", "registrar", "auth", "tls"},
				Params: []string{
					`"usrloc", "db_mode", 0`, `"tls", "certificate", "` + cert + `"`, `"tls", "private_key", "` + key + `"`,
					`"tls", "tls_method", "TLSv1.2+"`, `"tls", "verify_certificate", 0`, `"tls", "require_certificate", 0`,
				},
				Routes: registrar,
			})
			dns := nameServer(t, fmt.Sprintf("_sips._tcp.tel.test. IN SRV 10 0 %d host.tel.test.\nhost.tel.test. IN A 127.0.0.1\n", port))
			g := start(t, func(s *settings) {
				s.sip.DNS, s.sip.TLS.Authorities = []string{dns}, a.file
				c := account("alice", "")
				c.Server = "sips:tel.test"
				s.trunk.Peers, s.trunk.Register = nil, []sip.RegisterConfig{c}
			})
			r := g.registered(0, tt.want)
			if tt.want == "failed" {
				if !strings.Contains(r.Error, "else.test") {
					t.Errorf("error %q", r.Error)
				}
				return
			}
			peertest.SIPp(t, peertest.RoutedCall("alice", "tel.test", true), k.Address, 2, nil)
			if c := <-g.calls; c.Account() != "alice" {
				t.Errorf("the call came to account %q", c.Account())
			}
		})
	}
}

// A registrar that crashes is seen by its connection, and found again when it
// is back: without its calls for seconds, not until the next refresh.
func TestRegistrarThatComesBack(t *testing.T) {
	t.Parallel()
	port := peertest.Port(t)
	k := registrarAt(t, port, registrar)
	g := start(t, func(s *settings) {
		s.trunk.Peers, s.trunk.Register = nil, []sip.RegisterConfig{account("alice", k.Address+";transport=tcp")}
	})
	g.registered(0, "registered")
	k.Kill()
	g.registered(0, "failed")
	k = registrarAt(t, port, registrar)
	g.registered(0, "registered")
	peertest.SIPp(t, peertest.RoutedCall("alice", "tel.test", true), k.Address, 1, nil)
	for _, want := range []string{`"message":"registered"`, `"message":"registration failed: it is tried again"`} {
		if n := strings.Count(g.log.String(), want); n == 0 || n > 2 {
			t.Errorf("%d lines with %s", n, want)
		}
	}
}
