package sip

import (
	"net"
	"reflect"
	"strings"
	"testing"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// enlisted is a server with one account at a desk, over UDP.
func enlisted(t *testing.T, change func(*setup)) (*bench, *desk) {
	t.Helper()
	d := newDesk(t)
	b := start(t, func(s *setup) {
		trunk := trunkOf("carrier")
		trunk.Register = []RegisterConfig{accountAt(d)}
		s.trunks = []TrunkConfig{trunk}
		if change != nil {
			change(s)
		}
	})
	t.Cleanup(d.close) // before the server takes leave, for which it does not wait
	return b, d
}

func accountAt(d *desk) RegisterConfig {
	a := accountOf("alice")
	a.Server, a.Domain = "sip:"+d.address().String(), "tel.example.net"
	return a
}

func (b *bench) registered() {
	b.t.Helper()
	b.until("the account is registered", func() bool { return b.Registrations()[0].State == stateRegistered })
}

const seenElsewhere = ";received=192.0.2.9;rport=7000"

// Behind a NAT the registrar tells where it sees us (RFC 3581). That is what we
// register, what was registered before is taken back, and the dialogs of calls
// that come so bear the address as well.
func TestTheContactIsWhereTheRegistrarSeesUs(t *testing.T) {
	b, d := enlisted(t, nil)
	own := addrPort(b.Addrs()[0]).String()
	for _, want := range [][]string{{own}, {"192.0.2.9:7000", own + " expires 0"}} {
		req := d.next(sipmsg.REGISTER)
		if got := contacts(req); !reflect.DeepEqual(got, want) {
			t.Errorf("Contact %q, want %q", got, want)
		}
		d.answer(req, "200 OK", seenElsewhere)
	}
	b.registered()
	line := b.line("carrier", accountAt(d))
	d.send("INVITE sip:alice@192.0.2.9:7000;line=" + line + " SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.1;rport;branch=z9hG4bKcall\r\nFrom: <sip:a@b>;tag=a\r\nTo: <sip:alice@b>\r\nCall-ID: call\r\nCSeq: 1 INVITE\r\nMax-Forwards: 70\r\nContact: <sip:a@198.51.100.1>\r\nContent-Length: 0\r\n\r\n")
	if c := b.next(); c.Account() != "alice" {
		t.Errorf("the call came to account %q", c.Account())
	}
	if got := d.contact(); got != "<sip:192.0.2.9:7000>" {
		t.Errorf("Contact of the answer %s", got)
	}
}

// Where the challenge already shows it, the first address is never registered.
func TestTheFirstAddressIsNotRegisteredWhereTheChallengeShowsAnother(t *testing.T) {
	b, d := enlisted(t, nil)
	d.answer(d.next(sipmsg.REGISTER), "401 Who\r\nWWW-Authenticate: Digest realm=\"tel\", nonce=\"n\", qop=\"auth\"", seenElsewhere)
	req := d.next(sipmsg.REGISTER)
	if got := contacts(req); !reflect.DeepEqual(got, []string{"192.0.2.9:7000"}) {
		t.Errorf("Contact %q", got)
	}
	d.answer(req, "200 OK", seenElsewhere)
	b.registered()
}

// What the operator says of our address counts for more than what a registrar
// sees.
func TestTheOperatorsAddressIsRegistered(t *testing.T) {
	b, d := enlisted(t, func(s *setup) { s.trunks[0].Advertise = "203.0.113.5" })
	req := d.next(sipmsg.REGISTER)
	if got := strings.Join(contacts(req), " "); !strings.HasPrefix(got, "203.0.113.5:") {
		t.Errorf("Contact %s", got)
	}
	d.answer(req, "200 OK", seenElsewhere)
	b.registered()
}

// An address of the other kind, IPv4 or IPv6, is of no use to the registrar.
func TestAnAddressOfTheOtherKindIsNotRegistered(t *testing.T) {
	b, d := enlisted(t, func(s *setup) { s.trunks[0].Advertise = "2001:db8::5" })
	req := d.next(sipmsg.REGISTER)
	if got := contacts(req); !reflect.DeepEqual(got, []string{addrPort(b.Addrs()[0]).String()}) {
		t.Errorf("Contact %q", got)
	}
	d.answer(req, "200 OK")
	b.registered()
}

// A NAT forgets who is silent: while an account is registered the way to its
// registrar is used, and not before.
func TestTheWayToTheRegistrarIsKeptOpen(t *testing.T) {
	b, d := enlisted(t, func(s *setup) { s.timing.keepOpen = 10 * time.Millisecond })
	req := d.next(sipmsg.REGISTER)
	select {
	case <-d.breath:
		t.Error("the way is kept open before there is anything to keep")
	default:
	}
	d.answer(req, "200 OK")
	b.registered()
	for range 3 {
		select {
		case <-d.breath:
		case <-time.After(10 * time.Second):
			t.Fatal("the way is not kept open")
		}
	}
}

// An account that is taken out of the file and put back says farewell first,
// and may be called afterwards.
func TestAnAccountThatComesBackWaitsForItsFarewell(t *testing.T) {
	b, d := enlisted(t, nil)
	d.answer(d.next(sipmsg.REGISTER), "200 OK")
	b.registered()
	other, same := trunkOf("carrier", "192.0.2.1"), trunkOf("carrier")
	same.Register = []RegisterConfig{accountAt(d)}
	for _, trunk := range []TrunkConfig{other, same} {
		if err := b.SetTrunks([]TrunkConfig{trunk}); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{"0", "600"} {
		req := d.next(sipmsg.REGISTER)
		if got := header(req, "Expires"); got != want {
			t.Fatalf("Expires %s, want %s", got, want)
		}
		d.answer(req, "200 OK")
	}
	b.registered()
	if b.gate.trunkOf(d.address().Addr(), "UDP") == nil {
		t.Error("the registrar may not call")
	}
}

// A registrar that hangs up instead of answering is not waited for: there may be
// another.
func TestARegistrarThatHangsUpIsNotWaitedFor(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Read(make([]byte, 1))
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-ended })
	b := start(t, func(s *setup) {
		trunk, a := trunkOf("carrier"), accountOf("alice")
		a.Server = "sip:" + l.Addr().String() + ";transport=tcp"
		trunk.Register = []RegisterConfig{a}
		s.trunks = []TrunkConfig{trunk}
	})
	b.until("the account has failed", func() bool { return b.Registrations()[0].State == stateFailed })
	if why := b.Registrations()[0].Error; !strings.Contains(why, errCut.Error()) {
		t.Errorf("error %q", why)
	}
}

// A registrar that answers nonsense costs nobody but itself.
func TestARegistrarThatAnswersNonsense(t *testing.T) {
	b, d := enlisted(t, nil)
	d.answer(d.next(sipmsg.REGISTER), "401 Who\r\nWWW-Authenticate: Digest\r\nWWW-Authenticate: ,,,\r\nContact: *\r\nExpires: -1", ";received=;rport=x")
	b.until("the account has failed", func() bool { return b.Registrations()[0].State == stateFailed })
}
