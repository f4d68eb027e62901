package app_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/einwahl/einwahl/gateway/admin"
	"github.com/einwahl/einwahl/gateway/peertest"
	"github.com/einwahl/einwahl/sip/siptest"
)

// waitCalls waits until there are so many calls.
func (g *gateway) waitCalls(n int) {
	g.t.Helper()
	peertest.Eventually(g.t, "calls have ended", func() bool { return len(g.calls()) == n })
}

// hungUp waits until the gateway has said its words and hung up.
func (g *gateway) hungUp(call *siptest.Call) {
	g.t.Helper()
	peertest.Eventually(g.t, "the words are over", func() bool {
		select {
		case <-call.Ended():
			return true
		default:
			return false
		}
	})
}

// ping is an OPTIONS of a trunk that looks whether the gateway is there.
func (g *gateway) ping() string {
	return "OPTIONS sip:" + g.address("udp") + " SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;rport;branch=z9hG4bK" + siptest.Token() +
		"\r\nFrom: <sip:trunk@127.0.0.1>;tag=1\r\nTo: <sip:" + g.address("udp") + ">\r\nCall-ID: " + siptest.Token() +
		"\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
}

// TestDrainLetsCallsRunOnToTheDeadline drains as an operator does, changes their
// mind, and drains again.
func TestDrainLetsCallsRunOnToTheDeadline(t *testing.T) {
	t.Parallel()
	g := startGateway(t, nil)
	phone := siptest.New(t, siptest.Config{Gateway: g.address("udp")})
	inside := phone.Call("en")
	g.waitPhase("numbering")

	var d admin.Drain
	drain := func(method string, body any) {
		t.Helper()
		if status := g.request(method, "/api/v1/drain", body, &d); status != http.StatusOK {
			t.Fatalf("%s drain: %d", method, status)
		}
	}
	drain(http.MethodPost, map[string]string{"deadline": "1h"})
	if !d.Draining || d.Told || d.Calls != 1 || d.Deadline.IsZero() {
		t.Errorf("the gateway says %+v, want that it drains with one call", d)
	}
	g.refusedBy(phone, "en", 503, "Q.850;cause=41")
	if status := g.request(http.MethodGet, "/readyz", nil, nil); status != http.StatusServiceUnavailable {
		t.Errorf("readyz: %d, want 503", status)
	}
	phone.Send(g.ping())
	if m := phone.Reply(); m.Status() != 503 || m.Get("Retry-After") == "" {
		t.Errorf("OPTIONS: %s, Retry-After %q; want 503", m.Start, m.Get("Retry-After"))
	}
	drain(http.MethodDelete, nil)
	if d.Draining || g.request(http.MethodGet, "/readyz", nil, nil) != http.StatusOK {
		t.Errorf("the gateway says %+v, want that it is open again", d)
	}
	phone.Call("en").Hangup()
	peertest.Eventually(t, "that call is over", func() bool { return len(g.calls()) == 1 })
	select {
	case <-inside.Ended():
		t.Error("the call that was there has ended")
	default:
	}

	drain(http.MethodPost, map[string]string{"deadline": "1h"})
	drain(http.MethodPost, map[string]string{"deadline": "0s"})
	g.hungUp(inside)
	if reason := inside.WaitEnd(); !strings.Contains(reason, "Gateway is closing") {
		t.Errorf("the call ended with %q", reason)
	}
	if n := g.metric("einwahl_prompts_total", `prompt="drain"`); n != 1 {
		t.Errorf("the notice was said %v times, want once", n)
	}
	g.settle()
}
