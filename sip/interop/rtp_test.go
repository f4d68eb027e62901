package interop

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/einwahl/einwahl/gateway/peertest"
	"github.com/einwahl/einwahl/sip"
	"github.com/einwahl/einwahl/sip/siptest"
	"github.com/einwahl/einwahl/transcode/g711"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// Row 30: reports go both ways, in the clear and as SRTCP. That a round trip
// is known proves that each side has read the other's.
func TestReportsWithBaresip(t *testing.T) {
	t.Parallel()
	for _, encryption := range []string{"mediaenc=", "mediaenc=srtp-mand"} {
		t.Run(encryption, func(t *testing.T) {
			t.Parallel()
			g := encrypted(t, "optional")
			phone := peertest.StartBaresip(t, peertest.Tone(t, 8000, hertz, -20, 60), "PCMA", encryption)
			phone.Dial("sip:100@" + g.address("udp"))
			call := <-g.calls
			peertest.Eventually(t, "a round trip is known", func() bool { return call.Stats().RoundTrip > 0 })
			if s := call.Stats(); s.TheyLost > .05 {
				t.Errorf("the phone misses our sound: %+v", s)
			}
		})
	}
}

// Row 30: a call whose sound has ceased is ended, and only that.
func TestCallWithoutSoundIsEnded(t *testing.T) {
	t.Parallel()
	ended := make(chan error, 1)
	g := start(t, func(s *settings) {
		s.media.SilentTimeout = time.Second
		s.handle = func(ctx context.Context, c *sip.Call) {
			echo(ctx, c)
			ended <- c.Err()
		}
	})
	call := peertest.NewScenario("100", peertest.PCMA).Invite(20).Ack().ExpectBye("Q.850")
	peertest.SIPp(t, call.String(), g.address("udp"), 1, nil)
	if err := <-ended; !errors.Is(err, sip.ErrNoMedia) {
		t.Errorf("ended with %v", err)
	}
}

// Rows 19 and 30: who holds us sends nothing, and is not ended for it.
func TestHeldCallWithoutSoundIsKept(t *testing.T) {
	t.Parallel()
	g := start(t, func(s *settings) { s.media.SilentTimeout = time.Second })
	call := peertest.NewScenario("100", peertest.PCMA).Invite(20).Ack().
		Reinvite("sendonly", "recvonly", 2, 20).Pause(2500 * time.Millisecond).Bye()
	peertest.SIPp(t, call.String(), g.address("udp"), 1, nil)
}

// Row 17: a trunk that begins its stream anew in mid-call, with sequence and
// time from the start, after a gap and without a marker, goes on being heard.
func TestStreamThatBeginsAnew(t *testing.T) {
	t.Parallel()
	here := &ear{loop: newLoop()}
	g := start(t, func(s *settings) { s.handle = here.lend })
	frame, payload := make(pcm.Frame, pcm.NarrowbandSamples), []byte(nil)
	for range 50 {
		for i := range frame {
			frame[i] = []int16{0, 5657, 8000, 5657, 0, -5657, -8000, -5657}[i%8] // 1000 Hz
		}
		encoded := make([]byte, len(frame))
		g711.ALaw.Encode(encoded, frame)
		payload = append(payload, encoded...)
	}
	sound := peertest.RTPCapture(t, peertest.PCMA, 20, payload)
	call := peertest.NewScenario("100", peertest.PCMA).Invite(20).Ack().
		Play(sound).Pause(1500 * time.Millisecond).Play(sound).Pause(1200 * time.Millisecond).Bye()
	peertest.SIPp(t, call.String(), g.address("udp"), 1, nil)
	loud := 0
	heard := here.Heard()
	for len(heard) >= 800 {
		if peertest.Level(heard[:800], 1000) > -20 {
			loud++
		}
		heard = heard[800:]
	}
	if loud < 16 { // tenths of a second, of 20
		t.Errorf("%d tenths of a second were heard, want about 20", loud)
	}
}

// Row 29: of addresses of both IP versions, as two c= lines or as two streams
// (RFC 4091), the one is taken that the signalling comes by.
func TestAddressesOfBothIPVersions(t *testing.T) {
	t.Parallel()
	g := start(t, nil)
	for name, lines := range map[string][]string{
		"two addresses": {"m=audio 40000 RTP/AVP 8", "c=IN IP6 ::1", "c=IN IP4 127.0.0.1"},
		"two streams": {
			"a=group:ANAT 1 2", "m=audio 40002 RTP/AVP 8", "c=IN IP6 ::1", "a=mid:1",
			"m=audio 40000 RTP/AVP 8", "c=IN IP4 127.0.0.1", "a=mid:2",
		},
	} {
		t.Run(name, func(t *testing.T) {
			heard := stranger(t, "127.0.0.1") // who waits at the port of the description
			_, port, _ := strings.Cut(heard.LocalAddr().String(), ":")
			offer := strings.Replace(sdp(1, lines...), "40000", port, 1)
			call := siptest.New(t, siptest.Config{Gateway: g.address("udp")}).
				Dial("100", siptest.WithBody("application/sdp", offer))
			answer := string(call.Final().Body)
			if !strings.Contains(answer, "c=IN IP4 127.0.0.1") || inUse(answer) != "RTP/AVP" {
				t.Errorf("answer\n%s", answer)
			}
			_ = heard.SetReadDeadline(time.Now().Add(peertest.Patience))
			if _, err := heard.Read(make([]byte, 2048)); err != nil {
				t.Errorf("nothing is sent to the address that fits: %v", err)
			}
			call.Hangup()
		})
	}
}
