package media

import (
	"net/netip"
	"testing"
	"time"

	"github.com/pion/stun/v4"

	"github.com/einwahl/einwahl/sip/media/offer"
)

// check is what a browser sends, signed with a password.
func check(t testing.TB, user, password string, more ...stun.Setter) []byte {
	t.Helper()
	all := append([]stun.Setter{stun.BindingRequest, stun.TransactionID, stun.NewUsername(user)}, more...)
	m, err := stun.Build(append(all, stun.NewShortTermIntegrity(password), stun.Fingerprint)...)
	if err != nil {
		t.Fatal(err)
	}
	return m.Raw
}

func newChecks() (*checks, string) {
	c := &checks{}
	c.expect(offer.Credentials{Fragment: "ours", Password: "the password of our side"}, offer.Credentials{Fragment: "theirs"})
	return c, "the password of our side"
}

var (
	use   = stun.RawAttribute{Type: stun.AttrUseCandidate}
	there = netip.MustParseAddrPort("192.0.2.5:40000")
	other = netip.MustParseAddrPort("[2001:db8::5]:40000")
)

func TestChecks(t *testing.T) {
	now := time.Unix(1e9, 0)
	unsigned, err := stun.Build(stun.BindingRequest, stun.TransactionID, stun.NewUsername("ours:theirs"), use)
	if err != nil {
		t.Fatal(err)
	}
	_, right := newChecks()
	after := append([]byte{}, check(t, "ours:theirs", right)...) // with what nobody has signed behind it
	after = append(after, 0, 0x25, 0, 0)
	after[3] += 4
	for _, tt := range []struct {
		name    string
		packet  []byte
		answers bool
		knows   bool
		chosen  bool
	}{
		{"a check proves the address", check(t, "ours:theirs", right), true, true, false},
		{"and may choose it", check(t, "ours:theirs", right, use), true, true, true},
		{"but not with a wrong password", check(t, "ours:theirs", "a guess", use), false, false, false},
		{"nor under another call's name", check(t, "other:theirs", right, use), false, false, false},
		{"nor under another browser's", check(t, "ours:other", right, use), false, false, false},
		{"nor without a signature", unsigned.Raw, false, false, false},
		{"what the signature leaves out chooses nothing", after, true, true, false},
		{"a check for who is controlled is an error", check(t, "ours:theirs", right, stun.RawAttribute{Type: stun.AttrICEControlled, Value: make([]byte, 8)}), true, false, false},
		{"noise", []byte{0, 1, 2}, false, false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, _ := newChecks()
			reply, turned := c.answer(tt.packet, there, now)
			if (reply != nil) != tt.answers || c.knows(there) != tt.knows || turned != tt.chosen {
				t.Errorf("answers %v, knows %v, chosen %v", reply != nil, c.knows(there), turned)
			}
			if len(reply) > len(tt.packet)+40 {
				t.Errorf("%d bytes are answered with %d", len(tt.packet), len(reply))
			}
		})
	}
}

func TestChecksMoveWithTheBrowser(t *testing.T) {
	c, password := newChecks()
	now := time.Unix(1e9, 0)
	packet := check(t, "ours:theirs", password, use)
	if _, turned := c.answer(packet, there, now); !turned {
		t.Fatal("no way is chosen")
	}
	if _, turned := c.answer(packet, there, now.Add(20*time.Second)); turned {
		t.Error("the same way is chosen anew")
	}
	if c.lapsed(now.Add(45*time.Second)) || !c.lapsed(now.Add(51*time.Second)) {
		t.Error("consent does not last for 30 s after its last proof")
	}
	if _, turned := c.answer(packet, other, now); !turned || !c.knows(there) || !c.knows(other) {
		t.Error("the browser cannot move")
	}
	for i := range 3 * maxChecked {
		c.answer(check(t, "ours:theirs", password), netip.AddrPortFrom(there.Addr(), uint16(i+1)), now)
	}
	if !c.knows(other) || c.knows(there) {
		t.Error("of many addresses the one in use is not kept, or all are")
	}
	c.expect(offer.Credentials{Fragment: "anew", Password: "another password of ours"}, offer.Credentials{Fragment: "theirs"})
	if reply, _ := c.answer(packet, other, now); reply != nil {
		t.Error("the password before still counts")
	}
}

func FuzzCheck(f *testing.F) {
	_, password := newChecks()
	f.Add(check(f, "ours:theirs", password, use))
	f.Add(check(f, "ours:theirs", "a guess"))
	f.Add([]byte{0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, packet []byte) {
		c, _ := newChecks()
		reply, turned := c.answer(packet, there, time.Unix(1e9, 0))
		if (turned || c.knows(there)) && reply == nil {
			t.Error("an address is believed without an answer")
		}
	})
}
