package app_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/einwahl/einwahl/announcements"
	"github.com/einwahl/einwahl/gateway/config"
	"github.com/einwahl/einwahl/gateway/peertest"
	"github.com/einwahl/einwahl/sip/siptest"
)

// callersOf is a gateway whose trunk has a country and is believed, and whose
// number tells refusals before it answers.
func callersOf(t *testing.T, tweak func(*config.Config)) (*gateway, *siptest.Phone) {
	t.Helper()
	g := startGateway(t, func(c *config.Config) {
		c.Trunks = slices.Clone(c.Trunks)
		c.Trunks[0].Country, c.Trunks[0].TrustIdentity = "DE", true
		n := c.Numbers[0]
		n.Number, n.Refuse = "+49305550100", config.Early
		c.Numbers = config.Numbers{n}
		c.Announcements.Directory = shortWords(t, announcements.RefuseAnonymous, announcements.RefuseUnattested, announcements.Goodbye)
		tweak(c)
	})
	return g, siptest.New(t, siptest.Config{Gateway: g.address("udp"), User: "030123456"})
}

// shortWords are an operator's own recordings that take no time.
func shortWords(t *testing.T, prompts ...announcements.Prompt) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "en"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, p := range prompts {
		if err := os.Rename(peertest.Tone(t, 8000, 440, -20, 1), filepath.Join(dir, "en", string(p)+".wav")); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestNumbersMatchInEveryForm(t *testing.T) {
	t.Parallel()
	g, phone := callersOf(t, func(*config.Config) {})
	for _, form := range []string{"+49305550100", "0049305550100", "0305550100", "49305550100", "%2B49-30-5550100;phone-context=+49"} {
		call := phone.Call(form)
		g.waitCalls(1)
		if c := g.calls()[0]; c.Number != "+49305550100" || !strings.HasPrefix(c.Caller, "Phone +49301...") {
			t.Errorf("%s: number %s, caller %s", form, c.Number, c.Caller)
		}
		call.Hangup()
		g.settle()
	}
	if m := phone.Dial("0305550199").Final(); m.Status() != 404 {
		t.Errorf("a number that nobody has: %s", m.Start)
	}
	if strings.Contains(g.log.String(), "123456") {
		t.Error("the caller's number is in the log")
	}
}

func TestCallersWithoutANumberAreRefused(t *testing.T) {
	t.Parallel()
	g, phone := callersOf(t, func(c *config.Config) { c.Admission.Caller.Anonymous = "refuse" })
	m := phone.Dial("0305550100", siptest.WithHeader("Privacy", "id")).Final()
	if m.Status() != 403 || !strings.Contains(m.Get("Reason"), "shows no number") {
		t.Errorf("without a number: %s, Reason %q", m.Start, m.Get("Reason"))
	}
	phone.Call("0305550100").Hangup()
	g.settle()
	if n := g.metric("einwahl_calls_total", `outcome="anonymous"`); n != 1 {
		t.Errorf("%v calls are counted as anonymous, want 1", n)
	}
}

// A host sees a caller who withholds their number wait, though the meeting lets
// others come straight in.
func TestCallersWithoutANumberWaitToBeLetIn(t *testing.T) {
	t.Parallel()
	const meeting = "100000001"
	g, phone := callersOf(t, func(c *config.Config) {
		c.Numbers[0].Meeting, c.Announcements.Directory = meeting, shortWords(t, announcements.Welcome, announcements.WaitRoom, announcements.Enter)
	})
	call := phone.Call("0305550100", siptest.WithHeader("Privacy", "id"))
	call.Press("##") // over the welcome and the privacy notice
	id := g.waiting(meeting)
	if n := g.metric("einwahl_seats_total"); n != 0 {
		t.Errorf("%v seats were opened before anybody has let the caller in", n)
	}
	shown := phone.Call("0305550100")
	shown.Press("##")
	g.waitPhones(meeting, 1)
	g.control(meeting, map[string]any{"admit": id})
	g.waitPhones(meeting, 2)
	call.Hangup()
	shown.Hangup()
	g.settle()
}

// A number for end-to-end encryption refuses before it answers, whatever refuse
// says.
func TestANumberForEndToEndEncryptionAnswersNobody(t *testing.T) {
	t.Parallel()
	g, phone := callersOf(t, func(c *config.Config) {
		c.Numbers[0].Refuse, c.Numbers[0].Admission.EndToEnd = config.Answered, true
		c.Announcements.Directory = shortWords(t, announcements.RefuseE2EENumber, announcements.Goodbye)
	})
	call := phone.Dial("0305550100")
	if m := call.Final(); m.Status() != 403 || !strings.Contains(m.Get("Reason"), "Number is for end-to-end encryption only") {
		t.Errorf("%s, Reason %q", m.Start, m.Get("Reason"))
	}
	if call.Count(func(m *siptest.Message) bool { return m.Status() == 183 }) == 0 {
		t.Error("nothing was said before the refusal")
	}
	g.settle()
	if n := g.metric("einwahl_admissions_total", `reason="e2ee_number"`, `decision="refuse"`); n != 1 {
		t.Errorf("%v decisions are counted, want 1", n)
	}
}

func TestCallersNobodyVouchesForAreRefused(t *testing.T) {
	t.Parallel()
	g, phone := callersOf(t, func(c *config.Config) { c.Admission.Caller.Attestation = "B" })
	wanted := map[string]int{"No-TN-Validation": 403, "TN-Validation-Failed": 403, "TN-Validation-Passed-C": 403, "TN-Validation-Passed-B": 200, "TN-Validation-Passed-A": 200}
	calls := map[string]*siptest.Call{}
	for verstat := range wanted {
		calls[verstat] = phone.Dial("0305550100", siptest.WithHeader("P-Asserted-Identity", "<tel:+4930123456;verstat="+verstat+">"))
	}
	for verstat, want := range wanted {
		call := calls[verstat]
		m := call.Final()
		if m.Status() != want || want == 403 && !strings.Contains(m.Get("Reason"), "not attested") {
			t.Errorf("%s: %s, Reason %q; want %d", verstat, m.Start, m.Get("Reason"), want)
		}
		if m.Status() == 200 {
			call.Hangup()
		}
	}
	g.settle()
	if n := g.metric("einwahl_calls_total", `outcome="unattested"`); n != 3 {
		t.Errorf("%v calls are counted as unattested, want 3", n)
	}
}
