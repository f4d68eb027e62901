package interop

import (
	"strings"
	"testing"

	"github.com/einwahl/einwahl/gateway/peertest"
)

// Row 19: each form of hold gets its answer, and the call comes back.
func TestHoldInEveryForm(t *testing.T) {
	s := scenario()
	s.Begin(s.Offer(1)).Maybe(100).Expect(200).Ack()
	for i, hold := range []struct{ offer, want string }{
		{s.Offer(2, "sendonly"), "a=recvonly"},
		{s.Offer(3), "a=sendrecv"},
		{s.Offer(4, "inactive"), "a=inactive"},
		{s.Offer(5), "a=sendrecv"},
		{strings.Replace(s.Offer(6), "c=IN IP[local_ip_type] [local_ip]", "c=IN IP4 0.0.0.0", 1), "a=(recvonly|inactive)"},
		{s.Offer(7), "a=sendrecv"},
		{strings.Replace(s.Offer(8), "[auto_media_port]", "0", 1), "m=audio 0 "},
		{s.Offer(9), "m=audio [1-9][0-9]+ .*a=sendrecv"},
	} {
		s.Ask("INVITE", hold.offer).Maybe(100)
		if i == 7 {
			s.Expect(200, "body: m=audio [1-9]", "body: a=sendrecv").Ack()
			continue
		}
		s.Expect(200, "body: "+hold.want).Ack()
	}
	play(t, s.Bye(), nil)
}

// Row 19: a real phone holds, comes back and is heard again.
func TestHoldWithBaresip(t *testing.T) {
	t.Parallel()
	g := start(t, nil)
	phone := peertest.StartBaresip(t, peertest.Tone(t, 8000, hertz, -20, 60), "PCMA")
	phone.Dial("sip:100@" + g.address("udp"))
	call := <-g.calls
	for range 2 {
		phone.Hold()
		peertest.Eventually(t, "the call is held", call.Held)
		phone.Resume()
		peertest.Eventually(t, "the call is back", func() bool { return !call.Held() })
	}
	before := call.Stats().PacketsIn
	peertest.Eventually(t, "sound comes again", func() bool { return call.Stats().PacketsIn > before+25 })
	phone.Hangup()
	<-call.Done()
}
