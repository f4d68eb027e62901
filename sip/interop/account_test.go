package interop

import (
	"strings"
	"testing"

	"github.com/einwahl/einwahl/gateway/config"
	"github.com/einwahl/einwahl/gateway/peertest"
	"github.com/einwahl/einwahl/sip"
)

// A registrar puts our Contact into the Request-URI, so what was dialled stands
// elsewhere: in P-Called-Party-ID, or else in To. The number is the operator's,
// and the call still the account's.
func TestCalledNumberOfACallToAnAccount(t *testing.T) {
	t.Parallel()
	k := startRegistrar(t, registrar)
	const to, party = "To: <sip:alice@tel.test>", "Max-Forwards: 70\n"
	file := config.Config{Numbers: config.Numbers{{Number: "+49305550100", Trunks: []string{"peer"}}}}
	g := start(t, func(s *settings) {
		s.trunk.Peers, s.trunk.Country, s.trunk.Register = nil, "DE", []sip.RegisterConfig{account("alice", k.Address)}
		file.Trunks = []sip.TrunkConfig{s.trunk}
	})
	g.registered(0, "registered")
	for _, tt := range []struct {
		name, to, party string
		want            string
		found           bool
	}{
		{"To has the number", "To: <sip:030-5550100@tel.test;user=phone>", "", "030-5550100", true},
		{"P-Called-Party-ID has it", to, "P-Called-Party-ID: <sip:+49305550100@tel.test>\n", "+49305550100", true},
		{"and counts for more than To", "To: <sip:+4940999@tel.test>", "P-Called-Party-ID: <tel:+49-30-5550100>\n", "+49305550100", true},
		{"nobody has it: the account was dialled", to, "", "alice", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			scenario := strings.NewReplacer(to, tt.to, party, party+tt.party).Replace(peertest.RoutedCall("alice", "tel.test", true))
			peertest.SIPp(t, scenario, k.Address, 1, nil)
			c := <-g.calls
			if c.Account() != "alice" || strings.ReplaceAll(c.To(), "-", "") != strings.ReplaceAll(tt.want, "-", "") {
				t.Errorf("account %q, called %q", c.Account(), c.To())
			}
			if _, found := file.Directory().Find(c.Trunk(), c.To()); found != tt.found {
				t.Errorf("%q is found: %v", c.To(), found)
			}
		})
	}
}
