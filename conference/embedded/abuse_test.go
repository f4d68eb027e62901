package embedded

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/einwahl/einwahl/conference/embedded/webtest"
	"github.com/einwahl/einwahl/transcode/pace"
)

// TestRemovedPageHearsNothingMore: also one that does not take the last word,
// and so holds its connection open for as long as it can.
func TestRemovedPageHearsNothingMore(t *testing.T) {
	b := start(t, testConfig(t), &pace.Manual{}, meetingOf("1", nil))
	server := serve(t, b)
	webtest.Dial(t, server.URL, "1", webtest.Join{Name: "Ada"}).Joined()
	ws, _, err := websocket.Dial(context.Background(), "ws"+strings.TrimPrefix(server.URL, "http")+"/meet/1/ws", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ws.CloseNow() }()
	if err := ws.Write(context.Background(), websocket.MessageText, []byte(`{"type":"join","name":"Eve"}`)); err != nil {
		t.Fatal(err)
	}
	inside := func() bool {
		for _, p := range b.Meetings()[0].People {
			if p.Name == "Eve" {
				return true
			}
		}
		return false
	}
	eventually(t, "Eve is in", 20*time.Second, inside)
	id := personID(t, b, "1", "Eve")
	var media *leg
	m := b.meeting("1")
	m.do(func() { media = m.members[id].browser.leg })
	if err := b.Control("1", Control{Remove: id}); err != nil {
		t.Fatal(err)
	}
	select {
	case <-media.done:
	case <-time.After(4 * time.Second): // a close of the socket waits for five
		t.Error("who was removed still hears the meeting")
	}
}

func TestDescriptionsAreOfOneMicrophone(t *testing.T) {
	const head = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
	audio := "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"
	var ways strings.Builder
	for i := range maxWays + 1 {
		fmt.Fprintf(&ways, "a=candidate:%d 1 udp 1 192.0.2.1 %d typ host\r\n", i, i+1)
	}
	for _, tt := range []struct {
		name, sdp string
		want      error
	}{
		{"nothing", head, errNoMicrophone},
		{"a camera", head + strings.Replace(audio, "audio", "video", 1), errNoMicrophone},
		{"many microphones", head + strings.Repeat(audio, 300), errNoMicrophone},
		{"a data channel beside it", head + audio + "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n", errNoMicrophone},
		{"more addresses than anybody has", head + audio + ways.String(), errTooManyWays},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := &leg{ways: map[string]bool{}}
			if err := l.answerPub(context.Background(), tt.sdp); !errors.Is(err, tt.want) {
				t.Errorf("%v, want %v", err, tt.want)
			}
		})
	}
}

func TestCandidatesAreCountedOnce(t *testing.T) {
	l := &leg{ways: map[string]bool{}}
	for i := range maxWays {
		for range 3 { // each exchange of descriptions repeats them
			way := fmt.Sprintf("%d 1 udp 1 192.0.2.1 %d typ host", i, i+1)
			if !l.mayTry(way) || !l.mayTry("candidate:"+way) {
				t.Fatalf("candidate %d is refused", i)
			}
		}
	}
	if l.mayTry("candidate:9999 1 udp 1 192.0.2.1 9 typ host") {
		t.Error("one too many is taken")
	}
}
