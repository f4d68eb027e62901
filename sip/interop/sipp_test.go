package interop

import (
	"testing"
	"time"

	"github.com/einwahl/einwahl/gateway/peertest"
)

// A plain call, which every other row of the table stands on.
func TestPlainCall(t *testing.T) {
	t.Parallel()
	g := start(t, nil)
	call := peertest.NewScenario("en", peertest.PCMA).Invite(20).Ack().Pause(time.Second / 2).Bye()
	peertest.SIPp(t, call.String(), g.address("udp"), 3, nil)
}
