package embedded

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/pion/webrtc/v4"
	"github.com/rs/zerolog"

	"github.com/einwahl/einwahl/conference/embedded/webtest"
	"github.com/einwahl/einwahl/transcode/pace"
	"github.com/einwahl/einwahl/transcode/pcm"
)

func TestMediaOnARangeOfPorts(t *testing.T) {
	cfg := testConfig(t)
	cfg.WebRTC.Ports = Ports{31000, 31099}
	b := start(t, cfg, &pace.Manual{}, meetingOf("1", nil))
	server := serve(t, b)
	ada, bob := webtest.Dial(t, server.URL, "1", webtest.Join{Name: "Ada"}), webtest.Dial(t, server.URL, "1", webtest.Join{Name: "Bob"})
	id := ada.Joined()
	bob.Joined()
	defer sendRaw(ada, []byte{0xF8, 1, 2, 3})()
	bob.Await("a packet", func(h webtest.History) bool { return len(h.Packets[id]) > 0 })
	answer := ada.Told("answer", func(m webtest.Message) bool { return m.Type == "pub.answer" })
	if !strings.Contains(answer.SDP, " 127.0.0.1 310") {
		t.Errorf("no candidate in the range:\n%s", answer.SDP)
	}
}

func TestAdvertisedAddressTakesThePlaceOfTheLocal(t *testing.T) {
	cfg := testConfig(t)
	cfg.WebRTC.Advertise = netip.MustParseAddr("203.0.113.7")
	b := start(t, cfg, &pace.Manual{}, meetingOf("1", nil))
	ada := webtest.Dial(t, serve(t, b).URL, "1", webtest.Join{Name: "Ada"})
	answer := ada.Told("answer", func(m webtest.Message) bool { return m.Type == "pub.answer" })
	if !strings.Contains(answer.SDP, " 203.0.113.7 ") || strings.Contains(answer.SDP, " 127.0.0.1 ") {
		t.Errorf("candidates:\n%s", answer.SDP)
	}
}

// Who speaks when is nobody's business in a meeting that is end-to-end encrypted.
func TestPausesAreAskedForWhereTheGatewayHears(t *testing.T) {
	for level, want := range map[string]bool{"transport": true, "enhanced": true, "e2ee": false} {
		t.Run(level, func(t *testing.T) {
			b := start(t, testConfig(t), &pace.Manual{}, meetingOf("1", func(m *MeetingConfig) { m.Encryption = level }))
			ada := webtest.Dial(t, serve(t, b).URL, "1", webtest.Join{Name: "Ada"})
			answer := ada.Told("answer", func(m webtest.Message) bool { return m.Type == "pub.answer" })
			if ada.Connected(); ada.Pausing() != want {
				t.Errorf("asked for pauses: %v, want %v\n%s", ada.Pausing(), want, answer.SDP)
			}
			// What was agreed on otherwise is as it was.
			for _, line := range []string{"a=rtpmap:111 opus/48000/2", "a=fmtp:111 minptime=10;useinbandfec=1", audioLevelURI} {
				if !strings.Contains(answer.SDP, line) {
					t.Errorf("no %q:\n%s", line, answer.SDP)
				}
			}
		})
	}
}

// A page agrees anew with the gateway on its microphone where a meeting comes to be
// end-to-end encrypted.
func TestPausesAreAskedForUntilTheGatewayHearsNoMore(t *testing.T) {
	n, err := openNetwork(testConfig(t).WebRTC)
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	page, err := n.connect(false, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer page.Close()
	gateway, err := n.connect(false, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer gateway.Close()
	if _, err := page.AddTransceiverFromKind(webrtc.RTPCodecTypeAudio); err != nil {
		t.Fatal(err)
	}
	for _, pauses := range []bool{true, false} {
		offer, err := page.CreateOffer(nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(page.SetLocalDescription(offer), gateway.SetRemoteDescription(offer), prefer(gateway, pauses)); err != nil {
			t.Fatal(err)
		}
		answer, err := gateway.CreateAnswer(nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(answer.SDP, "usedtx=1"); got != pauses {
			t.Errorf("asked for pauses: %v, want %v\n%s", got, pauses, answer.SDP)
		}
		if err := errors.Join(gateway.SetLocalDescription(answer), page.SetRemoteDescription(answer)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestPortInUseIsSaid(t *testing.T) {
	taken, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	port := uint16(taken.LocalAddr().(*net.UDPAddr).Port)
	cfg := testConfig(t)
	cfg.WebRTC.Ports = Ports{port, port}
	b, err := newBackend(cfg, nil, func() pcm.Clock { return &pace.Manual{} }, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Run(context.Background()); err == nil || !strings.Contains(err.Error(), fmt.Sprint(port)) {
		t.Errorf("run: %v", err)
	}
}
