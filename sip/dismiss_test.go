package sip

import (
	"bytes"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
	"github.com/rs/zerolog"
)

// scribe is a way to a peer that keeps what is sent.
type scribe struct {
	wire
	way  string
	sent []string
	to   string
}

func (s *scribe) network() string { return s.way }

func (s *scribe) transmit(data []byte, to string) error {
	s.sent, s.to = append(s.sent, string(data)), to
	return nil
}

func (s *scribe) WriteMsg(m sipmsg.Message) error {
	data, err := marshal(m)
	if err != nil {
		return err
	}
	return s.transmit(data, m.Destination())
}

// answers is what has been sent since it was asked last.
func (s *scribe) answers() []string {
	defer func() { s.sent = nil }()
	return s.sent
}

// crowded is a server that has room for no call, and how a message comes to it.
func crowded(t testing.TB, change func(*TrunkConfig)) (*Server, *scribe, arrival) {
	t.Helper()
	trunk := trunkOf("carrier", "10.0.0.0/24")
	if change != nil {
		change(&trunk)
	}
	s, err := newServer(DefaultConfig(), []TrunkConfig{trunk}, zerolog.Nop(), takeAndWait, nil)
	if err != nil {
		t.Fatal(err)
	}
	full := func() string { return "overload.cpu is reached" }
	s.SetOverload(Overload{Full: full, Turn: func() string { return "" }})
	source := netip.MustParseAddrPort("10.0.0.9:7000")
	w := &scribe{way: "UDP"}
	return s, w, arrival{wire: w, source: source, trunk: s.gate.trunkOf(source.Addr(), "UDP")}
}

const crowdedInvite = "INVITE sip:en@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.9:5080;branch=z9hG4bKone\r\nVia: SIP/2.0/TCP far.example;branch=z9hG4bKfar\r\n" +
	"Max-Forwards: 70\r\nFrom: \"A\" <sip:ua@10.0.0.9>;tag=ua\r\nTo: <sip:en@10.0.0.1>\r\nCall-ID: one\r\nCSeq: 7 INVITE\r\nContact: <sip:ua@10.0.0.9>\r\nContent-Length: 0\r\n\r\n"

// What is written at a glance is what would be written after reading all of it.
func TestWhatIsDismissedIsAnsweredLikeTheOthers(t *testing.T) {
	for _, tt := range []struct{ name, old, with string }{
		{"as most write it", "", ""},
		{"with rport", "branch=z9hG4bKone", "branch=z9hG4bKone;rport"},
		{"from where it says that it is", "10.0.0.9:5080", "10.0.0.9:7000"},
		{"without a port", "10.0.0.9:5080", "10.0.0.9"},
		{"in short", "From: ", "f: "},
		{"with a tag-like name", `"A"`, `"A;tag=b"`},
		{"with parameters behind To", "To: <sip:en@10.0.0.1>", "To: <sip:en@10.0.0.1>;x=y"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, w, a := crowded(t, nil)
			message := []byte(strings.Replace(crowdedInvite, tt.old, tt.with, 1))
			g := glance(message)
			if !s.dismiss(&g, &a) {
				t.Fatal("not dismissed")
			}
			quick, quickTo := lines(w.answers()), w.to
			msg, err := parse(s.parser, message)
			if err != nil {
				t.Fatal(err)
			}
			s.turnAway(incoming{Request: msg.(*sipmsg.Request), arrival: a}, Cause{causeOverload.Status, causeOverload.Q850, s.overloaded()})
			if slow := lines(w.answers()); strings.Join(quick, "\n") != strings.Join(slow, "\n") || quickTo != w.to {
				t.Errorf("to %s\n%s\nand read whole to %s\n%s", quickTo, strings.Join(quick, "\n"), w.to, strings.Join(slow, "\n"))
			}
		})
	}
}

// lines are those of the one answer, but how long to leave us alone, in an order
// that does not matter.
func lines(answers []string) []string {
	if len(answers) != 1 {
		return append([]string{"not one answer"}, answers...)
	}
	var vias, others []string
	for line := range strings.SplitSeq(answers[0], "\r\n") {
		switch {
		case strings.HasPrefix(line, "Retry-After: "):
			others = append(others, "Retry-After")
		case strings.HasPrefix(line, "Via: "):
			vias = append(vias, line)
		default:
			others = append(others, line)
		}
	}
	return append(vias, slices.Sorted(slices.Values(others))...)
}

func TestNothingIsLeftOfACallThatIsDismissed(t *testing.T) {
	s, w, a := crowded(t, nil)
	s.take([]byte(crowdedInvite), a)
	first := lines(w.answers())
	s.take([]byte(crowdedInvite), a)
	if again := lines(w.answers()); strings.Join(again, "\n") != strings.Join(first, "\n") {
		t.Errorf("repeated: %q, not %q", again, first)
	}
	to := ""
	for _, line := range first {
		if strings.HasPrefix(line, "To: ") {
			to = line
		}
	}
	ack := strings.NewReplacer("INVITE", "ACK", "To: <sip:en@10.0.0.1>", to).Replace(crowdedInvite)
	g := glance([]byte(ack))
	if !s.dismiss(&g, &a) {
		t.Error("its ACK is read")
	}
	other := glance([]byte(strings.Replace(ack, "bKone", "bKtwo", 1)))
	if s.dismiss(&other, &a) {
		t.Error("the ACK of another is passed over")
	}
	s.transactions.mu.Lock()
	defer s.transactions.mu.Unlock()
	if n := len(s.transactions.server) + len(s.transactions.settled.of) + len(s.transactions.calls) + len(s.dialogs.all()); n != 0 {
		t.Errorf("%d things are kept", n)
	}
	if use := s.Use()["carrier"]; use.Calls != 0 {
		t.Errorf("%d places are taken", use.Calls)
	}
	if st := s.Stats(); st.Shed != 2 || st.Answers[5] != 2 {
		t.Errorf("%d are counted and %d answers, want 2", st.Shed, st.Answers[5])
	}
}

func TestWhatIsNotDismissedWithoutReading(t *testing.T) {
	for _, tt := range []struct {
		name, old, with string
		change          func(*TrunkConfig)
	}{
		{"a request in a call", "To: <sip:en@10.0.0.1>", "To: <sip:en@10.0.0.1>;tag=ours", nil},
		{"another method", "INVITE", "OPTIONS", nil},
		{"a call without a branch", "branch=z9hG4bKone", "x=y", nil},
		{"a branch of RFC 2543", "z9hG4bKone", "one", nil},
		{"a caller without a tag", ";tag=ua", "", nil},
		{"without a Call-ID", "Call-ID", "X", nil},
		{"with two", "Call-ID: one", "Call-ID: one\r\ni: two", nil},
		{"with a list of Vias", "UDP 10.0.0.9", "UDP 10.0.0.7;branch=a, SIP/2.0/UDP 10.0.0.9", nil},
		{"folded", "To: ", "To:\r\n ", nil},
		{"a control character", "To: ", "To: \x00", nil},
		{"a number that is none", "7 INVITE", "x INVITE", nil},
		{"of another method than it says", "7 INVITE", "7 BYE", nil},
		{"another version", "10.0.0.1 SIP/2.0", "10.0.0.1 SIP/3.0", nil},
		{"another scheme", "INVITE sip:", "INVITE http:", nil},
		{"without an end", "\r\n\r\n", "\r\n", nil},
		{"nobody asks strangers before they have proven who they are", "", "", func(t *TrunkConfig) {
			t.Auth.Users = []UserConfig{{User: "pbx", Password: "a long password"}}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, w, a := crowded(t, tt.change)
			g := glance([]byte(strings.ReplaceAll(crowdedInvite, tt.old, tt.with)))
			if tt.old == "" {
				g = glance([]byte(crowdedInvite))
			}
			if s.dismiss(&g, &a) || len(w.answers()) != 0 {
				t.Error("dismissed")
			}
		})
	}
}

// A call that was taken while there was room is not turned away when its INVITE
// comes again, and one for which there is room is asked about once.
func TestACallThatWasTakenStays(t *testing.T) {
	b := start(t, nil)
	asked, full := 0, ""
	b.SetOverload(Overload{Full: func() string { asked++; return full }, Turn: func() string { return "" }})
	phone := b.phone("udp")
	invite := raw("INVITE", "SIP/2.0/UDP 127.0.0.1;rport")
	phone.Send(invite)
	wantStatus(t, phone.Reply(), 100)
	b.next()
	full = "overload.cpu is reached"
	phone.Send(invite)
	b.until("there is another call", func() bool { return len(b.dialogs.all()) == 1 })
	if b.Stats().Shed != 0 {
		t.Error("turned away")
	}
	if asked != 1 {
		t.Errorf("asked %d times", asked)
	}
}

// An INVITE that comes again was not answered in time, or its answer is still on
// the way: who has sent it knows of the refusal, and will not be there for a call.
func TestACallThatWasTurnedAwayStaysSo(t *testing.T) {
	overloaded, folded := "overload.waiting is reached", strings.Replace(crowdedInvite, "To: ", "To:\r\n ", 1)
	for _, tt := range []struct {
		name, invite, full string
		use                func(*trunk)
	}{
		{"for an overload", crowdedInvite, overloaded, func(*trunk) {}},
		{"and where it is read whole", folded, overloaded, func(*trunk) {}},
		{"for the trunk's own limit", crowdedInvite, "", func(t *trunk) { t.begin() }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, w, a := crowded(t, func(c *TrunkConfig) { c.MaxCalls = 1 })
			full, turn := tt.full, ""
			s.SetOverload(Overload{Full: func() string { return full }, Turn: func() string { return turn }})
			tt.use(a.trunk)
			s.take([]byte(tt.invite), a)
			first := lines(w.answers())
			full, turn = "", "it has no turn"
			a.trunk.use.calls.Store(0)
			s.take([]byte(tt.invite), a)
			if again := lines(w.answers()); strings.Join(again, "\n") != strings.Join(first, "\n") || !strings.Contains(strings.Join(first, "\n"), "SIP/2.0 503 ") {
				t.Errorf("answered %q, and then %q", first, again)
			}
			s.take([]byte(strings.ReplaceAll(tt.invite, "bKone", "bKtwo")), a)
			if later := strings.Join(w.answers(), "\n"); !strings.Contains(later, turn) {
				t.Errorf("another try is not asked about: %q", later)
			}
		})
	}
}

// Whoever uses a branch twice is not kept out for good.
func TestACallThatWasTurnedAwayMayComeLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDismissals()
		key := d.keyOf([]byte("one"), "z9hG4bKone")
		d.put(key, causeDraining)
		time.Sleep(sipmsg.Timer_B)
		if _, again := d.find(key); !again {
			t.Error("forgotten while it may come again")
		}
		d.put(key, causeDraining) // it does
		time.Sleep(time.Second)
		if _, again := d.find(key); again {
			t.Error("not forgotten")
		}
	})
}

func TestCallsInProgressComeFirst(t *testing.T) {
	for _, tt := range []struct{ came, taken string }{
		{"INVITE 1,INVITE 2", "INVITE 1,INVITE 2"},
		{"INVITE 1,ACK 2,INVITE 3,BYE 4,SIP/2.0 200 OK", "ACK 2,BYE 4,SIP/2.0 200 OK,INVITE 1,INVITE 3"},
		{"INVITE 1,CANCEL 1,OPTIONS 2,ACK 3", "ACK 3,INVITE 1,CANCEL 1,OPTIONS 2"},
		{"ACK,BYE 1", "BYE 1,ACK"}, // the first is no request
	} {
		var came []arrived
		for message := range strings.SplitSeq(tt.came, ",") {
			came = append(came, arrived{glimpse: glance([]byte(message))})
		}
		var taken []string
		urgentFirst(came, func(m *arrived) { taken = append(taken, string(m.data)) })
		if got := strings.Join(taken, ","); got != tt.taken {
			t.Errorf("%s are taken as %s, want %s", tt.came, got, tt.taken)
		}
	}
}

// What is seen at a glance is what the parser reads, and an answer to it has no
// more lines than it should.
func FuzzGlance(f *testing.F) {
	f.Add([]byte(crowdedInvite))
	f.Add([]byte(strings.ReplaceAll(crowdedInvite, "INVITE", "ACK")))
	f.Add([]byte("INVITE tel:+49 SIP/2.0\r\nv: SIP/2.0/TLS [::1] ;branch=z9hG4bK1\r\nf: \"a;tag=\\\"b\" <sip:c;tag=2>;TAG=1\r\nt: sip:d;x\r\ni:e\r\nCSeq: 1 INVITE\r\n\r\n"))
	s := &Server{}
	parser := newParser()
	source := netip.MustParseAddrPort("10.0.0.9:7000")
	f.Fuzz(func(t *testing.T, data []byte) {
		g := glance(data)
		if g.method == "" {
			return
		}
		cause := causeDraining
		if g.newcomer() {
			out := s.dismissal(&g, source, cause)
			head, _, _ := bytes.Cut(out, []byte("\r\n\r\n"))
			if n := bytes.Count(head, []byte("\n")); n != 8+len(g.beyond) || bytes.Count(head, []byte("\r")) != n {
				t.Errorf("%d lines: %q", n, out)
			}
		}
		msg, err := parse(parser, data)
		if err != nil {
			return
		}
		req, ok := msg.(*sipmsg.Request)
		if !ok || !whole(req) {
			t.Fatalf("the parser sees no whole request in %q", data)
		}
		key, err := sipmsg.ServerTxKeyMake(req)
		if err != nil || key != g.key() {
			t.Errorf("transaction %q, the parser's %q, %v", g.key(), key, err)
		}
		if tag := (incoming{Request: req}).toTag(); tag != g.toTag {
			t.Errorf("tag %q, the parser's %q", g.toTag, tag)
		}
		if id := string(*req.CallID()); id != string(g.callID) {
			t.Errorf("call %q, the parser's %q", g.callID, id)
		}
	})
}

// BenchmarkTurnedAway is what a call costs for which there is no room, and its
// ACK, at a glance and read whole.
func BenchmarkTurnedAway(b *testing.B) {
	s, w, a := crowded(b, nil)
	invite := []byte(crowdedInvite)
	s.take(invite, a)
	res := glance([]byte(strings.Replace(w.answers()[0], "SIP/2.0 503 Service Unavailable", "INVITE sip:a SIP/2.0", 1)))
	ack := []byte(strings.NewReplacer("INVITE", "ACK", "To: <sip:en@10.0.0.1>", "To: "+string(res.to)).Replace(crowdedInvite))
	b.Run("at a glance", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			s.take(invite, a)
			s.take(ack, a)
			w.sent = w.sent[:0]
		}
	})
	b.Run("read whole", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			for _, data := range [][]byte{invite, ack} {
				msg, err := parse(s.parser, data)
				if err != nil {
					b.Fatal(err)
				}
				msg.SetTransport("UDP")
				msg.SetSource(a.source.String())
				s.receive(msg, a)
			}
			w.sent = w.sent[:0]
		}
	})
}
