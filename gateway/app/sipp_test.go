package app_test

import (
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/einwahl/einwahl/gateway/config"
	"github.com/einwahl/einwahl/gateway/peertest"
	"github.com/einwahl/einwahl/transcode/g711"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// encoded is a tone of -20 dBov in the bytes of a codec.
func encoded(law g711.Law, hertz float64, seconds int) []byte {
	frame := make(pcm.Frame, pcm.NarrowbandSamples)
	out := make([]byte, 0, seconds*pcm.Narrowband)
	packet := make([]byte, len(frame))
	for at := 0; at < seconds*pcm.Narrowband; at += len(frame) {
		for i := range frame {
			frame[i] = int16(4634 * math.Sin(2*math.Pi*hertz*float64(at+i)/pcm.Narrowband))
		}
		out = append(out, packet[:law.Encode(packet, frame)]...)
	}
	return out
}

// TestSIPpCalls has SIPp come into a meeting in which a baresip listens: both
// laws, packets of 20 and 30 ms, hold and resume.
func TestSIPpCalls(t *testing.T) {
	t.Parallel()
	const meeting = "100000001"
	g := startGateway(t, nil)
	listener := g.phone(300)
	g.join(listener, "en", meeting)
	g.waitPhones(meeting, 1)
	for _, tt := range []struct {
		codec     peertest.Codec
		law       g711.Law
		ptime     int
		hertz     float64
		transport string
	}{
		{peertest.PCMA, g711.ALaw, 20, 520, "u1"},
		{peertest.PCMA, g711.ALaw, 30, 640, "t1"},
		{peertest.PCMU, g711.MuLaw, 20, 760, "u1"},
		{peertest.PCMU, g711.MuLaw, 30, 880, "u1"},
	} {
		t.Run(fmt.Sprintf("%s in packets of %d ms over %s", tt.codec.Name, tt.ptime, tt.transport), func(t *testing.T) {
			tone := peertest.RTPCapture(t, tt.codec, tt.ptime, encoded(tt.law, tt.hertz, 20))
			call := peertest.NewScenario("en", tt.codec).Invite(tt.ptime).Ack().Play(tone).
				Pause(time.Second).Keys(meeting+"#").
				Pause(2*time.Second).Keys("#"). // over the privacy notice
				Pause(9*time.Second).           // who is there takes longer to be told where much else is done
				Reinvite("sendonly", "recvonly", 2, tt.ptime).Pause(time.Second).
				Reinvite("sendrecv", "sendrecv", 3, tt.ptime).Pause(3 * time.Second).Bye()
			network := "udp"
			if tt.transport == "t1" {
				network = "tcp"
			}
			peertest.SIPp(t, call.String(), g.address(network), 1, map[string]string{"transport": tt.transport})
			// In short pieces: where a packet came late, what is put in its place shifts
			// the tone's phase.
			heard, pure, loudest := listener.Heard(), 0, -120.
			for at := 0; at+pcm.Narrowband/5 <= len(heard); at += pcm.Narrowband / 10 {
				level := peertest.Level(heard[at:at+pcm.Narrowband/5], tt.hertz)
				loudest = max(loudest, level)
				if math.Abs(level+20) <= 3 {
					pure++
				}
			}
			if pure < 20 || loudest > -17 {
				t.Errorf("the tone was heard at -20 dBov in %d pieces of the meeting, want 20 and more, and at most at %.1f", pure, loudest)
			}
		})
	}
	listener.Hangup()
	g.settle()
}

// TestNothingIsLeftBehind compares ports, goroutines and calls before and
// after callers who behave badly.
func TestNothingIsLeftBehind(t *testing.T) {
	g := startGateway(t, func(c *config.Config) {
		c.Media.SilentTimeout = 3 * time.Second
		c.Media.PortRest = time.Second
		c.Limits.Ring = time.Second
		c.Trunks[0].MaxCallsPerSecond = 100
	})
	ports, routines := g.metric("einwahl_media_ports_free"), runtime.NumGoroutine()
	call := func() *peertest.Scenario { return peertest.NewScenario("en", peertest.PCMA) }
	for _, tt := range []struct {
		name     string
		scenario *peertest.Scenario
		calls    int
	}{
		{"good calls", call().Invite(20).Ack().Pause(time.Second).Bye(), 10},
		{"a caller who cancels while it rings", call().Cancel(), 10},
		{"a caller who vanishes without BYE", call().Invite(20).Ack(), 10},
		{"a number nobody has", peertest.NewScenario("nobody", peertest.PCMA).InviteExpect(404, 20), 10},
	} {
		t.Run(tt.name, func(t *testing.T) {
			peertest.SIPp(t, tt.scenario.String(), g.address("udp"), tt.calls, nil)
			g.settle()
		})
	}
	peertest.Eventually(t, "all ports are free again", func() bool { return g.metric("einwahl_media_ports_free") == ports })
	peertest.Eventually(t, "no goroutine is left", func() bool { return runtime.NumGoroutine() <= routines+2 })
}

// TestACallerWhoNeverAcknowledgesIsHungUpOn takes the half minute that the
// protocol gives them.
func TestACallerWhoNeverAcknowledgesIsHungUpOn(t *testing.T) {
	t.Parallel()
	g := startGateway(t, func(c *config.Config) { c.Media.PortRest = time.Second })
	ports := g.metric("einwahl_media_ports_free")
	peertest.SIPp(t, peertest.NewScenario("en", peertest.PCMA).Invite(20).ExpectBye("Q.850").String(), g.address("udp"), 3, nil)
	g.settle()
	g.ended("not_acknowledged", 3)
	peertest.Eventually(t, "all ports are free again", func() bool { return g.metric("einwahl_media_ports_free") == ports })
}

// TestCallsThatAreLostDidNotHangUp sees that metric and log tell operators why
// calls end that nobody has hung up, and where to look.
func TestCallsThatAreLostDidNotHangUp(t *testing.T) {
	t.Parallel()
	g := startGateway(t, func(c *config.Config) { c.Media.SilentTimeout = time.Second })
	g729 := peertest.Codec{Name: "G729", Payload: 18}
	peertest.SIPp(t, peertest.NewScenario("en", g729).InviteExpect(488, 20).String(), g.address("udp"), 1, nil)
	peertest.SIPp(t, peertest.NewScenario("en", peertest.PCMA).Invite(20).Ack().ExpectBye("No RTP").String(), g.address("udp"), 1, nil)
	g.settle()
	g.ended("no_common_sound", 1)
	g.ended("no_sound", 1)
	g.ended("hung_up", 0)
	for _, words := range []string{"audio RTP/AVP 18", "see codecs and srtp of the trunk", "see the firewall before media.ports"} {
		if !strings.Contains(g.log.String(), words) {
			t.Errorf("the log does not say %q", words)
		}
	}
}

// ended wants so many calls to have ended in this way.
func (g *gateway) ended(outcome string, want float64) {
	g.t.Helper()
	if n := g.metric("einwahl_calls_total", `outcome="`+outcome+`"`); n != want {
		g.t.Errorf("%v calls have ended as %s, want %v", n, outcome, want)
	}
}
