package app_test

import (
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/einwahl/einwahl/gateway/config"
	"github.com/einwahl/einwahl/gateway/peertest"
)

// TestNothingIsLeftAfterAThousandCalls compares what the process holds before
// and after. It does not run beside others, which would hold something of their
// own.
func TestNothingIsLeftAfterAThousandCalls(t *testing.T) {
	g := startGateway(t, func(c *config.Config) {
		hasty(c)
		c.Media.PortRest = time.Second
		c.Trunks[0].MaxCalls = 1000
	})
	ports := g.metric("einwahl_media_ports_free")
	call := func() *peertest.Scenario { return peertest.NewScenario("en", peertest.PCMA) }
	run := func(s *peertest.Scenario, calls int) {
		peertest.SIPp(t, s.String(), g.address("udp"), calls, nil)
	}
	run(call().Invite(20).Ack().Bye(), 10) // what is made once is made
	g.settle()
	allFree := func() bool { return g.metric("einwahl_media_ports_free") == ports }
	peertest.Eventually(t, "the first ports are free again", allFree)
	routines, files := runtime.NumGoroutine(), openFiles(t)

	for range 4 {
		run(call().Invite(20).Ack().Bye(), 200)
	}
	run(call().Invite(20).Ack().Pause(time.Second).Bye(), 100)
	run(peertest.NewScenario("nobody", peertest.PCMA).InviteExpect(404, 20), 100)
	g.settle()
	peertest.Eventually(t, "all ports are free again", allFree)
	peertest.Eventually(t, "no goroutine is left", func() bool { return runtime.NumGoroutine() <= routines+2 })
	peertest.Eventually(t, "no socket and no file is left", func() bool { return openFiles(t) <= files+2 })
}

// openFiles is how many files and sockets this process has open.
func openFiles(t *testing.T) int {
	t.Helper()
	all, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("only Linux tells what a process has open")
	}
	return len(all)
}
