package app_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/einwahl/einwahl/gateway/config"
	"github.com/einwahl/einwahl/gateway/peertest"
	"github.com/einwahl/einwahl/sip/siptest"
)

// refusedBy wants a call to be refused for a limit, by its key.
func (g *gateway) refusedBy(phone *siptest.Phone, number string, status int, key string) {
	g.t.Helper()
	m := phone.Dial(number).Final()
	if m.Status() != status || !strings.Contains(m.Get("Reason"), key) {
		g.t.Errorf("a call to %s: %s, Reason %q; want %d and the key %s", number, m.Start, m.Get("Reason"), status, key)
	}
	if seconds, err := strconv.Atoi(m.Get("Retry-After")); status == 503 && (err != nil || seconds < 1) {
		g.t.Errorf("Retry-After is %q", m.Get("Retry-After"))
	}
}

func TestNumbersHaveLimitsOfTheirOwn(t *testing.T) {
	t.Parallel()
	g := startGateway(t, func(c *config.Config) {
		hasty(c)
		c.Numbers = append(config.Numbers{}, c.Numbers...)
		c.Numbers[0].MaxCalls = 2
		c.Numbers[1].MaxCallsPerSecond = 1
	})
	phone := siptest.New(t, siptest.Config{Gateway: g.address("udp")})
	first, second := phone.Call("en"), phone.Call("en")
	for range 20 {
		g.refusedBy(phone, "en", 486, "max_calls of the number")
	}
	first.Hangup()
	g.waitCalls(1)
	third := phone.Call("en")
	second.Hangup()
	third.Hangup()

	fast := phone.Call("de")
	g.refusedBy(phone, "de", 503, "max_calls_per_second of the number")
	fast.Hangup()
	g.settle()
	if n := g.metric("einwahl_calls_total", `outcome="number_full"`); n != 21 {
		t.Errorf("%v calls are counted as refused for a number's limits, want 21", n)
	}
	if n := strings.Count(g.log.String(), "max_calls of the number is reached (numbers)"); n != 1 {
		t.Errorf("the log tells %d times of 20 refused calls, want once", n)
	}
}

func TestOverloadShedsNewCallsAndNamesTheKey(t *testing.T) {
	t.Parallel()
	g := startGateway(t, func(c *config.Config) {
		hasty(c)
		c.Overload.Calls = 1
	})
	phone := siptest.New(t, siptest.Config{Gateway: g.address("udp")})
	first := phone.Call("en")
	g.refusedBy(phone, "en", 503, "overload.calls is reached")
	if n := g.metric("einwahl_calls_shed_total", `limit="overload.calls"`); n != 1 {
		t.Errorf("%v shed calls are counted, want 1", n)
	}
	g.conf.Overload.Calls = 0
	if err := g.app.Reload(g.conf); err != nil {
		t.Fatal(err)
	}
	second := phone.Call("en")
	first.Hangup()
	second.Hangup()
	g.settle()
}

// TestOverloadLeavesCallsInProgressAlone offers more calls than are taken for a
// while: those in progress hear what they always hear, and a stranger nothing.
func TestOverloadLeavesCallsInProgressAlone(t *testing.T) {
	t.Parallel()
	g := startGateway(t, func(c *config.Config) {
		hasty(c)
		c.Trunks = slices.Clone(c.Trunks)
		c.Trunks[0].Peers = []string{"127.0.0.1"}
		c.Overload.Calls = 1
	})
	inside := siptest.New(t, siptest.Config{Gateway: g.address("udp")}).Call("en")
	g.waitPhase("numbering")
	phone := siptest.New(t, siptest.Config{Gateway: g.address("udp")})
	stranger := siptest.New(t, siptest.Config{Gateway: g.address("udp"), Local: "127.0.0.2"})
	unheard := stranger.Dial("en")

	// Beats that a busy machine leaves out are no fault of the gateway's.
	heard := func() float64 {
		return float64(len(inside.Packets())) + g.metric("einwahl_clock_skipped_total")
	}
	before, begun := heard(), time.Now()
	shed := 0
	hundred := time.NewTicker(10 * time.Millisecond)
	defer hundred.Stop()
	for ; time.Since(begun) < 3*time.Second; shed++ {
		<-hundred.C
		g.refusedBy(phone, "en", 503, "overload.calls is reached")
	}
	seconds := time.Since(begun).Seconds()
	if n := heard() - before; n < .9*50*seconds {
		t.Errorf("%.0f packets came in %.1f s while %d calls were shed, want 50 a second", n, seconds, shed)
	}
	if n := unheard.Count(func(*siptest.Message) bool { return true }); n > 0 {
		t.Errorf("a stranger was answered %d times", n)
	}
	if n := g.metric("einwahl_calls_shed_total"); n != float64(shed) {
		t.Errorf("%v shed calls are counted, want %d: no stranger's", n, shed)
	}
	inside.Hangup()
	g.settle()
}

// TestAFloodingTrunkTakesNoPlaceOfOthers has one trunk call far more often than
// it may, and another just once.
func TestAFloodingTrunkTakesNoPlaceOfOthers(t *testing.T) {
	t.Parallel()
	g := startGateway(t, func(c *config.Config) {
		other := c.Trunks[0]
		other.Name, other.Peers = "other", []string{"127.0.0.2"}
		c.Trunks[0].Peers, c.Trunks[0].MaxCalls = []string{"127.0.0.1"}, 1
		c.Trunks = append(slices.Clone(c.Trunks), other)
		c.Numbers = slices.Clone(c.Numbers)
		c.Numbers[0].Trunks = []string{"loopback", "other"}
		c.Overload.CallsPerSecond = 3
	})
	flood := siptest.New(t, siptest.Config{Gateway: g.address("udp")})
	taken := flood.Call("en")
	for range 20 {
		g.refusedBy(flood, "en", 503, "max_calls of the trunk")
	}
	once := siptest.New(t, siptest.Config{Gateway: g.address("udp"), Local: "127.0.0.2"}).Call("en")
	once.Hangup()
	taken.Hangup()
	g.settle()
}

// TestARefusalBeforeTheAnswer calls a number that leads to a meeting for no
// telephone and tells so early.
func TestARefusalBeforeTheAnswer(t *testing.T) {
	t.Parallel()
	g := startGateway(t, func(c *config.Config) {
		c.Numbers = append(config.Numbers{}, c.Numbers...)
		c.Numbers[0].Meeting, c.Numbers[0].Refuse = "100000006", config.Early
	})
	phone := siptest.New(t, siptest.Config{Gateway: g.address("udp")})
	call := phone.Dial("en")
	final := func(m *siptest.Message) bool { return m.Status() >= 200 }
	peertest.Eventually(t, "the words are over", func() bool { return call.Count(final) > 0 })
	m := call.Final()
	if m.Status() != 403 || !strings.HasPrefix(m.Get("Reason"), "Q.850;cause=57;") {
		t.Errorf("%s, Reason %q; want 403 and cause 57", m.Start, m.Get("Reason"))
	}
	if n := call.Count(func(m *siptest.Message) bool { return m.Status() == 183 }); n == 0 {
		t.Error("there were no early media")
	}
	if n := g.metric("einwahl_prompts_total", `prompt="refuse.e2ee"`); n != 1 {
		t.Errorf("the refusal was said %v times, want once", n)
	}
	if len(call.Heard()) == 0 {
		t.Error("nothing was heard before the final answer")
	}
	g.settle()
}
