package embedded

import (
	"bytes"
	"slices"
	"testing"

	"github.com/einwahl/einwahl/conference/embedded/webtest"
)

// TestTheLevelBesideAPacketTellsWhoSpeaks: packets of a quiet room are as long
// as those of speech, since browsers do without DTX.
func TestTheLevelBesideAPacketTellsWhoSpeaks(t *testing.T) {
	b := start(t, testConfig(t), beating(t), meetingOf("1", nil))
	server := serve(t, b)
	ada, bob := webtest.Dial(t, server.URL, "1", webtest.Join{Name: "Ada"}), webtest.Dial(t, server.URL, "1", webtest.Join{Name: "Bob"})
	loud, quiet := ada.Joined(), bob.Joined()
	payload := bytes.Repeat([]byte{0xF8, 1, 2, 3}, 20)
	bob.Connected()
	defer eachBeat(func() { bob.SendWithLevel(payload, -90) })()
	ada.Await("packets of the quiet one", func(h webtest.History) bool { return len(h.Packets[quiet]) > 50 })

	ada.Connected()
	defer eachBeat(func() { ada.SendWithLevel(payload, -20) })()
	speaking := func(m webtest.Message) bool { return m.Type == "speaking" }
	ada.Told("who speaks", func(m webtest.Message) bool { return speaking(m) && slices.Contains(m.Speakers(), loud) })
	for _, m := range ada.All(speaking) {
		if slices.Contains(m.Speakers(), quiet) {
			t.Errorf("who sends a quiet room's packets speaks: %v", m.Speakers())
		}
	}
}
