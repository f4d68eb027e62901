package app_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/einwahl/einwahl/gateway/config"
	"github.com/einwahl/einwahl/gateway/peertest"
	"github.com/einwahl/einwahl/gateway/records"
	"github.com/einwahl/einwahl/gateway/records/seal"
	"github.com/einwahl/einwahl/sip/siptest"
)

// A pair of keys that age-keygen has made for these tests.
const (
	sealTo   = "age1637m0a7202sux7xk0s0uyqrg5hrtsujatutds57tvlck9g5gwu4symqhl9"
	identity = "AGE-SECRET-KEY-1DRZEAFJ79JP93W6MUKSMKVU7AZSMMCZ9CPFX0TYEWQA0J4VCHM7Q4ELYJJ"
)

// TestAWithheldNumberIsSealedNowhere has two callers agree to being recorded. The
// carrier tells the numbers of both, and one of them wants theirs withheld.
func TestAWithheldNumberIsSealedNowhere(t *testing.T) {
	t.Parallel()
	const meeting = "100000004"
	g := startGateway(t, func(c *config.Config) {
		c.Records.SealTo = sealTo
		c.Admission.Caller.Anonymous = "admit"
		c.Trunks = slices.Clone(c.Trunks)
		c.Trunks[0].TrustIdentity = true
	})
	agree := func(number string, options ...siptest.Option) {
		phone := siptest.New(t, siptest.Config{Gateway: g.address("udp"), User: number})
		call := phone.Call("en", options...)
		before := strings.Count(g.records(), `"agreed"`)
		g.waitPhase("numbering")
		call.Press(meeting + "#")
		g.waitPhase("informing")
		call.Press("#")
		g.waitPhase("asking")
		peertest.Eventually(t, "the caller has agreed", func() bool {
			call.Info('1') // until the sentence is spoken that names the key
			return strings.Count(g.records(), `"agreed"`) > before
		})
		call.Hangup()
		g.settle()
	}
	agree("+493011111177")
	agree("anonymous", siptest.WithHeader("Privacy", "id"), siptest.WithHeader("P-Asserted-Identity", "<sip:+493022222277@trunk.example>"))

	keys, err := seal.ParseIdentities(identity)
	if err != nil {
		t.Fatal(err)
	}
	var sealed []string
	for line := range strings.Lines(g.records()) {
		var c records.Consent
		if json.Unmarshal([]byte(line), &c) != nil || c.Sealed == nil {
			continue
		}
		number, err := keys.Open(c.Sealed)
		if err != nil {
			t.Error(err)
		}
		sealed = append(sealed, number)
	}
	if len(sealed) != 1 || sealed[0] != "+493011111177" {
		t.Errorf("sealed: %q, want only the number that was shown", sealed)
	}
	for _, text := range []string{g.records(), g.log.String()} {
		if strings.Contains(text, "3011111117") || strings.Contains(text, "3022222227") {
			t.Errorf("a number can be read:\n%s", text)
		}
	}
	g.verifyRecords()
}
